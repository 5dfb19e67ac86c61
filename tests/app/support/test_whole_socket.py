"""The socket under simple-websocket: whole sends with a deadline, reading that waits."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from app.support.signal import whole_socket
from app.support.signal.whole_socket import MAX_UNREAD, WholeSocket


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[WholeSocket, socket.socket]]:
    """Our socket and its peer; deadlines of half a second."""
    monkeypatch.setattr(whole_socket, "SIGNAL_SEND_DEADLINE_S", 0.5)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield WholeSocket(ours), theirs


def test_it_sends_everything_or_says_so(ends: tuple[WholeSocket, socket.socket]) -> None:
    ours, theirs = ends
    received = bytearray()

    def read() -> None:
        while len(received) < 3_000_000:
            received.extend(theirs.recv(65_536))

    reader = threading.Thread(target=read)
    reader.start()
    assert ours.send(b"x" * 3_000_000) == 3_000_000
    reader.join(10)
    assert len(received) == 3_000_000


def test_it_gives_a_peer_that_does_not_read_half_a_second(ends: tuple[WholeSocket, socket.socket]) -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        ends[0].send(b"x" * 50_000_000)
    assert time.monotonic() - started < 5


def test_it_never_mixes_two_sends(ends: tuple[WholeSocket, socket.socket]) -> None:
    ours, theirs = ends
    pieces = [bytes([letter]) * 200_000 for letter in b"abcd"]
    threads = [threading.Thread(target=ours.send, args=(piece,)) for piece in pieces]
    for thread in threads:
        thread.start()
    received = bytearray()
    while len(received) < 800_000:
        received.extend(theirs.recv(65_536))
    for thread in threads:
        thread.join(10)
    starts = [bytes(received[at : at + 200_000]) for at in range(0, 800_000, 200_000)]
    assert sorted(starts) == pieces


def test_it_reads_no_more_while_too_much_is_unread(ends: tuple[WholeSocket, socket.socket]) -> None:
    ours, theirs = ends
    unread = [MAX_UNREAD]
    ours.unread = lambda: unread[0]
    theirs.sendall(b"more")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(ours.recv(10)))
    reader.start()
    reader.join(0.1)
    assert got == []
    unread[0] = 0
    ours.made_room()
    reader.join(10)
    assert got == [b"more"]


def test_it_throws_away_what_comes_after_the_close(
    ends: tuple[WholeSocket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_socket, "DRAIN_S", 0.2)
    ours, theirs = ends
    ours.unread = lambda: MAX_UNREAD
    theirs.sendall(b"x" * 10_000)
    ours.end_soon()
    with pytest.raises(TimeoutError):
        ours.recv(10)


def test_it_tells_that_reading_has_ended(ends: tuple[WholeSocket, socket.socket]) -> None:
    ended: list[bool] = []
    ends[0].on_close = lambda: ended.append(True)
    ends[0].close()
    assert ended == [True]
    assert ends[1].recv(1) == b""
