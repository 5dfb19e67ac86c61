"""PC scancodes (XT set 1, as QEMU Extended Key Event sends them) to Linux key numbers; X keycodes are 8 more.

Codes up to 0x53 are the same numbers in both; those with the prefix 0xE0 come as 0x80 | code.
Source: linux/input-event-codes.h and the RFB registry, section QEMU Extended Key Event Message.
"""

from __future__ import annotations

X_KEYCODE_OFFSET = 8

_EXTENDED = {
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
_PLAIN = {
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


def linux_key(scancode: int) -> int | None:
    """The Linux key number of a scancode, or None where there is none."""
    if scancode in (0xF2, 0xF1):
        # Some keyboards send 한/영 and 한자 in this form, with no release.
        return 122 if scancode == 0xF2 else 123
    if scancode & 0x80 or scancode > 0xFF:
        return _EXTENDED.get(scancode & 0x7F)
    if 1 <= scancode <= 0x53:
        return scancode
    return _PLAIN.get(scancode)
