"""The frame around what is shown, so that the customer always sees what the agent sees.

Four thin windows outside the shared area (inside, where the screen ends) and a word above it. They are this
program's own windows: agents cannot click them, and they are in no picture of a shared window.
"""

from __future__ import annotations

import contextlib
import tkinter as tk

from customer_agent.screen.capture import Area
from desktop.theme import Theme
from desktop.words import t

__all__ = ["ShareFrame", "bars_of"]

_THICK_PX = 4


def bars_of(area: Area, width: int, height: int, thick: int) -> tuple[Area, ...]:
    """The four bars around `area` on a screen of that size: outside it where there is room."""
    left = max(0, area.x - thick)
    top = max(0, area.y - thick)
    right = min(width, area.right + thick)
    bottom = min(height, area.bottom + thick)
    return (
        Area(left, top, right - left, thick),
        Area(left, bottom - thick, right - left, thick),
        Area(left, top, thick, bottom - top),
        Area(right - thick, top, thick, bottom - top),
    )


class ShareFrame:
    """The frame; `show(None)` takes it away."""

    def __init__(self, root: tk.Tk, theme: Theme) -> None:
        self._root = root
        self._theme = theme
        self._area: Area | None = None
        self._bars: list[tk.Toplevel] = []
        self._word: tk.Toplevel | None = None

    def show(self, area: Area | None) -> None:
        """Stand around `area` (px of the desktop), above all windows."""
        if area is not None and area == self._area:
            self._lift()
            return
        self._area = area
        if area is None:
            self.close()
            return
        if not self._bars:
            self._make()
        # Tk does not hear of a desktop that has grown since the program began.
        width = max(self._root.winfo_vrootwidth(), area.right)
        height = max(self._root.winfo_vrootheight(), area.bottom)
        bars = bars_of(area, width, height, self._theme.px(_THICK_PX))
        for window, bar in zip(self._bars, bars, strict=True):
            self._place(window, bar)
        self._place_word(area, width, height)

    def close(self) -> None:
        """Take it away."""
        windows = [*self._bars, *([self._word] if self._word is not None else [])]
        self._bars, self._word, self._area = [], None, None
        for window in windows:
            with contextlib.suppress(tk.TclError):
                window.destroy()

    def _make(self) -> None:
        colour = self._theme.tokens.waiting
        for _ in range(4):
            self._bars.append(_bare(self._root, colour))
        self._word = _bare(self._root, colour)
        label = tk.Label(
            self._word,
            text=t("상담원에게 보이는 부분"),
            background=colour,
            foreground="#FFFFFF" if not self._theme.is_dark else self._theme.tokens.ground,
            font="SmallStrongFont",
            padx=self._theme.px(8),
            pady=self._theme.px(2),
        )
        label.pack()

    def _place_word(self, area: Area, width: int, height: int) -> None:
        """Above the frame, else below it; nowhere if it would cover what is shown."""
        assert self._word is not None
        self._word.update_idletasks()
        tall, wide = self._word.winfo_reqheight(), self._word.winfo_reqwidth()
        thick = self._theme.px(_THICK_PX)
        x = min(max(0, area.x - thick), max(0, width - wide))
        above, below = area.y - thick - tall, area.bottom + thick
        if above >= 0:
            self._place(self._word, Area(x, above, wide, tall))
        elif below + tall <= height:
            self._place(self._word, Area(x, below, wide, tall))
        else:
            self._word.withdraw()

    def _place(self, window: tk.Toplevel, area: Area) -> None:
        left, top = self._root.winfo_vrootx() + area.x, self._root.winfo_vrooty() + area.y
        window.geometry(f"{max(1, area.width)}x{max(1, area.height)}{left:+d}{top:+d}")
        window.deiconify()
        window.lift()

    def _lift(self) -> None:
        for window in (*self._bars, self._word):
            with contextlib.suppress(tk.TclError):
                if window is not None and window.winfo_viewable():
                    window.lift()


def _bare(root: tk.Tk, colour: str) -> tk.Toplevel:
    window = tk.Toplevel(root, background=colour, takefocus=False)
    window.withdraw()
    window.wm_overrideredirect(True)
    with contextlib.suppress(tk.TclError):
        window.attributes("-topmost", True)
    return window
