"""A small sheet over the window: a list of choices, or anything put into it. One is open at a time.

It is a frame placed inside the window, not a window of its own: no window manager can lose it, Escape, a
click elsewhere and Tab away close it, and the focus goes back to where it was.
"""

from __future__ import annotations

import contextlib
import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk
from typing import Any, Literal

from desktop.theme import Theme

__all__ = ["Choice", "Popover"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a list: `name` for layouts and tests, `keys` as people read them."""

    name: str
    text: str
    command: Callable[[], object]
    keys: str = ""
    is_chosen: bool = False
    is_enabled: bool = True


class Popover:
    """The sheet of one window."""

    def __init__(self, window: tk.Misc, theme: Theme, on_change: Callable[[], object]) -> None:
        """`on_change` is called after it opened and after it closed, to publish the layout anew."""
        self._window = window
        self._theme = theme
        self._on_change = on_change
        self._sheet: tk.Frame | None = None
        self._anchor: tk.Misc | None = None
        self._focus_before: tk.Misc | None = None
        self.widgets: dict[str, tk.Misc] = {}
        window.winfo_toplevel().bind("<ButtonPress>", self._clicked, add="+")

    @property
    def is_open(self) -> bool:
        """Whether it can be seen."""
        return self._sheet is not None

    def is_open_for(self, anchor: tk.Misc) -> bool:
        """Whether it is open below that button."""
        return self._sheet is not None and self._anchor is anchor

    def open(self, anchor: tk.Misc) -> ttk.Frame:
        """An empty sheet below `anchor`; put widgets in, then call `place`."""
        self.close()
        self._anchor = anchor
        with contextlib.suppress(KeyError, tk.TclError):
            self._focus_before = self._window.focus_get()
        self._sheet = tk.Frame(self._window, background=self._theme.tokens.line, padx=1, pady=1)
        inside = ttk.Frame(self._sheet, padding=self._theme.px(6))
        inside.pack(fill="both", expand=True)
        self._sheet.bind("<Escape>", lambda _: self.close())
        return inside

    def place(self, first_focus: tk.Misc | None = None) -> None:
        """Show the sheet that `open` made, inside the window, and put the keyboard on it."""
        sheet, anchor = self._sheet, self._anchor
        if sheet is None or anchor is None:
            return
        sheet.update_idletasks()
        window = self._window
        x = anchor.winfo_rootx() - window.winfo_rootx()
        y = anchor.winfo_rooty() - window.winfo_rooty() + anchor.winfo_height() + self._theme.px(4)
        x = max(4, min(x, window.winfo_width() - sheet.winfo_reqwidth() - 4))
        sheet.place(x=x, y=y)
        tk.Misc.lift(sheet)
        (first_focus or sheet).focus_set()
        self._on_change()

    def choices(
        self, anchor: tk.Misc, choices: Sequence[Choice], title: str = "", *, starts_on_chosen: bool = True
    ) -> None:
        """Open a list below `anchor`; arrows move, Return chooses."""
        inside = self.open(anchor)
        if title:
            label = ttk.Label(inside, text=title, style="SmallSoft.TLabel")
            label.grid(row=0, column=0, columnspan=2, sticky="w", padx=self._theme.px(10), pady=(2, 6))
        buttons: list[ttk.Button] = []
        for row, choice in enumerate(choices, start=1):
            button = self._line(inside, row, choice)
            self.widgets[choice.name] = button
            buttons.append(button)
        inside.columnconfigure(0, weight=1)
        self._bind_arrows(buttons)
        chosen = [b for b, c in zip(buttons, choices, strict=True) if c.is_chosen]
        self.place(chosen[0] if chosen and starts_on_chosen else buttons[0])

    def close(self) -> None:
        """Take it away and give the focus back."""
        sheet, self._sheet = self._sheet, None
        if sheet is None:
            return
        sheet.destroy()
        self.widgets.clear()
        if self._focus_before is not None:
            with contextlib.suppress(tk.TclError):
                self._focus_before.focus_set()
        self._on_change()

    def _line(self, inside: ttk.Frame, row: int, choice: Choice) -> ttk.Button:
        mark = self._theme.icon("check", 16, "primary") if choice.is_chosen else self._blank()
        button = ttk.Button(
            inside,
            text=choice.text,
            image=mark,
            compound="left",
            style="Menu.TButton",
            command=lambda: self._choose(choice),
        )
        button.state(["!disabled" if choice.is_enabled else "disabled"])
        button.grid(row=row, column=0, sticky="ew")
        for key in ("<Return>", "<KP_Enter>"):
            button.bind(key, lambda _: button.invoke())
        button.bind("<Escape>", lambda _: self.close())
        if choice.keys:
            keys = ttk.Label(inside, text=choice.keys, style="SmallSoft.TLabel")
            keys.grid(row=row, column=1, sticky="e", padx=(self._theme.px(16), self._theme.px(8)))
        return button

    def _choose(self, choice: Choice) -> None:
        self.close()
        choice.command()

    def _blank(self) -> Any:
        from PIL import Image

        size = self._theme.px(16)
        return self._theme.picture(("blank", size), lambda: Image.new("RGBA", (size, size)))

    @staticmethod
    def _bind_arrows(buttons: list[ttk.Button]) -> None:
        def step(place: int) -> Literal["break"]:
            buttons[place % len(buttons)].focus_set()
            return "break"

        for place, button in enumerate(buttons):
            button.bind("<Down>", lambda _, p=place: step(p + 1))  # type: ignore[misc]
            button.bind("<Up>", lambda _, p=place: step(p - 1))  # type: ignore[misc]

    def _clicked(self, event: tk.Event[Any]) -> None:
        sheet = self._sheet
        if sheet is None:
            return
        path = str(event.widget)
        inside = path == str(sheet) or path.startswith(f"{sheet}.")
        # The button that opened it closes it by itself.
        if not inside and path != str(self._anchor):
            self.close()
