"""Input that may not pass reaches no X server: 0 events injected, whatever the viewer sends.

The events of a real RFB conversation go through the gate and the hand thread onto a real display, on which
another connection counts every raw event, injected ones included.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from Xlib.ext import xinput

from customer_agent import rights as r
from customer_agent.gate import Gate
from customer_agent.input.hand import HandThread
from customer_agent.input.own_hand import OwnHandThread
from customer_agent.input.own_hand_x11 import X11HandSource
from customer_agent.input.platform_x11 import X11Hands
from customer_agent.x11 import connect
from tests import displays
from tests.displays import Display, wait_for
from wire.rfb.events import KeyEvent, PointerEvent, QemuKeyEvent
from wire.rfb.viewer import ViewerProtocol

pytestmark = pytest.mark.display


OPTIONS = {"consent_to_control": True}
FULL = r.consented({"view": True, "mouse": True, "keyboard": True}, OPTIONS)
EVENTS = [
    *(PointerEvent(mask, x, 7) for x in range(20) for mask in (0, 1)),
    *(KeyEvent(down, keysym) for keysym in (0x61, 0x0100AC00, 0xFF0D) for down in (True, False)),
    *(QemuKeyEvent(down, 0x62, 0x30) for down in (True, False)),
]


class RawCounter:
    """Counts every raw key, button and motion event of a display."""

    def __init__(self, display: Display) -> None:
        self._connection = connect(display.name)
        kinds = (xinput.RawMotion, xinput.RawKeyPress, xinput.RawKeyRelease, xinput.RawButtonPress)
        mask = sum(1 << kind for kind in kinds)
        root = self._connection.screen().root
        root.xinput_select_events([(xinput.AllMasterDevices, mask)])
        self._connection.sync()
        self.count = 0

    def look(self) -> int:
        self._connection.sync()
        while self._connection.pending_events():
            self._connection.next_event()
            self.count += 1
        return self.count

    def close(self) -> None:
        self._connection.close()


@dataclass
class Desk:
    """A display, what the customer allows on it, and the hand thread in between."""

    gate: Gate
    hand: HandThread
    counter: RawCounter
    display: Display

    def send_everything(self) -> None:
        """All kinds of input; returns when every event was judged."""
        judged = self.hand.done + self.hand.refused
        for event in EVENTS:
            self.hand.put("p1", event)
            wait_for(lambda: self.hand.done + self.hand.refused > judged, what="the judgement")  # noqa: B023
            judged = self.hand.done + self.hand.refused


@pytest.fixture
def desk() -> Iterator[Desk]:
    with displays.xvnc() as display:
        gate = Gate()
        hand = HandThread(lambda: X11Hands(display.name), gate.permits)
        hand.start()
        counter = RawCounter(display)
        yield Desk(gate, hand, counter, display)
        hand.stop()
        hand.join(10)
        counter.close()


def before_consent(desk: Desk) -> None:
    desk.gate.set_options(OPTIONS)


def after_denial(desk: Desk) -> None:
    desk.gate.admit("p1", r.consented({"view": False, "mouse": True, "keyboard": True}, OPTIONS))


def view_only(desk: Desk) -> None:
    desk.gate.set_options({**OPTIONS, "view_only": True})
    desk.gate.admit("p1", FULL)


def only_seeing_allowed(desk: Desk) -> None:
    desk.gate.admit("p1", r.consented({"view": True, "mouse": False, "keyboard": False}, OPTIONS))


def revoked(desk: Desk) -> None:
    desk.gate.admit("p1", FULL)
    desk.gate.change(lambda rights: r.revoke(rights, "mouse", "keyboard"))


def paused(desk: Desk) -> None:
    desk.gate.admit("p1", FULL)
    desk.gate.change(lambda rights: r.pause(rights, True))


def taken_back(desk: Desk) -> None:
    desk.gate.admit("p1", FULL)
    assert desk.gate.take_back("button")


def being_asked(desk: Desk) -> None:
    desk.gate.admit("p1", FULL)
    desk.gate.hold_input(True)


def gone(desk: Desk) -> None:
    desk.gate.admit("p1", FULL)
    desk.gate.forget("p1")


def somebody_else(desk: Desk) -> None:
    desk.gate.admit("p2", FULL)


@pytest.mark.parametrize(
    "state",
    [
        before_consent,
        after_denial,
        view_only,
        only_seeing_allowed,
        revoked,
        paused,
        taken_back,
        being_asked,
        gone,
        somebody_else,
    ],
)
def test_it_injects_nothing(desk: Desk, state: Callable[[Desk], None]) -> None:
    state(desk)
    desk.send_everything()
    assert desk.counter.look() == 0
    assert desk.hand.done == 0
    assert desk.gate.refused == len(EVENTS)


def test_it_injects_everything_that_is_allowed(desk: Desk) -> None:
    """The counter counts: without this the zeros above would prove nothing."""
    desk.gate.admit("p1", FULL)
    desk.send_everything()
    wait_for(lambda: desk.counter.look() >= 40, what="the injected events")
    assert desk.hand.refused == 0


def test_it_stops_at_the_customers_own_hand_and_goes_on_after_three_seconds(desk: Desk) -> None:
    """The customer's hand is Xvnc's own VNC port; the agent's is XTEST."""
    desk.gate.admit("p1", FULL)
    thread = OwnHandThread(
        lambda: X11HandSource(desk.display.name), lambda hand, _: desk.gate.take_back(hand)
    )
    thread.start()
    assert thread.is_listening.wait(10)
    desk.send_everything()
    assert desk.hand.refused == 0
    move_the_customers_mouse(desk.display)
    wait_for(lambda: not desk.gate.may_control(), what="control taken back")
    moved_at = time.monotonic()
    before = desk.counter.look()
    desk.send_everything()
    assert desk.counter.look() == before
    wait_for(desk.gate.may_control, what="control given again", deadline_s=5.0)
    assert time.monotonic() - moved_at > 2.5
    thread.stop()
    thread.join(10)


def move_the_customers_mouse(display: Display) -> None:
    """Ten movements through Xvnc's VNC port."""
    import socket

    assert display.vnc_port is not None
    viewer = ViewerProtocol()
    with socket.create_connection(("127.0.0.1", display.vnc_port), timeout=5) as connection:
        while not viewer.events():
            connection.sendall(viewer.outgoing())
            viewer.receive(connection.recv(65536))
        for x in range(10):
            viewer.send(PointerEvent(0, 200 + 3 * x, 200))
            connection.sendall(viewer.outgoing())
            time.sleep(0.01)
