"""Areas and scales."""

from __future__ import annotations

import pytest

from viewer.remote.geometry import STEPS, Damage, Rect, View, fit_factor, next_step, united


def test_it_unites_and_cuts() -> None:
    assert Rect(0, 0, 10, 10).united(Rect(20, 5, 5, 20)) == Rect(0, 0, 25, 25)
    assert Rect(0, 0, 10, 10).cut(Rect(5, 5, 10, 10)) == Rect(5, 5, 5, 5)
    assert Rect(0, 0, 10, 10).cut(Rect(50, 50, 5, 5)).is_empty
    assert united([]) == Rect(0, 0, 0, 0)


def test_damage_forgets_what_is_covered() -> None:
    damage = Damage()
    for rect in (Rect(5, 5, 2, 2), Rect(0, 0, 20, 20), Rect(3, 3, 4, 4), Rect(0, 0, 0, 5)):
        damage.add(rect)
    assert damage.take() == [Rect(0, 0, 20, 20)]
    assert not damage


def test_damage_stays_small() -> None:
    damage = Damage()
    for i in range(1000):
        damage.add(Rect(i * 3, i, 2, 2))
    rects = damage.take()
    assert len(rects) <= 40
    assert united(rects) == Rect(0, 0, 2999, 1001)


@pytest.mark.parametrize("factor", [0.31, 0.5, 0.75, 1.0, 1.25, 2.0])
def test_it_goes_to_the_view_and_back(factor: float) -> None:
    view = View.of(1366, 768, factor)
    for place in ((0.0, 0.0), (1365.0, 767.0), (100.5, 300.25)):
        assert view.to_desktop(*view.to_view(*place)) == pytest.approx(place)


def test_it_touches_neighbours_only_where_a_filter_mixes() -> None:
    assert View.of(100, 100, 1.0).touched(Rect(10, 10, 5, 5)) == Rect(10, 10, 5, 5)
    assert View.of(100, 100, 0.5).touched(Rect(10, 10, 4, 4)) == Rect(4, 4, 4, 4)
    assert View.of(100, 100, 0.5).touched(Rect(98, 98, 2, 2)).cut(Rect(0, 0, 50, 50)).right == 50


@pytest.mark.parametrize(
    ("desktop", "room", "most", "factor"),
    [
        ((1920, 1080), (960, 1000), 1.0, 0.5),
        ((800, 600), (1920, 1080), 1.0, 1.0),
        ((800, 600), (1600, 1200), 3.0, 2.0),
        ((1920, 1080), (1, 1), 1.0, 0.05),
        ((0, 0), (100, 100), 1.0, 1.0),
    ],
)
def test_it_fits(desktop: tuple[int, int], room: tuple[int, int], most: float, factor: float) -> None:
    assert fit_factor(*desktop, *room, most) == pytest.approx(factor)


def test_it_steps_through_the_scales() -> None:
    assert next_step(1.0, larger=True) == 1.25
    assert next_step(1.0, larger=False) == 0.75
    assert next_step(0.6667, larger=True) == 0.75
    assert next_step(STEPS[-1], larger=True) == STEPS[-1]
    assert next_step(STEPS[0], larger=False) == STEPS[0]
