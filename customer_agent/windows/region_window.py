"""The dimmed screen on which the customer draws the part that is shown; mouse or keys, Escape leaves.

It shows a picture of the screen of the moment before, darkened outside the rectangle: transparency would
need a compositor. The picture stays in this process and is dropped with the window.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Any, Literal

from PIL import Image, ImageTk

from customer_agent.screen.capture import Area
from customer_agent.selection import Selection
from desktop.later import run_later
from desktop.layout import publish_layout
from desktop.theme import Theme
from desktop.words import t

__all__ = ["RegionWindow"]

_DIM = 0.42
_STEP_PX, _SMALL_STEP_PX = 10, 1
_SHIFT, _CONTROL = 0x1, 0x4
_ARROWS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}
_CURSORS = {
    (-1, -1): "top_left_corner", (1, -1): "top_right_corner", (-1, 1): "bottom_left_corner",
    (1, 1): "bottom_right_corner", (-1, 0): "left_side", (1, 0): "right_side", (0, -1): "top_side",
    (0, 1): "bottom_side", (0, 0): "fleur",
}  # fmt: skip


class RegionWindow(tk.Toplevel):
    """Covers the whole desktop until a region is taken or the choice is left."""

    def __init__(
        self,
        root: tk.Tk,
        theme: Theme,
        picture: Image.Image,
        *,
        home: Area,
        start: Area | None = None,
        on_take: Callable[[Area], object],
        on_leave: Callable[[], object],
    ) -> None:
        """`picture` is the desktop in px; `home` the monitor for the words; `start` the first rectangle."""
        super().__init__(root)
        self._theme = theme
        self._picture = picture
        self._on_take = on_take
        self._on_leave = on_leave
        self.widgets: dict[str, tk.Misc] = {}
        self.wm_overrideredirect(True)
        self.title(t("보여 줄 부분 고르기"))
        # The desktop may begin left of or above the main monitor (Windows).
        left, top = root.winfo_vrootx(), root.winfo_vrooty()
        self.geometry(f"{picture.width}x{picture.height}{left:+d}{top:+d}")
        self.attributes("-topmost", True)
        middle = Area(home.x + home.width // 4, home.y + home.height // 3, home.width // 2, home.height // 2)
        self.selection = Selection(picture.width, picture.height, start or middle)
        self.canvas = tk.Canvas(self, highlightthickness=0, cursor="crosshair", background="black")
        self.canvas.pack(fill="both", expand=True)
        self._dim = ImageTk.PhotoImage(Image.eval(picture, lambda value: int(value * _DIM)), master=self)
        self.canvas.create_image(0, 0, anchor="nw", image=self._dim)
        self._bright: ImageTk.PhotoImage | None = None
        self._bright_item = self.canvas.create_image(0, 0, anchor="nw")
        self._edge_item = self.canvas.create_rectangle(0, 0, 1, 1, outline="#FFB454", width=3)
        self._size_back = self.canvas.create_rectangle(0, 0, 1, 1, fill="#182433", outline="")
        self._size_item = self.canvas.create_text(0, 0, anchor="nw", fill="#FFFFFF", font="SmallStrongFont")
        self._make_words(home)
        self._listen()
        self._show()
        publish_layout(self, "region", self.widgets)
        run_later(self, 30, self._come_forward)

    # -- what it shows

    def _make_words(self, home: Area) -> None:
        theme = self._theme
        box = ttk.Frame(self, style="Surface.Card.TFrame", padding=theme.px(16))
        ttk.Label(box, text=t("보여 줄 부분을 끌어서 고르십시오"), style="Strong.TLabel").pack(anchor="w")
        help_text = t(
            "화살표 키로 옮기고, Shift와 화살표로 크기를 바꿉니다. Ctrl을 함께 누르면 조금씩 움직입니다."
        )
        ttk.Label(box, text=help_text, style="SmallSoft.TLabel", wraplength=theme.px(460)).pack(
            anchor="w", pady=(theme.px(4), theme.px(12))
        )
        row = ttk.Frame(box)
        row.pack(anchor="e")
        leave = ttk.Button(row, text=t("취소 (Esc)"), style="Small.TButton", command=self.leave)
        leave.pack(side="left", padx=(0, theme.px(8)))
        take = ttk.Button(
            row, text=t("이 부분 보여 주기 (Enter)"), style="Small.Primary.TButton", command=self.take
        )
        take.pack(side="left")
        self.canvas.create_window(
            home.x + home.width // 2, home.y + theme.px(24), anchor="n", window=box, tags="words"
        )
        self.widgets |= {"region-leave": leave, "region-take": take}

    def _show(self) -> None:
        area = self.selection.area
        self._bright = ImageTk.PhotoImage(
            self._picture.crop((area.x, area.y, area.right, area.bottom)), master=self
        )
        canvas = self.canvas
        canvas.itemconfigure(self._bright_item, image=self._bright)
        canvas.coords(self._bright_item, area.x, area.y)
        canvas.coords(self._edge_item, area.x, area.y, area.right - 1, area.bottom - 1)
        canvas.itemconfigure(self._size_item, text=f"{area.width} × {area.height}")
        canvas.coords(self._size_item, area.x + 12, area.y + 8)
        left, top, right, bottom = canvas.bbox(self._size_item)
        canvas.coords(self._size_back, left - 6, top - 3, right + 6, bottom + 3)
        canvas.tag_raise("words")

    # -- hands

    def _listen(self) -> None:
        canvas = self.canvas
        canvas.bind("<ButtonPress-1>", self._pressed)
        canvas.bind("<B1-Motion>", self._dragged)
        canvas.bind("<ButtonRelease-1>", lambda _: self.selection.release())
        canvas.bind("<Motion>", self._moved)
        canvas.bind("<Double-Button-1>", lambda _: self.take())
        self.bind("<Escape>", lambda _: self.leave())
        for key in ("<Return>", "<KP_Enter>"):
            self.bind(key, self._return_pressed)
        for arrow in _ARROWS:
            self.bind(f"<{arrow}>", self._arrow)

    def _pressed(self, event: tk.Event[Any]) -> None:
        self.focus_set()
        self.selection.press(event.x, event.y)

    def _dragged(self, event: tk.Event[Any]) -> None:
        self.selection.drag(event.x, event.y)
        self._show()

    def _moved(self, event: tk.Event[Any]) -> None:
        hand = self.selection.hand_at(event.x, event.y)
        self.canvas.configure(cursor="crosshair" if hand is None else _CURSORS[hand])

    def _arrow(self, event: tk.Event[Any]) -> Literal["break"]:
        dx, dy = _ARROWS[event.keysym]
        state = int(event.state)
        step = _SMALL_STEP_PX if state & _CONTROL else _STEP_PX
        change = self.selection.grow if state & _SHIFT else self.selection.move
        change(dx * step, dy * step)
        self._show()
        return "break"

    def _return_pressed(self, _event: object) -> Literal["break"]:
        if self.focus_get() is self.widgets["region-leave"]:
            self.leave()
        else:
            self.take()
        return "break"

    def take(self) -> None:
        """Show what is inside the rectangle."""
        area = self.selection.area
        self.destroy()
        self._on_take(area)

    def leave(self) -> None:
        """Choose nothing."""
        self.destroy()
        self._on_leave()

    def _come_forward(self) -> None:
        self.lift()
        self.focus_force()
        self.grab_set()
