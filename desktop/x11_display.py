"""Connections to an X server through python-xlib: pure protocol, no C library is loaded."""

from __future__ import annotations

import threading

from Xlib import display
from Xlib.protocol import display as protocol_display
from Xlib.protocol import event

__all__ = ["open_display"]

_opening = threading.Lock()


def open_display(name: str) -> display.Display:
    """Open a display, for one thread. Raises Xlib.error.DisplayError, OSError."""
    with _opening:
        # python-xlib keeps one table of event codes for all connections, but each X server numbers its
        # extensions itself: every connection gets a table of its own.
        table = protocol_display.Display.event_classes = event.event_class.copy()
        connection = display.Display(name)
        connection.display.event_classes = table
        return connection
