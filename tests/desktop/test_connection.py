"""The link thread on real sockets: bytes, deadlines, backlog, TLS, and callbacks that fail."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop import connection as module
from desktop.connection import Connection, LinkThread
from tests.desktop.servers import Echo, TcpServer, wait_until
from wire.errors import LinkLost, ProtocolError


class Lines:
    """A protocol object of whole lines; "bye" ends the conversation from the other side."""

    def __init__(self) -> None:
        self._in, self._out = b"", bytearray()
        self._events: list[str] = []
        self.is_closed = False
        self.ended = False

    def receive(self, data: bytes) -> None:
        *lines, self._in = (self._in + data).split(b"\n")
        for line in lines:
            if line == b"bye":
                self.is_closed = True
                self._out += b"farewell\n"
            self._events.append(line.decode())

    def eof(self) -> None:
        self.ended = True
        self._events.append("<eof>")

    def events(self) -> list[str]:
        events, self._events = self._events, []
        return events

    def send(self, data: bytes) -> None:
        self._out += data

    def outgoing(self) -> bytes:
        data = bytes(self._out)
        self._out.clear()
        return data


class Caller:
    """Opens a connection on the link thread and keeps what happens."""

    def __init__(self, link: LinkThread, url: str, first: bytes = b"", **given: Any) -> None:
        self.first = first
        self.link, self.protocol = link, Lines()
        self.events: list[str] = []
        self.lost: list[LinkLost] = []
        self.threads: set[str] = set()
        self.connection: Connection | None = None
        link.call(self._open, url, given)
        wait_until(lambda: self.connection is not None)

    def _open(self, url: str, given: dict[str, Any]) -> None:
        self.connection = self.link.open(url, self.protocol, self._take, self.lost.append, **given)
        self.protocol.send(self.first)
        self.connection.flush()

    def _take(self, event: str) -> None:
        self.threads.add(threading.current_thread().name)
        self.events.append(event)

    def send(self, data: bytes) -> None:
        def run() -> None:
            assert self.connection is not None
            self.protocol.send(data)
            self.connection.flush()

        self.link.call(run)

    def do(self, deed: Callable[[Connection], Any]) -> None:
        assert self.connection is not None
        self.link.call(deed, self.connection)


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as server:
        yield server


def test_it_carries_bytes_both_ways_on_its_own_thread(link: LinkThread, echo: Echo) -> None:
    caller = Caller(link, f"ws://127.0.0.1:{echo.port}/")
    caller.send(b"one\ntwo\n")
    wait_until(lambda: caller.events == ["one", "two"])
    assert caller.threads == {"link"}
    assert caller.lost == []


def test_it_keeps_what_is_said_before_it_is_open(link: LinkThread, echo: Echo) -> None:
    """It threw these bytes away once: a program that flushed too early lost its own opening request."""
    caller = Caller(link, f"ws://127.0.0.1:{echo.port}/", first=b"early\n")
    wait_until(lambda: caller.events == ["early"])


def test_it_finds_a_server_by_name(link: LinkThread, echo: Echo) -> None:
    caller = Caller(link, f"ws://localhost:{echo.port}/")
    caller.send(b"one\n")
    wait_until(lambda: caller.events == ["one"])


def test_it_tries_the_next_address_of_a_name_that_has_two(
    link: LinkThread, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first address swallows the call: its queue is full, as a firewall's drop would look."""
    monkeypatch.setattr(module, "_NEXT_ADDRESS_S", 0.05)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as stack:
        for _ in range(4):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        addresses = [full.getsockname(), ("127.0.0.1", echo.port)]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **given: found)
        made = Caller(link, "ws://two.example:1/", first=b"hello\n")
        wait_until(lambda: made.events == ["hello"])


def test_it_counts_what_it_carries(link: LinkThread, echo: Echo) -> None:
    caller = Caller(link, f"ws://127.0.0.1:{echo.port}/", first=b"12345\n")
    wait_until(lambda: caller.events == ["12345"])
    assert caller.connection is not None
    assert (caller.connection.sent_bytes, caller.connection.received_bytes) == (6, 6)


def test_it_says_when_the_server_ends(link: LinkThread, echo: Echo) -> None:
    caller = Caller(link, f"ws://127.0.0.1:{echo.port}/")
    caller.send(b"one\n")
    wait_until(lambda: caller.events == ["one"])
    echo.drop()
    wait_until(lambda: caller.lost)
    assert caller.events in (["one"], ["one", "<eof>"])
    assert caller.lost[0].retry


def test_it_says_when_nobody_listens(link: LinkThread) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    caller = Caller(link, f"ws://127.0.0.1:{port}/")
    wait_until(lambda: caller.lost)
    assert "refused" in str(caller.lost[0])


def test_it_says_when_the_name_is_unknown(link: LinkThread) -> None:
    caller = Caller(link, "ws://no-such-name.invalid:1/")
    wait_until(lambda: caller.lost)
    assert "name" in str(caller.lost[0])


def test_it_refuses_an_address_that_is_none(link: LinkThread) -> None:
    with pytest.raises(ProtocolError):
        link.open("http://127.0.0.1/", Lines(), lambda event: None, lambda lost: None)


def test_it_does_not_wait_for_ever_for_the_first_byte(
    link: LinkThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONNECT_TIMEOUT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        caller = Caller(link, f"ws://127.0.0.1:{silent.getsockname()[1]}/")
        wait_until(lambda: caller.lost)
    assert "in time" in str(caller.lost[0])


def test_it_sends_its_last_words_when_the_protocol_ends(link: LinkThread) -> None:
    heard: list[bytes] = []

    class Ender(TcpServer):
        def serve(self, sock: socket.socket) -> None:
            sock.sendall(b"bye\n" + b"unread" * 1000)
            while data := sock.recv(4096):
                heard.append(data)

    with Ender() as server:
        caller = Caller(link, f"ws://127.0.0.1:{server.port}/")
        wait_until(lambda: caller.lost and heard)
    assert caller.events == ["bye"]
    assert b"".join(heard) == b"farewell\n"


def test_it_finishes_without_a_callback(link: LinkThread, echo: Echo) -> None:
    caller = Caller(link, f"ws://127.0.0.1:{echo.port}/")
    caller.send(b"one\n")
    wait_until(lambda: caller.events)
    caller.do(lambda connection: (caller.protocol.send(b"two\n"), connection.finish()))
    wait_until(lambda: not echo.sockets)
    assert (caller.events, caller.lost) == (["one"], [])


def test_it_shows_its_backlog_and_says_when_it_is_gone(link: LinkThread, echo: Echo) -> None:
    drained: list[int] = []
    echo.hold.clear()
    caller = Caller(link, f"ws://127.0.0.1:{echo.port}/")
    connection = caller.connection
    assert connection is not None
    connection.on_drained = lambda: drained.append(connection.pending_bytes)
    caller.send(b"x" * 12_000_000 + b"\n")
    wait_until(lambda: connection.pending_bytes > 1_000_000)
    assert drained == []
    echo.hold.set()
    wait_until(lambda: caller.events)
    assert len(caller.events[0]) == 12_000_000
    assert drained == [drained[0]]
    assert drained[0] <= 64 * 1024


def test_it_gives_up_when_the_backlog_has_no_end(
    link: LinkThread, echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_LINK_PENDING", 1_000_000)
    caller = Caller(link, f"ws://127.0.0.1:{echo.port}/")
    caller.send(b"one\n")
    wait_until(lambda: caller.events)
    caller.send(b"x" * 1_000_001)
    wait_until(lambda: caller.lost)
    assert "limit is 1000000" in str(caller.lost[0])


def test_it_slows_the_sender_down_while_held(link: LinkThread, echo: Echo) -> None:
    caller = Caller(link, f"ws://127.0.0.1:{echo.port}/")
    caller.send(b"one\n")
    wait_until(lambda: caller.events == ["one"])
    caller.do(lambda connection: connection.hold(True))
    caller.send(b"two\n")
    time.sleep(0.05)
    assert caller.events == ["one"]
    caller.do(lambda connection: connection.hold(False))
    wait_until(lambda: caller.events == ["one", "two"])


def test_it_keeps_the_calls_in_order_and_survives_a_bad_one(
    link: LinkThread, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int] = []
    with caplog.at_level(logging.ERROR):
        link.call(seen.append, 1)
        link.call(lambda: 1 / 0)
        link.call(seen.append, 2)
        wait_until(lambda: seen == [1, 2])
    assert "link_callback_failed" in caplog.text


def test_it_runs_timers_in_time_order(link: LinkThread) -> None:
    seen: list[str] = []

    def plan() -> None:
        link.call_later(0.02, lambda: seen.append("later"))
        link.call_later(0.0, lambda: seen.append("now"))
        link.call_later(0.01, lambda: seen.append("never")).cancel()

    link.call(plan)
    wait_until(lambda: seen == ["now", "later"])


def test_it_runs_blocking_work_aside(link: LinkThread) -> None:
    seen: list[Any] = []

    def work() -> str:
        return threading.current_thread().name

    def fail() -> None:
        raise OSError("no")

    link.call(link.run_aside, work, seen.append)
    wait_until(lambda: seen == ["link-aside"])
    link.call(link.run_aside, fail, seen.append)
    wait_until(lambda: len(seen) == 2)
    assert isinstance(seen[1], OSError)


def test_it_closes_everything_when_it_stops(echo: Echo) -> None:
    link = LinkThread()
    link.start()
    caller = Caller(link, f"ws://127.0.0.1:{echo.port}/")
    caller.send(b"one\n")
    wait_until(lambda: caller.events)
    link.stop()
    link.join(5.0)
    assert not link.is_alive()
    wait_until(lambda: not echo.sockets)
    link.call(print)


# -- TLS with a company's own authority


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost, its own authority; key and certificate in one file."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    )
    command += " -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True, timeout=30)
    both = folder / "both.pem"
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


@pytest.fixture
def tls_echo(certificate: Path) -> Iterator[Echo]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Echo(tls=context) as server:
        yield server


def test_it_speaks_tls_to_a_server_of_a_private_authority(
    link: LinkThread, tls_echo: Echo, certificate: Path
) -> None:
    caller = Caller(link, f"wss://localhost:{tls_echo.port}/", ca_file=str(certificate))
    caller.send(b"y" * 3_000_000 + b"\n")
    wait_until(lambda: caller.events)
    assert len(caller.events[0]) == 3_000_000


@pytest.mark.parametrize(("host", "trusted"), [("localhost", False), ("127.0.0.1", True)])
def test_it_refuses_an_unknown_authority_and_another_name(
    link: LinkThread, tls_echo: Echo, certificate: Path, host: str, trusted: bool
) -> None:
    given = {"ca_file": str(certificate)} if trusted else {}
    caller = Caller(link, f"wss://{host}:{tls_echo.port}/", **given)
    wait_until(lambda: caller.lost)
    assert "certificate" in str(caller.lost[0])
    assert caller.events == []


def test_it_refuses_a_server_without_tls(link: LinkThread, echo: Echo, certificate: Path) -> None:
    caller = Caller(link, f"wss://localhost:{echo.port}/", ca_file=str(certificate))
    wait_until(lambda: caller.lost)
    assert "TLS" in str(caller.lost[0])
