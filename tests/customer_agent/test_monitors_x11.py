"""Several monitors on a real display: chosen, plugged in and out, turned, resized, in mid-session."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator

import pytest

from customer_agent.screen import share as share_module
from customer_agent.screen.capture import Area
from customer_agent.screen.platform_x11 import X11Screen
from customer_agent.screen.share import Everything, Region
from tests import displays
from tests.customer_agent.sharing_x11 import Painter, Sharing, painting, sharing
from tests.displays import Display, wait_for
from wire.rfb import events as e
from wire.rfb.messages import Screen, SetDesktopSize
from wire.rfb.viewer import ViewerProtocol

pytestmark = pytest.mark.display

LEFT, RIGHT = Area(0, 0, 701, 600), Area(701, 0, 499, 600)
RED, BLUE = 0xA02010, 0x1020A0


def xrandr(display: Display, *arguments: str) -> None:
    subprocess.run(["xrandr", *arguments], env=display.env, check=False, capture_output=True, timeout=30)


def set_monitor(display: Display, name: str, area: Area, output: str = "none") -> None:
    """A monitor that is a part of the screen."""
    size = f"{area.width}/200x{area.height}/200+{area.x}+{area.y}"
    xrandr(display, "--setmonitor", name, size, output)


@pytest.fixture
def display() -> Iterator[Display]:
    """Two monitors, red and blue."""
    displays.require_programs("xrandr")
    with displays.xvfb(1200, 600) as one:
        set_monitor(one, "*left", LEFT, "screen")
        set_monitor(one, "right", RIGHT)
        with painting(one) as painter:
            paint(painter)
            yield one


def paint(painter: Painter) -> None:
    painter.fill_root(LEFT, RED)
    painter.fill_root(RIGHT, BLUE)


def layout(share: Sharing) -> set[tuple[int, int, int, int]]:
    """The screens as the viewer was told them."""
    return {(one.x, one.y, one.width, one.height) for one in share.viewer.protocol.screens}


def ids(share: Sharing) -> dict[str, int]:
    return {one.name: one.id for one in share.state.monitors}


def test_it_names_the_monitors_from_left_to_right(display: Display) -> None:
    screen = X11Screen(display.name)
    monitors = screen.monitors()
    screen.close()
    assert [(one.name, one.area, one.is_primary) for one in monitors] == [
        ("left", LEFT, True),
        ("right", RIGHT, False),
    ]


def test_it_announces_the_layout_and_shows_all(display: Display) -> None:
    with sharing(display, Everything()) as share:
        share.look(lambda: layout(share) == {tuple(LEFT), tuple(RIGHT)}, "the layout")
        share.look(lambda: share.sees(RED) == 701 * 600 and share.sees(BLUE) == 499 * 600, "both")
        assert share.state.kind == "all"


def test_it_shows_the_chosen_monitor_only(display: Display) -> None:
    with sharing(display, Everything()) as share:
        assert share.show_monitor(ids(share)["right"])
        share.look(lambda: share.viewer.picture.shape[:2] == (600, 499), "the right one")
        share.look(lambda: share.sees(BLUE) == 499 * 600, "its picture")
        assert share.state.area == RIGHT
        assert share.show_monitor(None)
        share.look(lambda: share.viewer.picture.shape[:2] == (600, 1200), "all again")


def test_it_refuses_a_monitor_that_is_not_there_or_not_the_agents_to_choose(display: Display) -> None:
    with sharing(display, Everything()) as share:
        right = ids(share)["right"]
        assert not share.show_monitor(77)
        share.change(Region(Area(10, 10, 200, 100)))
        for number in (right, None):
            assert not share.show_monitor(number)
        assert share.state.area == Area(10, 10, 200, 100)
        assert share.state.monitors == ()


def test_it_goes_back_to_all_when_the_chosen_monitor_is_pulled_out(
    display: Display, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an event of the X server even: made monitors come and go silently."""
    monkeypatch.setattr(share_module, "LOOK_AT_MONITORS_S", 0.05)
    with sharing(display, Everything()) as share:
        share.show_monitor(ids(share)["right"])
        xrandr(display, "--delmonitor", "right")
        share.look(lambda: share.state.why == "monitor_gone", "the news")
        assert share.state.kind == "all"
        share.look(lambda: share.viewer.picture.shape[:2] == (600, 1200), "the whole desktop")
        share.look(lambda: share.sees(BLUE) == 499 * 600, "its picture")
        set_monitor(display, "right", RIGHT)
        share.look(lambda: "right" in ids(share), "the monitor again")
        assert share.state.kind == "all"


# Real outputs: an Xvnc whose own viewer plugs monitors in and out, and turns them


def plug(display: Display, width: int, height: int, *monitors: Area) -> None:
    """Give the display this size and these outputs, as its own VNC viewer may."""
    assert display.vnc_port is not None
    screens = tuple(Screen(number, *area) for number, area in enumerate(monitors))
    viewer = ViewerProtocol()
    with socket.create_connection(("127.0.0.1", display.vnc_port), timeout=5) as connection:
        connection.settimeout(5)

        def step() -> list[e.ViewerEvent]:
            connection.sendall(viewer.outgoing())
            viewer.receive(connection.recv(1 << 16))
            return viewer.events()

        while not viewer.screens:
            step()
        viewer.send(SetDesktopSize(width, height, screens))
        while (viewer.width, viewer.height, len(viewer.screens)) != (width, height, len(screens)):
            step()


@pytest.fixture
def outputs() -> Iterator[Display]:
    with displays.xvnc(800, 600) as one:
        yield one


def test_it_follows_monitors_that_are_plugged_in_turned_and_pulled_out(outputs: Display) -> None:
    with sharing(outputs, Everything()) as share:
        share.look(lambda: share.viewer.picture.shape[:2] == (600, 800), "one monitor")
        plug(outputs, 1440, 640, Area(0, 0, 800, 600), Area(800, 0, 640, 480))
        share.look(lambda: layout(share) == {(0, 0, 800, 600), (800, 0, 640, 480)}, "two monitors")
        second = max(share.state.monitors, key=lambda one: one.area.x)
        assert share.show_monitor(second.id)
        share.look(lambda: share.viewer.picture.shape[:2] == (480, 640), "the second")
        plug(outputs, 1280, 640, Area(0, 0, 800, 600), Area(800, 0, 480, 640))
        share.look(lambda: share.viewer.picture.shape[:2] == (640, 480), "the turned one")
        assert share.state.monitor == second.id
        plug(outputs, 801, 599, Area(0, 0, 801, 599))
        share.look(lambda: share.viewer.picture.shape[:2] == (599, 801), "the one that is left")
        assert (share.state.kind, share.state.why) == ("all", "monitor_gone")
        with painting(outputs) as painter:
            painter.fill_root(Area(0, 0, 801, 599), RED)
            share.look(lambda: share.sees(RED) == 801 * 599, "its picture")


def test_it_keeps_a_region_where_it_is_and_waits_when_it_leaves_the_screen(outputs: Display) -> None:
    with sharing(outputs, Region(Area(500, 400, 255, 151))) as share, painting(outputs) as painter:
        plug(outputs, 640, 480, Area(0, 0, 640, 480))
        share.look(lambda: share.viewer.picture.shape[:2] == (80, 140), "the part that is left")
        plug(outputs, 400, 300, Area(0, 0, 400, 300))
        wait_for(lambda: share.state.why == "off_screen", what="the pause")
        assert share.state.is_held
        plug(outputs, 1000, 700, Area(0, 0, 1000, 700))
        wait_for(lambda: share.state.area == Area(500, 400, 255, 151), what="the region again")
        painter.fill_root(Area(0, 0, 1000, 700), BLUE)
        share.look(lambda: share.sees(BLUE) == 255 * 151, "its picture")


@pytest.mark.slow
def test_it_shows_the_main_monitor_where_all_are_more_than_8k() -> None:
    """Two monitors of 7680 by 4320 px; 265 MB for the X server alone."""
    displays.require_programs("xrandr")
    first, second = Area(0, 0, 7680, 4320), Area(7680, 0, 7680, 4320)
    with displays.xvfb(15360, 4320) as one, painting(one) as painter:
        set_monitor(one, "first", first, "screen")
        set_monitor(one, "*second", second)
        painter.fill_root(first, RED)
        painter.fill_root(second, BLUE)
        with sharing(one, Everything()) as share:
            assert (share.state.kind, share.state.why) == ("monitor", "too_large")
            share.viewer.look(lambda: share.sees(BLUE) == 7680 * 4320, what="8K", deadline_s=60.0)
