"""Dead keys where no input method has put them together: ´ and then e make é. A small state machine.

Where X11 composes by itself (its own or a real input method) no dead key arrives here at all.
"""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["DeadKeys"]

# Key symbol -> the combining character it stands for, and what it types alone.
_DEAD: Final[dict[int, tuple[str, str]]] = {
    0xFE50: ("\u0300", "`"),
    0xFE51: ("\u0301", "\u00b4"),
    0xFE52: ("\u0302", "^"),
    0xFE53: ("\u0303", "~"),
    0xFE54: ("\u0304", "\u00af"),
    0xFE55: ("\u0306", "\u02d8"),
    0xFE56: ("\u0307", "\u02d9"),
    0xFE57: ("\u0308", "\u00a8"),
    0xFE58: ("\u030a", "\u02da"),
    0xFE59: ("\u030b", "\u02dd"),
    0xFE5A: ("\u030c", "\u02c7"),
    0xFE5B: ("\u0327", "\u00b8"),
    0xFE5C: ("\u0328", "\u02db"),
    0xFE60: ("\u0323", "."),
    0xFE61: ("\u0309", "?"),
    0xFE62: ("\u031b", "'"),
}


class DeadKeys:
    """Remembers one dead key until the next character comes."""

    def __init__(self) -> None:
        self._waiting: tuple[str, str] | None = None

    def press(self, keysym: int) -> str | None:
        """A dead key went down: the text to type now ("" = wait); None when it is no dead key."""
        dead = _DEAD.get(keysym)
        if dead is None:
            return None
        waiting, self._waiting = self._waiting, dead
        if waiting == dead:
            # Twice the same: its own sign.
            self._waiting = None
            return dead[1]
        return "" if waiting is None else waiting[1]

    def join(self, text: str) -> str | None:
        """What the waiting dead key and this character make together; None when none waits."""
        if self._waiting is None or len(text) != 1 or not text.isprintable():
            return None
        (mark, alone), self._waiting = self._waiting, None
        if text == " ":
            return alone
        joined = unicodedata.normalize("NFC", text + mark)
        return joined if len(joined) == 1 else alone + text

    def reset(self) -> None:
        """Forget what waits."""
        self._waiting = None
