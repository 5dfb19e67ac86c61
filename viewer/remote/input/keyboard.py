"""From the window's key events to RFB key events: which key was pressed is remembered until it is released.

Two modes. *unicode*: a key goes by the symbol that the agent's keyboard gives it, text of the agent's input
method character by character; what the customer's own input method would do with the keys does not matter.
*scancode*: a key goes by its place on the keyboard, and the customer's layout and input method decide.
In both, a release always names what was pressed even if Shift changed in between, and the releases that
auto-repeat invents are held back. Leaves shortcuts to shortcuts.py and whether input is allowed to the model.
No tkinter here: a key is a number (`keycode`), times are the event's milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from viewer.remote.input import keysyms
from viewer.remote.input.dead_keys import DeadKeys
from viewer.remote.input.places import latin_of_place, place_of_key
from wire.rfb.messages import KeyEvent, QemuKeyEvent

__all__ = ["InputMode", "KeyMessage", "Keyboard"]

InputMode: TypeAlias = Literal["unicode", "scancode"]
KeyMessage: TypeAlias = KeyEvent | QemuKeyEvent

_LATIN_1 = 0xFF
_NOT_TEXT = frozenset({"control", "alt", "super"})


@dataclass(frozen=True, slots=True)
class _Key:
    """What went down at the other side: a symbol, and the place it went by (0 = by the symbol)."""

    keysym: int
    place: int = 0

    def event(self, down: bool) -> KeyMessage:
        return QemuKeyEvent(down, self.keysym, self.place) if self.place else KeyEvent(down, self.keysym)


class Keyboard:
    """The keys that are down at the other side because of us.

    Every method returns the events to send, in order. `hangul`: whether the last letter of the agent was
    Korean (True) or Latin (False); None before one, and in scancode mode, where only the customer's input
    method knows.
    """

    def __init__(self, place_of: Callable[[int], int] = place_of_key) -> None:
        """`place_of(keycode)`: the scancode of a key, 0 = not known."""
        self.mode: InputMode = "unicode"
        self.hangul: bool | None = None
        self._place_of = place_of
        self._down: dict[int, _Key] = {}
        self._repeating: tuple[int, int] | None = None
        self._dead = DeadKeys()

    @property
    def modifiers(self) -> frozenset[str]:
        """The modifiers that are held: "shift", "control", "alt", "super"."""
        return frozenset(
            keysyms.MODIFIERS[key.keysym] for key in self._down.values() if key.keysym in keysyms.MODIFIERS
        )

    def set_mode(self, mode: InputMode) -> list[KeyMessage]:
        """Another mode from now on; everything goes up first."""
        events = self.reset()
        self.mode = mode
        self.hangul = None
        return events

    def press(self, keycode: int, keysym: int, text: str, time_ms: int) -> list[KeyMessage]:
        """A key went down: `keysym` 0 = none, `text` what it types (an input method types several)."""
        if self._repeating == (keycode, time_ms) and keycode in self._down:
            # The release before it was auto-repeat's: the key never came up, the other side sees it go
            # down again.
            self._repeating = None
            return [self._down[keycode].event(True)]
        events = self.settle()
        if self._is_composed(keycode, keysym, text):
            return events + self.type_text(text)
        if self.mode == "scancode":
            key = self._by_place(keycode, keysym)
        else:
            key = self._by_symbol(keycode, keysym, text)
        if isinstance(key, list):
            return events + key
        previous = self._down.get(keycode)
        if previous is not None and previous != key:
            events.append(previous.event(False))
        self._down[keycode] = key
        return [*events, key.event(True)]

    def release(self, keycode: int, time_ms: int) -> list[KeyMessage]:
        """A key came up; kept back until `settle` or the next key, in case it is auto-repeat's."""
        events = self.settle()
        if keycode in self._down:
            self._repeating = (keycode, time_ms)
        return events

    def settle(self) -> list[KeyMessage]:
        """The release that was kept back was a real one: send it."""
        if self._repeating is None:
            return []
        keycode, _ = self._repeating
        self._repeating = None
        key = self._down.pop(keycode, None)
        return [] if key is None else [key.event(False)]

    def reset(self) -> list[KeyMessage]:
        """All keys up: the window lost the focus, control ended, or a shortcut was ours."""
        events = [key.event(False) for key in reversed(self._down.values())]
        self._down.clear()
        self._repeating = None
        self._dead.reset()
        return events

    def type_text(self, text: str) -> list[KeyMessage]:
        """Press and release every character of `text`."""
        events: list[KeyMessage] = []
        for character in text.replace("\r\n", "\n"):
            self._note_script(character)
            keysym = keysyms.of_character(character)
            events += [KeyEvent(True, keysym), KeyEvent(False, keysym)]
        return events

    @staticmethod
    def chord(*keys: int) -> list[KeyMessage]:
        """Press `keys` one after another and release them in reverse: Ctrl+Alt+Del and the like."""
        downs, ups = [KeyEvent(True, key) for key in keys], [KeyEvent(False, key) for key in reversed(keys)]
        return [*downs, *ups]

    def _by_place(self, keycode: int, keysym: int) -> _Key | list[KeyMessage]:
        """The key itself, locks and dead keys too: they mean what they mean at the customer's."""
        place = self._place_of(keycode)
        if place == 0 and keysym == 0:
            return []
        return _Key(keysym, place)

    def _by_symbol(self, keycode: int, keysym: int, text: str) -> _Key | list[KeyMessage]:
        if keysym in keysyms.LOCKS:
            return []
        alone = self._dead.press(keysym)
        if alone is not None:
            return self.type_text(alone)
        joined = self._dead.join(text)
        if joined is not None:
            return self.type_text(joined)
        symbol = self._symbol(keysym, text)
        if symbol == 0:
            return []
        self._note_script(text)
        if self.modifiers & _NOT_TEXT and not keysyms.is_latin(symbol):
            # Ctrl+C is the same key under a Russian layout, whose letter would mean nothing there.
            symbol = latin_of_place(self._place_of(keycode)) or symbol
        return _Key(symbol)

    def _note_script(self, text: str) -> None:
        if len(text) == 1 and (_is_hangul(text) or (text.isascii() and text.isalpha())):
            self.hangul = _is_hangul(text)

    @staticmethod
    def _is_composed(keycode: int, keysym: int, text: str) -> bool:
        """Text of an input method: more than one character, or one that no key of this symbol types."""
        if len(text) > 1:
            return text.isprintable()
        if not text:
            return False
        if keycode == 0:
            # X11's own composing hands text over in an event of no key; no release will follow.
            return True
        if ord(text) <= _LATIN_1:
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
