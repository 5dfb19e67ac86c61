"""From the window's key events to RFB key events: which key was pressed is remembered until it is released.

Decides the key symbol, so that a release always names what was pressed even if Shift changed in between;
holds back the releases that auto-repeat invents; turns text of an input method into presses of its
characters. Leaves shortcuts to shortcuts.py and whether input is allowed to the model. No tkinter here: a
key is a number (`keycode`), times are the event's milliseconds.
"""

from __future__ import annotations

from viewer.remote.input import keysyms
from wire.rfb.messages import KeyEvent

__all__ = ["Keyboard"]


class Keyboard:
    """The keys that are down at the other side because of us.

    Every method returns the events to send, in order.
    """

    def __init__(self) -> None:
        self._down: dict[int, int] = {}
        self._repeating: tuple[int, int] | None = None

    @property
    def modifiers(self) -> frozenset[str]:
        """The modifiers that are held: "shift", "control", "alt", "super"."""
        return frozenset(
            keysyms.MODIFIERS[keysym] for keysym in self._down.values() if keysym in keysyms.MODIFIERS
        )

    def press(self, keycode: int, keysym: int, text: str, time_ms: int) -> list[KeyEvent]:
        """A key went down: `keysym` 0 = none, `text` what it types (an input method types several)."""
        if self._repeating == (keycode, time_ms) and keycode in self._down:
            # The release before it was auto-repeat's: the key never came up, the other side sees it go
            # down again.
            self._repeating = None
            return [KeyEvent(True, self._down[keycode])]
        events = self.settle()
        if keysym in keysyms.LOCKS:
            return events
        if self._is_composed(keysym, text):
            return events + self.type_text(text)
        symbol = self._symbol(keysym, text)
        if symbol == 0:
            return events
        previous = self._down.get(keycode)
        if previous is not None and previous != symbol:
            events.append(KeyEvent(False, previous))
        self._down[keycode] = symbol
        return [*events, KeyEvent(True, symbol)]

    def release(self, keycode: int, time_ms: int) -> list[KeyEvent]:
        """A key came up; kept back until `settle` or the next key, in case it is auto-repeat's."""
        events = self.settle()
        if keycode in self._down:
            self._repeating = (keycode, time_ms)
        return events

    def settle(self) -> list[KeyEvent]:
        """The release that was kept back was a real one: send it."""
        if self._repeating is None:
            return []
        keycode, _ = self._repeating
        self._repeating = None
        keysym = self._down.pop(keycode, None)
        return [] if keysym is None else [KeyEvent(False, keysym)]

    def reset(self) -> list[KeyEvent]:
        """All keys up: the window lost the focus, control ended, or a shortcut was ours."""
        events = [KeyEvent(False, keysym) for keysym in reversed(self._down.values())]
        self._down.clear()
        self._repeating = None
        return events

    @staticmethod
    def type_text(text: str) -> list[KeyEvent]:
        """Press and release every character of `text`."""
        events = []
        for character in text.replace("\r\n", "\n"):
            keysym = keysyms.of_character(character)
            events += [KeyEvent(True, keysym), KeyEvent(False, keysym)]
        return events

    @staticmethod
    def chord(*keys: int) -> list[KeyEvent]:
        """Press `keys` one after another and release them in reverse: Ctrl+Alt+Del and the like."""
        return [KeyEvent(True, key) for key in keys] + [KeyEvent(False, key) for key in reversed(keys)]

    @staticmethod
    def _is_composed(keysym: int, text: str) -> bool:
        """Text of an input method: more than one character, or one that no key of this symbol types."""
        if len(text) > 1:
            return text.isprintable()
        if not text or ord(text) <= 0xFF:
            return False
        # A key of a Russian or Greek layout types one letter too, but may be held down like any other key;
        # Korean syllables come from an input method (or a remapped key) and are complete at once.
        return keysym == 0 or _is_hangul(text) or keysym >= 0xFE00

    @staticmethod
    def _symbol(keysym: int, text: str) -> int:
        if len(text) == 1 and text.isprintable() and (keysym == 0 or keysyms.is_legacy_letter(keysym)):
            return keysyms.of_character(text)
        return keysym


def _is_hangul(character: str) -> bool:
    return "가" <= character <= "힣" or "\u1100" <= character <= "\u11ff" or "\u3131" <= character <= "\u318e"
