"""Key symbols: the few that have a meaning here, and how a character becomes one.

Numbers are X11's (X11/keysymdef.h), which RFB uses (RFC 6143, 7.5.4). Latin-1 characters are their own,
every other character is 0x01000000 + code point; Korean syllables travel so.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ALT_L",
    "BREAK",
    "CONTROL_L",
    "DELETE",
    "DOWN",
    "HANGUL",
    "HANJA",
    "LOCKS",
    "MODIFIERS",
    "PAUSE",
    "RETURN",
    "SUPER_L",
    "TAB",
    "UP",
    "is_latin",
    "is_legacy_letter",
    "of_character",
]

BACKSPACE: Final = 0xFF08
TAB: Final = 0xFF09
RETURN: Final = 0xFF0D
PAUSE: Final = 0xFF13
ESCAPE: Final = 0xFF1B
HANGUL: Final = 0xFF31
HANJA: Final = 0xFF34
LEFT: Final = 0xFF51
UP: Final = 0xFF52
RIGHT: Final = 0xFF53
DOWN: Final = 0xFF54
PRINT: Final = 0xFF61
BREAK: Final = 0xFF6B
KP_ENTER: Final = 0xFF8D
F4: Final = 0xFFC1
CAPS_LOCK: Final = 0xFFE5
NUM_LOCK: Final = 0xFF7F
SCROLL_LOCK: Final = 0xFF14
SHIFT_LOCK: Final = 0xFFE6
SHIFT_L: Final = 0xFFE1
SHIFT_R: Final = 0xFFE2
CONTROL_L: Final = 0xFFE3
CONTROL_R: Final = 0xFFE4
META_L: Final = 0xFFE7
META_R: Final = 0xFFE8
ALT_L: Final = 0xFFE9
ALT_R: Final = 0xFFEA
SUPER_L: Final = 0xFFEB
SUPER_R: Final = 0xFFEC
DELETE: Final = 0xFFFF

MODIFIERS: Final[dict[int, str]] = {
    SHIFT_L: "shift",
    SHIFT_R: "shift",
    CONTROL_L: "control",
    CONTROL_R: "control",
    META_L: "alt",
    META_R: "alt",
    ALT_L: "alt",
    ALT_R: "alt",
    SUPER_L: "super",
    SUPER_R: "super",
}
"""Symbol -> which modifier it is, left and right alike."""

LOCKS: Final = frozenset({CAPS_LOCK, NUM_LOCK, SHIFT_LOCK})
"""Keys whose effect is in the symbols of the other keys already: sending them too would do it twice."""

_UNICODE: Final = 0x01000000


def of_character(character: str) -> int:
    """The key symbol of one character; line feed and tab are the keys that make them."""
    controls = {"\r": RETURN, "\n": RETURN, "\t": TAB, "\b": BACKSPACE, "\x1b": ESCAPE, "\x7f": DELETE}
    if character in controls:
        return controls[character]
    code = ord(character)
    if 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFF:
        return code
    return _UNICODE | code


def is_legacy_letter(keysym: int) -> bool:
    """Whether it is a letter in X11's old national numbering: Cyrillic, Hangul jamo, ..."""
    return 0x100 <= keysym <= 0x20FF


def is_latin(keysym: int) -> bool:
    """Whether it is a character of Latin-1, or no character at all."""
    return keysym <= 0xFF or 0xFE00 <= keysym <= 0xFFFF
