"""Where a key lies: PC scancodes (XT set 1, as QEMU Extended Key Event sends them) and Linux key numbers.

Codes up to 0x53 are the same numbers in both; those with the prefix 0xE0 travel as 0x80 | code.
Source: linux/input-event-codes.h and the RFB registry, section QEMU Extended Key Event Message.
"""

from __future__ import annotations

from typing import Final

__all__ = ["SCANCODES_OF_MAC", "linux_key", "scancode_of"]

_EXTENDED: Final = {
    0x1C: 96,  # keypad Enter
    0x1D: 97,  # right Control
    0x35: 98,  # keypad /
    0x37: 99,  # Print
    0x38: 100,  # right Alt
    0x46: 119,  # Pause (Ctrl+Break)
    0x47: 102,  # Home
    0x48: 103,  # Up
    0x49: 104,  # Page Up
    0x4B: 105,  # Left
    0x4D: 106,  # Right
    0x4F: 107,  # End
    0x50: 108,  # Down
    0x51: 109,  # Page Down
    0x52: 110,  # Insert
    0x53: 111,  # Delete
    0x5B: 125,  # left Super
    0x5C: 126,  # right Super
    0x5D: 127,  # Menu
    0x20: 113,  # Mute
    0x2E: 114,  # Volume down
    0x30: 115,  # Volume up
}
_PLAIN: Final = {
    0x56: 86,  # the key between left Shift and Z
    0x57: 87,  # F11
    0x58: 88,  # F12
    0x70: 93,  # Katakana / Hiragana
    0x73: 89,  # Ro
    0x79: 92,  # Henkan
    0x7B: 94,  # Muhenkan
    0x7D: 124,  # Yen
    0x72: 122,  # 한/영
    0x71: 123,  # 한자
}
_LAST_OF_THE_SAME: Final = 0x53


def linux_key(scancode: int) -> int | None:
    """The Linux key number of a scancode, or None where there is none."""
    if scancode in (0xF2, 0xF1):
        # Some keyboards send 한/영 and 한자 in this form, with no release.
        return 122 if scancode == 0xF2 else 123
    if scancode & 0x80 or scancode > 0xFF:
        return _EXTENDED.get(scancode & 0x7F)
    if 1 <= scancode <= _LAST_OF_THE_SAME:
        return scancode
    return _PLAIN.get(scancode)


def scancode_of(linux_number: int) -> int:
    """The scancode of a Linux key number, 0 where there is none: the other way round."""
    if 1 <= linux_number <= _LAST_OF_THE_SAME:
        return linux_number
    return _BY_NUMBER.get(linux_number, 0)


_BY_NUMBER: Final = {number: code | 0x80 for code, number in _EXTENDED.items()} | {
    number: code for code, number in _PLAIN.items()
}

# macOS key codes (HIToolbox/Events.h) in the order of scancodes from 1: a US keyboard, rows top to bottom.
_MAC_FROM_1: Final = (
    53, 18, 19, 20, 21, 23, 22, 26, 28, 25, 29, 27, 24, 51, 48, 12, 13, 14, 15, 17, 16, 32, 34, 31, 35, 33,
    30, 36, 59, 0, 1, 2, 3, 5, 4, 38, 40, 37, 41, 39, 50, 56, 42, 6, 7, 8, 9, 11, 45, 46, 43, 47, 44, 60, 67,
    58, 49, 57, 122, 120, 99, 118, 96, 97, 98, 100, 101, 109,
)  # fmt: skip
SCANCODES_OF_MAC: Final = {code: place for place, code in enumerate(_MAC_FROM_1, start=1)} | {
    123: 0xCB, 124: 0xCD, 125: 0xD0, 126: 0xC8, 115: 0xC7, 119: 0xCF, 116: 0xC9, 121: 0xD1, 117: 0xD3,
    76: 0x9C, 61: 0xB8, 62: 0x9D, 55: 0xDB, 54: 0xDC, 103: 0x57, 111: 0x58,
}  # fmt: skip
"""macOS key code -> scancode. NOT TRIED on macOS."""
