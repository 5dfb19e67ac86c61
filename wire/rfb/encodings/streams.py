"""Continuous zlib streams, as Tight and ZRLE keep them: one per connection, flushed after each rectangle.

isal packs 4 to 8 times faster than the standard library and nearly as small (docs/decisions/0011); where it
is missing, or a level above 3 is asked for, the standard library does the same work.
"""

from __future__ import annotations

import zlib
from typing import Any, Final

from wire.errors import LimitExceeded, ProtocolError

try:
    import isal.isal_zlib as _isal_module
except ImportError:  # pragma: no cover  a platform without a wheel
    isal_zlib: Any = None
else:
    isal_zlib = _isal_module

__all__ = ["Deflater", "Inflater", "pack_all"]

_ISAL_TOP_LEVEL: Final = 3
_UNPACK_ERRORS: Final[tuple[type[Exception], ...]] = (
    (zlib.error, isal_zlib.error) if isal_zlib else (zlib.error,)
)


def pack_all(data: bytes) -> bytes:
    """Return a zlib stream of its own, complete, at the fast level."""
    packed: bytes = (isal_zlib or zlib).compress(data, 1)
    return packed


class Deflater:
    """One packing stream. `level` 1 to 3 is isal's, 4 to 9 the standard library's (slower, smaller).

    isal's level 0 lets noise grow by a quarter, so 1 is the lowest.
    """

    __slots__ = ("_stream",)

    def __init__(self, level: int = 1) -> None:
        level = max(1, level)
        if isal_zlib is not None and level <= _ISAL_TOP_LEVEL:
            self._stream: Any = isal_zlib.compressobj(level)
        else:
            self._stream = zlib.compressobj(level)

    def pack(self, data: bytes | memoryview) -> bytes:
        """Return `data` packed and flushed, so that the peer can unpack all of it now."""
        packed: bytes = self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        return packed


class Inflater:
    """One unpacking stream; it never unpacks more than is expected."""

    __slots__ = ("_stream",)

    def __init__(self) -> None:
        self._stream: Any = isal_zlib.decompressobj() if isal_zlib is not None else zlib.decompressobj()

    def unpack(self, data: bytes | memoryview, size: int) -> bytes:
        """Return exactly `size` bytes unpacked from `data`; raises ProtocolError on fewer or more."""
        unpacked = self.unpack_up_to(data, size)
        if len(unpacked) < size:
            raise ProtocolError(f"packed data holds {len(unpacked)} bytes, expected {size}")
        return unpacked

    def unpack_up_to(self, data: bytes | memoryview, limit: int) -> bytes:
        """Return all that `data` unpacks to; raises LimitExceeded when it is more than `limit` bytes."""
        # One byte more is allowed, so that what lies behind the last one (the flush mark) is read too.
        unpacked, _ = self.unpack_some(data, limit + 1)
        if len(unpacked) > limit:
            raise LimitExceeded("unpacked size", len(unpacked), limit)
        return unpacked

    def unpack_some(self, data: bytes | memoryview, most: int) -> tuple[bytes, bytes]:
        """Return up to `most` bytes unpacked, and what of `data` must be given again for more.

        Nothing unpacked: there is no more in `data`, all of which the stream has seen.
        """
        try:
            unpacked: bytes = self._stream.decompress(data, most)
        except _UNPACK_ERRORS as error:
            raise ProtocolError(f"packed data does not unpack: {error}") from error
        return unpacked, self._stream.unconsumed_tail
