"""Finds what only moved (a scrolled text, a dragged window), so that it can be sent as CopyRect. Pure numpy.

Correct by construction: the caller compares what the move would give with the new picture and sends the
rest, so a wrong guess costs bytes, never a wrong pixel. Three ways, the cheapest first:

    the last move again     a few hundred sample pixels tell whether it explains the change
    crossing samples        a few whole rows of the new picture, a few whole columns of the old one: whatever
                            moved by (dx, dy) is in both at as many places as rows times columns
    strips that vote        each row of a 64 px wide strip, for sparse text that the samples miss; up or down
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from customer_agent.screen.capture import Area
from customer_agent.screen.damage import TILE, Mask, Words, cut

MIN_PIXELS = 8 * TILE * TILE
MIN_SIDE = 48
MIN_VOTES = 24
MIN_CHANGED_SAMPLES = 16
MIN_SHARE = 0.5
MISSES_BEFORE_PAUSE = 3
FIRST_PAUSE = 8
LONGEST_PAUSE = 32
GRID = 32
LINES = 7
LEAST_AGREEING = 3

# Where the pixels of one sample stand: many, because letters of two colours have one bit a pixel.
_TAPS = tuple((x, y) for y in (0, 2, 5, 7) for x in range((y * 3) % 2, 8, 2))
_REACH = 8
_FACTORS = np.random.default_rng(3).integers(1, 1 << 31, len(_TAPS)).astype(np.uint32) * 2 + 1
_ODD = np.random.default_rng(20261120).integers(1, 1 << 62, TILE, np.uint64) * np.uint64(2) + np.uint64(1)


@dataclass(frozen=True, slots=True)
class Move:
    """The `area` shows what stood `dx` px further left and `dy` px higher (dy > 0: moved down).

    `same`: in which pixels of the area that is so.
    """

    area: Area
    dx: int
    dy: int
    same: Mask | None = field(default=None, compare=False, repr=False)

    @property
    def source(self) -> Area:
        """Where the picture came from."""
        return Area(self.area.x - self.dx, self.area.y - self.dy, self.area.width, self.area.height)


class MotionFinder:
    """Looks for a move when enough has changed, and rests after searching in vain."""

    def __init__(self) -> None:
        self._last = (0, 0)
        self._misses = 0
        self._pause = FIRST_PAUSE
        self._resting = 0

    def find(self, new: Words, old: Words, area: Area) -> Move | None:
        """The move that explains most of what changed in `area`, or None."""
        if area.width < MIN_SIDE or area.height < MIN_SIDE or area.width * area.height < MIN_PIXELS:
            return None
        samples = _Samples(new, old, area)
        if samples.changed < MIN_CHANGED_SAMPLES:
            return None
        if self._last != (0, 0) and samples.share(*self._last) >= MIN_SHARE:
            move = extent(new, old, area, *self._last)
            if move is not None:
                return self._found(move)
        if self._resting:
            self._resting -= 1
            return None
        move = find_move(new, old, area, samples)
        if move is None:
            self._missed()
            return None
        return self._found(move)

    def _found(self, move: Move) -> Move:
        self._last = move.dx, move.dy
        self._misses, self._resting, self._pause = 0, 0, FIRST_PAUSE
        return move

    def _missed(self) -> None:
        self._misses += 1
        if self._misses >= MISSES_BEFORE_PAUSE:
            self._misses, self._resting = 0, self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)


class _Samples:
    """Some pixels that changed, to ask cheaply how many of them a move explains."""

    def __init__(self, new: Words, old: Words, area: Area) -> None:
        self._old = old
        ys = area.y + (np.arange(GRID) * area.height + area.height // 2) // GRID
        xs = area.x + (np.arange(GRID) * area.width + area.width // 2) // GRID
        # Slanted, so that rows and columns of a text are met at many heights.
        ys = np.minimum(ys[:, np.newaxis] + np.arange(GRID) % 7, area.bottom - 1)
        xs = np.broadcast_to(xs, ys.shape)
        now = new[ys, xs]
        differs = now != old[ys, xs]
        self._y, self._x, self._now = ys[differs], xs[differs], now[differs]
        self.changed = int(self._now.size)

    def share(self, dx: int, dy: int) -> float:
        """Which part of the changed pixels stood (dx, dy) further left and higher before."""
        height, width = self._old.shape
        y, x = self._y - dy, self._x - dx
        inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        same = self._old[y[inside], x[inside]] == self._now[inside]
        return float(np.count_nonzero(same)) / max(1, self.changed)


def find_move(new: Words, old: Words, area: Area, samples: _Samples | None = None) -> Move | None:
    """Search from nothing: the move of most of `area`, or None."""
    samples = samples or _Samples(new, old, area)
    likely, is_rich = _by_crossing(cut(new, area), cut(old, area))
    for dx, dy in likely:
        if samples.share(dx, dy) >= MIN_SHARE:
            return extent(new, old, area, dx, dy)
    if is_rich:
        # Full of detail, and yet nothing was found again: a playing picture, not sparse text.
        return None
    distance = find_vertical(new, old, area)
    if distance is not None and samples.share(0, distance) >= MIN_SHARE:
        return extent(new, old, area, 0, distance)
    return None


# The last step of all ways: how far it reaches


def extent(new: Words, old: Words, area: Area, dx: int, dy: int) -> Move | None:
    """The largest block of `area` that shows what stood (dx, dy) before, or None when it is too small."""
    height, width = old.shape
    target = area.clipped(Area(dx, dy, width, height)).clipped(Area(0, 0, width, height))
    if target.is_empty:
        return None
    source = Area(target.x - dx, target.y - dy, target.width, target.height)
    same = cut(new, target) == cut(old, source)
    if not same.all():
        top, bottom, left, right = _block(same)
        target = Area(target.x + left, target.y + top, right - left, bottom - top)
        same = same[top:bottom, left:right]
    if target.width < MIN_SIDE or target.height < MIN_SIDE:
        return None
    return Move(target, dx, dy, same)


def _block(same: Mask) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) of the block in which nearly everything is the same."""
    left, right = _longest_run(_mostly(same, 0))
    top, bottom = _longest_run(_mostly(same[:, left:right], 1))
    left, right = _longest_run(_mostly(same[top:bottom], 0, 0.9))
    top, bottom = _longest_run(_mostly(same[:, left:right], 1, 0.9))
    return top, bottom, left, right


def _mostly(same: Mask, axis: int, share: float = 0.5) -> Mask:
    """Which columns (axis 0) or rows (1) are the same nearly everywhere, by every 8th of their pixels."""
    sample = same[::8] if axis == 0 else same[:, ::8]
    counts = np.add.reduce(sample, axis=axis, dtype=np.uint32)
    # Single rows with a caret or a playing picture in them belong to the block.
    return np.asarray(counts >= max(1, share * sample.shape[axis]), np.bool_)


def _longest_run(flags: Mask) -> tuple[int, int]:
    """(start, end) of the longest stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.view(np.int8), [0]))))
    if edges.size == 0:
        return 0, 0
    starts, ends = edges[::2], edges[1::2]
    longest = int((ends - starts).argmax())
    return int(starts[longest]), int(ends[longest])


# Crossing samples


def _by_crossing(new: Words, old: Words) -> tuple[list[tuple[int, int]], bool]:
    """The likeliest moves, best first, at most two; and whether most samples had something to tell."""
    height, width = new.shape
    if min(width, height) <= 2 * _REACH:
        return [], False
    rows = (np.arange(LINES) * 2 + 1) * (height - _REACH) // (2 * LINES)
    columns = (np.arange(LINES) * 2 + 1) * (width - _REACH) // (2 * LINES)
    new_values, (line, x) = _numbers([new[rows + y, x : width - _REACH + x] for x, y in _TAPS])
    new_places = (rows[line] << 16) + x
    old_values, (y, line) = _numbers([old[y : height - _REACH + y, columns + x] for x, y in _TAPS])
    old_places = (y << 16) + columns[line]
    if new_values.size == 0 or old_values.size == 0:
        return [], False
    is_rich = new_values.size > LINES * width // 2 and old_values.size > LINES * height // 2
    old_values, old_places = _unique(old_values, old_places)
    new_values, new_places = _unique(new_values, new_places)
    if old_values.size == 0:
        return [], False
    place = np.minimum(np.searchsorted(old_values, new_values), old_values.size - 1)
    twin = old_values[place] == new_values
    return _elect(new_places[twin], old_places[place[twin]]), is_rich


def _numbers(taps: list[Words]) -> tuple[NDArray[np.uint32], tuple[NDArray[np.intp], ...]]:
    """One number for the 8 x 8 px at each place, and the places (row, column); flat ones are left out."""
    total = taps[0] * _FACTORS[0]
    differs = taps[1] != taps[0]
    for tap, factor in zip(taps[1:], _FACTORS[1:], strict=True):
        differs |= tap != taps[0]
        total += tap * factor
    return total[differs], np.nonzero(differs)


def _unique(
    values: NDArray[np.uint32], places: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Those that occur once, sorted by value."""
    order = np.argsort(values)
    values, places = values[order], places[order]
    differs = np.concatenate(([True], values[1:] != values[:-1], [True]))
    single = differs[1:] & differs[:-1]
    return values[single], places[single]


def _elect(new_places: NDArray[np.int64], old_places: NDArray[np.int64]) -> list[tuple[int, int]]:
    dy = (new_places >> 16) - (old_places >> 16)
    dx = (new_places & 0xFFFF) - (old_places & 0xFFFF)
    moves, votes = np.unique((dy << 20) + dx, return_counts=True)
    best = np.argsort(votes)[::-1][:3]
    found: list[tuple[int, int]] = []
    for move, count in zip(moves[best].tolist(), votes[best].tolist(), strict=True):
        y = (move + (1 << 19)) >> 20
        x = move - (y << 20)
        if (x, y) != (0, 0) and count >= LEAST_AGREEING:
            found.append((x, y))
    return found[:2]


# Strips that vote


def find_vertical(new: Words, old: Words, area: Area) -> int | None:
    """How far most rows inside `area` moved down, or None when fewer than 24 rows vote for one distance."""
    strips = area.width // TILE
    if strips == 0 or area.height < MIN_VOTES:
        return None
    rows, columns = slice(area.y, area.bottom), slice(area.x, area.x + strips * TILE)
    new_rows = _hash_rows(new[rows, columns], strips)
    old_rows = _hash_rows(old[rows, columns], strips)
    height = new_rows.shape[1]
    votes = np.zeros(2 * height, np.int64)
    for new_strip, old_strip in zip(new_rows, old_rows, strict=True):
        moved = np.flatnonzero(new_strip != old_strip)
        if moved.size >= 4:
            votes += _votes(new_strip, old_strip, moved)
    votes[height] = 0
    best = int(votes.argmax())
    return best - height if votes[best] >= MIN_VOTES else None


def _hash_rows(words: Words, strips: int) -> NDArray[np.uint64]:
    """One 64-bit hash for each row of each strip, shape (strips, rows)."""
    shape, strides = (words.shape[0], strips, TILE), (words.strides[0], TILE * 4, 4)
    parts = np.lib.stride_tricks.as_strided(words, shape, strides, writeable=False)
    return np.ascontiguousarray(np.einsum("ijk,k->ji", parts, _ODD))


def _votes(
    new_strip: NDArray[np.uint64], old_strip: NDArray[np.uint64], moved: NDArray[np.intp]
) -> NDArray[np.int64]:
    """How many changed rows of one strip vote for each distance; only where the old twin is unique."""
    height = new_strip.size
    values, first, count = np.unique(old_strip, return_index=True, return_counts=True)
    values, first = values[count == 1], first[count == 1]
    if values.size == 0:
        return np.zeros(2 * height, np.int64)
    place = np.minimum(np.searchsorted(values, new_strip[moved]), values.size - 1)
    twin = values[place] == new_strip[moved]
    return np.bincount(moved[twin] - first[place[twin]] + height, minlength=2 * height)
