"""A hostile viewer's keys and clicks while a part is shown, on a real display: none reaches anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from customer_agent.gate import Gate
from customer_agent.input.hand import HandThread
from customer_agent.input.platform_x11 import X11Hands
from customer_agent.limit import LimitedHands
from customer_agent.limit_x11 import X11Judge
from customer_agent.screen.capture import Area
from customer_agent.screen.share import ShareState
from tests import displays
from tests.customer_agent.sharing_x11 import Painter, painting
from tests.customer_agent.test_refused_input import FULL, RawCounter
from tests.displays import Display, wait_for
from wire.rfb.events import KeyEvent, PointerEvent, QemuKeyEvent

pytestmark = pytest.mark.display

PLACE = Area(100, 80, 300, 200)
OTHER = Area(250, 150, 400, 300)


class Desk:
    """A hand thread with the limit in it, and a shown window that another one covers in part."""

    def __init__(self, display: Display, painter: Painter) -> None:
        self.display = display
        self.shown = painter.window(PLACE, 0x2B6F4D, "shown")
        self.other = painter.window(OTHER, 0x808080, "other")
        self.ours = painter.window(Area(20, 400, 100, 60), 0x404040, "ours")
        painter.sync()
        self.state = ShareState("window", area=PLACE, window=self.shown.id)
        gate = Gate()
        gate.admit("p1", FULL)
        self.own_window = 0
        self.limited: LimitedHands | None = None
        self.hand = HandThread(self._open, gate.permits)
        self.hand.start()
        self.counter = RawCounter(display)

    def _open(self) -> LimitedHands:
        judge = X11Judge(self.own_window, self.display.name)
        self.limited = LimitedHands(X11Hands(self.display.name), judge, lambda: self.state)
        return self.limited

    def does(self, *events: PointerEvent | KeyEvent | QemuKeyEvent) -> int:
        """How many raw events reach the X server from these."""
        before, done = self.counter.look(), self.hand.done
        for event in events:
            self.hand.put("p1", event)
            done += 1
            wait_for(lambda: self.hand.done >= done, what="the hand")  # noqa: B023
        return self.counter.look() - before

    def close(self) -> None:
        self.hand.stop()
        self.hand.join(10)
        self.counter.close()


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with displays.xvfb(900, 700, window_manager=True) as one:
        yield one


@pytest.fixture
def desk(display: Display) -> Iterator[Desk]:
    with painting(display) as painter:
        one = Desk(display, painter)
        focus(one, one.other.id)
        yield one
        one.close()


def focus(desk: Desk, window: int) -> None:
    desk.display.xdotool("windowactivate", "--sync", str(window))
    wait_for(lambda: desk.display.xdotool("getwindowfocus") == str(window), what="the focus")


CLICK = (PointerEvent(1, 60, 40), PointerEvent(0, 60, 40))
COVERED = (PointerEvent(1, 250, 150), PointerEvent(0, 250, 150))
TYPED = (KeyEvent(True, 0x61), QemuKeyEvent(True, 0x61, 0x1E))


def test_it_clicks_into_the_shown_window(desk: Desk) -> None:
    """The counter counts: without this the zeros below would prove nothing."""
    assert desk.does(*CLICK) >= 2


def test_it_types_into_the_shown_window_while_it_has_the_keyboard(desk: Desk) -> None:
    focus(desk, desk.shown.id)
    assert desk.does(*TYPED) >= 1


@pytest.mark.parametrize(
    "events",
    [
        COVERED,
        (PointerEvent(1, 300, 5),),
        (PointerEvent(255, 60000, 60000),),
        TYPED,
        (KeyEvent(True, 0xFFEB),),
    ],
    ids=["covered", "beside", "far", "typed elsewhere", "windows key"],
)
def test_it_reaches_nothing_but_the_shown_window(desk: Desk, events: tuple[PointerEvent, ...]) -> None:
    assert desk.does(*events) == 0


def test_it_clicks_and_types_into_the_windows_own_dialogs(desk: Desk) -> None:
    """The covering window is a dialog of the shown one here."""
    desk.state = replace(desk.state, kin=frozenset({desk.other.id}))
    assert desk.does(*COVERED) >= 2
    assert desk.does(*TYPED) >= 1


def test_it_finds_the_window_where_it_has_moved(desk: Desk) -> None:
    """The state is a moment old; the window's place is asked for at the click."""
    desk.display.xdotool("windowmove", "--sync", str(desk.shown.id), "500", "480")
    desk.does(PointerEvent(0, 60, 40))
    place = desk.display.xdotool("getmouselocation", "--shell")
    assert "X=56" in place
    assert "Y=5" in place


def test_it_clicks_nothing_of_ours_in_a_shown_region(display: Display) -> None:
    """The panel that could show more stands in the region; an agent cannot press its buttons."""
    with painting(display) as painter:
        desk = Desk(display, painter)
        desk.hand.stop()
        desk.hand.join(10)
        judge = X11Judge(desk.ours.id, display.name)
        region = ShareState("region", area=Area(0, 0, 900, 700))
        assert not judge.may_point(region, 60, 430)
        assert not judge.may_type(region)
        judge.close()
        desk.counter.close()


def region(area: Area) -> ShareState:
    return ShareState("region", area=area)


@pytest.mark.parametrize(
    ("state", "may"),
    [
        (lambda: region(Area(600, 400, 200, 200)), True),
        (lambda: region(Area(700, 20, 150, 90)), False),
    ],
    ids=["focused window inside", "focused window outside"],
)
def test_it_types_into_windows_of_the_region_only(
    desk: Desk, state: Callable[[], ShareState], may: bool
) -> None:
    desk.state = state()
    assert bool(desk.does(KeyEvent(True, 0x61))) is may


def test_it_maps_the_chosen_monitor_and_refuses_the_others(desk: Desk) -> None:
    desk.state = ShareState("monitor", area=Area(450, 0, 450, 700), monitor=1)
    desk.does(PointerEvent(0, 7, 9))
    assert "X=457" in desk.display.xdotool("getmouselocation", "--shell")
    assert desk.does(PointerEvent(1, 451, 9)) == 0
