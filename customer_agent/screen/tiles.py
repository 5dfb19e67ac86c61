"""Decides how each changed part of the picture is best sent. Pure; the bytes are made in encode.py.

    Fill      one colour
    Palette   at most 256 colours (text, buttons, icons): indices, exact
    Photo     more colours and no repetition: JPEG in large rectangles, sharpened later
    Full      more colours but exact on purpose: drawings, small pieces, peers without JPEG
    Graded    photographs sharpened: exact, each pixel as its difference from its neighbours

A small part is looked at as a whole. In a large one a few pixels of each 64 x 64 px tell where photographs
are (design/screen.md section 5); the rest is taken in runs of tiles side by side that share a palette.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from customer_agent.screen.capture import Area
from customer_agent.screen.damage import TILE, TileMap, Words, cut
from customer_agent.screen.palette import Palettes

FEW_COLOURS = 16
MAX_RUN = 16
WHOLE_PIXELS = 2 * TILE * TILE
MIN_PHOTO_PIXELS = 640
MAX_SIDE = 2048
# Every 8th pixel of every 8th row is asked: a tile with this many different ones of 64 is a photograph.
STEP = 8
PHOTO_SAMPLES = 36
# A part in which more than this share of the pixels equals its left neighbour is a drawing, not a photograph.
DRAWING_SHARE = 0.55
# A part of which this share looks like a photograph goes as one.
MOSTLY_PHOTO = 0.8


class Kind(Enum):
    """How a piece is coded."""

    FILL = "fill"
    PALETTE = "palette"
    PHOTO = "photo"
    FULL = "full"
    GRADED = "graded"


@dataclass(frozen=True, slots=True)
class Piece:
    """One rectangle to send; `colours` are 0x00RRGGBB words for FILL (one) and PALETTE, whose `indices`
    (height x width) number them.
    """

    kind: Kind
    area: Area
    colours: NDArray[np.uint32] | None = None
    indices: NDArray[np.uint8] | None = None

    @property
    def is_exact(self) -> bool:
        """Whether the viewer ends with the very pixels."""
        return self.kind is not Kind.PHOTO


class Planner:
    """Finds the pieces for areas of a picture; belongs to one thread."""

    def __init__(self) -> None:
        self._palettes = Palettes()

    def plan(self, new: Words, areas: list[Area], *, photos: Kind) -> list[Piece]:
        """The pieces that send `areas` of `new`; `photos` is what photographs go as: PHOTO, FULL or
        GRADED.
        """
        pieces: list[Piece] = []
        for area in areas:
            if area.width * area.height <= WHOLE_PIXELS or min(area.width, area.height) < TILE // 2:
                pieces += self._plan_whole(new, area, photos=photos)
            else:
                pieces += self._plan_tiles(new, area, photos=photos)
        return pieces

    def _plan_whole(self, new: Words, area: Area, *, photos: Kind) -> Iterator[Piece]:
        """Small or narrow: as few pieces as possible."""
        for y in range(area.y, area.bottom, MAX_SIDE):
            tall = min(MAX_SIDE, area.bottom - y)
            for x in range(area.x, area.right, MAX_RUN * TILE):
                wide = min(MAX_RUN * TILE, area.right - x)
                yield self._classified(new, Area(x, y, wide, tall), photos=photos)

    def _classified(self, new: Words, area: Area, *, photos: Kind) -> Piece:
        words = cut(new, area)
        numbered = self._palettes.number(words)
        if numbered is not None and not _is_waste(len(numbered.colours), words.size):
            if len(numbered.colours) == 1:
                return Piece(Kind.FILL, area, numbered.colours)
            return Piece(Kind.PALETTE, area, numbered.colours, numbered.indices)
        is_photo = words.size >= MIN_PHOTO_PIXELS and not _is_drawing(words)
        return Piece(photos if is_photo else Kind.FULL, area)

    def _plan_tiles(self, new: Words, area: Area, *, photos: Kind) -> list[Piece]:
        looks = photo_tiles(cut(new, area))
        if photos is Kind.PHOTO and looks.mean() >= MOSTLY_PHOTO:
            return [Piece(Kind.PHOTO, each) for each in _columns(area)]
        pieces: list[Piece] = []
        for row in range(looks.shape[0]):
            for first, last, is_photo in _same_runs(looks[row]):
                part = Area(area.x + first * TILE, area.y + row * TILE, (last - first) * TILE, TILE)
                part = part.clipped(area)
                if is_photo:
                    pieces.append(Piece(photos, part))
                else:
                    pieces += self._plan_run(new, part, photos=photos)
        return merge_down(pieces)

    def _plan_run(self, new: Words, run: Area, *, photos: Kind) -> list[Piece]:
        """Tiles that may share a palette; where they have too many colours, half of them at a time."""
        piece = self._classified(new, run, photos=photos)
        if piece.colours is not None or run.width <= TILE:
            return [piece]
        half = -(-run.width // TILE) // 2 * TILE
        left = Area(run.x, run.y, half, run.height)
        right = Area(run.x + half, run.y, run.width - half, run.height)
        pieces = self._plan_run(new, left, photos=photos) + self._plan_run(new, right, photos=photos)
        joined: list[Piece] = []
        for each in pieces:
            if joined and joined[-1].kind is each.kind and each.colours is None:
                joined[-1] = replace(each, area=joined[-1].area.covering(each.area))
            else:
                joined.append(each)
        return joined


def photo_tiles(words: Words) -> TileMap:
    """Which tiles, counted from the upper left corner of `words`, look like parts of a photograph."""
    height, width = words.shape
    rows, columns = -(-height // TILE), -(-width // TILE)
    per_tile = TILE // STEP
    ys = np.minimum(np.arange(rows * per_tile) * STEP + STEP // 2, height - 1)
    xs = np.minimum(np.arange(columns * per_tile) * STEP + STEP // 2, width - 1)
    samples = words[ys[:, np.newaxis], xs].reshape(rows, per_tile, columns, per_tile)
    samples = np.sort(samples.transpose(0, 2, 1, 3).reshape(rows, columns, -1), axis=2)
    different = np.count_nonzero(samples[..., 1:] != samples[..., :-1], axis=2) + 1
    # A tile that sticks out repeats its last pixels: it needs fewer different ones.
    share = np.minimum(height - np.arange(rows) * TILE, TILE)[:, np.newaxis] / TILE
    share = share * (np.minimum(width - np.arange(columns) * TILE, TILE) / TILE)
    return np.asarray(different >= np.maximum(PHOTO_SAMPLES * share, 4), np.bool_)


def _columns(area: Area) -> Iterator[Area]:
    for x in range(area.x, area.right, MAX_SIDE):
        yield Area(x, area.y, min(MAX_SIDE, area.right - x), area.height)


def _same_runs(row: TileMap) -> Iterator[tuple[int, int, bool]]:
    """(first, last, value) of stretches of equal tiles; those of False are at most 16 long."""
    edges = [0, *(np.flatnonzero(row[1:] != row[:-1]) + 1).tolist(), row.size]
    for start, end in zip(edges, edges[1:], strict=False):
        value = bool(row[start])
        step = (MAX_SIDE // TILE) if value else MAX_RUN
        for first in range(start, end, step):
            yield first, min(first + step, end), value


def _is_waste(colours: int, pixels: int) -> bool:
    """Whether a palette would cost more than it saves: the narrow edge of a photograph."""
    return colours > FEW_COLOURS and colours * 3 > pixels


def _is_drawing(pixels: Words) -> bool:
    repeated = np.count_nonzero(pixels[:, 1:] == pixels[:, :-1])
    return bool(repeated > DRAWING_SHARE * pixels.size)


def merge_down(pieces: list[Piece]) -> list[Piece]:
    """Join fills of one colour, and photographs, that stand exactly below each other."""
    open_pieces: dict[tuple[Kind, int, int, int], int] = {}
    merged: list[Piece] = []
    for piece in pieces:
        key = _column_key(piece)
        above = open_pieces.get(key) if key else None
        if (
            above is not None
            and merged[above].area.bottom == piece.area.y
            and _may_grow(merged[above], piece)
        ):
            merged[above] = replace(merged[above], area=merged[above].area.covering(piece.area))
            continue
        if key:
            open_pieces[key] = len(merged)
        merged.append(piece)
    return merged


def _column_key(piece: Piece) -> tuple[Kind, int, int, int] | None:
    if piece.kind is Kind.PHOTO:
        return piece.kind, piece.area.x, piece.area.width, 0
    if piece.kind is Kind.FILL and piece.colours is not None:
        return piece.kind, piece.area.x, piece.area.width, int(piece.colours[0])
    return None


def _may_grow(above: Piece, below: Piece) -> bool:
    return above.area.height + below.area.height <= MAX_SIDE
