"""The clipboard of one connection: plain, announced, fetched, refused."""

from __future__ import annotations

import zlib

import pytest

from wire.errors import LimitExceeded, ProtocolError
from wire.limits import MAX_CUT_TEXT
from wire.rfb.clipboard import Clipboard

TEXT = "가나다\n둘째 줄 😀"


def _pair() -> tuple[Clipboard, Clipboard]:
    ours, theirs = Clipboard(), Clipboard()
    assert ours.receive(theirs.caps()) == (None, None)
    assert theirs.receive(ours.caps()) == (None, None)
    return ours, theirs


def _provide(text: bytes, size: int | None = None) -> bytes:
    head = (len(text) if size is None else size).to_bytes(4, "big")
    return bytes.fromhex("10000001") + zlib.compress(head + text)


def test_it_tells_its_abilities_in_literal_bytes() -> None:
    assert Clipboard().caps() == bytes.fromhex("1f000001 00005000")


def test_it_sends_latin_text_to_a_peer_without_the_extension() -> None:
    assert Clipboard().offer("naïve 한") == ("naïve ?".encode("latin-1"), False)


def test_it_sends_a_small_text_at_once() -> None:
    ours, theirs = _pair()
    offered = ours.offer(TEXT)
    assert offered is not None
    assert offered[1] is True
    assert theirs.receive(offered[0]) == (TEXT, None)


def test_it_ends_lines_by_crlf_and_the_text_by_nul_on_the_wire() -> None:
    ours, _ = _pair()
    offered = ours.offer("a\nb")
    assert offered is not None
    assert offered[0][:4] == bytes.fromhex("10000001")
    assert zlib.decompress(offered[0][4:]) == bytes.fromhex("00000005") + b"a\r\nb\0"


def test_it_announces_a_large_text_and_sends_it_when_asked() -> None:
    ours, theirs = _pair()
    text = TEXT * 3000
    offered = ours.offer(text)
    assert offered == (bytes.fromhex("08000001"), True)
    _, asked = theirs.receive(offered[0])
    assert asked == bytes.fromhex("02000001")
    _, provided = ours.receive(asked)
    assert provided is not None
    assert theirs.receive(provided) == (text, None)


def test_it_answers_a_peek() -> None:
    ours, _ = _pair()
    assert ours.receive(bytes.fromhex("04000000")) == (None, bytes.fromhex("08000000"))
    ours.offer("x")
    assert ours.receive(bytes.fromhex("04000000")) == (None, bytes.fromhex("08000001"))


def test_it_gives_and_fetches_nothing_while_closed() -> None:
    ours, theirs = _pair()
    ours.offer(TEXT)
    ours.is_open = False
    assert ours.offer("secret") is None
    assert ours.receive(bytes.fromhex("02000001")) == (None, None)
    assert ours.receive(bytes.fromhex("08000001")) == (None, None)
    offered = theirs.offer("theirs")
    assert offered is not None
    assert ours.receive(offered[0]) == (None, None)
    assert ours.receive_latin(b"theirs") is None


def test_it_carries_ten_megabytes() -> None:
    ours, theirs = _pair()
    text = "가" * (MAX_CUT_TEXT // 3)
    ours.offer(text)
    _, provided = ours.receive(bytes.fromhex("02000001"))
    assert provided is not None
    assert theirs.receive(provided) == (text, None)


def test_it_refuses_a_text_above_the_limit() -> None:
    ours, theirs = _pair()
    with pytest.raises(LimitExceeded):
        ours.offer("x" * (MAX_CUT_TEXT + 1))
    with pytest.raises(LimitExceeded):
        theirs.receive(_provide(b"x", MAX_CUT_TEXT + 2))


def test_it_unpacks_no_more_than_the_size_named() -> None:
    _, theirs = _pair()
    bomb = _provide(bytes(50_000_000), 10)
    assert len(bomb) < 60_000
    assert theirs.receive(bomb) == ("", None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0\0\0",
        bytes.fromhex("00000001"),
        bytes.fromhex("40000001"),
        bytes.fromhex("1f000003 00000001"),
        bytes.fromhex("10000001") + b"no zlib",
        bytes.fromhex("10000001") + zlib.compress(b"\0\0"),
        _provide(b"short", 100),
    ],
)
def test_it_refuses_what_is_malformed(body: bytes) -> None:
    _, theirs = _pair()
    with pytest.raises(ProtocolError):
        theirs.receive(body)
