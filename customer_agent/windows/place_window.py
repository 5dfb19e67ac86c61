"""Where windows stand, and that they stay there: in the middle, or at the lower right above everything."""

from __future__ import annotations

import contextlib
import tkinter as tk

from desktop.later import cancel_later, run_later
from desktop.theme import Theme

__all__ = ["Corner", "centre", "fix_size", "wrap"]

_MARGIN_PX = 16
_TASKBAR_PX = 48
_MAX_FRAME_PX = 80  # more is no frame: the person moved the window
_LIFT_EVERY_MS = 1000


def fix_size(window: tk.Toplevel, width: int) -> tuple[int, int]:
    """Give the window `width` px and the height that its content asks for; returns both."""
    window.update_idletasks()
    if any(window.resizable() or ()):  # each telling waits for the window manager: 0.1 s of a busy desktop
        window.resizable(False, False)
    return width, window.winfo_reqheight()


def centre(window: tk.Toplevel, width: int, *, free_right: int = 0) -> None:
    """Put the window into the middle of the screen, a little above it.

    `free_right`: so many px at the right are left free, for the notice panel, as far as there is room.
    """
    width, height = fix_size(window, width)
    x = max(0, (window.winfo_screenwidth() - free_right - width) // 2)
    y = max(0, (window.winfo_screenheight() - height) * 2 // 5)
    window.geometry(f"{width}x{height}+{x}+{y}")


def wrap(label: tk.Misc, width: int) -> None:
    """Break the label's lines at `width` px."""
    label.configure(wraplength=width)  # type: ignore[call-arg]


class Corner:
    """Keeps a window at the lower right, above all others, and visible whatever is done to it."""

    def __init__(self, window: tk.Toplevel, theme: Theme, width: int) -> None:
        self._window = window
        self._width = width
        self._height = 0
        self._asked = (0, 0)
        self._frame = (0, 0)
        self._has_arrived = False
        self._right = window.winfo_screenwidth() - theme.px(_MARGIN_PX)
        self._bottom = window.winfo_screenheight() - theme.px(_MARGIN_PX + _TASKBAR_PX)
        self._timer: str | None = None
        window.withdraw()  # measuring would show it, wherever the window manager likes
        window.attributes("-topmost", True)
        self.place()
        window.deiconify()
        window.bind("<Configure>", self._moved, add="+")
        window.bind("<Unmap>", self._came_down, add="+")
        window.bind("<Destroy>", self._destroyed, add="+")
        self._lift()

    def place(self) -> None:
        """Take the height that the content needs now; the lower edge stays where it is."""
        window = self._window
        _, height = fix_size(window, self._width)
        if height == self._height:
            return
        self._height = height
        x = min(max(0, self._right - self._width), max(0, window.winfo_screenwidth() - self._width))
        lowest = max(0, window.winfo_screenheight() - height - self._frame[1])
        y = min(max(0, self._bottom - height), lowest)
        self._asked, self._has_arrived = (x, y), False
        window.geometry(f"{self._width}x{height}+{x}+{y}")

    def _moved(self, event: tk.Event[tk.Misc]) -> None:
        """Learn where the edges are now, from the window manager's answer or from the person's hand.

        Positions are set for the frame and read for the content; without the difference the window would sink
        by the height of its title bar with every change of its own height. Until the window is where it was
        asked to be, what is read are places on its way.
        """
        window = self._window
        if event.widget is not window or window.winfo_height() != self._height:
            return
        offset = window.winfo_rootx() - self._asked[0], window.winfo_rooty() - self._asked[1]
        if self._frame == (0, 0) and all(0 <= part < _MAX_FRAME_PX for part in offset):
            self._frame, self._has_arrived = offset, True
        elif offset == self._frame:
            self._has_arrived = True
        elif self._has_arrived:
            self._right = window.winfo_rootx() - self._frame[0] + self._width
            self._bottom = window.winfo_rooty() - self._frame[1] + self._height

    def _lift(self) -> None:
        """Other windows may be above all others too; the notice is never left behind them."""
        with contextlib.suppress(tk.TclError):
            self._window.lift()
            self._timer = run_later(self._window, _LIFT_EVERY_MS, self._lift)

    def _came_down(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self._window:
            with contextlib.suppress(tk.TclError):
                run_later(self._window, 50, self._come_back)

    def _come_back(self) -> None:
        with contextlib.suppress(tk.TclError):
            self._window.deiconify()
            self._window.lift()

    def _destroyed(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self._window and self._timer is not None:
            with contextlib.suppress(tk.TclError):
                cancel_later(self._window, self._timer)
