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
    height = window.winfo_reqheight()
    window.resizable(False, False)
    return width, height


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
        self._theme = theme
        self._width = width
        self._asked: tuple[int, int] | None = None
        self._height = 0
        self._frame = (0, 0)
        self._timer: str | None = None
        window.attributes("-topmost", True)
        window.bind("<Unmap>", self._came_down, add="+")
        window.bind("<Destroy>", self._destroyed, add="+")
        self.place()
        self._lift()

    def place(self) -> None:
        """Take the height that the content needs now; the lower edge stays where it is."""
        window = self._window
        _, height = fix_size(window, self._width)
        if self._asked is not None and height == self._height:
            return
        self._height = height
        right = window.winfo_screenwidth() - self._theme.px(_MARGIN_PX)
        bottom = window.winfo_screenheight() - self._theme.px(_MARGIN_PX + _TASKBAR_PX)
        if self._asked is not None and window.winfo_viewable():
            self._measure_frame(self._asked)
            right = window.winfo_rootx() + self._width - self._frame[0]
            bottom = window.winfo_rooty() + window.winfo_height() - self._frame[1]
        x = min(max(0, right - self._width), max(0, window.winfo_screenwidth() - self._width))
        y = min(max(0, bottom - height), max(0, window.winfo_screenheight() - height - self._frame[1]))
        self._asked = (x, y)
        window.geometry(f"{self._width}x{height}+{x}+{y}")

    def _measure_frame(self, asked: tuple[int, int]) -> None:
        """How far the window manager's frame moves the content from where the window was put.

        Positions are set for the frame and read for the content; without the difference the window would sink
        by the height of its title bar with every change of its own height.
        """
        if self._frame == (0, 0):
            left = self._window.winfo_rootx() - asked[0]
            top = self._window.winfo_rooty() - asked[1]
            if 0 <= left < _MAX_FRAME_PX and 0 <= top < _MAX_FRAME_PX:
                self._frame = (left, top)

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
