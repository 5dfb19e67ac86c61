"""Where a pressed key lies on the agent's keyboard: Tk's keycode to a PC scancode, as RFB wants it.

Tk hands on what the platform counts: X11 (with Linux's evdev numbers, 8 more), Windows' virtual keys, macOS's
key codes in the upper bits. 0 = not known; the key then goes by its symbol. Windows and macOS: NOT TRIED.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from wire.rfb.scancodes import SCANCODES_OF_MAC, scancode_of

__all__ = ["latin_of_place", "place_of_key"]

_X_OFFSET: Final = 8
_MAP_TO_SCANCODE: Final = 4  # MAPVK_VK_TO_VSC_EX
_MAC_SHIFT: Final = 16

_LETTERS: Final = {
    first + step: ord(letter)
    for first, row in ((0x10, "qwertyuiop"), (0x1E, "asdfghjkl"), (0x2C, "zxcvbnm"))
    for step, letter in enumerate(row)
}


def latin_of_place(place: int) -> int:
    """The symbol of the Latin letter that a US keyboard has there, 0 for any other key."""
    return _LETTERS.get(place, 0)


def place_of_key(keycode: int, platform: str = sys.platform) -> int:
    """The scancode of a key event's keycode, 0 where it is not known."""
    if platform == "win32":
        return _of_virtual_key(keycode)
    if platform == "darwin":
        return SCANCODES_OF_MAC.get(keycode >> _MAC_SHIFT & 0xFF, 0)
    return scancode_of(keycode - _X_OFFSET)


def _of_virtual_key(keycode: int) -> int:
    import ctypes

    windows: Any = ctypes
    code = int(windows.windll.user32.MapVirtualKeyW(keycode, _MAP_TO_SCANCODE))
    return code & 0x7F | 0x80 if code >> 8 in {0xE0, 0xE1} else code & 0xFF
