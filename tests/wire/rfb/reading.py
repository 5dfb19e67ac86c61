"""How tests feed parsers: all bytes at once, or one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from wire.buffer import Buffer, Reading

T = TypeVar("T")


def read(parse: Callable[[Buffer], Reading[T]], slices: Iterable[bytes]) -> T:
    """Return what the parser makes of the slices; fails when it wants more or leaves some."""
    buffer = Buffer()
    reading = parse(buffer)
    for data in slices:
        buffer.append(data)
        try:
            next(reading)
        except StopIteration as done:
            assert len(buffer) == 0
            result: T = done.value
            return result
    raise AssertionError(f"the parser wants more than {len(buffer)} bytes")


def in_bytes(data: bytes) -> list[bytes]:
    """Cut into single bytes."""
    return [data[at : at + 1] for at in range(len(data))]


def both_ways(parse: Callable[[Buffer], Reading[T]], data: bytes) -> T:
    """Parse `data` at once and byte by byte; the two must give the same."""
    at_once = read(parse, [data])
    bytewise: Any = read(parse, in_bytes(data) or [b""])
    assert bytewise == at_once
    return at_once


def refused(parse: Callable[[Buffer], Reading[Any]], data: bytes) -> None:
    """Run the parser over a beginning that must make it raise at once, before it waits for more."""
    buffer = Buffer()
    buffer.append(data)
    next(parse(buffer))
