"""What one viewer has on its screen, as far as the server knows, and what must still be sent. Pure numpy.

The shadow keeps the true pixels of what was sent; which of them went as JPEG is kept apart in `lossy`, and
sharpened when the part has been still for a while. A part the viewer cannot have (first picture, a new
size, a request for everything) holds a word that no pixel has, so it differs from any picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np

from customer_agent.screen.capture import Area
from customer_agent.screen.damage import (
    TILE,
    TileMap,
    Words,
    boxes,
    changed_boxes,
    cut,
    joined,
    tile_shape,
    tiles_of,
    without,
)
from customer_agent.screen.motion import MotionFinder, Move
from customer_agent.screen.tiles import Kind, Piece, Planner

UNKNOWN_WORD = 0xFF000000
# Small blurs are sharpened soon; a large one waits until it is likely to stay (slides, pages turned).
QUIET_S = 0.4
LARGE_QUIET_S = 1.05
LARGE_QUIET_SLOW_S = 0.5
LARGE_TILES = 100
# While large parts change, what was blurred by it waits longer: it will likely be covered again.
BUSY_PIXELS = 20_000
BUSY_QUIET_S = 4.0
# What changed again within this time is a playing picture.
PLAYING_S = 0.5
LOOK_AGAIN_S = 0.15
REPEATED_PIXELS = 128 * 1024


@dataclass(frozen=True, slots=True)
class Changes:
    """One update: the move first, because the pieces repair what it does not explain. `playing` are those
    of the pieces that changed a moment ago as well.
    """

    move: Move | None
    pieces: list[Piece]
    playing: frozenset[int] = frozenset()


class Shadow:
    """The server's model of one viewer's picture, `width` x `height` px."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.whole = Area(0, 0, width, height)
        self.words: Words = np.full((height, width), UNKNOWN_WORD, np.uint32)
        self.stale: list[Area] = [self.whole]
        self.lossy = np.zeros((height, width), np.bool_)
        self._changed_at = np.full(tile_shape(width, height), -np.inf)
        self._look_at: float | None = None
        self._busy_at = -np.inf
        self._motion = MotionFinder()
        self._planner = Planner()

    def touch(self, areas: Sequence[Area] | None) -> None:
        """Look at `areas` again at the next update; None: everywhere."""
        if areas is None:
            self.stale = [self.whole]
        elif areas:
            self.stale = joined([*self.stale, *(area.clipped(self.whole) for area in areas)])

    def forget(self, area: Area) -> None:
        """The viewer must get every pixel of `area` anew."""
        area = area.clipped(self.whole)
        cut(self.words, area)[:] = UNKNOWN_WORD
        self.touch([area])

    def take_changes(
        self, new: Words, now: float, *, photos: bool, copies: bool, wanted: Area | None = None
    ) -> Changes:
        """What turns the viewer's picture into `new`; the model is then as if it had been sent.

        `photos`: JPEG may be used. `copies`: CopyRect may be used. `wanted`: only there.
        The rest stays stale.
        """
        areas = self.stale if wanted is None else [area.clipped(wanted) for area in self.stale]
        areas = [area for area in areas if not area.is_empty]
        left = [] if wanted is None else [part for area in self.stale for part in without(area, wanted)]
        self.stale = joined(left)
        if not areas:
            return Changes(None, [])
        move = None
        if copies and wanted is None:
            # Searched before anything is written, because a move copies what the viewer has now.
            largest = max(areas, key=lambda area: area.width * area.height)
            move = self._motion.find(new, self.words, largest)
        changed = self._apply(new, move, areas, now)
        pieces = self._planner.plan(new, changed, photos=Kind.PHOTO if photos else Kind.FULL)
        return Changes(move, pieces, self._remember(new, pieces, now))

    def _apply(self, new: Words, move: Move | None, areas: list[Area], now: float) -> list[Area]:
        """Do the move in the model; where the picture is still another one afterwards."""
        if move is None:
            return [box for area in areas for box in changed_boxes(new, self.words, area)]
        target = move.area
        same = move.same if move.same is not None else cut(new, target) == cut(self.words, move.source)
        changed = [] if same.all() else boxes(~same, target.x, target.y)
        # Only now: the boxes that follow are compared with what the viewer had before.
        for area in areas:
            for part in without(area, target):
                changed += changed_boxes(new, self.words, part)
        # Equal to the new picture but for `changed`, which follows in the same update.
        cut(self.words, target)[:] = cut(new, target)
        if self._look_at is not None:
            cut(self.lossy, target)[:] = cut(self.lossy, move.source).copy()
        self._changed_at[tiles_of(target)] = now
        self._busy_at = now
        return changed

    def _remember(self, new: Words, pieces: list[Piece], now: float) -> frozenset[int]:
        playing: list[int] = []
        if sum(piece.area.width * piece.area.height for piece in pieces) >= BUSY_PIXELS:
            self._busy_at = now
        for number, piece in enumerate(pieces):
            area = piece.area
            cut(self.words, area)[:] = cut(new, area)
            is_photo = piece.kind is Kind.PHOTO
            tiles = tiles_of(area)
            if is_photo or self._look_at is not None:
                cut(self.lossy, area)[:] = is_photo
            if is_photo:
                # What a dragged window uncovers comes in strips, and stays.
                self._look_at = min(self._look_at or np.inf, now + QUIET_S)
                before = self._changed_at[tiles]
                is_strip = min(area.width, area.height) < TILE
                if not is_strip and np.count_nonzero(before > now - PLAYING_S) * 2 > before.size:
                    playing.append(number)
            self._changed_at[tiles] = now
        return frozenset(playing)

    # Several viewers

    def copy(self) -> Shadow:
        """The same model for a viewer that goes its own way."""
        other = copy(self)
        other.words, other.lossy = self.words.copy(), self.lossy.copy()
        other.stale, other._changed_at = list(self.stale), self._changed_at.copy()
        other._motion = copy(self._motion)
        return other

    def merge(self, other: Shadow) -> bool:
        """Take the blurs of `other` over where both have the same picture; False where they have not.

        What only one of them has blurred is sharpened for both: that must be little.
        """
        if self.stale or other.stale or not np.array_equal(self.words, other.words):
            return False
        if np.count_nonzero(self.lossy != other.lossy) > REPEATED_PIXELS:
            return False
        looks = [at for at in (self._look_at, other._look_at) if at is not None]
        self._look_at = min(looks, default=None)
        if looks:
            np.logical_or(self.lossy, other.lossy, out=self.lossy)
        np.maximum(self._changed_at, other._changed_at, out=self._changed_at)
        self._busy_at = max(self._busy_at, other._busy_at)
        return True

    # Sharpening

    def take_sharpening(
        self, now: float, *, near: tuple[int, int], tiles: int, is_slow: bool = False
    ) -> list[Piece]:
        """Up to `tiles` blurred and quiet tiles as exact pieces, those around `near` (px) first.

        `is_slow`: the line needs seconds for a whole picture, so that it begins sooner.
        """
        if self._look_at is None or now < self._look_at:
            return []
        blurred = self._blurred_tiles()
        quiet = self._changed_at <= now - self._quiet_time(blurred, now, is_slow=is_slow) + 1e-6
        candidates = np.argwhere(blurred & quiet)
        if len(candidates) == 0:
            self._look_at = now + LOOK_AGAIN_S if blurred.any() else None
            return []
        centre = np.array((near[1] / TILE - 0.5, near[0] / TILE - 0.5))
        order = np.argsort(((candidates - centre) ** 2).sum(axis=1), kind="stable")[:tiles]
        chosen = np.zeros_like(blurred)
        chosen[tuple(candidates[order].T)] = True
        pieces: list[Piece] = []
        for area in _runs(chosen, self.whole):
            cut(self.lossy, area)[:] = False
            pieces += self._planner.plan(self.words, [area], photos=Kind.GRADED)
        return pieces

    def sharpening_due_at(self) -> float | None:
        """When to look for blurred tiles that have been quiet long enough; None when the picture is exact."""
        return self._look_at

    def _quiet_time(self, blurred: TileMap, now: float, *, is_slow: bool) -> float:
        large_s = LARGE_QUIET_SLOW_S if is_slow else LARGE_QUIET_S
        quiet_s = large_s if np.count_nonzero(blurred) > LARGE_TILES else QUIET_S
        return BUSY_QUIET_S if self._busy_at > now - quiet_s + 1e-6 else quiet_s

    def _blurred_tiles(self) -> TileMap:
        starts = np.arange(0, self.height, TILE)
        if self.width % 8 == 0:
            across = np.bitwise_or.reduceat(self.lossy.view(np.uint64), starts, axis=0).view(np.bool_)
        else:
            across = np.logical_or.reduceat(self.lossy, starts, axis=0)
        return np.logical_or.reduceat(across, np.arange(0, self.width, TILE), axis=1)

    @property
    def is_exact(self) -> bool:
        """Whether the viewer has the very pixels of everything sent so far, and nothing is stale."""
        return self._look_at is None and not self.stale


def _runs(tiles: TileMap, whole: Area) -> list[Area]:
    """The set tiles as horizontal runs, cut at the edges of the desktop."""
    found = []
    for row in np.flatnonzero(tiles.any(axis=1)).tolist():
        edges = np.flatnonzero(np.diff(np.concatenate(([0], tiles[row].view(np.int8), [0])))).tolist()
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            area = Area(first * TILE, row * TILE, (last - first) * TILE, TILE)
            found.append(area.clipped(whole))
    return found
