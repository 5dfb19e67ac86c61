"""The link holds every picture and all input back until exactly what was chosen is shown."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from customer_agent import events as e
from customer_agent.gate import Gate
from customer_agent.link import SupportLink
from customer_agent.screen.capture import Area
from customer_agent.screen.share import Everything, Nothing, OneWindow, Region, Share, ShareState
from tests import displays
from tests.customer_agent.sharing_x11 import painting
from tests.customer_agent.test_refused_input import FULL
from tests.displays import Display, wait_for
from wire.control import messages as control
from wire.rfb.events import PointerEvent

pytestmark = pytest.mark.display

POINTER = PointerEvent(0, 1, 1)
PART = Region(Area(10, 10, 301, 203))


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with displays.xvfb(900, 700) as one:
        yield one


class Desk:
    """A link without a web half, one participant's rights, and what it told the model."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.gate.admit("p1", FULL)
        self._events: queue.Queue[e.Event] = queue.Queue()
        self._known: ShareState | None = None
        self.link = SupportLink("http://127.0.0.1:9", self.gate, self._events.put)
        self.link._thread.start()

    def begin(self, share: Share) -> None:
        self.link.share(share)
        self.link._open_screen()

    def next_state(self) -> ShareState:
        """What the model is told next that it does not know yet."""
        while True:
            event = self._events.get(timeout=10)
            assert isinstance(event, e.SharingChanged), event
            if event.state != self._known:
                self._known = event.state
                return event.state

    def may(self) -> tuple[bool, bool]:
        return self.gate.may_see("p1"), self.gate.permits("p1", POINTER)


@pytest.fixture
def desk(display: Display, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("DISPLAY", display.name)
    one = Desk()
    yield one
    one.link.shut_down()


def test_it_lets_nothing_pass_before_the_screen_is_open(desk: Desk) -> None:
    assert desk.may() == (True, True)
    desk.link.share(Everything())
    assert desk.may() == (False, False)
    desk.link._open_screen()
    assert desk.next_state().kind == "all"
    wait_for(lambda: desk.may() == (True, True), what="the open screen")


def test_it_lets_nothing_pass_while_nothing_is_shown(desk: Desk) -> None:
    desk.begin(Nothing("choosing"))
    assert desk.next_state() == ShareState("nothing", "choosing")
    assert desk.may() == (False, False)
    desk.link.share(PART)
    state = desk.next_state()
    assert (state.kind, state.area) == ("region", PART.area)
    wait_for(lambda: desk.may() == (True, True), what="the region")


def test_it_holds_until_the_last_of_several_choices(desk: Desk) -> None:
    desk.begin(Everything())
    for share in (PART, Everything(), Nothing("choosing")):
        desk.link.share(share)
        assert desk.may() == (False, False)
    wait_for(lambda: desk.link._shares_pending == 0, what="the last choice")
    assert desk.link._shared.state.kind == "nothing"
    assert desk.may() == (False, False)


def test_it_stops_at_once_when_the_shown_window_goes(desk: Desk, display: Display) -> None:
    with painting(display) as painter:
        shown = painter.window(Area(50, 50, 300, 200), 0x2B6F4D, "shown")
        desk.begin(OneWindow(shown.id, "shown"))
        assert desk.next_state().kind == "window"
        wait_for(lambda: desk.may() == (True, True), what="the window")
        shown.destroy()
        painter.sync()
        desk.link.look_again()
        wait_for(lambda: desk.link._shared.state.why == "closed", what="its end")
        assert desk.may() == (False, False)
        assert desk.next_state() == ShareState("nothing", "closed")


def test_it_goes_on_when_the_window_comes_back(desk: Desk, display: Display) -> None:
    """Though no viewer may have a picture meanwhile, and so nobody else asks the screen."""
    with painting(display) as painter:
        shown = painter.window(Area(50, 50, 300, 200), 0x2B6F4D, "shown")
        desk.begin(OneWindow(shown.id, "shown"))
        wait_for(lambda: desk.may() == (True, True), what="the window")
        for act, may in ((shown.unmap, False), (shown.map, True)):
            act()
            painter.sync()
            desk.link.look_again()
            wait_for(lambda: desk.may() == (may, may), what="the change")  # noqa: B023


def test_it_greets_an_agent_with_what_is_shown(desk: Desk) -> None:
    desk.begin(PART)
    wait_for(lambda: desk.may() == (True, True), what="the region")
    greeting = list(desk.link._greeting("p1"))
    assert control.Sharing("region") in greeting
    assert not any(isinstance(one, control.Sharing) and one.monitors for one in greeting)


def test_it_says_nothing_that_an_option_forbids(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[control.ControlMessage] = []
    line = SimpleNamespace(link=SimpleNamespace(send_control=said.append))
    pointer, pause = control.Pointer(1, 1), control.Pause(True)
    for is_on in (False, True):
        desk.gate.set_options({"mouse_tracking": is_on})
        with monkeypatch.context() as patch:
            patch.setattr(desk.link, "_named", lambda: [("p1", line)])
            desk.link.say(pointer)
            desk.link.say(pause)
    assert said == [pause, pointer, pause]
