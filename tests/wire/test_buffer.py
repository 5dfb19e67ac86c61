"""The byte queue and its parser steps."""

from __future__ import annotations

import time
from struct import Struct

import pytest

from wire.buffer import Buffer, Reading


def _run(reading: Reading[object]) -> object:
    try:
        next(reading)
    except StopIteration as done:
        return done.value
    return "waits"


def test_it_gives_back_bytes_in_order() -> None:
    buffer = Buffer()
    buffer.append(b"abc")
    buffer.append(memoryview(b"def"))
    assert buffer.take(4) == b"abcd"
    assert buffer.take(2) == b"ef"
    assert len(buffer) == 0


def test_it_waits_for_all_bytes_of_a_step() -> None:
    buffer = Buffer()
    reading = buffer.exactly(3)
    assert next(reading) is None
    buffer.append(b"ab")
    assert next(reading) is None
    buffer.append(b"cd")
    with pytest.raises(StopIteration) as done:
        next(reading)
    assert done.value.value == b"abc"
    assert len(buffer) == 1


def test_it_reads_numbers() -> None:
    buffer = Buffer()
    buffer.append(bytes.fromhex("01 0203 04050607 ffffff21 0a0b"))
    assert _run(buffer.u8()) == 1
    assert _run(buffer.u16()) == 0x0203
    assert _run(buffer.u32()) == 0x04050607
    assert _run(buffer.s32()) == -223
    assert _run(buffer.unpack(Struct(">BB"))) == (10, 11)


def test_it_looks_ahead_without_taking() -> None:
    buffer = Buffer()
    buffer.append(b"xabc")
    buffer.take(1)
    assert _run(buffer.reach(3)) is None
    assert buffer.byte_at(1) == ord("b")
    assert buffer.unpack_at(Struct(">H"), 1) == (0x6263,)
    assert _run(buffer.reach(4)) == "waits"
    assert len(buffer) == 3


def test_it_refuses_to_take_what_is_not_there() -> None:
    with pytest.raises(IndexError, match="1 bytes wanted, 0 here"):
        Buffer().take(1)


def test_it_collects_a_large_message_in_linear_time() -> None:
    def seconds(slices: int) -> float:
        buffer, piece = Buffer(), bytes(64 * 1024)
        reading = buffer.exactly(slices * len(piece))
        start = time.process_time()
        for _ in range(slices - 1):
            buffer.append(piece)
            next(reading)
        return time.process_time() - start

    few = min(seconds(64) for _ in range(3))
    many = min(seconds(512) for _ in range(3))  # 32 MiB
    assert many < 8 * 5 * few + 0.05
