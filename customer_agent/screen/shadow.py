"""What one viewer has on its screen, as far as the server knows, and what must still be sent. Pure numpy.

The shadow keeps the true pixels of what was sent; that a part went as JPEG is kept apart in `lossy`, by
tile, and sharpened when the part has been still for a while. A part the viewer cannot have (first picture,
a new size, a request for everything) holds a word that no pixel has, so it differs from any picture.
"""

from __future__ import annotations

import numpy as np

from customer_agent.screen.capture import Area
from customer_agent.screen.damage import TILE, TileMap, Words, changed_tiles, mark, no_tiles, tile_shape
from customer_agent.screen.motion import MotionFinder, Move
from customer_agent.screen.tiles import Kind, Piece, plan, plan_exact

UNKNOWN_WORD = 0xFF000000
QUIET_S = 0.4


class Shadow:
    """The server's model of one viewer's picture, `width` x `height` px."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.words: Words = np.full((height, width), UNKNOWN_WORD, np.uint32)
        self.stale: TileMap = ~no_tiles(width, height)
        self.lossy: TileMap = no_tiles(width, height)
        self._changed_at = np.full(tile_shape(width, height), -np.inf)
        self._motion = MotionFinder()

    def touch(self, areas: tuple[Area, ...] | None) -> None:
        """Look at `areas` again at the next update; None: everywhere."""
        if areas is None:
            self.stale[:] = True
        else:
            mark(self.stale, areas)

    def forget(self, area: Area) -> None:
        """The viewer must get every pixel of `area` anew."""
        area = area.clipped(Area(0, 0, self.width, self.height))
        self.words[area.y : area.bottom, area.x : area.right] = UNKNOWN_WORD
        mark(self.stale, (area,))

    def take_changes(
        self, new: Words, now: float, *, photos: bool, copies: bool, wanted: TileMap | None = None
    ) -> tuple[Move | None, list[Piece]]:
        """What turns the viewer's picture into `new`; the model is then as if it had been sent.

        `photos`: JPEG may be used. `copies`: CopyRect may be used; the move comes first in the update.
        `wanted`: only these tiles, the others stay stale.
        """
        suspects = self.stale if wanted is None else self.stale & wanted
        changed = changed_tiles(new, self.words, suspects)
        self.stale = self.stale & ~suspects
        move = self._motion.find(new, self.words, changed) if copies and wanted is None else None
        if move is not None:
            self._apply(move)
            touched = changed.copy()
            mark(touched, (move.area,))
            changed = changed_tiles(new, self.words, touched)
            self._changed_at[touched] = now
        pieces = plan(new, self.words, changed, photos=photos)
        self._remember(new, changed, pieces)
        self._changed_at[changed] = now
        return move, pieces

    def take_sharpening(self, now: float, *, near: tuple[int, int], tiles: int) -> list[Piece]:
        """Up to `tiles` blurred and quiet tiles as exact pieces, those around `near` (px) first."""
        candidates = np.argwhere(self.lossy & (self._changed_at <= now - QUIET_S) & ~self.stale)
        if len(candidates) == 0:
            return []
        centre = np.array((near[1] / TILE - 0.5, near[0] / TILE - 0.5))
        order = np.argsort(((candidates - centre) ** 2).sum(axis=1), kind="stable")[:tiles]
        chosen = np.zeros_like(self.lossy)
        chosen[tuple(candidates[order].T)] = True
        self.lossy &= ~chosen
        return plan_exact(self.words, chosen)

    def sharpening_due_at(self) -> float | None:
        """When the next blurred tile will have been quiet long enough; None when the picture is exact."""
        waiting = self._changed_at[self.lossy]
        return None if waiting.size == 0 else float(waiting.min()) + QUIET_S

    @property
    def is_exact(self) -> bool:
        """Whether the viewer has the very pixels of everything sent so far, and nothing is stale."""
        return not self.lossy.any() and not self.stale.any()

    def _apply(self, move: Move) -> None:
        area, dy = move.area, move.dy
        across = slice(area.x, area.right)
        source = self.words[area.y - dy : area.bottom - dy, across].copy()
        self.words[area.y : area.bottom, across] = source
        if self.lossy.any():
            self._move_lossy(area, dy)

    def _move_lossy(self, area: Area, dy: int) -> None:
        """Blurred pixels travel with a copy: a tile is lossy when any of its rows came from a lossy one."""
        columns = slice(area.x // TILE, -(-area.right // TILE))
        by_row = np.repeat(self.lossy[:, columns], TILE, axis=0)[: self.height]
        by_row[area.y : area.bottom] = by_row[area.y - dy : area.bottom - dy].copy()
        starts = np.arange(0, self.height, TILE)
        self.lossy[:, columns] = np.logical_or.reduceat(by_row, starts, axis=0)

    def _remember(self, new: Words, changed: TileMap, pieces: list[Piece]) -> None:
        for row in np.flatnonzero(changed.any(axis=1)):
            columns = np.flatnonzero(changed[row])
            band = slice(row * TILE, (row + 1) * TILE)
            if columns.size == columns[-1] - columns[0] + 1:
                across = slice(columns[0] * TILE, (columns[-1] + 1) * TILE)
                self.words[band, across] = new[band, across]
                continue
            for column in columns:
                across = slice(column * TILE, (column + 1) * TILE)
                self.words[band, across] = new[band, across]
        for piece in pieces:
            if piece.kind is Kind.PHOTO:
                mark(self.lossy, (piece.area,))
            elif self.lossy.any():
                self._clear_lossy(piece.area)

    def _clear_lossy(self, area: Area) -> None:
        """Exact pixels came for `area`: the tiles that lie wholly inside are sharp now."""
        right = self.lossy.shape[1] if area.right == self.width else area.right // TILE
        bottom = self.lossy.shape[0] if area.bottom == self.height else area.bottom // TILE
        self.lossy[-(-area.y // TILE) : bottom, -(-area.x // TILE) : right] = False
