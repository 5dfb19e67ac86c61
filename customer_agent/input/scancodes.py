"""Where a key lies on this computer: X keycodes are Linux key numbers and 8 more."""

from __future__ import annotations

from wire.rfb.scancodes import linux_key

__all__ = ["X_KEYCODE_OFFSET", "linux_key"]

X_KEYCODE_OFFSET = 8
