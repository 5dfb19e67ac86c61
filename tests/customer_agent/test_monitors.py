"""Which part of the desktop is looked at when a monitor is chosen, comes, goes, or is too large."""

from __future__ import annotations

from customer_agent.screen.capture import Area, Monitor
from customer_agent.screen.monitors import MonitorNumbers, fits, view_of, within_limits

LEFT = Monitor(0, Area(0, 0, 1920, 1080), name="DP-1")
RIGHT = Monitor(1, Area(1920, 0, 1080, 1920), name="HDMI-1", is_primary=True)
DESKTOP = Area(0, 0, 3000, 1920)


def test_it_shows_all_or_the_chosen_one() -> None:
    assert view_of(None, (LEFT, RIGHT), DESKTOP).area == DESKTOP
    one = view_of(1, (LEFT, RIGHT), DESKTOP)
    assert (one.area, one.monitor, one.why) == (RIGHT.area, 1, "")


def test_it_falls_back_to_all_of_them_and_says_so_when_the_chosen_one_goes() -> None:
    view = view_of(1, (LEFT,), Area(0, 0, 1920, 1080))
    assert (view.area, view.monitor, view.why) == (LEFT.area, None, "monitor_gone")


def test_it_shows_the_first_screen_where_all_are_too_large_for_a_picture() -> None:
    wide = [Monitor(n, Area(7680 * n, 0, 7680, 4320), is_primary=n == 1) for n in range(2)]
    view = view_of(None, wide, Area(0, 0, 15360, 4320))
    assert (view.area, view.monitor, view.why) == (wide[1].area, 1, "too_large")


def test_it_takes_8k_and_cuts_what_is_larger() -> None:
    assert fits(Area(0, 0, 7680, 4320))
    assert not fits(Area(0, 0, 7681, 4320))
    assert not fits(Area(0, 0, 16385, 1))
    for huge in (Area(5, 6, 20000, 3000), Area(0, 0, 9000, 9000), Area(0, 0, 100, 30000)):
        assert fits(within_limits(huge))
        assert within_limits(huge)[:2] == huge[:2]


def test_it_keeps_the_number_of_a_monitor() -> None:
    numbers = MonitorNumbers()
    assert [numbers.of(name) for name in ("A", "B", "A", "C", "B")] == [0, 1, 0, 2, 1]
    assert max(numbers.of(str(n)) for n in range(400)) == 255
