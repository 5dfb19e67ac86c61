"""Where to look, and what really changed there: lists of areas and comparisons of pictures. Pure numpy.

The fourth byte of each pixel must be equal in both pictures; capture sets it to 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from customer_agent.screen.capture import Area, Pixels

TILE = 64
MAX_AREAS = 12
# Two areas become one when that adds no more pixels than this, or than a third of theirs.
SMALL_GAP_PIXELS = 4096
# Changed parts are cut apart where this many rows or columns between them are unchanged.
ROW_GAP = 32
COLUMN_GAP = 64
MAX_DEPTH = 6
# A part this large of which less than half changed (the frame of a window, two strips) goes band by band.
SPARSE_PIXELS = 32 * 1024
TileMap = NDArray[np.bool_]
Mask = NDArray[np.bool_]
Words = NDArray[np.uint32]
Cut = TypeVar("Cut", Words, Mask)


def tile_shape(width: int, height: int) -> tuple[int, int]:
    """(rows, columns) of tiles that cover a desktop; the last ones may stick out."""
    return -(-height // TILE), -(-width // TILE)


def no_tiles(width: int, height: int) -> TileMap:
    """A map with no tile set."""
    return np.zeros(tile_shape(width, height), np.bool_)


def tiles_of(area: Area) -> tuple[slice, slice]:
    """The rows and columns of tiles that touch `area`."""
    return (
        slice(max(area.y, 0) // TILE, -(-area.bottom // TILE)),
        slice(max(area.x, 0) // TILE, -(-area.right // TILE)),
    )


def cut(words: Cut, area: Area) -> Cut:
    """The pixels of `area`, without a copy."""
    return words[area.y : area.bottom, area.x : area.right]


def words_of(pixels: Pixels) -> Words:
    """One 32-bit word for each pixel, 0x00RRGGBB, without a copy."""
    return pixels.view(np.uint32)[..., 0]


def pixels_of(words: Words) -> Pixels:
    """The B G R X bytes of `words`, without a copy."""
    return words[..., np.newaxis].view(np.uint8)


# Lists of areas


def joined(areas: Iterable[Area]) -> list[Area]:
    """A few areas that cover all of `areas`."""
    found: list[Area] = []
    for area in areas:
        if area.is_empty:
            continue
        _add(found, area)
    if len(found) > MAX_AREAS:
        whole = found[0]
        for area in found:
            whole = whole.covering(area)
        return [whole]
    return found


def _add(found: list[Area], area: Area) -> None:
    for place in range(len(found) - 1, max(-1, len(found) - 1 - MAX_AREAS), -1):
        both = found[place].covering(area)
        size = _size(found[place]) + _size(area)
        if _size(both) - size <= max(SMALL_GAP_PIXELS, size // 3):
            del found[place]
            # What has grown may now touch others.
            _add(found, both)
            return
    found.append(area)


def _size(area: Area) -> int:
    return area.width * area.height


def without(area: Area, hole: Area) -> list[Area]:
    """The parts of `area` outside `hole`: above, below, left and right of it."""
    hole = area.clipped(hole)
    if hole.is_empty:
        return [] if area.is_empty else [area]
    parts = [
        Area(area.x, area.y, area.width, hole.y - area.y),
        Area(area.x, hole.bottom, area.width, area.bottom - hole.bottom),
        Area(area.x, hole.y, hole.x - area.x, hole.height),
        Area(hole.right, hole.y, area.right - hole.right, hole.height),
    ]
    return [part for part in parts if not part.is_empty]


# Comparing


def changed_boxes(new: Words, old: Words, area: Area) -> list[Area]:
    """Areas inside `area` that hold every pixel in which the two pictures differ, cut close to them."""
    return boxes(cut(new, area) != cut(old, area), area.x, area.y)


def boxes(differs: Mask, x: int, y: int) -> list[Area]:
    """Areas around the set places of a mask whose upper left corner stands at x, y."""
    found: list[Area] = []
    _split(differs, x, y, found, MAX_DEPTH)
    return found


def _split(differs: Mask, x: int, y: int, found: list[Area], depth: int) -> None:
    rows = _stretches(np.logical_or.reduce(differs, axis=1), ROW_GAP)
    for top, bottom in rows:
        band = differs[top:bottom]
        columns = _stretches(np.logical_or.reduce(band, axis=0), COLUMN_GAP)
        is_one = len(columns) == 1 and (len(rows) == 1 or bottom - top <= ROW_GAP)
        for left, right in columns:
            if is_one or depth == 0:
                _append(band[:, left:right], x + left, y + top, found, depth)
            else:
                _split(band[:, left:right], x + left, y + top, found, depth - 1)


def _append(differs: Mask, x: int, y: int, found: list[Area], depth: int) -> None:
    height, width = differs.shape
    if depth > 0 and differs.size > SPARSE_PIXELS and np.count_nonzero(differs) * 2 < differs.size:
        for top in range(0, height, TILE):
            _split(differs[top : top + TILE], x, y + top, found, 0)
    else:
        found.append(Area(x, y, width, height))


def _stretches(flags: Mask, gap: int) -> list[tuple[int, int]]:
    """(start, end) of the stretches of True, those with a smaller gap than `gap` between them as one."""
    places = np.flatnonzero(flags)
    if places.size == 0:
        return []
    first, last = int(places[0]), int(places[-1]) + 1
    if places.size > last - first - gap:
        return [(first, last)]
    breaks = np.flatnonzero(np.diff(places) > gap)
    starts = [first, *places[breaks + 1].tolist()]
    ends = [*(places[breaks] + 1).tolist(), last]
    return list(zip(starts, ends, strict=True))
