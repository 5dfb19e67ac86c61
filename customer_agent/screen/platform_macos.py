"""The screen under macOS: pixels by Quartz through mss, after asking for the permission. NOT TRIED on macOS.

What is known to lack: the pointer's shape, damage, and macOS 26, which took the call away that mss uses
(ScreenCaptureKit would be the way; see docs/decisions/0042-what-each-platform-has.md).
"""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import Any

from customer_agent.platform_errors import Unsupported
from customer_agent.screen.mss_screen import MssScreen


class MacScreen(MssScreen):
    """All displays of a Mac."""

    def __init__(self) -> None:
        """Raises Unsupported until the person has allowed screen recording for this program."""
        graphics = load_framework("CoreGraphics")
        if (
            hasattr(graphics, "CGPreflightScreenCaptureAccess")
            and not graphics.CGPreflightScreenCaptureAccess()
        ):
            graphics.CGRequestScreenCaptureAccess()
            raise Unsupported(
                "screen recording permission",
                "Please allow screen recording for BaroHelp in System Settings, Privacy & Security, "
                "and start the program again.",
            )
        super().__init__()


def load_framework(name: str) -> Any:
    """A framework of the system; raises Unsupported where it is not there."""
    path = ctypes.util.find_library(name)
    if path is None:
        raise Unsupported(name)
    return ctypes.CDLL(path)
