"""Hextile (5): tiles of 16x16, each raw or a background with small rectangles (RFC 6143 section 7.7.4).

Decoded for old servers. Background and foreground go on from tile to tile. Tiles are walked over one by one,
their small rectangles are painted many tiles at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from wire.buffer import Buffer, Reading
from wire.errors import LimitExceeded, ProtocolError
from wire.limits import MAX_FOREIGN_RECT_PIXELS, MAX_RECT_PAYLOAD
from wire.rfb.encodings import subrects
from wire.rfb.pixels import Colours, Pixels, colours_of

__all__ = ["decode", "take"]

_SIDE: Final = 16
_RAW, _BACKGROUND, _FOREGROUND, _SUBRECTS, _COLOURED = 1, 2, 4, 8, 16
_PIXEL: Final = 4
_TOGETHER: Final = 1 << 15
"""How many small rectangles are gathered before they are painted."""


def take(buffer: Buffer, width: int, height: int) -> Reading[bytes]:
    """Take the payload: it has no length, so each tile is walked over once."""
    if width * height > MAX_FOREIGN_RECT_PIXELS:
        raise LimitExceeded("Hextile pixels", width * height, MAX_FOREIGN_RECT_PIXELS)
    size = 0
    for _, _, tile_width, tile_height in _tiles(width, height):
        yield from buffer.reach(size + 1)
        kind = buffer.byte_at(size)
        size += 1
        if kind & _RAW:
            size += tile_width * tile_height * _PIXEL
        else:
            size += _PIXEL * bool(kind & _BACKGROUND) + _PIXEL * bool(kind & _FOREGROUND)
            if kind & _SUBRECTS:
                yield from buffer.reach(size + 1)
                size += 1 + buffer.byte_at(size) * (2 + _PIXEL * bool(kind & _COLOURED))
        if size > MAX_RECT_PAYLOAD:
            raise LimitExceeded("Hextile payload", size, MAX_RECT_PAYLOAD)
    return (yield from buffer.exactly_large(size))


def decode(payload: bytes, target: Pixels) -> None:
    """Write the rectangle into `target` (BGRX); raises ProtocolError."""
    height, width = target.shape[:2]
    colours = colours_of(target)
    at, background, foreground = 0, 0, 0
    small = _SmallRectangles(payload, colours)
    for x, y, w, h in _tiles(width, height):
        kind = payload[at]
        at += 1
        tile = colours[y : y + h, x : x + w]
        if kind & _RAW:
            tile[...] = np.frombuffer(payload, "<u4", w * h, at).reshape(h, w)
            at += w * h * _PIXEL
            continue
        if kind & _BACKGROUND:
            background, at = _colour(payload, at), at + _PIXEL
        if kind & _FOREGROUND:
            foreground, at = _colour(payload, at), at + _PIXEL
        tile[...] = background
        if kind & _SUBRECTS:
            count, each = payload[at], 2 + _PIXEL * bool(kind & _COLOURED)
            if count:
                small.add((at + 1, count, each, foreground, x, y, w, h))
            at += 1 + count * each
    small.paint()


class _SmallRectangles:
    """The small rectangles of tiles whose background is painted; painted together."""

    def __init__(self, payload: bytes, colours: Colours) -> None:
        self._data = np.frombuffer(payload, np.uint8)
        self._colours = colours
        self._tiles: list[tuple[int, ...]] = []
        self._count = 0

    def add(self, tile: tuple[int, ...]) -> None:
        """A tile: where its rectangles begin, how many, bytes of each, foreground, x, y, w, h (px)."""
        self._tiles.append(tile)
        self._count += tile[1]
        if self._count >= _TOGETHER:
            self.paint()

    def paint(self) -> None:
        """Paint what was gathered; raises ProtocolError when a rectangle leaves its tile."""
        if not self._tiles:
            return
        begins, counts, sizes, foregrounds, *places = np.array(self._tiles, np.int64).T
        self._tiles, self._count = [], 0
        first = np.cumsum(counts) - counts
        tile = np.repeat(np.arange(len(counts)), counts)
        at = begins[tile] + (np.arange(len(tile)) - first[tile]) * sizes[tile]
        has_colour = sizes[tile] > 2  # noqa: PLR2004  place and size alone
        colours = foregrounds.astype(np.uint32)[tile]
        own = at[has_colour]
        colours[has_colour] = self._data[own[:, None] + np.arange(_PIXEL)].view("<u4")[:, 0]
        at += np.where(has_colour, _PIXEL, 0)
        place, size = self._data[at].astype(np.int32), self._data[at + 1].astype(np.int32)
        x, y, w, h = place >> 4, place & 15, (size >> 4) + 1, (size & 15) + 1
        left, top, tile_width, tile_height = (number.astype(np.int32) for number in places)
        if (x + w > tile_width[tile]).any() or (y + h > tile_height[tile]).any():
            raise ProtocolError("a Hextile rectangle leaves its tile")
        # As with RRE: no encoder paints a pixel twice.
        if (np.add.reduceat(w * h, first) > 2 * tile_width * tile_height).any():
            raise ProtocolError("Hextile paints more than twice the pixels of a tile")
        subrects.paint(self._colours, x + left[tile], y + top[tile], w, h, colours)


def _colour(payload: bytes, at: int) -> int:
    return int.from_bytes(payload[at : at + _PIXEL], "little")


def _tiles(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    for y in range(0, height, _SIDE):
        for x in range(0, width, _SIDE):
            yield x, y, min(_SIDE, width - x), min(_SIDE, height - y)
