"""From the window's pointer events to RFB pointer events: place, buttons held, wheel.

Decides what is sent and how often: a button at once, movement at most every 8 ms and never lost before a
button. Leaves scaling to picture geometry: places here are px of the customer's desktop. `now` is in seconds.
"""

from __future__ import annotations

from typing import Final

from wire.rfb.messages import PointerEvent

__all__ = ["MOVE_INTERVAL_S", "Pointer"]

MOVE_INTERVAL_S: Final = 0.008
# Tk's button numbers -> RFB's bits (RFC 6143, 7.5.5). Under X11 4 to 7 are the wheel, 8 and 9 back and
# forward.
_BITS: Final = {1: 1, 2: 2, 3: 4, 8: 128, 9: 256}
_WHEEL: Final = {"up": 8, "down": 16, "left": 32, "right": 64}
_MOST_CLICKS: Final = 10


class Pointer:
    """The pointer as the other side knows it. Every method returns the events to send, in order."""

    def __init__(self) -> None:
        self.buttons = 0
        self._place = (0, 0)
        self._size = (1, 1)
        self._waiting = False
        self._sent_at = -MOVE_INTERVAL_S

    @property
    def place(self) -> tuple[int, int]:
        """Where the pointer is, px of the desktop."""
        return self._place

    def set_size(self, width: int, height: int) -> None:
        """The desktop's size in px; places outside are moved to its edge."""
        self._size = (max(1, width), max(1, height))

    def move(self, x: float, y: float, now: float) -> list[PointerEvent]:
        """The pointer moved; may return nothing and keep the place for `settle`."""
        place = self._inside(x, y)
        if place == self._place and not self._waiting:
            return []
        self._place = place
        if now - self._sent_at < MOVE_INTERVAL_S:
            self._waiting = True
            return []
        return self._send(now)

    def settle(self, now: float) -> list[PointerEvent]:
        """The place that was kept back, if any; called a few milliseconds after `move` returned nothing."""
        return self._send(now) if self._waiting else []

    def press(self, button: int, x: float, y: float, now: float) -> list[PointerEvent]:
        """A button (Tk's number) went down; the wheel's numbers 4 to 7 are one click of the wheel."""
        wheel = {4: "up", 5: "down", 6: "left", 7: "right"}.get(button)
        if wheel is not None:
            return self.wheel(wheel, x, y, now)
        self._place = self._inside(x, y)
        self.buttons |= self._bit(button)
        return self._send(now)

    def release(self, button: int, x: float, y: float, now: float) -> list[PointerEvent]:
        """A button came up; one that we never sent is ignored."""
        self._place = self._inside(x, y)
        bit = self._bit(button)
        if not self.buttons & bit:
            return self.settle(now)
        self.buttons &= ~bit
        return self._send(now)

    def wheel(self, way: str, x: float, y: float, now: float, clicks: int = 1) -> list[PointerEvent]:
        """The wheel turned `clicks` steps "up", "down", "left" or "right"; at most ten are sent."""
        self._place = self._inside(x, y)
        self._waiting = False
        self._sent_at = now
        held = PointerEvent(self.buttons, *self._place)
        turned = PointerEvent(self.buttons | _WHEEL[way], *self._place)
        return [turned, held] * min(max(clicks, 0), _MOST_CLICKS)

    def reset(self, now: float) -> list[PointerEvent]:
        """All buttons up: the window lost the focus, or control ended."""
        if self.buttons == 0:
            self._waiting = False
            return []
        self.buttons = 0
        return self._send(now)

    def _send(self, now: float) -> list[PointerEvent]:
        self._waiting = False
        self._sent_at = now
        return [PointerEvent(self.buttons, *self._place)]

    def _inside(self, x: float, y: float) -> tuple[int, int]:
        width, height = self._size
        return min(max(int(x), 0), width - 1), min(max(int(y), 0), height - 1)

    @staticmethod
    def _bit(button: int) -> int:
        # RFB has eight bits; side buttons above them are left out.
        bit = _BITS.get(button, 0)
        return bit if bit <= 128 else 0
