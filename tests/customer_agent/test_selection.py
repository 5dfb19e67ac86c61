"""Drawing a rectangle on a screen: plain numbers."""

from __future__ import annotations

import pytest

from customer_agent.screen.capture import Area
from customer_agent.selection import GRIP_PX, MIN_SIDE_PX, Selection

WIDTH, HEIGHT = 1000, 700


@pytest.fixture
def selection() -> Selection:
    return Selection(WIDTH, HEIGHT, Area(200, 100, 300, 200))


def drag(selection: Selection, start: tuple[int, int], end: tuple[int, int]) -> Area:
    selection.press(*start)
    selection.drag(*end)
    selection.release()
    return selection.area


@pytest.mark.parametrize(("start", "end"), [((600, 400), (901, 633)), ((901, 633), (600, 400))])
def test_it_draws_anew_in_any_direction(
    selection: Selection, start: tuple[int, int], end: tuple[int, int]
) -> None:
    assert drag(selection, start, end) == Area(600, 400, 301, 233)


def test_it_moves_when_it_is_held_inside(selection: Selection) -> None:
    assert drag(selection, (350, 200), (360, 230)) == Area(210, 130, 300, 200)
    assert drag(selection, (350, 200), (-5000, 9000)) == Area(0, HEIGHT - 200, 300, 200)


@pytest.mark.parametrize(
    ("start", "end", "area"),
    [
        ((200, 100), (180, 70), Area(180, 70, 320, 230)),
        ((500, 300), (520, 340), Area(200, 100, 320, 240)),
        ((500, 200), (90, 200), Area(90, 100, 110, 200)),
        ((350, 300), (350, 5000), Area(200, 100, 300, 600)),
    ],
)
def test_it_stretches_at_edges_and_corners(
    selection: Selection, start: tuple[int, int], end: tuple[int, int], area: Area
) -> None:
    assert drag(selection, start, end) == area


def test_it_stays_on_the_screen_and_large_enough(selection: Selection) -> None:
    for end in ((0, 0), (5000, 5000), (-300, 40), (601, 402)):
        area = drag(selection, (600, 400), end)
        assert area.clipped(Area(0, 0, WIDTH, HEIGHT)) == area
        assert min(area.width, area.height) >= MIN_SIDE_PX


def test_it_moves_and_grows_by_keys(selection: Selection) -> None:
    selection.move(-10, 1)
    selection.grow(10, -1)
    assert selection.area == Area(190, 101, 310, 199)
    selection.grow(-5000, 5000)
    assert selection.area == Area(190, 101, MIN_SIDE_PX, HEIGHT - 101)


def test_it_does_nothing_without_a_press(selection: Selection) -> None:
    before = selection.area
    selection.drag(5, 5)
    assert selection.area == before


def test_it_knows_what_a_press_would_hold(selection: Selection) -> None:
    assert selection.hand_at(200, 100) == (-1, -1)
    assert selection.hand_at(499 + GRIP_PX, 200) == (1, 0)
    assert selection.hand_at(350, 200) == (0, 0)
    assert selection.hand_at(700, 500) is None
