"""Connections to an X server through python-xlib, and what is to be known before the screen is shared.

Pure protocol: no C library is loaded, so the one-file program runs on any Linux desktop. A connection belongs
to one thread. What is captured or pressed is decided in screen/ and input/.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from Xlib import display, error

from customer_agent.platform_errors import Unsupported
from desktop.x11_display import open_display

WAYLAND_SENTENCE = (
    "This desktop runs Wayland, which does not let a program share the screen. "
    'Please log out and choose the "Xorg" or "X11" session at the log-in screen.'
)


def connect(name: str | None = None) -> display.Display:
    """Open the display named by `name` or $DISPLAY.

    Raises Unsupported with one clear sentence under Wayland or without a display.
    """
    wanted = name or os.environ.get("DISPLAY")
    if not wanted:
        if is_wayland(os.environ):
            raise Unsupported("Wayland", WAYLAND_SENTENCE)
        raise Unsupported("X11 display", "There is no screen: the variable DISPLAY is not set.")
    try:
        return open_display(wanted)
    except (error.DisplayError, OSError) as failure:
        raise Unsupported("X11 display", f"The display {wanted} cannot be opened: {failure}") from failure


def refuse_xwayland(connection: display.Display) -> None:
    """Raise Unsupported where the X server only serves single windows to a Wayland desktop.

    Asked of the server itself: in a Wayland session a display of its own (Xvfb, Xvnc) is as good as any.
    """
    if connection.has_extension("XWAYLAND") or _has_xwayland_outputs(connection):
        raise Unsupported("Wayland", WAYLAND_SENTENCE)


def _has_xwayland_outputs(connection: display.Display) -> bool:
    if not connection.has_extension("RANDR"):
        return False
    resources = connection.screen().root.xrandr_get_screen_resources()
    names = [connection.xrandr_get_output_info(one, 0).name for one in resources.outputs]
    return any(str(name).startswith("XWAYLAND") for name in names)


def is_wayland(environ: Mapping[str, str]) -> bool:
    """Whether the log-in session says that its desktop is Wayland."""
    return environ.get("XDG_SESSION_TYPE") == "wayland" or bool(environ.get("WAYLAND_DISPLAY"))
