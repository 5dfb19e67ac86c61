"""Damage, motion, tiles and the shadow: what is found, how it is coded, and that nothing stays wrong."""

from __future__ import annotations

import numpy as np
import pytest

from customer_agent.screen.capture import Area
from customer_agent.screen.damage import (
    TILE,
    Words,
    bounds,
    changed_bounds,
    changed_tiles,
    mark,
    no_tiles,
)
from customer_agent.screen.motion import MotionFinder, Move, find_vertical
from customer_agent.screen.quality import Photo, Subsampling, depth_mask, photo_quality
from customer_agent.screen.shadow import QUIET_S, Shadow
from customer_agent.screen.tiles import Kind, Piece, classify, plan, plan_exact

random = np.random.default_rng(7)
WHITE = 0xFFFFFF


def blank(width: int, height: int) -> Words:
    return np.full((height, width), WHITE, np.uint32)


def noise(width: int, height: int) -> Words:
    return random.integers(0, 1 << 24, (height, width)).astype(np.uint32)


def text_like(width: int, height: int) -> Words:
    return np.where(random.random((height, width)) < 0.2, 0x101010, WHITE).astype(np.uint32)


def apply(picture: Words, new: Words, move: Move | None, pieces: list[Piece]) -> None:
    """What a viewer does with an update; a photograph arrives slightly wrong."""
    if move is not None:
        a = move.area
        picture[a.y : a.bottom, a.x : a.right] = picture[
            a.y - move.dy : a.bottom - move.dy, a.x : a.right
        ].copy()
    for piece in pieces:
        a = piece.area
        part = new[a.y : a.bottom, a.x : a.right]
        picture[a.y : a.bottom, a.x : a.right] = part ^ 1 if piece.kind is Kind.PHOTO else part


# Damage


@pytest.mark.parametrize(("width", "height"), [(640, 400), (333, 217), (65, 64), (1, 1)])
def test_it_finds_exactly_the_tiles_that_changed(width: int, height: int) -> None:
    old = noise(width, height)
    new = old.copy()
    y, x = height - 1, width // 2
    new[y, x] ^= 1
    found = changed_tiles(new, old, ~no_tiles(width, height))
    assert [tuple(place) for place in np.argwhere(found)] == [(y // TILE, x // TILE)]


def test_it_looks_only_where_it_is_told() -> None:
    old, new = blank(256, 256), blank(256, 256) ^ 1
    suspects = no_tiles(256, 256)
    suspects[1, 2] = True
    assert np.array_equal(changed_tiles(new, old, suspects), suspects)


def test_it_marks_every_tile_that_an_area_touches() -> None:
    tiles = no_tiles(300, 300)
    mark(tiles, [Area(60, 64, 10, 1), Area(10, 10, 0, 5)])
    assert [tuple(place) for place in np.argwhere(tiles)] == [(1, 0), (1, 1)]
    assert bounds(tiles, 300, 300) == Area(0, 64, 128, 64)


def test_it_finds_the_smallest_changed_area() -> None:
    old = blank(200, 100)
    new = old.copy()
    new[10, 20], new[15, 99] = 0, 0
    assert changed_bounds(new, old, Area(0, 0, 200, 100)) == Area(20, 10, 80, 6)
    assert changed_bounds(old, old, Area(0, 0, 200, 100)).is_empty


# Motion


@pytest.mark.parametrize("dy", [-120, -53, -1, 1, 40, 200])
def test_it_finds_a_scroll_beside_a_still_toolbar(dy: int) -> None:
    old = blank(640, 480)
    page = text_like(512, 1000)
    old[:, :512] = page[300:780]
    new = old.copy()
    new[:, :512] = page[300 - dy : 780 - dy]
    new[:, 600:620] = 0x777777
    move = find_vertical(new, old, Area(0, 0, 640, 480))
    assert move is not None
    assert move.dy == dy
    assert move.area.width == 512


def test_it_finds_no_motion_in_other_pictures() -> None:
    assert find_vertical(noise(640, 480), noise(640, 480), Area(0, 0, 640, 480)) is None
    assert find_vertical(blank(640, 480), blank(640, 480) ^ 7, Area(0, 0, 640, 480)) is None


def test_it_rests_after_searching_in_vain() -> None:
    finder = MotionFinder()
    everything = ~no_tiles(256, 256)
    found = [finder.find(noise(256, 256), noise(256, 256), everything) for _ in range(6)]
    assert found == [None] * 6
    assert finder._resting > 0


# Tiles


def test_it_tells_fills_palettes_photos_and_drawings_apart() -> None:
    area = Area(0, 0, 64, 64)
    assert classify(blank(64, 64), area, photos=True).kind is Kind.FILL
    assert classify(text_like(64, 64), area, photos=True).kind is Kind.PALETTE
    assert classify(noise(64, 64), area, photos=True).kind is Kind.PHOTO
    assert classify(noise(64, 64), area, photos=False).kind is Kind.FULL
    steps = np.repeat(np.arange(4096, dtype=np.uint32).reshape(64, 64), 8, axis=1)[:, :64]
    assert classify(np.ascontiguousarray(steps), area, photos=True).kind is Kind.FULL


def test_it_cuts_a_glyph_out_of_its_tile() -> None:
    old = blank(640, 400)
    new = old.copy()
    new[100:112, 200:208] = text_like(8, 12)
    new[100, 200], new[111, 207] = 0, 0
    (piece,) = plan(new, old, ~no_tiles(640, 400), photos=True)
    assert piece.area == Area(200, 100, 8, 12)


def test_it_fills_a_blank_screen_in_a_few_rectangles() -> None:
    pieces = plan(blank(1920, 1080), blank(1920, 1080) ^ 1, ~no_tiles(1920, 1080), photos=True)
    assert {piece.kind for piece in pieces} == {Kind.FILL}
    assert len(pieces) == 2


def test_it_merges_photo_tiles_into_large_rectangles() -> None:
    old = blank(1280, 800)
    new = old.copy()
    new[100:460, 200:840] = noise(640, 360)
    (piece,) = plan(new, old, ~no_tiles(1280, 800), photos=True)
    assert piece == Piece(Kind.PHOTO, Area(200, 100, 640, 360))


def test_it_sends_everything_exactly_when_asked() -> None:
    assert all(piece.is_exact for piece in plan_exact(noise(300, 200), ~no_tiles(300, 200)))


# The shadow


def test_it_never_leaves_a_wrong_pixel_unmarked() -> None:
    """500 random changes: what the viewer has is right, or known to be blurred and sharpened later."""
    width, height = 500, 350
    shadow, picture, new = Shadow(width, height), np.zeros((height, width), np.uint32), blank(width, height)
    photo, moves = noise(width, 2000), 0
    for step in range(500):
        kind = step % 5
        if kind == 0:
            y, x = random.integers(0, 300), random.integers(0, 400)
            new[y : y + 30, x : x + 80] = text_like(80, 30)
        elif kind == 1:
            start = int(random.integers(0, 1500))
            new[50:300, 100:450] = photo[start : start + 250, 100:450]
        elif kind == 2:
            dy = int(random.integers(1, 60))
            new[50 + dy : 300, 100:450] = new[50 : 300 - dy, 100:450].copy()
        elif kind == 3:
            new[0:50] = int(random.integers(0, 1 << 24))
        shadow.touch(None)
        move, pieces = shadow.take_changes(new, step * 0.05, photos=True, copies=True)
        moves += move is not None
        apply(picture, new, move, pieces)
        wrong = changed_tiles(picture, new, ~no_tiles(width, height))
        assert not (wrong & ~shadow.lossy).any()
    assert moves > 50
    while pieces := shadow.take_sharpening(1e6, near=(250, 100), tiles=8):
        apply(picture, new, None, pieces)
    assert np.array_equal(picture, new)
    assert shadow.is_exact


def test_it_sharpens_only_what_is_still_and_nearest_first() -> None:
    shadow, new = Shadow(640, 640), noise(640, 640)
    shadow.take_changes(new, 10.0, photos=True, copies=True)
    assert shadow.take_sharpening(10.0 + QUIET_S / 2, near=(0, 0), tiles=4) == []
    (piece,) = shadow.take_sharpening(10.0 + QUIET_S, near=(600, 330), tiles=1)
    assert piece.area == Area(576, 320, 64, 64)


def test_it_sends_everything_again_that_a_viewer_lost() -> None:
    shadow, new = Shadow(200, 100), blank(200, 100)
    shadow.take_changes(new, 0.0, photos=False, copies=True)
    shadow.touch(None)
    assert shadow.take_changes(new, 0.1, photos=False, copies=True) == (None, [])
    shadow.forget(Area(0, 0, 64, 64))
    _, pieces = shadow.take_changes(new, 0.2, photos=False, copies=True)
    assert [piece.area for piece in pieces] == [Area(0, 0, 64, 64)]


def test_it_keeps_for_later_what_was_not_asked_for() -> None:
    shadow, new = Shadow(256, 64), blank(256, 64)
    wanted = no_tiles(256, 64)
    wanted[0, 0] = True
    _, pieces = shadow.take_changes(new, 0.0, photos=False, copies=False, wanted=wanted)
    assert [piece.area for piece in pieces] == [Area(0, 0, 64, 64)]
    assert shadow.stale.sum() == 3


# Quality


def test_it_asks_less_of_a_slow_line() -> None:
    assert photo_quality(8, None, "auto", None) == Photo(90, Subsampling.FULL)
    assert photo_quality(8, None, "auto", 2e6).quality == 60
    assert photo_quality(8, None, "auto", 5e5).quality == 40
    assert photo_quality(8, None, "network", 1e9).quality == 45
    assert photo_quality(0, 95, "auto", 5e5).quality == 95


def test_it_knows_the_bits_of_each_depth() -> None:
    assert (depth_mask(24), depth_mask(16), depth_mask(8)) == (0xFFFFFF, 0xF8FCF8, 0xE0E0C0)
