"""Decides how each changed part of the picture is best sent. Pure; the bytes are made in encode.py.

    Fill      one colour
    Palette   at most 256 colours (text, buttons, icons): indices, exact
    Photo     more colours and no repetition: JPEG, merged into large rectangles, sharpened later
    Full      more colours but exact on purpose: drawings, small pieces, peers without JPEG, sharpening

Tiles side by side share a palette (runs of at most 16), and a run is cut down to what changed in it
(design/screen.md section 5).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from customer_agent.screen.capture import Area
from customer_agent.screen.damage import TILE, TileMap, Words, changed_bounds

MAX_COLOURS = 256
FEW_COLOURS = 16
MAX_RUN = 16
MIN_PHOTO_PIXELS = 640
MAX_SIDE = 2048
# A tile in which more than this share of the pixels equals its left neighbour is a drawing, not a photograph.
DRAWING_SHARE = 0.55


class Kind(Enum):
    """How a piece is coded."""

    FILL = "fill"
    PALETTE = "palette"
    PHOTO = "photo"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Piece:
    """One rectangle to send; `colours` are sorted 0x00RRGGBB words for FILL (one) and PALETTE."""

    kind: Kind
    area: Area
    colours: NDArray[np.uint32] | None = None

    @property
    def is_exact(self) -> bool:
        """Whether the viewer ends with the very pixels."""
        return self.kind is not Kind.PHOTO


def plan(new: Words, old: Words, changed: TileMap, *, photos: bool) -> list[Piece]:
    """The pieces that turn `old` into `new` in the `changed` tiles; `photos` False keeps everything exact."""
    pieces: list[Piece] = []
    height, width = new.shape
    for area in runs(changed, width, height):
        trimmed = changed_bounds(new, old, area)
        if not trimmed.is_empty:
            pieces.extend(_plan_run(new, trimmed, photos=photos))
    return merge_down(pieces)


def plan_exact(new: Words, tiles: TileMap) -> list[Piece]:
    """The pieces that send every pixel of `tiles` exactly."""
    height, width = new.shape
    pieces: list[Piece] = []
    for area in runs(tiles, width, height):
        pieces.extend(_plan_run(new, area, photos=False))
    return merge_down(pieces)


def runs(tiles: TileMap, width: int, height: int) -> Iterator[Area]:
    """The set tiles as horizontal runs of at most 16, cut at the edges of the desktop."""
    for row in np.flatnonzero(tiles.any(axis=1)):
        y = int(row) * TILE
        tall = min(TILE, height - y)
        edges = np.flatnonzero(np.diff(np.concatenate(([0], tiles[row].view(np.int8), [0]))))
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            for first in range(start, end, MAX_RUN):
                x, right = first * TILE, min(min(first + MAX_RUN, end) * TILE, width)
                yield Area(x, y, right - x, tall)


def _plan_run(new: Words, run: Area, *, photos: bool) -> list[Piece]:
    """Classify the tiles of one run and join neighbours that belong together."""
    joined: list[Piece] = []
    for tile in _cut(run):
        piece = classify(new, tile, photos=photos)
        last = _join(joined[-1], piece) if joined else None
        if last is None:
            joined.append(piece)
        else:
            joined[-1] = last
    return joined


def _cut(run: Area) -> Iterator[Area]:
    """The tile columns of one run, aligned to the grid."""
    x = run.x
    while x < run.right:
        right = min((x // TILE + 1) * TILE, run.right)
        yield Area(x, run.y, right - x, run.height)
        x = right


def classify(new: Words, tile: Area, *, photos: bool) -> Piece:
    """How one tile (or a part of one) is best sent by itself."""
    pixels = np.ascontiguousarray(new[tile.y : tile.bottom, tile.x : tile.right])
    # Mode "I" hands each pixel to Pillow's counter as one number; it gives up at the 257th colour.
    image = Image.frombuffer("I", (tile.width, tile.height), pixels, "raw", "I", 0, 1)
    counted = image.getcolors(MAX_COLOURS)
    if counted is not None and not _is_waste(len(counted), pixels.size):
        colours = np.sort(np.array([colour for _, colour in counted], np.uint32))
        return Piece(Kind.FILL if len(colours) == 1 else Kind.PALETTE, tile, colours)
    if not photos or pixels.size < MIN_PHOTO_PIXELS or _is_drawing(pixels):
        return Piece(Kind.FULL, tile)
    return Piece(Kind.PHOTO, tile)


def _is_waste(colours: int, pixels: int) -> bool:
    """Whether a palette would cost more than it saves: the narrow edge of a photograph."""
    return colours > FEW_COLOURS and colours * 3 > pixels


def _is_drawing(pixels: Words) -> bool:
    repeated = np.count_nonzero(pixels[:, 1:] == pixels[:, :-1])
    return bool(repeated > DRAWING_SHARE * pixels.size)


def _join(left: Piece, right: Piece) -> Piece | None:
    """Both as one piece, or None where they are better apart."""
    area = left.area.covering(right.area)
    if left.colours is None or right.colours is None:
        return _join_uncounted(left, right)
    colours = np.union1d(left.colours, right.colours)
    if len(colours) == 1:
        return replace(left, area=area)
    if len(colours) > MAX_COLOURS or not _is_worth_joining(left, right, len(colours)):
        return None
    return Piece(Kind.PALETTE, area, colours)


def _join_uncounted(left: Piece, right: Piece) -> Piece | None:
    """Both where at least one has too many colours: the narrow edge of a photograph goes with it."""
    area = left.area.covering(right.area)
    if left.kind is right.kind:
        return replace(left, area=area)
    if {left.kind, right.kind} != {Kind.PHOTO, Kind.FULL}:
        return None
    full = left if left.kind is Kind.FULL else right
    is_edge = full.area.width * full.area.height < MIN_PHOTO_PIXELS
    return Piece(Kind.PHOTO, area) if is_edge else None


def _is_worth_joining(left: Piece, right: Piece, together: int) -> bool:
    """Whether one palette of `together` colours is cheaper than two pieces, of which at most one is a
    fill.
    """
    richer = max(len(_colours(left)), len(_colours(right)))
    for piece in (left, right):
        if piece.kind is Kind.FILL:
            # A wide fill costs 16 bytes by itself; one filled tile rides along where its colour is known.
            return piece.area.width <= TILE and together == richer
    # Two colours cost one bit a pixel: they stay apart from richer neighbours unless nothing is lost.
    return min(len(_colours(left)), len(_colours(right))) > 2 or together == richer


def _colours(piece: Piece) -> NDArray[np.uint32]:
    assert piece.colours is not None
    return piece.colours


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
