"""Keys and pointer under macOS by Quartz events: text as Unicode, other keys by key code. NOT TRIED on macOS.

The person must allow "Accessibility" for this program in System Settings; without it events go nowhere, which
`Unsupported` says.
"""

from __future__ import annotations

import ctypes
from typing import Any

from customer_agent.input.keys import character_of
from customer_agent.input.pointer import Buttons
from customer_agent.platform_errors import Unsupported
from customer_agent.screen.platform_macos import load_framework
from wire.rfb.scancodes import SCANCODES_OF_MAC

_HID_TAP = 0
_MOVED, _DRAGGED = 5, 6
_BUTTON_EVENTS = {1: (1, 2, 0), 2: (25, 26, 2), 3: (3, 4, 1)}  # down, up, button number
_LINES = 1

# X11 keysyms of keys that are no characters -> key codes of an ANSI keyboard (HIToolbox/Events.h).
_KEY_CODES = {
    0xFF08: 51, 0xFF09: 48, 0xFF0D: 36, 0xFF1B: 53, 0xFFFF: 117, 0xFF50: 115, 0xFF51: 123, 0xFF52: 126,
    0xFF53: 124, 0xFF54: 125, 0xFF55: 116, 0xFF56: 121, 0xFF57: 119, 0xFFE1: 56, 0xFFE2: 60, 0xFFE3: 59,
    0xFFE4: 62, 0xFFE9: 58, 0xFFEA: 61, 0xFFEB: 55, 0xFFEC: 54, 0xFFE5: 57, 0xFFBE: 122, 0xFFBF: 120,
    0xFFC0: 99, 0xFFC1: 118, 0xFFC2: 96, 0xFFC3: 97, 0xFFC4: 98, 0xFFC5: 100, 0xFFC6: 101, 0xFFC7: 109,
    0xFFC8: 103, 0xFFC9: 111,
}  # fmt: skip

_MAC_OF_SCANCODE = {place: code for code, place in SCANCODES_OF_MAC.items()}


class _Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_double), ("y", ctypes.c_double))


class MacHands:
    """Presses keys and moves the pointer of a Mac."""

    def __init__(self) -> None:
        """Raises Unsupported until the person has allowed Accessibility."""
        services = load_framework("ApplicationServices")
        if not services.AXIsProcessTrusted():
            raise Unsupported(
                "Accessibility permission",
                "Please allow BaroHelp under Accessibility in System Settings, Privacy & Security.",
            )
        self._graphics: Any = services
        for maker in (
            "CGEventCreateMouseEvent",
            "CGEventCreateKeyboardEvent",
            "CGEventCreateScrollWheelEvent",
        ):
            getattr(services, maker).restype = ctypes.c_void_p
        services.CGEventCreateMouseEvent.argtypes = [
            ctypes.c_void_p, ctypes.c_uint32, _Point, ctypes.c_uint32,
        ]  # fmt: skip
        services.CGEventPost.argtypes = [ctypes.c_uint32, ctypes.c_void_p]
        services.CFRelease.argtypes = [ctypes.c_void_p]
        services.CGEventKeyboardSetUnicodeString.argtypes = [
            ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p,
        ]  # fmt: skip
        self._buttons = Buttons()
        self._held: set[int] = set()
        self._at = _Point(0, 0)

    def pointer(self, buttons: int, x: int, y: int) -> None:
        """Move to (x, y) and hold exactly the buttons of the mask."""
        self._at = _Point(x, y)
        kind = _DRAGGED if buttons & 1 and self._buttons.mask & 1 else _MOVED
        self._post(self._graphics.CGEventCreateMouseEvent(None, kind, self._at, 0))
        self._change(self._buttons.change(buttons))

    def _change(self, changes: Any) -> None:
        for change in changes:
            if change.button in (4, 5):
                if change.down:
                    lines = 3 if change.button == 4 else -3
                    self._post(self._graphics.CGEventCreateScrollWheelEvent(None, _LINES, 1, lines))
            elif change.button in _BUTTON_EVENTS:
                down, up, number = _BUTTON_EVENTS[change.button]
                kind = down if change.down else up
                self._post(self._graphics.CGEventCreateMouseEvent(None, kind, self._at, number))

    def key(self, down: bool, keysym: int, scancode: int | None = None) -> None:
        """A character as Unicode, any other key by its code, one without a symbol by its place; what is
        neither is left out.
        """
        code, character = _KEY_CODES.get(keysym), character_of(keysym)
        if keysym == 0 and scancode:
            keysym, code = -scancode, _MAC_OF_SCANCODE.get(scancode)
        if code is None and not character:
            return
        if down:
            self._held.add(keysym)
        else:
            self._held.discard(keysym)
        event = self._graphics.CGEventCreateKeyboardEvent(None, code or 0, down)
        if code is None:
            units = character.encode("utf-16-le")
            self._graphics.CGEventKeyboardSetUnicodeString(event, len(units) // 2, units)
        self._post(event)

    def release_all(self) -> None:
        """Every key and button that we hold goes up."""
        for keysym in list(self._held):
            self.key(False, max(keysym, 0), -keysym if keysym < 0 else None)
        self._change(self._buttons.release_all())

    def close(self) -> None:
        """Release everything."""
        self.release_all()

    def _post(self, event: Any) -> None:
        self._graphics.CGEventPost(_HID_TAP, event)
        self._graphics.CFRelease(event)
