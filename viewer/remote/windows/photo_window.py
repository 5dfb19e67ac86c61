"""Puts pixels on a Tk canvas: by shared memory where the X server is on this computer (shm_window.py), else
one picture by Tk's own C function, or tiles through Pillow where that is missing.

Pixels are height × width × 4, B G R X. Only on the Tk thread. `BlockPainter` finds Tk_PhotoPutBlock in the
library that Python's _tkinter is linked with, by ctypes; measured there a full 1920 × 1080 costs 5 ms, a
64 × 64 area 0.12 ms. `TilePainter` is the portable way, 8.6 ms and 0.34 ms for a 256 × 256 tile.
"""

from __future__ import annotations

import ctypes
import logging
import sys
import tkinter as tk
from collections.abc import Callable, Sequence
from typing import Protocol

from PIL import Image, ImageTk

from viewer.remote.geometry import Rect
from viewer.remote.windows.shm_window import ShmPainter
from wire.rfb.pixels import Pixels

__all__ = ["BlockPainter", "Painter", "ShmPainter", "TilePainter", "make_painter"]

_TILE = 256
_COMPOSITE_SET = 1

log = logging.getLogger(__name__)


class Painter(Protocol):
    """A picture on a canvas, its upper left corner at (0, 0) of the canvas.

    `shows_pointer`: it draws the customer's pointer, and lies above everything that the canvas draws.
    """

    @property
    def shows_pointer(self) -> bool: ...

    def resize(self, width: int, height: int) -> None:
        """Make it `width` × `height` px and black."""

    def paint(self, pixels: Pixels, areas: Sequence[Rect]) -> None:
        """Copy `areas` of `pixels`, the whole picture's pixels, to the screen at Tk's next idle moment."""

    def place(self, left: int, top: int) -> None:
        """Where the picture's corner is in the canvas's window now, px."""

    def set_pointer(self, picture: Pixels | None, hot_x: int = 0, hot_y: int = 0) -> None:
        """The pointer over the picture: B G R A; None = the canvas's own."""

    def hide(self) -> None:
        """Show nothing any more."""


def make_painter(canvas: tk.Canvas, *, portable: bool = False, shares_memory: bool = True) -> Painter:
    """The fastest painter that works here; `portable`: the one of tiles."""
    ways: list[Callable[[tk.Canvas], Painter]] = [] if portable else [BlockPainter]
    if shares_memory and not portable:
        ways.insert(0, ShmPainter)
    for way in ways:
        try:
            return way(canvas)
        except (OSError, AttributeError) as error:
            log.info("fast_painting_missing", extra={"reason": str(error)})
    return TilePainter(canvas)


class _Block(ctypes.Structure):
    """Tk_PhotoImageBlock of tk.h; lengths in bytes and px."""

    _fields_ = [
        ("pixel_ptr", ctypes.c_void_p),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("pitch", ctypes.c_int),
        ("pixel_size", ctypes.c_int),
        ("offset", ctypes.c_int * 4),
    ]


class _OnCanvas:
    """What painters have in common whose picture is the canvas's own items."""

    shows_pointer = False
    _canvas: tk.Canvas

    def place(self, left: int, top: int) -> None:
        """The canvas scrolls it by itself."""

    def set_pointer(self, picture: Pixels | None, hot_x: int = 0, hot_y: int = 0) -> None:
        """The canvas draws it."""

    def hide(self) -> None:
        self._canvas.itemconfigure("desktop", state="hidden")


class BlockPainter(_OnCanvas):
    """One PhotoImage written by Tk_PhotoPutBlock. Raises OSError or AttributeError: not to be found here."""

    def __init__(self, canvas: tk.Canvas) -> None:
        library = _tk_library()
        self._find = library.Tk_FindPhoto
        self._find.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        self._find.restype = ctypes.c_void_p
        self._put = library.Tk_PhotoPutBlock
        self._put.argtypes = [
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.POINTER(_Block),
            *([ctypes.c_int] * 5),
        ]
        self._put.restype = ctypes.c_int
        self._interpreter = canvas.tk.interpaddr()
        self._canvas = canvas
        self._photo = tk.PhotoImage(master=canvas, width=1, height=1)
        self._item = canvas.create_image(0, 0, anchor="nw", image=self._photo, tags=("desktop",))

    def resize(self, width: int, height: int) -> None:
        # A new photo: Tk keeps the memory of one that was larger.
        self._photo = tk.PhotoImage(master=self._canvas, width=width, height=height)
        self._canvas.itemconfigure(self._item, image=self._photo)

    def paint(self, pixels: Pixels, areas: Sequence[Rect]) -> None:
        handle = self._find(self._interpreter, str(self._photo).encode())
        if not handle:
            return
        pitch = pixels.strides[0]
        for area in areas:
            start = pixels.ctypes.data + area.y * pitch + area.x * 4
            # The fourth offset lies outside the pixel: that tells Tk that there is no alpha, twice as fast.
            block = _Block(start, area.w, area.h, pitch, 4, (ctypes.c_int * 4)(2, 1, 0, 4))
            self._put(
                self._interpreter, handle, ctypes.byref(block), area.x, area.y, area.w, area.h, _COMPOSITE_SET
            )


class TilePainter(_OnCanvas):
    """A grid of 256 × 256 ImageTk pictures; an area is painted by the tiles that it touches."""

    def __init__(self, canvas: tk.Canvas) -> None:
        self._canvas = canvas
        self._tiles: dict[tuple[int, int], ImageTk.PhotoImage] = {}

    def resize(self, width: int, height: int) -> None:
        self._canvas.delete("desktop")
        self._tiles.clear()
        for y in range(0, height, _TILE):
            for x in range(0, width, _TILE):
                size = (min(_TILE, width - x), min(_TILE, height - y))
                tile = ImageTk.PhotoImage("RGB", size, master=self._canvas)
                self._tiles[x, y] = tile
                self._canvas.create_image(x, y, anchor="nw", image=tile, tags=("desktop",))
        self._canvas.tag_lower("desktop")

    def paint(self, pixels: Pixels, areas: Sequence[Rect]) -> None:
        for x, y in {place for area in areas for place in _tiles_of(area)}:
            tile = self._tiles.get((x, y))
            if tile is not None:
                part = pixels[y : y + tile.height(), x : x + tile.width()].tobytes()
                size = (tile.width(), tile.height())
                tile.paste(Image.frombuffer("RGB", size, part, "raw", "BGRX", 0, 1))


def _tiles_of(area: Rect) -> list[tuple[int, int]]:
    return [
        (x, y)
        for y in range(area.y // _TILE * _TILE, area.bottom, _TILE)
        for x in range(area.x // _TILE * _TILE, area.right, _TILE)
    ]


def _tk_library() -> ctypes.PyDLL:
    """The library that holds Tk's C functions. PyDLL: they are called with Python's lock held."""
    if sys.platform == "win32":
        return ctypes.PyDLL("tk86t.dll")
    import _tkinter

    return ctypes.PyDLL(_tkinter.__file__)
