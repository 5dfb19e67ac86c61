"""Frames through the forwarder: what a stock peer would read, and what is refused with which code."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Close, Frame, Opcode
from websockets.streams import StreamReader

from wire.frames import CloseCode, FrameForwarder, Scratch, close_frame
from wire.limits import MAX_FRAME
from wire.transform import compiled

SCRATCH = Scratch()
# The compiled loop where it was built, and always the one in Python.
LOOPS = {"python": None} | ({"compiled": compiled()} if compiled() else {})


@pytest.fixture(scope="module", params=LOOPS, autouse=True)
def _inner_loop(request: pytest.FixtureRequest) -> None:
    SCRATCH.transform = LOOPS[request.param]


def masked(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    return Frame(Opcode(opcode), payload, fin).serialize(mask=True)


def feed(forwarder: FrameForwarder, data: bytes) -> bytes:
    """Hand `data` over as one read of the relay does, in reads of the size asked for."""
    out = b""
    while data:
        room = SCRATCH.small if forwarder.reads_little else SCRATCH.large
        size = min(len(room), len(data))
        room[:size] = data[:size]
        out += b"".join(forwarder.forward(SCRATCH, size))
        data = data[size:]
    return out


def code_for(*reads: bytes) -> CloseCode:
    forwarder = FrameForwarder()
    for data in reads:
        feed(forwarder, data)
    assert forwarder.is_closed
    assert forwarder.error is not None
    return forwarder.error.close_code


def frames_in(data: bytes) -> list[Frame]:
    """What a stock client reads from unmasked bytes."""
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    found: list[Frame] = []
    while reader.buffer:
        parser = Frame.parse(reader.read_exact, mask=False, max_size=None)
        with pytest.raises(StopIteration) as stop:
            next(parser)
        found.append(stop.value.value)
    return found


@pytest.mark.parametrize("size", [0, 1, 125, 126, 1024, 65535, 65536, MAX_FRAME])
def test_it_unmasks_a_frame_of_every_length_form(size: int) -> None:
    payload = random.Random(size).randbytes(size)
    out = feed(FrameForwarder(), masked(2, payload))
    assert frames_in(out) == [Frame(Opcode.BINARY, payload)]


def test_it_gives_the_literal_bytes_of_the_rfc() -> None:
    # RFC 6455 section 5.7: a masked pong "Hello", here as a ping and a binary message too.
    key, hidden = bytes.fromhex("37fa213d"), bytes.fromhex("7f9f4d5158")
    data = b"".join(bytes((first, 0x85)) + key + hidden for first in (0x8A, 0x89, 0x82))
    assert feed(FrameForwarder(), data) == b"\x8a\x05Hello\x89\x05Hello\x82\x05Hello"


@given(st.data())
def test_it_hands_on_the_same_bytes_however_they_are_cut(data: st.DataObject) -> None:
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    parts = [rng.randbytes(rng.choice([0, 1, 5, 125, 126, 300, 70_000])) for _ in range(6)]
    sent = masked(2, parts[0], fin=False) + masked(9, b"ping") + masked(0, parts[1], fin=False)
    sent += masked(0, parts[2]) + masked(10, b"") + b"".join(masked(2, part) for part in parts[3:])
    forwarder, out, at = FrameForwarder(), b"", 0
    while at < len(sent):
        size = rng.choice([1, 2, 3, 7, 13, 100, 5000, 20_000])
        out += feed(forwarder, sent[at : at + size])
        at += size
    assert out == feed(FrameForwarder(), sent)
    assert [frame.data for frame in frames_in(out)] == [
        parts[0],
        b"ping",
        *parts[1:3],
        b"",
        *parts[3:],
    ]


def test_it_hands_on_payload_before_the_frame_is_whole() -> None:
    forwarder = FrameForwarder()
    sent = masked(2, b"x" * 1000)
    assert feed(forwarder, sent[:508]) == b"\x82\x7e\x03\xe8" + b"x" * 500
    assert not forwarder.is_at_border
    assert feed(forwarder, sent[508:]) == b"x" * 500
    assert forwarder.is_at_border


def test_it_forwards_a_close_frame_and_nothing_after_it() -> None:
    forwarder = FrameForwarder()
    close = masked(8, Close(1000, "bye").serialize())
    out = b"".join(feed(forwarder, bytes([byte])) for byte in close)
    assert forwarder.is_closed
    assert forwarder.sent_close
    assert frames_in(out) == [Frame(Opcode.CLOSE, b"\x03\xe8bye")]
    assert feed(forwarder, masked(2, b"late")) == b""


def test_it_stops_at_a_close_frame_within_one_read() -> None:
    forwarder = FrameForwarder()
    out = feed(forwarder, masked(2, b"a") + masked(8, b"") + b"\xff\xff\xff")
    assert out == b"\x82\x01a\x88\x00"
    assert forwarder.is_closed


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x82\x05Hello", CloseCode.PROTOCOL_ERROR),  # not masked
        (b"\xc2\x85", CloseCode.PROTOCOL_ERROR),  # RSV1
        (b"\xa2\x85", CloseCode.PROTOCOL_ERROR),  # RSV2
        (b"\x92\x85", CloseCode.PROTOCOL_ERROR),  # RSV3
        (b"\x83", CloseCode.PROTOCOL_ERROR),  # unknown data opcode
        (b"\x8b", CloseCode.PROTOCOL_ERROR),  # unknown control opcode
        (b"\x81\x85", CloseCode.WRONG_DATA),  # text
        (b"\x80\x85", CloseCode.PROTOCOL_ERROR),  # continuation of nothing
        (b"\x09\x85", CloseCode.PROTOCOL_ERROR),  # fragmented ping
        (b"\x89\xfe\x00\x7e", CloseCode.PROTOCOL_ERROR),  # ping of 126 bytes
        (b"\x88\x81", CloseCode.PROTOCOL_ERROR),  # close with half a code
        (b"\x82\xfe\x00\x7d\x00\x00\x00\x00", CloseCode.PROTOCOL_ERROR),  # 125 in 16 bits
        (b"\x82\xff" + bytes(6) + b"\xff\xff" + bytes(4), CloseCode.PROTOCOL_ERROR),  # 65535 in 64 bits
        (b"\x82\xff\x40", CloseCode.TOO_BIG),  # 2^62, told by its first byte
        (b"\x82\xff\x80", CloseCode.TOO_BIG),  # 2^63
        (b"\x82\xff" + (MAX_FRAME + 1).to_bytes(8, "big"), CloseCode.TOO_BIG),
    ],
)
def test_it_refuses_a_wrong_header_with_its_code(data: bytes, code: CloseCode) -> None:
    assert code_for(data) == code
    assert code_for(*(bytes([byte]) for byte in data)) == code


def test_it_refuses_a_new_message_within_a_message() -> None:
    assert code_for(masked(2, b"a", fin=False) + masked(2, b"b" * 200)) == CloseCode.PROTOCOL_ERROR


def test_it_refuses_a_continuation_after_the_last() -> None:
    data = masked(2, b"a", fin=False) + masked(0, b"b") + masked(0, b"c")
    assert code_for(data) == CloseCode.PROTOCOL_ERROR


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_it_never_raises(reads: list[bytes]) -> None:
    forwarder = FrameForwarder()
    for data in reads:
        feed(forwarder, b"\x82\x81abcd" + data)
    assert forwarder.is_closed or forwarder.error is None


def test_it_hands_on_what_came_before_a_wrong_frame() -> None:
    forwarder = FrameForwarder()
    assert feed(forwarder, masked(2, b"good") + b"\x81\x80") == b"\x82\x04good"
    assert forwarder.error is not None
    assert forwarder.is_at_border


def test_it_stops_at_the_next_border() -> None:
    forwarder, sent = FrameForwarder(), masked(2, b"x" * 200)
    feed(forwarder, sent[:100])
    forwarder.stop()
    assert not forwarder.is_closed
    assert feed(forwarder, sent[100:] + masked(2, b"late")) == b"x" * 108
    assert forwarder.is_closed
    assert not forwarder.sent_close


def test_it_stops_at_once_between_frames() -> None:
    forwarder = FrameForwarder()
    feed(forwarder, masked(2, b"done") + b"\x82")
    forwarder.stop()
    assert forwarder.is_closed
    assert feed(forwarder, b"\x80abcd") == b""


def test_it_reads_little_after_a_flood_of_tiny_frames() -> None:
    forwarder = FrameForwarder()
    feed(forwarder, masked(2, b"x" * 20_000))
    assert not forwarder.reads_little
    feed(forwarder, masked(9, b"") * 600)
    assert forwarder.reads_little


def test_it_writes_close_frames_of_its_own() -> None:
    assert close_frame(CloseCode.RESTART) == b"\x88\x02\x03\xf4"
    (frame,) = frames_in(close_frame(CloseCode.REPLACED, "r" * 200))
    assert Close.parse(bytes(frame.data)) == Close(4001, "r" * 123)
