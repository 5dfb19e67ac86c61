"""ZRLE (16): zlib over tiles of 64x64, each raw, palette or run lengths (RFC 6143 section 7.7.6).

Decoded for servers that lack Tight. A CPIXEL of our format is three bytes, B G R.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from wire.buffer import Buffer, Reading
from wire.errors import LimitExceeded, ProtocolError
from wire.limits import MAX_RECT_PAYLOAD
from wire.rfb.encodings.streams import Inflater
from wire.rfb.pixels import Pixels, colours_of

__all__ = ["ZrleDecoder", "take"]

_SIDE: Final = 64
_CPIXEL: Final = 3
_TILE_HEAD: Final = 512
"""More than the kind and the palette of a tile can take, bytes."""
_PLAIN_RLE: Final = 128


def take(buffer: Buffer, width: int, height: int) -> Reading[bytes]:
    """Take the payload, a length and so many packed bytes."""
    if width * height * 4 > MAX_RECT_PAYLOAD:
        raise LimitExceeded("ZRLE pixels", width * height, MAX_RECT_PAYLOAD // 4)
    length = yield from buffer.u32()
    if length > MAX_RECT_PAYLOAD:
        raise LimitExceeded("ZRLE length", length, MAX_RECT_PAYLOAD)
    return (yield from buffer.exactly(length))


class ZrleDecoder:
    """The decoder of one connection; keeps its zlib stream, so payloads must come in order."""

    def __init__(self) -> None:
        self._stream = Inflater()

    def decode(self, payload: bytes, target: Pixels) -> None:
        """Write one rectangle into `target` (BGRX); raises ProtocolError."""
        height, width = target.shape[:2]
        tiles = -(-height // _SIDE) * -(-width // _SIDE)
        data = self._stream.unpack_up_to(payload, width * height * 4 + tiles * _TILE_HEAD)
        colours = colours_of(target)
        reader = _Reader(data)
        for y in range(0, height, _SIDE):
            for x in range(0, width, _SIDE):
                tile = colours[y : y + _SIDE, x : x + _SIDE]
                tile[...] = reader.tile(*tile.shape)


class _Reader:
    """Reads tiles from unpacked data; every step checks that its bytes are there."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def tile(self, height: int, width: int) -> NDArray[np.uint32]:
        """Return the colours of the next tile, or one colour (1x1) for all of it."""
        kind = self._bytes(1)[0]
        if kind == 0:
            return self._colours(height * width).reshape(height, width)
        if kind == 1:
            return self._colours(1).reshape(1, 1)
        if kind <= 16:
            return self._packed(self._colours(kind), height, width)
        if kind == _PLAIN_RLE:
            return self._plain_runs(height * width).reshape(height, width)
        if kind > _PLAIN_RLE + 1:
            return self._palette_runs(self._colours(kind - _PLAIN_RLE), height * width).reshape(height, width)
        raise ProtocolError(f"ZRLE tile kind {kind} is unknown")

    def _bytes(self, size: int) -> bytes:
        start, self._at = self._at, self._at + size
        if self._at > len(self._data):
            raise ProtocolError(f"the ZRLE data ends after {len(self._data)} bytes, inside a tile")
        return self._data[start : self._at]

    def _colours(self, count: int) -> NDArray[np.uint32]:
        wide = np.full((count, 4), 255, np.uint8)
        wide[:, :_CPIXEL] = np.frombuffer(self._bytes(count * _CPIXEL), np.uint8).reshape(count, _CPIXEL)
        return wide.view("<u4")[:, 0]

    def _packed(self, palette: NDArray[np.uint32], height: int, width: int) -> NDArray[np.uint32]:
        bits = 1 if len(palette) == 2 else 2 if len(palette) <= 4 else 4
        row = (width * bits + 7) // 8
        packed = np.frombuffer(self._bytes(row * height), np.uint8).reshape(height, row)
        each = np.unpackbits(packed, axis=1).reshape(height, -1, bits)
        weights = np.array([1 << place for place in range(bits - 1, -1, -1)], np.uint8)
        indices = (each * weights).sum(axis=2, dtype=np.uint8)[:, :width]
        return self._look_up(palette, indices)

    def _plain_runs(self, area: int) -> NDArray[np.uint32]:
        starts, lengths, total = [], [], 0
        while total < area:
            starts.append(self._at)
            self._bytes(_CPIXEL)
            length = self._run_length()
            lengths.append(length)
            total += length
        self._check_total(total, area)
        data = np.frombuffer(self._data, np.uint8)
        wide = np.full((len(starts), 4), 255, np.uint8)
        wide[:, :_CPIXEL] = data[np.array(starts)[:, None] + np.arange(_CPIXEL)]
        return np.repeat(wide.view("<u4")[:, 0], lengths)

    def _palette_runs(self, palette: NDArray[np.uint32], area: int) -> NDArray[np.uint32]:
        indices, lengths, total = [], [], 0
        while total < area:
            byte = self._bytes(1)[0]
            length = self._run_length() if byte & 0x80 else 1
            indices.append(byte & 0x7F)
            lengths.append(length)
            total += length
        self._check_total(total, area)
        return np.repeat(self._look_up(palette, np.array(indices)), lengths)

    def _run_length(self) -> int:
        length = 1
        while True:
            byte = self._bytes(1)[0]
            length += byte
            if byte != 255:
                return length
            if length > _SIDE * _SIDE:
                raise ProtocolError("a ZRLE run is longer than its tile")

    @staticmethod
    def _check_total(total: int, area: int) -> None:
        if total > area:
            raise ProtocolError(f"the ZRLE runs of a tile of {area} pixels make {total}")

    @staticmethod
    def _look_up(palette: NDArray[np.uint32], indices: NDArray[np.integer]) -> NDArray[np.uint32]:
        try:
            found: NDArray[np.uint32] = palette.take(indices)
        except IndexError as error:
            raise ProtocolError(f"ZRLE palette of {len(palette)} colours has no such index") from error
        return found
