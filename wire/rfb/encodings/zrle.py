"""ZRLE (16): zlib over tiles of 64x64, each raw, palette or run lengths (RFC 6143 section 7.7.6).

Decoded for servers that lack Tight. A CPIXEL of our format is three bytes, B G R. Data is unpacked a piece
at a time. The runs of a tile are read by numpy: eight kilobytes can be packed from eight million runs of
one pixel, which took seconds one by one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from wire.buffer import Buffer, Reading
from wire.errors import LimitExceeded, ProtocolError
from wire.limits import KIB, MAX_FOREIGN_RECT_PIXELS, MAX_RECT_PAYLOAD
from wire.rfb.encodings.streams import Inflater
from wire.rfb.pixels import Pixels, colours_of

__all__ = ["ZrleDecoder", "take"]

_SIDE: Final = 64
_CPIXEL: Final = 3
_MOST_TILE: Final = _SIDE * _SIDE * 4 + 512
"""More than a tile can take, bytes: a run of one pixel for each, and the palette."""
_PIECE: Final = 256 * KIB
_PACKED_PIECE: Final = 64 * KIB
_SPARE: Final = 64 * KIB
"""How much unpacked data may be left over when all tiles are there, bytes; it says nothing."""
_PLAIN_RLE: Final = 128
_IS_RUN: Final = 0x80

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]


def take(buffer: Buffer, width: int, height: int) -> Reading[bytes]:
    """Take the payload, a length and so many packed bytes."""
    if width * height > MAX_FOREIGN_RECT_PIXELS:
        raise LimitExceeded("ZRLE pixels", width * height, MAX_FOREIGN_RECT_PIXELS)
    length = yield from buffer.u32()
    if length > MAX_RECT_PAYLOAD:
        raise LimitExceeded("ZRLE length", length, MAX_RECT_PAYLOAD)
    return (yield from buffer.exactly_large(length))


class ZrleDecoder:
    """The decoder of one connection; keeps its zlib stream, so payloads must come in order."""

    def __init__(self) -> None:
        self._stream = Inflater()

    def decode(self, payload: bytes, target: Pixels) -> None:
        """Write one rectangle into `target` (BGRX); raises ProtocolError."""
        height, width = target.shape[:2]
        colours = colours_of(target)
        reader = _Reader(self._stream, payload)
        for y in range(0, height, _SIDE):
            for x in range(0, width, _SIDE):
                tile = colours[y : y + _SIDE, x : x + _SIDE]
                tile[...] = reader.tile(*tile.shape)
        reader.finish()


class _Reader:
    """Reads tiles from data that it unpacks; every step checks that its bytes are there."""

    __slots__ = ("_at", "_data", "_next", "_packed", "_payload", "_stream")

    def __init__(self, stream: Inflater, payload: bytes) -> None:
        self._stream = stream
        self._payload = memoryview(payload)
        self._next = 0  # of the payload, which the stream gets piece by piece too
        self._packed: bytes | memoryview = b""
        self._data = b""
        self._at = 0

    def tile(self, height: int, width: int) -> NDArray[np.uint32]:
        """Return the colours of the next tile, or one colour (1x1) for all of it."""
        self._fill()
        kind = self._bytes(1)[0]
        if kind == 0:
            return self._colours(height * width).reshape(height, width)
        if kind == 1:
            return self._colours(1).reshape(1, 1)
        if kind <= 16:
            return self._packed_palette(self._colours(kind), height, width)
        if kind == _PLAIN_RLE:
            return self._plain_runs(height * width).reshape(height, width)
        if kind > _PLAIN_RLE + 1:
            return self._palette_runs(self._colours(kind - _PLAIN_RLE), height * width).reshape(height, width)
        raise ProtocolError(f"ZRLE tile kind {kind} is unknown")

    def finish(self) -> None:
        """Unpack what is left of the payload, so that the stream goes on with the next."""
        left = 0
        while piece := self._unpack(_PIECE):
            left += len(piece)
            if left > _SPARE:
                raise LimitExceeded("ZRLE data after its tiles", left, _SPARE)

    def _fill(self) -> None:
        """Have all bytes here that the next tile can take, as far as there are any."""
        while len(self._data) - self._at < _MOST_TILE and (piece := self._unpack(_PIECE)):
            self._data = self._data[self._at :] + piece
            self._at = 0

    def _unpack(self, most: int) -> bytes:
        while True:
            if not self._packed:
                self._packed = self._payload[self._next : self._next + _PACKED_PIECE]
                self._next += len(self._packed)
            has_more = self._next < len(self._payload)
            piece, self._packed = self._stream.unpack_some(self._packed, most)
            if piece or self._packed or not has_more:
                return piece

    def _bytes(self, size: int) -> bytes:
        start, self._at = self._at, self._at + size
        if self._at > len(self._data):
            raise ProtocolError(f"the ZRLE data ends {self._at - len(self._data)} bytes inside a tile")
        return self._data[start : self._at]

    def _colours(self, count: int) -> NDArray[np.uint32]:
        return _wide(np.frombuffer(self._bytes(count * _CPIXEL), np.uint8).reshape(count, _CPIXEL))

    def _packed_palette(self, palette: NDArray[np.uint32], height: int, width: int) -> NDArray[np.uint32]:
        bits = 1 if len(palette) == 2 else 2 if len(palette) <= 4 else 4
        row = (width * bits + 7) // 8
        packed = np.frombuffer(self._bytes(row * height), np.uint8).reshape(height, row)
        each = np.unpackbits(packed, axis=1).reshape(height, -1, bits)
        weights = np.array([1 << place for place in range(bits - 1, -1, -1)], np.uint8)
        indices = (each * weights).sum(axis=2, dtype=np.uint8)[:, :width]
        return _look_up(palette, indices)

    def _ahead(self, most: int) -> Bytes:
        """The bytes to come, at most so many, without taking them."""
        most = min(most, len(self._data) - self._at)
        if most <= 0:
            raise ProtocolError("the ZRLE data ends inside a tile")
        return np.frombuffer(self._data, np.uint8, most, self._at)

    def _plain_runs(self, area: int) -> NDArray[np.uint32]:
        """Runs of a colour and a length; the length ends with its first byte that is not 255.

        As long as lengths are one byte, runs lie four bytes apart and are read together. A longer length
        stands for 256 pixels or more, so that a tile has at most sixteen of them.
        """
        parts, lengths, total = [], [], 0
        while total < area:
            if self._data[self._at + 3 : self._at + 4] == b"\xff":
                parts.append(np.frombuffer(self._bytes(_CPIXEL), np.uint8).reshape(1, 3))
                lengths.append(np.array([self._run_length(area)]))
                total += int(lengths[-1][0])
                continue
            rest = self._ahead((area - total) * 4)
            runs = rest[: len(rest) // 4 * 4].reshape(-1, 4)
            short = np.cumsum(runs[:, 3].astype(np.int64) + 1)
            count = _first(runs[:, 3] == 255, len(runs))  # noqa: PLR2004
            count = min(count, int(np.searchsorted(short, area - total)) + 1)
            if count == 0:
                raise ProtocolError("the ZRLE data ends inside a tile")
            parts.append(runs[:count, :3])
            lengths.append(runs[:count, 3].astype(np.int64) + 1)
            total += int(short[count - 1])
            self._at += 4 * count
        _check_total(total, area)
        return np.repeat(_wide(np.concatenate(parts)), np.concatenate(lengths))

    def _run_length(self, area: int) -> int:
        length = 1
        while True:
            byte = self._bytes(1)[0]
            length += byte
            if byte != 255:  # noqa: PLR2004
                return length
            _check_total(length, area)

    def _palette_runs(self, palette: NDArray[np.uint32], area: int) -> NDArray[np.uint32]:
        """Single pixels (an index), and runs: an index with the high bit, then a length as above."""
        rest = self._ahead(2 * area + 32)
        is_head = _heads(rest)
        heads = np.flatnonzero(is_head)
        # A head counts one pixel, each byte of a length its value.
        lengths = np.add.reduceat(np.where(is_head, 1, rest).astype(np.int64), heads)
        totals = np.cumsum(lengths)
        last = int(np.searchsorted(totals, area))
        if last == len(totals):
            raise ProtocolError("the ZRLE data ends inside a tile")
        end = int(heads[last + 1]) if last + 1 < len(heads) else len(rest)
        if rest[end - 1] == 255 and end - 1 > heads[last]:  # noqa: PLR2004
            raise ProtocolError("the ZRLE data ends inside a run")
        _check_total(int(totals[last]), area)
        if end - 1 == heads[last] and rest[end - 1] & _IS_RUN:
            raise ProtocolError("the ZRLE data ends inside a run")
        self._at += end
        return np.repeat(_look_up(palette, rest[heads[: last + 1]] & 0x7F), lengths[: last + 1])


def _heads(data: Bytes) -> NDArray[np.bool_]:
    """Which bytes begin a single pixel or a run, when the first does.

    What a byte is depends on the one before: after a single pixel comes a head; after a length's 255 comes
    more of the length; any other byte from 128 on is followed by a length if it is a head and by a head if
    it ends a length, so it swaps the two. So the state before a byte is what the last byte that settles it
    made, turned by every swap since.
    """
    settles = (data < _IS_RUN) | (data == 255)  # noqa: PLR2004
    places = np.where(settles, np.arange(1, len(data) + 1), 0)
    last = np.maximum.accumulate(places)  # one past the last byte that settles, 0 = none: a head comes first
    swaps = np.concatenate(([0], np.cumsum(~settles)))
    after_head = np.concatenate(([True], data < _IS_RUN))[last]
    turned = (swaps[1:] - swaps[last]) & 1
    heads = np.empty(len(data), np.bool_)
    heads[0] = True
    heads[1:] = (after_head ^ (turned == 1))[:-1]
    return heads


def _first(found: NDArray[np.bool_], otherwise: int) -> int:
    place = int(found.argmax()) if len(found) else 0
    return place if len(found) and found[place] else otherwise


def _wide(colours: Bytes) -> NDArray[np.uint32]:
    wide = np.full((len(colours), 4), 255, np.uint8)
    wide[:, :_CPIXEL] = colours
    return wide.view("<u4")[:, 0]


def _check_total(total: int, area: int) -> None:
    if total > area:
        raise ProtocolError(f"the ZRLE runs of a tile of {area} pixels make {total}")


def _look_up(palette: NDArray[np.uint32], indices: NDArray[np.integer]) -> NDArray[np.uint32]:
    if len(indices) and int(indices.max()) >= len(palette):
        raise ProtocolError(f"ZRLE palette of {len(palette)} colours has no such index")
    found: NDArray[np.uint32] = palette.take(indices)
    return found
