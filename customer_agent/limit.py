"""Where keys and clicks may go while only a part of the desktop is shown.

`LimitedHands` stands between the hand thread and the platform's hands: it turns places of the picture into
places of the desktop, refuses what lies outside, and lets keys pass only into what is shown. What goes up
always goes up, so nothing stays pressed. Whether anything may pass at all was decided before, in rights.py.
The platform's questions (what lies under that place, who has the keyboard) are in limit_x11.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final, Protocol

from customer_agent.input.hand import Hands
from customer_agent.input.scancodes import linux_key
from customer_agent.screen.share import ShareState

__all__ = ["LimitedHands", "PlaceJudge", "StrictJudge", "SystemKeys", "open_judge"]


class PlaceJudge(Protocol):
    """What a platform knows of places and focus; asked on the hand thread, for parts of a desktop only."""

    def may_point(self, state: ShareState, x: int, y: int) -> bool:
        """Whether what is shown, and nothing of this program's own, lies at (x, y) px of the desktop."""

    def may_type(self, state: ShareState) -> bool:
        """Whether the keyboard's input goes into what is shown."""

    def origin(self, state: ShareState) -> tuple[int, int] | None:
        """Where the picture's corner is on the desktop now; None: not to be seen."""

    def close(self) -> None:
        """Ask no more."""


class StrictJudge:
    """For platforms that cannot tell: clicks inside the region pass, keys do not."""

    def may_point(self, state: ShareState, x: int, y: int) -> bool:
        """The region's rectangle was checked before."""
        return state.kind == "region"

    def may_type(self, state: ShareState) -> bool:
        """Nobody knows where they would go."""
        return False

    def origin(self, state: ShareState) -> tuple[int, int] | None:
        """A region stays where it is."""
        return state.area.x, state.area.y

    def close(self) -> None:
        """Nothing is open."""


def open_judge(own_window: int) -> PlaceJudge:
    """The judge of this platform; `own_window` is any window of this program."""
    if sys.platform.startswith("linux"):
        from customer_agent.limit_x11 import X11Judge

        return X11Judge(own_window)
    return StrictJudge()


class LimitedHands:
    """Hands that reach only what is shown; `refused` counts what did not."""

    def __init__(self, hands: Hands, judge: PlaceJudge, state: Callable[[], ShareState]) -> None:
        self._hands: Any = hands
        self._judge = judge
        self._state = state
        self._buttons = 0
        self._place: tuple[int, int] = (0, 0)
        self._system = SystemKeys()
        self.refused = 0

    def pointer(self, buttons: int, x: int, y: int) -> None:
        """Move to (x, y) px of the picture, if that is inside; else only let buttons go."""
        place = self._on_desktop(x, y)
        if place is None:
            self.refused += 1
            held = self._buttons & buttons
            if held != self._buttons:
                # Let go where the pointer was last allowed to be: dropping outside would be input there.
                self._buttons = held
                self._hands.pointer(held, *self._place)
            return
        self._buttons, self._place = buttons, place
        self._hands.pointer(buttons, *place)

    def key(self, down: bool, keysym: int, scancode: int | None = None) -> None:
        """Press where the input goes into what is shown; releases pass."""
        state = self._state()
        is_system = self._system.take(down, keysym, scancode)
        if down and state.is_partial and (state.is_held or is_system or not self._judge.may_type(state)):
            self.refused += 1
            return
        self._hands.key(down, keysym, scancode)

    def release_all(self) -> None:
        """Every key and button that is held goes up."""
        self._buttons = 0
        self._system.reset()
        self._hands.release_all()

    def close(self) -> None:
        """Release everything and ask no more."""
        self._judge.close()
        self._hands.close()

    def __getattr__(self, name: str) -> Any:
        """Whatever else hands can do reaches no place by itself."""
        return getattr(self._hands, name)

    def _on_desktop(self, x: int, y: int) -> tuple[int, int] | None:
        state = self._state()
        if state.is_held or not (0 <= x < state.area.width and 0 <= y < state.area.height):
            return None
        if not state.is_partial:
            return state.area.x + x, state.area.y + y
        corner = self._judge.origin(state)
        if corner is None:
            return None
        place = corner[0] + x, corner[1] + y
        return place if self._judge.may_point(state, *place) else None


_SUPER: Final = frozenset({0xFFEB, 0xFFEC, 0xFFED, 0xFFEE})
_ALT: Final = frozenset({0xFFE9, 0xFFEA, 0xFFE7, 0xFFE8})
_CONTROL: Final = frozenset({0xFFE3, 0xFFE4})
_PRINT: Final = frozenset({0xFF61, 0xFF15})
_TAB, _ESCAPE, _SPACE, _F1, _F4, _F12 = 0xFF09, 0xFF1B, 0x20, 0xFFBE, 0xFFC1, 0xFFC9
_LINUX: Final = {
    125: 0xFFEB, 126: 0xFFEC, 56: 0xFFE9, 100: 0xFFEA, 29: 0xFFE3, 97: 0xFFE4, 99: 0xFF61, 15: _TAB,
    1: _ESCAPE, 57: _SPACE, **{59 + n: _F1 + n for n in range(10)}, 87: _F1 + 10, 88: _F12,
}  # fmt: skip


class SystemKeys:
    """Finds the keys that desktops take for themselves, whoever has the keyboard: they leave what is shown.

    Windows keys, Print, Ctrl+Alt with anything, Ctrl+Esc, and Alt with Tab, Esc, Space and F keys but F4.
    """

    def __init__(self) -> None:
        self._held: set[int] = set()

    def take(self, down: bool, keysym: int, scancode: int | None = None) -> bool:
        """Note a key; whether this press is the desktop's."""
        place = linux_key(scancode) if scancode else None
        key = keysym or _LINUX.get(place or 0, 0)
        if not down:
            self._held.discard(key)
            return False
        alt, control = bool(self._held & _ALT), bool(self._held & _CONTROL)
        if key in _ALT | _CONTROL:
            self._held.add(key)
            return False
        if key in _SUPER | _PRINT or (control and (alt or key == _ESCAPE)):
            return True
        return alt and (key in (_TAB, _ESCAPE, _SPACE) or (_F1 <= key <= _F12 and key != _F4))

    def reset(self) -> None:
        """Nothing is held any more."""
        self._held.clear()
