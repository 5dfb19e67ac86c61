"""Hextile (5): tiles of 16x16, each raw or a background with small rectangles (RFC 6143 section 7.7.4).

Decoded for old servers. Background and foreground go on from tile to tile.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wire.buffer import Buffer, Reading
from wire.errors import LimitExceeded, ProtocolError
from wire.limits import MAX_RECT_PAYLOAD
from wire.rfb.pixels import Pixels, colours_of

__all__ = ["decode", "take"]

_SIDE: Final = 16
_RAW, _BACKGROUND, _FOREGROUND, _SUBRECTS, _COLOURED = 1, 2, 4, 8, 16
_PIXEL: Final = 4


def take(buffer: Buffer, width: int, height: int) -> Reading[bytes]:
    """Take the payload: it has no length, so each tile is walked over once."""
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
    return (yield from buffer.exactly(size))


def decode(payload: bytes, target: Pixels) -> None:
    """Write the rectangle into `target` (BGRX); raises ProtocolError."""
    height, width = target.shape[:2]
    colours = colours_of(target)
    at, background, foreground = 0, 0, 0
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
            at = _paint_subrects(payload, at, tile, None if kind & _COLOURED else foreground)


def _paint_subrects(payload: bytes, at: int, tile: NDArray[np.uint32], shared: int | None) -> int:
    """Paint the rectangles that begin at `at`, each with its own colour if `shared` is None; return the
    end."""
    count = payload[at]
    at += 1
    for _ in range(count):
        colour = shared
        if colour is None:
            colour, at = _colour(payload, at), at + _PIXEL
        place, size = payload[at], payload[at + 1]
        at += 2
        x, y = place >> 4, place & 15
        right, bottom = x + (size >> 4) + 1, y + (size & 15) + 1
        if bottom > tile.shape[0] or right > tile.shape[1]:
            raise ProtocolError(f"a Hextile rectangle at {x},{y} leaves its tile")
        tile[y:bottom, x:right] = colour
    return at


def _colour(payload: bytes, at: int) -> int:
    return int.from_bytes(payload[at : at + _PIXEL], "little")


def _tiles(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    for y in range(0, height, _SIDE):
        for x in range(0, width, _SIDE):
            yield x, y, min(_SIDE, width - x), min(_SIDE, height - y)
