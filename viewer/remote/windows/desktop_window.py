"""The customer's desktop in the window: a canvas that shows frames and hands on what the agent's hands do.

Decides nothing about rights, keys or buttons: it tells its `Hands` the plain numbers of each event, places in
px of the view. Draws the customer's pointer itself (Tk's own cursors have two colours). Only on the Tk
thread.
"""

from __future__ import annotations

import contextlib
import tkinter as tk
from tkinter import ttk
from typing import Any, Literal, Protocol

import numpy as np
from PIL import Image, ImageTk

from desktop.later import cancel_later, run_later
from desktop.theme import Theme
from viewer.remote.geometry import View
from viewer.remote.picture import Frame
from viewer.remote.windows.photo_window import make_painter
from wire.rfb.events import CursorChanged

__all__ = ["BACKDROP", "DesktopView", "Hands"]

BACKDROP = "#0D131B"
_WHEEL_UNIT = 120
_RING_PX = 14
_RING_LINE_PX = 3
_RING_MS = 1500


class Hands(Protocol):
    """Who takes the agent's keys and pointer."""

    def key_down(self, keycode: int, keysym: int, text: str, time_ms: int) -> None: ...
    def key_up(self, keycode: int, time_ms: int) -> None: ...
    def pointer_move(self, x: float, y: float) -> None: ...
    def pointer_down(self, button: int, x: float, y: float) -> None: ...
    def pointer_up(self, button: int, x: float, y: float) -> None: ...
    def wheel(self, way: str, clicks: int, x: float, y: float) -> None: ...
    def focus_gained(self) -> None: ...
    def focus_lost(self) -> None: ...


class DesktopView(ttk.Frame):
    """The canvas, its scroll bars where the view is larger than the room, and the pointer's picture."""

    def __init__(self, parent: tk.Misc, theme: Theme, hands: Hands, *, portable: bool = False) -> None:
        super().__init__(parent, style="Ground.TFrame")
        self._hands = hands
        self._view = View(1, 1, 1, 1)
        self._cursor: CursorChanged | None = None
        self._cursor_photo: ImageTk.PhotoImage | None = None
        self._place = (0.0, 0.0)
        self._shows_pointer = False
        self.canvas = tk.Canvas(
            self,
            background=BACKDROP,
            highlightthickness=0,
            borderwidth=0,
            takefocus=True,
            # The first focus of the window: keys go to the customer.
            cursor="left_ptr",
            xscrollincrement=1,
            yscrollincrement=1,
        )
        self.canvas.grid(row=0, column=0, sticky="nsew")
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        self._across = ttk.Scrollbar(self, orient="horizontal", command=self.canvas.xview)
        self._down = ttk.Scrollbar(self, orient="vertical", command=self.canvas.yview)
        for bar, option in ((self._across, "xscrollcommand"), (self._down, "yscrollcommand")):
            self.canvas.configure({option: lambda *ends, b=bar: self._scrolled(b, *ends)})
        self._painter = make_painter(self.canvas, portable=portable)
        self._cursor_item = self.canvas.create_image(0, 0, anchor="nw", state="hidden")
        # Windows of their own, because the picture may be one too and lie above what the canvas draws.
        self.ring = tuple(tk.Frame(self.canvas, background=theme.tokens.waiting) for _ in range(4))
        self._ring_timer: str | None = None
        self._listen()

    # -- what is shown

    def paint(self, frame: Frame) -> None:
        """Show the changed areas of a frame."""
        if frame.is_new:
            self._view = frame.view
            self._resize_picture(frame.view.view_width, frame.view.view_height)
            self.canvas.tag_raise(self._cursor_item)
            self._show_cursor_picture()
            self._lay_out()
        self._painter.paint(frame.pixels, frame.areas)

    def _resize_picture(self, width: int, height: int) -> None:
        try:
            self._painter.resize(width, height)
        except OSError:
            # This X server shares no more memory with us; Tk's own pictures need none.
            self._painter.hide()
            self._painter = make_painter(self.canvas, shares_memory=False)
            self._painter.resize(width, height)

    @property
    def view(self) -> View:
        """The view that is shown."""
        return self._view

    def room(self) -> tuple[int, int]:
        """Width and height in px that a fitting view may have."""
        return self.winfo_width(), self.winfo_height()

    def hide_picture(self) -> None:
        """Show nothing of the customer's desktop any more."""
        self._painter.hide()
        self._hide_ring()
        self.canvas.itemconfigure(self._cursor_item, state="hidden")
        self.canvas.configure(cursor="left_ptr")

    def set_cursor(self, cursor: CursorChanged) -> None:
        """The customer's pointer looks so from now on."""
        self._cursor = cursor
        self._show_cursor_picture()

    def mark_customer(self, x: int, y: int) -> None:
        """A ring where the customer's own pointer is (a place of the desktop); gone after a still while."""
        view_x, view_y = self._view.to_view(x, y)
        left = round(view_x - self.canvas.canvasx(0)) - _RING_PX
        top = round(view_y - self.canvas.canvasy(0)) - _RING_PX
        side, line = 2 * _RING_PX, _RING_LINE_PX
        edges = (
            (0, 0, side, line),
            (0, side - line, side, line),
            (0, 0, line, side),
            (side - line, 0, line, side),
        )
        for frame, (dx, dy, width, height) in zip(self.ring, edges, strict=True):
            frame.place(x=left + dx, y=top + dy, width=width, height=height)
        if self._ring_timer is not None:
            cancel_later(self, self._ring_timer)
        self._ring_timer = run_later(self, _RING_MS, self._hide_ring)

    def _hide_ring(self) -> None:
        self._ring_timer = None
        for frame in self.ring:
            frame.place_forget()

    def show_pointer(self, is_ours: bool) -> None:
        """`is_ours`: the agent controls, so the customer's pointer follows the hand; else a plain arrow."""
        self._shows_pointer = is_ours
        self._show_cursor_picture()

    def _show_cursor_picture(self) -> None:
        cursor = self._cursor
        self._painter.set_pointer(None)
        if not self._shows_pointer or cursor is None:
            self.canvas.configure(cursor="left_ptr" if not self._shows_pointer else "dotbox")
            self.canvas.itemconfigure(self._cursor_item, state="hidden")
            return
        if cursor.width == 0 or cursor.height == 0:
            # An invisible pointer of the customer's; ours stays small so that the agent is not lost.
            self.canvas.configure(cursor="dotbox")
            self.canvas.itemconfigure(self._cursor_item, state="hidden")
            return
        image = Image.frombuffer("RGBA", (cursor.width, cursor.height), cursor.pixels, "raw", "BGRA", 0, 1)
        factor = self._view.view_width / max(1, self._view.width)
        if factor > 1.4:
            size = (max(1, round(cursor.width * factor)), max(1, round(cursor.height * factor)))
            image = image.resize(size, Image.Resampling.BILINEAR)
        if self._painter.shows_pointer:
            pixels = np.ascontiguousarray(np.asarray(image)[..., [2, 1, 0, 3]])
            scale = image.width / cursor.width
            self._painter.set_pointer(pixels, round(cursor.hot_x * scale), round(cursor.hot_y * scale))
            return
        self._cursor_photo = ImageTk.PhotoImage(image, master=self.canvas)
        self.canvas.itemconfigure(self._cursor_item, image=self._cursor_photo, state="normal")
        self.canvas.configure(cursor="none")
        self._move_cursor()

    def _move_cursor(self) -> None:
        cursor = self._cursor
        if cursor is None or self._cursor_photo is None:
            return
        factor = self._cursor_photo.width() / max(1, cursor.width)
        x, y = self._place
        self.canvas.coords(self._cursor_item, x - cursor.hot_x * factor, y - cursor.hot_y * factor)

    def _scrolled(self, bar: ttk.Scrollbar, *ends: Any) -> None:
        bar.set(*ends)
        self._place_picture()

    def _place_picture(self) -> None:
        self._painter.place(-int(self.canvas.canvasx(0)), -int(self.canvas.canvasy(0)))

    def _lay_out(self, _event: object = None) -> None:
        """Scroll bars where they are needed, the view in the middle where there is room."""
        width, height = self.winfo_width(), self.winfo_height()
        if width <= 1:
            return
        thick = self._down.winfo_reqwidth()
        view_w, view_h = self._view.view_width, self._view.view_height
        needs_down = view_h > height
        needs_across = view_w > width - (thick if needs_down else 0)
        needs_down = view_h > height - (thick if needs_across else 0)
        for bar, needed, place in (
            (self._across, needs_across, {"row": 1, "column": 0, "sticky": "ew"}),
            (self._down, needs_down, {"row": 0, "column": 1, "sticky": "ns"}),
        ):
            if needed and not bar.winfo_ismapped():
                bar.grid(**place)  # type: ignore[arg-type]
            elif not needed and bar.winfo_ismapped():
                bar.grid_remove()
        inner_w = width - (thick if needs_down else 0)
        inner_h = height - (thick if needs_across else 0)
        left = -max(0, (inner_w - view_w) // 2)
        top = -max(0, (inner_h - view_h) // 2)
        self.canvas.configure(
            scrollregion=(left, top, left + max(inner_w, view_w), top + max(inner_h, view_h))
        )
        if not needs_across:
            self.canvas.xview_moveto(0)
        if not needs_down:
            self.canvas.yview_moveto(0)
        self._place_picture()

    # -- hands

    def _listen(self) -> None:
        canvas = self.canvas
        # Only our own bindings: Tab, Alt and the like must not move the focus inside this window.
        canvas.bindtags((str(canvas),))
        self.bind("<Configure>", self._lay_out)
        canvas.bind("<KeyPress>", self._key_down)
        canvas.bind("<KeyRelease>", self._key_up)
        canvas.bind("<Motion>", self._moved)
        canvas.bind("<Enter>", self._moved)
        canvas.bind("<ButtonPress>", self._button_down)
        canvas.bind("<ButtonRelease>", self._button_up)
        for event, ways in (("<MouseWheel>", ("up", "down")), ("<Shift-MouseWheel>", ("left", "right"))):
            canvas.bind(event, lambda e, w=ways: self._wheel(e, w))  # type: ignore[misc]
        canvas.bind("<FocusIn>", lambda _: self._hands.focus_gained())
        canvas.bind("<FocusOut>", lambda _: self._hands.focus_lost())

    def _key_down(self, event: tk.Event[Any]) -> Literal["break"]:
        self._hands.key_down(
            _number(event.keycode), _number(event.keysym_num), event.char or "", _number(event.time)
        )
        return "break"

    def _key_up(self, event: tk.Event[Any]) -> Literal["break"]:
        self._hands.key_up(_number(event.keycode), _number(event.time))
        return "break"

    def _moved(self, event: tk.Event[Any]) -> None:
        self._place = x, y = self._in_view(event)
        self._move_cursor()
        self._hands.pointer_move(x, y)

    def _button_down(self, event: tk.Event[Any]) -> Literal["break"]:
        self.canvas.focus_set()
        self._hands.pointer_down(_number(event.num), *self._in_view(event))
        return "break"

    def _button_up(self, event: tk.Event[Any]) -> Literal["break"]:
        button = _number(event.num)
        # Wheel clicks under X11 are buttons 4 to 7, whose press said everything.
        if button not in (4, 5, 6, 7):
            self._hands.pointer_up(button, *self._in_view(event))
        return "break"

    def _wheel(self, event: tk.Event[Any], ways: tuple[str, str]) -> None:
        clicks = max(1, abs(event.delta) // _WHEEL_UNIT)
        self._hands.wheel(ways[0] if event.delta > 0 else ways[1], clicks, *self._in_view(event))

    def _in_view(self, event: tk.Event[Any]) -> tuple[float, float]:
        return self.canvas.canvasx(event.x), self.canvas.canvasy(event.y)


def _number(value: object) -> int:
    """Tk writes "??" where an event has no such number."""
    with contextlib.suppress(TypeError, ValueError):
        return int(value)  # type: ignore[call-overload,no-any-return]
    return 0
