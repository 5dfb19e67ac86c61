"""The customer's screen on its way to the viewers: capture, what changed, how it is coded, when it leaves.

    capture       what a platform gives; platform_x11, platform_windows, platform_macos
    damage        which tiles changed        motion     what only moved
    tiles         how each part is coded     encode     its bytes for one viewer
    shadow        what a viewer has          pacing     when the next update may leave
    stream        the one thread that does it all

The platform is chosen here, once.
"""

from __future__ import annotations

import sys

from customer_agent.screen.capture import ScreenSource


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
