"""Keys and pointer under Windows by SendInput: text as Unicode, other keys by virtual key. NOT TRIED on
Windows.

Windows of programs that run as administrator take no input from us; that is Windows' own rule (UIPI).
"""

from __future__ import annotations

import ctypes
from typing import Any

from customer_agent.input.keys import character_of
from customer_agent.input.pointer import Buttons
from customer_agent.platform_errors import Unsupported

_MOUSE, _KEYBOARD = 0, 1
_MOVE, _ABSOLUTE, _VIRTUAL_DESK = 0x0001, 0x8000, 0x4000
_WHEEL, _WHEEL_STEP = 0x0800, 120
_KEY_EXTENDED, _KEY_UP, _KEY_UNICODE, _KEY_BY_PLACE = 0x0001, 0x0002, 0x0004, 0x0008
_BUTTON_FLAGS = {1: (0x0002, 0x0004), 2: (0x0020, 0x0040), 3: (0x0008, 0x0010)}
_SM_X, _SM_Y, _SM_WIDTH, _SM_HEIGHT = 76, 77, 78, 79

# X11 keysyms of keys that are no characters -> Windows virtual keys (winuser.h).
_VIRTUAL_KEYS = {
    0xFF08: 0x08, 0xFF09: 0x09, 0xFF0D: 0x0D, 0xFF13: 0x13, 0xFF1B: 0x1B, 0xFFFF: 0x2E, 0xFF50: 0x24,
    0xFF51: 0x25, 0xFF52: 0x26, 0xFF53: 0x27, 0xFF54: 0x28, 0xFF55: 0x21, 0xFF56: 0x22, 0xFF57: 0x23,
    0xFF61: 0x2C, 0xFF63: 0x2D, 0xFF67: 0x5D, 0xFF7F: 0x90, 0xFF14: 0x91, 0xFFE5: 0x14, 0xFFE1: 0xA0,
    0xFFE2: 0xA1, 0xFFE3: 0xA2, 0xFFE4: 0xA3, 0xFFE9: 0xA4, 0xFFEA: 0xA5, 0xFFEB: 0x5B, 0xFFEC: 0x5C,
    0xFF31: 0x15, 0xFF34: 0x19, **{0xFFBE + n: 0x70 + n for n in range(12)},
}  # fmt: skip
_MODIFIERS = {0xFFE3, 0xFFE4, 0xFFE9, 0xFFEA, 0xFFEB, 0xFFEC}


class _MouseInput(ctypes.Structure):
    _fields_ = (
        ("dx", ctypes.c_long), ("dy", ctypes.c_long), ("data", ctypes.c_ulong), ("flags", ctypes.c_ulong),
        ("time", ctypes.c_ulong), ("extra", ctypes.c_void_p),
    )  # fmt: skip


class _KeyInput(ctypes.Structure):
    _fields_ = (
        ("key", ctypes.c_ushort), ("scan", ctypes.c_ushort), ("flags", ctypes.c_ulong),
        ("time", ctypes.c_ulong), ("extra", ctypes.c_void_p),
    )  # fmt: skip


class _Payload(ctypes.Union):
    _fields_ = (("mouse", _MouseInput), ("key", _KeyInput))


class _Input(ctypes.Structure):
    _fields_ = (("type", ctypes.c_ulong), ("payload", _Payload))


class WindowsHands:
    """Presses keys and moves the pointer of the Windows desktop."""

    def __init__(self) -> None:
        """Raises Unsupported anywhere else."""
        if not hasattr(ctypes, "windll"):
            raise Unsupported("SendInput")
        self._user32: Any = ctypes.windll.user32
        self._buttons = Buttons()
        self._held: dict[int, bool] = {}
        self._held_places: set[int] = set()

    def pointer(self, buttons: int, x: int, y: int) -> None:
        """Move to (x, y) px of the virtual desktop and hold exactly the buttons of the mask."""
        width = max(1, self._user32.GetSystemMetrics(_SM_WIDTH) - 1)
        height = max(1, self._user32.GetSystemMetrics(_SM_HEIGHT) - 1)
        flags = _MOVE | _ABSOLUTE | _VIRTUAL_DESK
        self._send_mouse(x * 65535 // width, y * 65535 // height, 0, flags)
        self._change(self._buttons.change(buttons))

    def _change(self, changes: Any) -> None:
        for change in changes:
            if change.button in (4, 5):
                if change.down:
                    step = _WHEEL_STEP if change.button == 4 else -_WHEEL_STEP
                    self._send_mouse(0, 0, step & 0xFFFFFFFF, _WHEEL)
            elif change.button in _BUTTON_FLAGS:
                down, up = _BUTTON_FLAGS[change.button]
                self._send_mouse(0, 0, 0, down if change.down else up)

    def key(self, down: bool, keysym: int, scancode: int | None = None) -> None:
        """A character as Unicode, unless it belongs to a shortcut; any other key by its virtual key; a key
        without a symbol by its place.
        """
        if keysym == 0 and scancode:
            self._key_by_place(down, scancode)
            return
        virtual = _VIRTUAL_KEYS.get(keysym)
        character = character_of(keysym)
        if virtual is None and character and (self._is_shortcut() or keysym in self._held):
            virtual = self._user32.VkKeyScanW(ord(character)) & 0xFF
        if down:
            self._held[keysym] = True
        else:
            self._held.pop(keysym, None)
        flags = 0 if down else _KEY_UP
        if virtual is not None and virtual != 0xFF:
            self._send_key(virtual, 0, flags)
        elif character:
            units = character.encode("utf-16-le")
            for place in range(0, len(units), 2):
                unit = int.from_bytes(units[place : place + 2], "little")
                self._send_key(0, unit, flags | _KEY_UNICODE)

    def _key_by_place(self, down: bool, scancode: int) -> None:
        (self._held_places.add if down else self._held_places.discard)(scancode)
        flags = _KEY_BY_PLACE | (0 if down else _KEY_UP) | (_KEY_EXTENDED if scancode & 0x80 else 0)
        self._send_key(0, scancode & 0x7F, flags)

    def _is_shortcut(self) -> bool:
        return any(keysym in _MODIFIERS for keysym in self._held)

    def release_all(self) -> None:
        """Every key and button that we hold goes up."""
        for keysym in list(self._held):
            self.key(False, keysym)
        for scancode in list(self._held_places):
            self._key_by_place(False, scancode)
        self._change(self._buttons.release_all())

    def close(self) -> None:
        """Release everything; the keyboard's map was never changed."""
        self.release_all()

    def _send_mouse(self, x: int, y: int, data: int, flags: int) -> None:
        self._send(_Input(_MOUSE, _Payload(mouse=_MouseInput(x, y, data, flags, 0, None))))

    def _send_key(self, virtual: int, scan: int, flags: int) -> None:
        self._send(_Input(_KEYBOARD, _Payload(key=_KeyInput(virtual, scan, flags, 0, None))))

    def _send(self, one: _Input) -> None:
        self._user32.SendInput(1, ctypes.byref(one), ctypes.sizeof(one))
