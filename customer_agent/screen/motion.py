"""Finds what only moved up or down, so that it can be sent as CopyRect. Pure numpy.

Correct by construction: the caller applies the move to its model of the viewer's picture and compares
again, so a wrong guess costs bytes, never a wrong pixel. Strips of 64 px vote apart, because scroll bars
and toolbars beside the moving text would spoil whole rows (design/screen.md section 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customer_agent.screen.capture import Area
from customer_agent.screen.damage import TILE, TileMap, Words, bounds

MIN_TILES = 8
MIN_VOTES = 24
MISSES_BEFORE_PAUSE = 4
PAUSE_ROUNDS = 8

_ODD = np.random.default_rng(20261120).integers(1, 1 << 62, TILE, np.uint64) * np.uint64(2) + np.uint64(1)


@dataclass(frozen=True, slots=True)
class Move:
    """The `area` shows what stood `dy` px higher (dy > 0: moved down)."""

    area: Area
    dy: int


class MotionFinder:
    """Looks for a scroll when enough has changed, and rests after searching in vain."""

    def __init__(self) -> None:
        self._misses = 0
        self._resting = 0

    def find(self, new: Words, old: Words, changed: TileMap) -> Move | None:
        """The best vertical move that explains part of `changed`, or None."""
        if int(changed.sum()) < MIN_TILES:
            return None
        if self._resting:
            self._resting -= 1
            return None
        height, width = new.shape
        move = find_vertical(new, old, bounds(changed, width, height))
        if move is None:
            self._misses += 1
            if self._misses >= MISSES_BEFORE_PAUSE:
                self._misses, self._resting = 0, PAUSE_ROUNDS
        else:
            self._misses = 0
        return move


def find_vertical(new: Words, old: Words, area: Area) -> Move | None:
    """The move of most rows inside `area`, or None when fewer than 24 rows vote for one."""
    left = area.x
    strips = area.width // TILE
    if strips == 0 or area.height < MIN_VOTES:
        return None
    rows, columns = slice(area.y, area.bottom), slice(left, left + strips * TILE)
    new_rows = _hash_rows(new[rows, columns], strips)
    old_rows = _hash_rows(old[rows, columns], strips)
    dy = _elect(new_rows, old_rows)
    if dy is None:
        return None
    found = _largest_run(_matching(new_rows, old_rows, dy), new_rows != old_rows)
    if found is None:
        return None
    top, bottom, first, last = found
    return Move(Area(left + first * TILE, area.y + top, (last - first) * TILE, bottom - top), dy)


def _hash_rows(words: Words, strips: int) -> NDArray[np.uint64]:
    """One 64-bit hash for each row of each strip, shape (strips, rows)."""
    cut = words.reshape(words.shape[0], strips, TILE) if words.flags.c_contiguous else _cut(words, strips)
    return np.ascontiguousarray(np.einsum("ijk,k->ji", cut, _ODD))


def _cut(words: Words, strips: int) -> Words:
    return np.lib.stride_tricks.as_strided(
        words, (words.shape[0], strips, TILE), (words.strides[0], TILE * 4, 4), writeable=False
    )


def _elect(new_rows: NDArray[np.uint64], old_rows: NDArray[np.uint64]) -> int | None:
    """The distance that most changed rows vote for; a row votes only where its old twin is unique."""
    height = new_rows.shape[1]
    votes = np.zeros(2 * height, np.int64)
    for new_strip, old_strip in zip(new_rows, old_rows, strict=True):
        moved = np.flatnonzero(new_strip != old_strip)
        if moved.size < 4:
            continue
        values, first, count = np.unique(old_strip, return_index=True, return_counts=True)
        values, first = values[count == 1], first[count == 1]
        if values.size == 0:
            continue
        place = np.minimum(np.searchsorted(values, new_strip[moved]), values.size - 1)
        twin = values[place] == new_strip[moved]
        distances = moved[twin] - first[place[twin]]
        votes += np.bincount(distances + height, minlength=2 * height)
    votes[height] = 0
    best = int(votes.argmax())
    return best - height if votes[best] >= MIN_VOTES else None


def _matching(new_rows: NDArray[np.uint64], old_rows: NDArray[np.uint64], dy: int) -> NDArray[np.bool_]:
    """Where a strip's row equals the row `dy` px higher before."""
    matching = np.zeros(new_rows.shape, np.bool_)
    if dy > 0:
        matching[:, dy:] = new_rows[:, dy:] == old_rows[:, :-dy]
    else:
        matching[:, :dy] = new_rows[:, :dy] == old_rows[:, -dy:]
    return matching


def _largest_run(
    matching: NDArray[np.bool_], differing: NDArray[np.bool_]
) -> tuple[int, int, int, int] | None:
    """(top, bottom, first strip, last strip) of the block of matching rows that saves most."""
    runs = [_longest_run(strip) for strip in matching]
    gain = [int(differing[i, a:b].sum()) for i, (a, b) in enumerate(runs)]
    seed = max(range(len(runs)), key=gain.__getitem__)
    top, bottom = runs[seed]
    if gain[seed] < MIN_VOTES:
        return None
    first, last = seed, seed + 1
    while first > 0 and _fits(runs[first - 1], gain[first - 1], top, bottom):
        first -= 1
        top, bottom = max(top, runs[first][0]), min(bottom, runs[first][1])
    while last < len(runs) and _fits(runs[last], gain[last], top, bottom):
        top, bottom = max(top, runs[last][0]), min(bottom, runs[last][1])
        last += 1
    return top, bottom, first, last


def _fits(run: tuple[int, int], gain: int, top: int, bottom: int) -> bool:
    """Whether a neighbour moves along: most of the block matches there as well, and it saves something."""
    shared = min(run[1], bottom) - max(run[0], top)
    return gain > 0 and shared * 5 >= (bottom - top) * 4


def _longest_run(flags: NDArray[np.bool_]) -> tuple[int, int]:
    """(start, end) of the longest stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.view(np.int8), [0]))))
    if edges.size == 0:
        return 0, 0
    starts, ends = edges[::2], edges[1::2]
    longest = int((ends - starts).argmax())
    return int(starts[longest]), int(ends[longest])
