"""Words beside a widget while the pointer rests on it: what it does, and the key that does the same."""

from __future__ import annotations

import contextlib
import tkinter as tk

from desktop import theme
from desktop.later import cancel_later, run_later

__all__ = ["Tip"]


class Tip:
    """Shows `text`, and `key` more quietly, below `widget` after half a second of rest."""

    _DELAY_MS = 450

    def __init__(self, widget: tk.Misc, text: str, key: str = "") -> None:
        self.widget = widget
        self.text = text
        self.key = key
        self._timer: str | None = None
        self._window: tk.Toplevel | None = None
        widget.bind("<Enter>", self._entered, add="+")
        for event in ("<Leave>", "<ButtonPress>", "<Key>", "<Destroy>", "<Unmap>"):
            widget.bind(event, self._left, add="+")

    def _entered(self, _event: object) -> None:
        self._left(None)
        self._timer = run_later(self.widget, self._DELAY_MS, self.show)

    def _left(self, _event: object) -> None:
        with contextlib.suppress(tk.TclError):
            if self._timer is not None:
                cancel_later(self.widget, self._timer)
            if self._window is not None:
                self._window.destroy()
        self._timer = self._window = None

    def show(self) -> None:
        """Show it now, below the widget (above where there is no room) and inside the screen."""
        self._timer = None
        if self._window is not None or not self.text or not self.widget.winfo_ismapped():
            return
        look = theme.current()
        background = look.tokens.press if look.is_dark else look.tokens.ink
        window = tk.Toplevel(self.widget, background=background)
        window.wm_overrideredirect(True)
        window.wm_withdraw()
        row = tk.Frame(window, background=background)
        row.pack(padx=look.px(10), pady=look.px(6))
        # The key is quieter than the words and still 4.5 : 1 on the tip in both looks.
        for text, colour, gap in ((self.text, "#FFFFFF", 0), (self.key, "#B9C7D8", look.px(10))):
            if text:
                label = tk.Label(row, text=text, background=background, foreground=colour, font="SmallFont")
                label.configure(justify="left", borderwidth=0, padx=0, pady=0)
                label.pack(side="left", padx=(gap, 0))
        window.update_idletasks()
        self._place(window, look.px(6))
        window.wm_deiconify()
        window.lift()
        self._window = window

    def _place(self, window: tk.Toplevel, gap: int) -> None:
        widget = self.widget
        width, height = window.winfo_reqwidth(), window.winfo_reqheight()
        x = widget.winfo_rootx() + (widget.winfo_width() - width) // 2
        y = widget.winfo_rooty() + widget.winfo_height() + gap
        if y + height > widget.winfo_screenheight():
            y = widget.winfo_rooty() - height - gap
        x = max(4, min(x, widget.winfo_screenwidth() - width - 4))
        window.wm_geometry(f"+{x}+{y}")
