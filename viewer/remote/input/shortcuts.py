"""The keys that are the viewer's own while it has the focus; everything else goes to the customer.

A press goes in with the modifiers that are held, an action comes out, or None. Shortcuts can be switched off:
then all keys go to the customer. The table is design's (spec: Shortcuts, V21) and stands in the menus too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from viewer.remote.input import keysyms

__all__ = ["SHORTCUTS", "Action", "Shortcut", "Shortcuts", "keys_of"]

Action: TypeAlias = Literal[
    "refresh",
    "full_screen",
    "on_top",
    "bar",
    "smaller",
    "larger",
    "control",
    "screenshot",
    "clipboard",
    "end",
    "special",
    "input_mode",
    "fit",
    "monitors",
    "previous_monitor",
    "next_monitor",
]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """`keys` as people read them; any of `keysyms` together with exactly these modifiers does it."""

    action: Action
    keys: str
    modifiers: frozenset[str]
    keysyms: frozenset[int]


def _shortcut(action: Action, keys: str, modifiers: str, *keysyms_: int) -> Shortcut:
    return Shortcut(action, keys, frozenset(modifiers.split("+")), frozenset(keysyms_))


def _letter(letter: str) -> tuple[int, int]:
    return ord(letter.lower()), ord(letter.upper())


SHORTCUTS: Final[tuple[Shortcut, ...]] = (
    _shortcut("refresh", "Ctrl+Alt+R", "control+alt", *_letter("r")),
    _shortcut("full_screen", "Ctrl+Alt+Break", "control+alt", keysyms.BREAK, keysyms.PAUSE),
    _shortcut("full_screen", "Ctrl+Win+Enter", "control+super", keysyms.RETURN, keysyms.KP_ENTER),
    _shortcut("full_screen", "Ctrl+Alt+F", "control+alt", *_letter("f")),
    _shortcut("on_top", "Ctrl+Alt+M", "control+alt", *_letter("m")),
    _shortcut("smaller", "Ctrl+Win+↓", "control+super", keysyms.DOWN),
    _shortcut("larger", "Ctrl+Win+↑", "control+super", keysyms.UP),
    _shortcut("fit", "Ctrl+Alt+0", "control+alt", ord("0")),
    _shortcut("bar", "Ctrl+Alt+B", "control+alt", *_letter("b")),
    _shortcut("control", "Ctrl+Alt+C", "control+alt", *_letter("c")),
    _shortcut("screenshot", "Ctrl+Alt+S", "control+alt", *_letter("s")),
    _shortcut("clipboard", "Ctrl+Alt+V", "control+alt", *_letter("v")),
    _shortcut("special", "Ctrl+Alt+K", "control+alt", *_letter("k")),
    _shortcut("input_mode", "Ctrl+Alt+H", "control+alt", *_letter("h"), keysyms.HANGUL),
    _shortcut("monitors", "Ctrl+Win+W", "control+super", *_letter("w")),
    _shortcut("monitors", "Ctrl+Alt+W", "control+alt", *_letter("w")),
    _shortcut("previous_monitor", "Ctrl+Win+←", "control+super", keysyms.LEFT),
    _shortcut("next_monitor", "Ctrl+Win+→", "control+super", keysyms.RIGHT),
    _shortcut("end", "Ctrl+Alt+Q", "control+alt", *_letter("q")),
)


def keys_of(action: Action) -> str:
    """The first way to reach `action` by keys, as people read it."""
    return next(shortcut.keys for shortcut in SHORTCUTS if shortcut.action == action)


class Shortcuts:
    """Finds the viewer's own shortcuts among the keys that are pressed."""

    def __init__(self) -> None:
        self.are_on = True
        self._swallowed: set[int] = set()

    def press(self, keycode: int, keysym: int, modifiers: Iterable[str]) -> Action | None:
        """The action of this press, or None: it is the customer's. Its release is ours too then."""
        if not self.are_on:
            return None
        held = frozenset(modifiers)
        for shortcut in SHORTCUTS:
            if keysym in shortcut.keysyms and held == shortcut.modifiers:
                self._swallowed.add(keycode)
                return shortcut.action
        return None

    def release(self, keycode: int) -> bool:
        """Whether this release belongs to a press that was ours."""
        if keycode in self._swallowed:
            self._swallowed.discard(keycode)
            return True
        return False

    def reset(self) -> None:
        """Forget held keys: the window lost the focus."""
        self._swallowed.clear()
