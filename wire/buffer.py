"""A queue of received bytes that parsers read from; it decides nothing about their meaning.

A parser is a generator: it yields when it needs more bytes and goes on where it stopped when they have come.
So a message is parsed once, however thinly its bytes are sliced, and feeding byte by byte equals feeding at
once. A parser compares a length from the peer with its limit before it asks for that many bytes.
"""

from __future__ import annotations

from collections.abc import Generator
from struct import Struct
from typing import Any, TypeAlias, TypeVar, cast

__all__ = ["Buffer", "Reading"]

T = TypeVar("T")
Reading: TypeAlias = Generator[None, None, T]
"""A parse under way: yields None while bytes are missing, returns a T in the end."""

_U16 = Struct(">H")
_U32 = Struct(">I")
_S32 = Struct(">i")


class Buffer:
    """Bytes received and not yet taken. Appending and taking cost time linear in their bytes."""

    __slots__ = ("_data", "_start")

    def __init__(self) -> None:
        self._data = bytearray()
        self._start = 0

    def __len__(self) -> int:
        return len(self._data) - self._start

    def append(self, data: bytes | bytearray | memoryview) -> None:
        """Add received bytes at the end."""
        if self._start:
            del self._data[: self._start]
            self._start = 0
        self._data += data

    def take(self, size: int) -> bytes:
        """Remove and return the first `size` bytes, which must have come (see `reach`)."""
        if size > len(self):
            raise IndexError(f"{size} bytes wanted, {len(self)} here")
        end = self._start + size
        with memoryview(self._data) as view:
            taken = bytes(view[self._start : end])
        self._start = end
        return taken

    def take_large(self, size: int) -> bytes:
        """As `take`, for many bytes: hands the memory over instead of copying it. Nobody may write to it."""
        if size > len(self):
            raise IndexError(f"{size} bytes wanted, {len(self)} here")
        end = self._start + size
        taken, self._data = self._data, self._data[end:]
        del taken[end:], taken[: self._start]
        self._start = 0
        return cast(bytes, taken)

    def byte_at(self, offset: int) -> int:
        """Look at one byte, `offset` bytes from the front, without removing it."""
        return self._data[self._start + offset]

    def unpack_at(self, layout: Struct, offset: int) -> tuple[Any, ...]:
        """Look at the fields of `layout` that begin `offset` bytes from the front."""
        return layout.unpack_from(self._data, self._start + offset)

    # What follows are parser steps: `value = yield from buffer.u16()`.

    def reach(self, size: int) -> Reading[None]:
        """Wait until at least `size` bytes are here; remove none."""
        while len(self._data) - self._start < size:
            yield

    def exactly(self, size: int) -> Reading[bytes]:
        """Wait for `size` bytes, remove and return them. The caller has checked `size` against its limit."""
        while len(self._data) - self._start < size:
            yield
        return self.take(size)

    def exactly_large(self, size: int) -> Reading[bytes]:
        """As `exactly`, for payloads of megabytes (see `take_large`)."""
        while len(self._data) - self._start < size:
            yield
        return self.take_large(size)

    def unpack(self, layout: Struct) -> Reading[tuple[Any, ...]]:
        """Wait for the fields of `layout`, remove and return them."""
        size = layout.size
        while len(self._data) - self._start < size:
            yield
        fields = layout.unpack_from(self._data, self._start)
        self._start += size
        return fields

    def u8(self) -> Reading[int]:
        """Take one unsigned byte."""
        while len(self._data) == self._start:
            yield
        value = self._data[self._start]
        self._start += 1
        return value

    def u16(self) -> Reading[int]:
        """Take two bytes, big-endian, unsigned."""
        return (yield from self._one(_U16))

    def u32(self) -> Reading[int]:
        """Take four bytes, big-endian, unsigned."""
        return (yield from self._one(_U32))

    def s32(self) -> Reading[int]:
        """Take four bytes, big-endian, signed."""
        return (yield from self._one(_S32))

    def _one(self, layout: Struct) -> Reading[int]:
        fields = yield from self.unpack(layout)
        value: int = fields[0]
        return value
