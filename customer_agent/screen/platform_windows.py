"""The screen under Windows: pixels by GDI through mss, the pointer's place by user32. NOT TRIED on Windows.

What is known to lack: the pointer's shape (the viewer shows its own arrow), damage (Desktop Duplication
would give it), the secure desktop of User Account Control.
"""

from __future__ import annotations

import contextlib
import ctypes
from typing import Any

from customer_agent.screen.mss_screen import MssScreen

_PER_MONITOR_AWARE = 2


class WindowsScreen(MssScreen):
    """The virtual desktop of Windows."""

    def __init__(self) -> None:
        """Tell Windows first that we count real pixels; raises Unsupported where it refuses."""
        self._user32: Any = ctypes.windll.user32  # type: ignore[attr-defined,unused-ignore]
        with contextlib.suppress(AttributeError, OSError):
            ctypes.windll.shcore.SetProcessDpiAwareness(_PER_MONITOR_AWARE)  # type: ignore[attr-defined,unused-ignore]
        super().__init__()

    def pointer(self) -> tuple[int, int]:
        """Where the pointer is inside the virtual desktop."""

        class Point(ctypes.Structure):
            _fields_ = (("x", ctypes.c_long), ("y", ctypes.c_long))

        point = Point()
        self._user32.GetCursorPos(ctypes.byref(point))
        return point.x - self._left, point.y - self._top
