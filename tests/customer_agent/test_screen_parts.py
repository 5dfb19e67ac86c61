"""Damage, motion, tiles and the shadow: what is found, how it is coded, and that nothing stays wrong."""

from __future__ import annotations

import numpy as np
import pytest

from customer_agent.screen.capture import Area
from customer_agent.screen.damage import MAX_AREAS, Words, boxes, changed_boxes, joined, without
from customer_agent.screen.motion import MotionFinder, extent, find_move, find_vertical
from customer_agent.screen.palette import Palettes
from customer_agent.screen.quality import Photo, Subsampling, depth_mask, photo_quality, qualities
from customer_agent.screen.shadow import LARGE_QUIET_S, QUIET_S, Changes, Shadow
from customer_agent.screen.tiles import Kind, Piece, Planner, photo_tiles

random = np.random.default_rng(7)
WHITE = 0xFFFFFF


def blank(width: int, height: int) -> Words:
    return np.full((height, width), WHITE, np.uint32)


def noise(width: int, height: int) -> Words:
    return random.integers(0, 1 << 24, (height, width)).astype(np.uint32)


def text_like(width: int, height: int) -> Words:
    return np.where(random.random((height, width)) < 0.2, 0x101010, WHITE).astype(np.uint32)


def apply(picture: Words, new: Words, changes: Changes) -> None:
    """What a viewer does with an update; a photograph arrives slightly wrong."""
    if changes.move is not None:
        a, source = changes.move.area, changes.move.source
        moved = picture[source.y : source.bottom, source.x : source.right].copy()
        picture[a.y : a.bottom, a.x : a.right] = moved
    for piece in changes.pieces:
        a = piece.area
        part = new[a.y : a.bottom, a.x : a.right]
        picture[a.y : a.bottom, a.x : a.right] = part ^ 1 if piece.kind is Kind.PHOTO else part


def plan(new: Words, areas: list[Area], *, photos: Kind = Kind.PHOTO) -> list[Piece]:
    return Planner().plan(new, areas, photos=photos)


# Damage


@pytest.mark.parametrize(("width", "height"), [(640, 400), (333, 217), (65, 64), (1, 1)])
def test_it_finds_exactly_the_pixel_that_changed(width: int, height: int) -> None:
    old = noise(width, height)
    new = old.copy()
    y, x = height - 1, width // 2
    new[y, x] ^= 1
    assert changed_boxes(new, old, Area(0, 0, width, height)) == [Area(x, y, 1, 1)]


def test_it_looks_only_where_it_is_told() -> None:
    old, new = blank(256, 256), blank(256, 256) ^ 1
    assert changed_boxes(new, old, Area(30, 40, 50, 60)) == [Area(30, 40, 50, 60)]
    assert changed_boxes(old, old, Area(30, 40, 50, 60)) == []


def test_it_cuts_apart_what_changed_far_apart_and_covers_all_of_it() -> None:
    for _ in range(50):
        mask = np.zeros((400, 600), np.bool_)
        for _ in range(int(random.integers(1, 8))):
            y, x = random.integers(0, 360), random.integers(0, 540)
            mask[y : y + random.integers(1, 40), x : x + random.integers(1, 60)] = True
        covered = np.zeros_like(mask)
        for box in boxes(mask, 0, 0):
            covered[box.y : box.bottom, box.x : box.right] = True
        assert not (mask & ~covered).any()
    mask = np.zeros((400, 600), np.bool_)
    mask[10:20, 10:20] = mask[10:20, 500:510] = mask[300:310, 100:110] = True
    assert boxes(mask, 5, 7) == [Area(15, 17, 10, 10), Area(505, 17, 10, 10), Area(105, 307, 10, 10)]


def test_it_joins_areas_that_lie_together() -> None:
    assert joined([Area(0, 0, 10, 10), Area(10, 0, 10, 10), Area(0, 0, 0, 5)]) == [Area(0, 0, 20, 10)]
    far = [Area(0, 0, 100, 100), Area(1000, 900, 100, 100)]
    assert joined(far) == far
    assert len(joined(Area(x * 150, y * 150, 20, 20) for x in range(12) for y in range(7))) <= MAX_AREAS


def test_it_cuts_a_hole_out_of_an_area() -> None:
    parts = without(Area(0, 0, 100, 100), Area(20, 30, 40, 200))
    assert sum(part.width * part.height for part in parts) == 100 * 100 - 40 * 70
    assert without(Area(0, 0, 10, 10), Area(50, 50, 5, 5)) == [Area(0, 0, 10, 10)]


# Motion


@pytest.mark.parametrize("dy", [-120, -53, -1, 1, 40, 200])
def test_it_finds_a_scroll_beside_a_still_toolbar(dy: int) -> None:
    old = blank(640, 480)
    page = text_like(512, 1000)
    old[:, :512] = page[300:780]
    new = old.copy()
    new[:, :512] = page[300 - dy : 780 - dy]
    new[:, 600:620] = 0x777777
    assert find_vertical(new, old, Area(0, 0, 640, 480)) == dy
    move = find_move(new, old, Area(0, 0, 640, 480))
    assert move is not None
    assert (move.dx, move.dy) == (0, dy)
    assert move.area.width >= 512


@pytest.mark.parametrize(("dx", "dy"), [(14, 12), (-9, 3), (0, -5), (31, 0), (-40, -40)])
def test_it_finds_a_dragged_window(dx: int, dy: int) -> None:
    photo, window = noise(900, 700), text_like(400, 300)
    old, new = photo.copy(), photo.copy()
    old[200:500, 250:650] = window
    new[200 + dy : 500 + dy, 250 + dx : 650 + dx] = window
    move = find_move(new, old, Area(250, 200, 400, 300).covering(Area(250 + dx, 200 + dy, 400, 300)))
    assert move is not None
    assert (move.dx, move.dy) == (dx, dy)
    window_area = Area(250 + dx, 200 + dy, 400, 300)
    # A few rows too many are repaired by the pieces that follow.
    assert move.area.covering(window_area) == move.area
    assert move.area.width * move.area.height <= 1.03 * 400 * 300


def test_it_tries_the_last_move_first() -> None:
    page, finder = text_like(512, 1200), MotionFinder()
    area = Area(0, 0, 512, 480)
    found = [finder.find(page[y + 40 : y + 520], page[y : y + 480], area) for y in (0, 40, 80)]
    assert [move and (move.dx, move.dy) for move in found] == [(0, -40)] * 3


def test_it_leaves_out_what_did_not_move_along() -> None:
    page = text_like(512, 600)
    old, new = page[:480].copy(), page[40:520].copy()
    new[:100] = noise(512, 100)
    move = extent(new, old, Area(0, 0, 512, 480), 0, -40)
    assert move is not None
    assert move.area == Area(0, 100, 512, 340)


def test_it_finds_no_motion_in_other_pictures() -> None:
    whole = Area(0, 0, 640, 480)
    assert find_move(noise(640, 480), noise(640, 480), whole) is None
    assert find_move(blank(640, 480), blank(640, 480) ^ 7, whole) is None


def test_it_rests_after_searching_in_vain() -> None:
    finder = MotionFinder()
    found = [finder.find(noise(256, 256), noise(256, 256), Area(0, 0, 256, 256)) for _ in range(6)]
    assert found == [None] * 6
    assert finder._resting > 0


# Colours and tiles


def test_it_numbers_every_colour_also_the_rare_ones() -> None:
    palettes = Palettes()
    for count in (1, 2, 40, 256):
        words = random.integers(0, 3, (200, 300)).astype(np.uint32) if count > 2 else blank(300, 200)
        words.flat[random.choice(words.size, count - 1, replace=False)] = 1000 + np.arange(count - 1)
        numbered = palettes.number(words)
        if numbered is None:
            assert len(np.unique(words)) > 256
        else:
            assert np.array_equal(numbered.colours[numbered.indices], words)
    assert palettes.number(noise(100, 100)) is None


def test_it_tells_fills_palettes_photos_and_drawings_apart() -> None:
    area = [Area(0, 0, 64, 64)]
    assert [piece.kind for piece in plan(blank(64, 64), area)] == [Kind.FILL]
    assert [piece.kind for piece in plan(text_like(64, 64), area)] == [Kind.PALETTE]
    assert [piece.kind for piece in plan(noise(64, 64), area)] == [Kind.PHOTO]
    for kind in (Kind.FULL, Kind.GRADED):
        assert [piece.kind for piece in plan(noise(64, 64), area, photos=kind)] == [kind]
    steps = np.repeat(np.arange(4096, dtype=np.uint32).reshape(64, 64), 8, axis=1)[:, :64]
    assert [piece.kind for piece in plan(steps, area)] == [Kind.FULL]


def test_it_sees_where_in_a_page_the_photograph_is() -> None:
    page = text_like(640, 320)
    page[64:192, 128:448] = noise(320, 128)
    expected = np.zeros((5, 10), np.bool_)
    expected[1:3, 2:7] = True
    assert np.array_equal(photo_tiles(page), expected)


def test_it_fills_a_blank_screen_in_a_few_rectangles() -> None:
    pieces = plan(blank(1920, 1080), [Area(0, 0, 1920, 1080)])
    assert {piece.kind for piece in pieces} == {Kind.FILL}
    assert len(pieces) == 2


def test_it_sends_a_photograph_in_one_rectangle() -> None:
    new = blank(1280, 800)
    new[100:460, 200:840] = noise(640, 360)
    (piece,) = plan(new, [Area(200, 100, 640, 360)])
    assert piece == Piece(Kind.PHOTO, Area(200, 100, 640, 360))


@pytest.mark.parametrize("photos", [Kind.PHOTO, Kind.FULL, Kind.GRADED])
def test_its_pieces_cover_the_areas_exactly_once(photos: Kind) -> None:
    new = text_like(700, 500)
    new[130:330, 70:400] = noise(330, 200)
    areas = [Area(3, 5, 690, 400), Area(10, 410, 600, 12), Area(650, 420, 20, 70)]
    seen = np.zeros((500, 700), np.uint8)
    for piece in plan(new, areas, photos=photos):
        seen[piece.area.y : piece.area.bottom, piece.area.x : piece.area.right] += 1
        assert photos is Kind.PHOTO or piece.is_exact
    wanted = np.zeros_like(seen)
    for area in areas:
        wanted[area.y : area.bottom, area.x : area.right] += 1
    assert np.array_equal(seen, wanted)


# The shadow


def test_it_never_leaves_a_wrong_pixel_unmarked() -> None:
    """500 random changes: what the viewer has is right, or known to be blurred and sharpened later."""
    width, height = 500, 350
    shadow, picture, new = Shadow(width, height), np.zeros((height, width), np.uint32), blank(width, height)
    photo, moves = noise(width, 2000), 0
    for step in range(500):
        kind = step % 6
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
        elif kind == 4:
            dx, dy = random.integers(1, 40, 2).tolist()
            new[40 + dy : 300 + dy, 60 + dx : 400 + dx] = new[40:300, 60:400].copy()
        shadow.touch(None)
        changes = shadow.take_changes(new, step * 0.05, photos=True, copies=True)
        moves += changes.move is not None
        apply(picture, new, changes)
        assert not ((picture != new) & ~shadow.lossy).any()
    assert moves > 50
    while shadow.sharpening_due_at() is not None:
        apply(picture, new, Changes(None, shadow.take_sharpening(1e6, near=(250, 100), tiles=8)))
        shadow._look_at = None if shadow._look_at is None else 0.0
    assert np.array_equal(picture, new)
    assert shadow.is_exact


def test_it_sharpens_only_what_is_still_and_nearest_first() -> None:
    shadow, new = Shadow(640, 640), noise(640, 640)
    shadow.take_changes(new, 10.0, photos=True, copies=True)
    assert shadow.take_sharpening(10.0 + QUIET_S / 2, near=(0, 0), tiles=4) == []
    (piece,) = shadow.take_sharpening(10.0 + LARGE_QUIET_S, near=(600, 330), tiles=1)
    assert piece.area == Area(576, 320, 64, 64)


def test_it_leaves_blurs_alone_while_much_is_moving() -> None:
    shadow, new = Shadow(640, 640), noise(640, 640)
    shadow.take_changes(new, 10.0, photos=True, copies=True)
    for step in range(10):
        new[400:] = noise(640, 240)
        shadow.touch([Area(0, 400, 640, 240)])
        shadow.take_changes(new, 10.0 + step * 0.2, photos=True, copies=True)
        assert shadow.take_sharpening(10.0 + step * 0.2, near=(0, 0), tiles=4) == []
    assert shadow.take_sharpening(14.0, near=(0, 0), tiles=4) != []


def test_it_knows_what_plays() -> None:
    shadow = Shadow(640, 640)
    assert shadow.take_changes(noise(640, 640), 10.0, photos=True, copies=True).playing == frozenset()
    shadow.touch(None)
    assert shadow.take_changes(noise(640, 640), 10.03, photos=True, copies=True).playing == frozenset({0})
    shadow.touch(None)
    assert shadow.take_changes(noise(640, 640), 12.0, photos=True, copies=True).playing == frozenset()


def test_it_sends_everything_again_that_a_viewer_lost() -> None:
    shadow, new = Shadow(200, 100), blank(200, 100)
    shadow.take_changes(new, 0.0, photos=False, copies=True)
    shadow.touch(None)
    assert shadow.take_changes(new, 0.1, photos=False, copies=True) == Changes(None, [])
    shadow.forget(Area(0, 0, 64, 64))
    changes = shadow.take_changes(new, 0.2, photos=False, copies=True)
    assert [piece.area for piece in changes.pieces] == [Area(0, 0, 64, 64)]


def test_it_keeps_for_later_what_was_not_asked_for() -> None:
    shadow, new = Shadow(256, 64), blank(256, 64)
    changes = shadow.take_changes(new, 0.0, photos=False, copies=False, wanted=Area(0, 0, 64, 64))
    assert [piece.area for piece in changes.pieces] == [Area(0, 0, 64, 64)]
    assert shadow.stale == [Area(64, 0, 192, 64)]


# Quality


def test_it_asks_less_of_a_slow_line() -> None:
    assert photo_quality(8, None, "auto", None) == Photo(90, Subsampling.QUARTER)
    assert photo_quality(8, None, "auto", 2e6).quality == 60
    assert photo_quality(8, None, "auto", 5e5).quality == 40
    assert photo_quality(8, None, "network", 1e9).quality == 45
    assert photo_quality(0, 95, "auto", 5e5).quality == 95


def test_it_spends_less_on_what_plays() -> None:
    found = qualities(8, None, "auto", None)
    assert found.playing.quality < found.still.quality
    assert qualities(9, 100, "auto", None).playing == Photo(100, Subsampling.FULL)


def test_it_knows_the_bits_of_each_depth() -> None:
    assert (depth_mask(24), depth_mask(16), depth_mask(8)) == (0xFFFFFF, 0xF8FCF8, 0xE0E0C0)
