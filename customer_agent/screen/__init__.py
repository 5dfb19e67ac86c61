"""The customer's screen on its way to the viewers: capture, what changed, how it is coded, when it leaves.

    capture       what a platform gives; platform_x11, platform_windows, platform_macos
    damage        which tiles changed        motion     what only moved
    tiles         how each part is coded     encode     its bytes for one viewer
    shadow        what a viewer has          pacing     when the next update may leave
    stream        the one thread that does it all
    share         what the customer shows, and nothing else; monitors: which one the agent looks at

The platform is chosen here, once.
"""

from __future__ import annotations

import sys

from customer_agent.platform_errors import Unsupported
from customer_agent.screen.capture import ScreenSource
from customer_agent.screen.share import OpenWindow, WindowSource


def open_screen() -> ScreenSource:
    """The screen of this computer; raises Unsupported with one sentence where it cannot be shared."""
    if sys.platform == "win32":
        from customer_agent.screen.platform_windows import WindowsScreen

        return WindowsScreen()
    if sys.platform == "darwin":
        from customer_agent.screen.platform_macos import MacScreen

        return MacScreen()
    from customer_agent.screen.platform_x11 import X11Screen

    return X11Screen()


def open_window(window: int) -> WindowSource:
    """One window of another program; raises Unsupported where the platform cannot read one alone."""
    if sys.platform in ("win32", "darwin"):
        raise Unsupported("window", "This system shows one region, but not one window alone.")
    from customer_agent.screen.share_x11 import X11Window

    return X11Window(window)


def list_windows(own_window: int) -> tuple[OpenWindow, ...]:
    """The windows that could be shown alone, without our own (`own_window` is any of them)."""
    if sys.platform in ("win32", "darwin"):
        return ()
    from customer_agent.screen import windows_x11

    return windows_x11.list_windows(own_window)
