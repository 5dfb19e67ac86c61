"""The starters of real displays give a display, take it away, and leave nothing running."""

from __future__ import annotations

import pytest

from tests import displays

pytestmark = pytest.mark.display


def test_it_starts_and_ends_a_display() -> None:
    with displays.xvfb(640, 480) as display:
        assert display.xdotool("getdisplaygeometry") == "640 480"
    assert display.process.poll() is not None


def test_it_gives_each_display_its_own_number() -> None:
    with displays.xvfb() as first, displays.xvnc() as second:
        assert first.name != second.name
        assert second.vnc_port


def test_it_ends_the_programs_of_a_display_with_it() -> None:
    with displays.xvfb(window_manager=True) as display:
        pass
    assert [child.poll() is None for child in display.children] == [False]
