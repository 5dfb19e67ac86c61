"""Puts pixels on the screen through memory that the X server shares: ten times cheaper than through Tk.

The picture is an X window of our own inside the canvas, below Tk's, whose background is a pixmap: the X
server itself repaints what was covered. It selects no events, so pointer and keys reach the canvas as if it
were not there. The customer's pointer is a real X cursor on it. Only on the Tk thread; raises OSError or
AttributeError at construction where anything is missing (a display elsewhere, other depths), then Tk paints
(photo_window.py). Pixels are height × width × 4, B G R X.
"""

from __future__ import annotations

import ctypes
import logging
import sys
import tkinter as tk
from collections.abc import Sequence
from ctypes import POINTER, byref, c_char_p, c_int, c_uint, c_ulong, c_void_p
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from viewer.remote.geometry import Rect
from wire.rfb.pixels import Pixels

__all__ = ["ShmPainter"]

_DEPTH: Final = 24
_ZPIXMAP: Final = 2
_IPC_PRIVATE, _IPC_CREAT, _IPC_RMID = 0, 0o1000, 0
_FAILED: Final = 2 ** (8 * ctypes.sizeof(c_void_p)) - 1

log = logging.getLogger(__name__)


class _SegmentInfo(ctypes.Structure):
    """XShmSegmentInfo of XShm.h."""

    _fields_ = (("seg", c_ulong), ("id", c_int), ("address", c_void_p), ("read_only", c_int))


class _Visual(ctypes.Structure):
    """The beginning of Visual of Xlib.h."""

    _fields_ = (
        ("extension", c_void_p), ("id", c_ulong), ("kind", c_int), ("red", c_ulong), ("green", c_ulong),
        ("blue", c_ulong),
    )  # fmt: skip


class _CursorImage(ctypes.Structure):
    """XcursorImage of Xcursor.h."""

    _fields_ = (
        ("version", c_uint), ("size", c_uint), ("width", c_uint), ("height", c_uint), ("hot_x", c_uint),
        ("hot_y", c_uint), ("delay", c_uint), ("pixels", c_void_p),
    )  # fmt: skip


_HANDLER: Final = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p)


class _Errors:
    """X's one error handler of the process: put in once and for good, because the next one points at it.

    Xlib's own ends the program. Errors of our connections are noted, others go to who handled them before.
    """

    def __init__(self) -> None:
        self.failed: set[int] = set()
        self._ours: set[int] = set()
        self._handler = _HANDLER(self._on_error)
        self._before: int | None = None
        self._is_in = False

    def watch(self, x11: Any, display: int) -> None:
        """That connection is ours."""
        self._ours.add(display)
        self.failed.discard(display)
        if not self._is_in:
            self._is_in = True
            self._before = x11.XSetErrorHandler(ctypes.cast(self._handler, c_void_p))

    def forget(self, display: int) -> None:
        """That connection is closed; its address may become another's."""
        self._ours.discard(display)
        self.failed.discard(display)

    def _on_error(self, display: int, event: int) -> int:
        if display in self._ours:
            self.failed.add(display)
            return 0
        return int(_HANDLER(self._before)(display, event)) if self._before else 0


_errors = _Errors()


class _X:
    """The few functions of Xlib, XShm and Xcursor, and one connection."""

    def __init__(self, name: str) -> None:
        if not sys.platform.startswith("linux") or not name.startswith(":"):
            raise OSError("the display is not on this computer")
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.shmat.restype = c_void_p
        self.libc.shmat.argtypes = [c_int, c_void_p, c_int]
        self.libc.shmdt.argtypes = [c_void_p]
        self.x11 = _library("libX11.so.6", {
            "XOpenDisplay": (c_void_p, c_char_p), "XCloseDisplay": (c_int, c_void_p),
            "XDefaultVisual": (POINTER(_Visual), c_void_p, c_int), "XDefaultScreen": (c_int, c_void_p),
            "XCreateSimpleWindow": (c_ulong, c_void_p, c_ulong, c_int, c_int, c_uint, c_uint, c_uint, c_ulong,
                                    c_ulong),
            "XCreatePixmap": (c_ulong, c_void_p, c_ulong, c_uint, c_uint, c_uint),
            "XFreePixmap": (c_int, c_void_p, c_ulong),
            "XCreateGC": (c_void_p, c_void_p, c_ulong, c_ulong, c_void_p),
            "XSetWindowBackgroundPixmap": (c_int, c_void_p, c_ulong, c_ulong),
            "XClearArea": (c_int, c_void_p, c_ulong, c_int, c_int, c_uint, c_uint, c_int),
            "XMapWindow": (c_int, c_void_p, c_ulong), "XUnmapWindow": (c_int, c_void_p, c_ulong),
            "XLowerWindow": (c_int, c_void_p, c_ulong), "XDestroyWindow": (c_int, c_void_p, c_ulong),
            "XMoveResizeWindow": (c_int, c_void_p, c_ulong, c_int, c_int, c_uint, c_uint),
            "XMoveWindow": (c_int, c_void_p, c_ulong, c_int, c_int),
            "XDefineCursor": (c_int, c_void_p, c_ulong, c_ulong),
            "XUndefineCursor": (c_int, c_void_p, c_ulong),
            "XFreeCursor": (c_int, c_void_p, c_ulong), "XSync": (c_int, c_void_p, c_int),
            "XFlush": (c_int, c_void_p), "XFree": (c_int, c_void_p),
            "XSetErrorHandler": (c_void_p, c_void_p),
            "XFillRectangle": (c_int, c_void_p, c_ulong, c_void_p, c_int, c_int, c_uint, c_uint),
        })  # fmt: skip
        self.ext = _library("libXext.so.6", {
            "XShmQueryExtension": (c_int, c_void_p), "XShmAttach": (c_int, c_void_p, c_void_p),
            "XShmDetach": (c_int, c_void_p, c_void_p),
            "XShmCreateImage": (c_void_p, c_void_p, c_void_p, c_uint, c_int, c_void_p, c_void_p, c_uint,
                                c_uint),
            "XShmPutImage": (c_int, c_void_p, c_ulong, c_void_p, c_void_p, c_int, c_int, c_int, c_int, c_uint,
                             c_uint, c_int),
        })  # fmt: skip
        self.cursor = _library("libXcursor.so.1", {
            "XcursorImageCreate": (POINTER(_CursorImage), c_int, c_int),
            "XcursorImageLoadCursor": (c_ulong, c_void_p, c_void_p),
            "XcursorImageDestroy": (None, c_void_p), "XcursorSupportsARGB": (c_int, c_void_p),
        })  # fmt: skip
        self.display = self.x11.XOpenDisplay(name.encode())
        if not self.display:
            raise OSError(f"the display {name} does not open")
        _errors.watch(self.x11, self.display)

    @property
    def has_failed(self) -> bool:
        """Whether the X server has refused anything of this connection since `start_anew`."""
        return self.display in _errors.failed

    def start_anew(self) -> None:
        """Forget what was refused before."""
        _errors.failed.discard(self.display)

    def sync(self) -> None:
        """Wait until the X server has done everything."""
        self.x11.XSync(self.display, 0)

    def close(self) -> None:
        """Disconnect."""
        self.sync()
        self.x11.XCloseDisplay(self.display)
        _errors.forget(self.display)


def _library(name: str, functions: dict[str, tuple[Any, ...]]) -> Any:
    # PyDLL: called with Python's lock held, as calls are short and the error handler is Python.
    library = ctypes.PyDLL(name)
    for function, (result, *arguments) in functions.items():
        found = getattr(library, function)
        found.restype, found.argtypes = result, arguments
    return library


class ShmPainter:
    """The picture's window, pixmap and shared memory. `shows_pointer`: it can show the customer's pointer."""

    shows_pointer = True

    def __init__(self, canvas: tk.Canvas) -> None:
        if canvas.winfo_depth() != _DEPTH:
            raise OSError(f"windows here have {canvas.winfo_depth()} bits a pixel")
        parent = canvas.winfo_id()
        canvas.winfo_pointerx()  # asks the X server, so that it knows that window by now
        self._x = x = _X(canvas.winfo_screen())
        self._segment: _SegmentInfo | None = None
        self._memory: NDArray[np.uint8] | None = None
        self._image = self._pixmap = self._cursor = 0
        self._place = (0, 0)
        self._is_shown = False
        try:
            self._check()
            self._window = x.x11.XCreateSimpleWindow(x.display, parent, 0, 0, 1, 1, 0, 0, 0)
            self._gc = x.x11.XCreateGC(x.display, self._window, 0, None)
            x.x11.XLowerWindow(x.display, self._window)
            self.resize(1, 1)
        except OSError:
            x.close()
            raise
        canvas.bind("<Destroy>", lambda _: self.close(), add="+")

    def _check(self) -> None:
        x = self._x
        visual = x.x11.XDefaultVisual(x.display, x.x11.XDefaultScreen(x.display)).contents
        if (visual.red, visual.green, visual.blue) != (0xFF0000, 0xFF00, 0xFF) or sys.byteorder != "little":
            raise OSError("pixels here are not B G R X")
        if not x.ext.XShmQueryExtension(x.display) or not x.cursor.XcursorSupportsARGB(x.display):
            raise OSError("this X server shares no memory or has no coloured pointers")

    def resize(self, width: int, height: int) -> None:
        """Make it `width` × `height` px and black. Raises OSError when there is no memory to share."""
        x = self._x
        self._drop()
        self._share(width, height)
        self._pixmap = x.x11.XCreatePixmap(x.display, self._window, width, height, _DEPTH)
        x.x11.XFillRectangle(x.display, self._pixmap, self._gc, 0, 0, width, height)
        x.x11.XMoveResizeWindow(x.display, self._window, *self._place, width, height)
        x.x11.XSetWindowBackgroundPixmap(x.display, self._window, self._pixmap)
        x.x11.XClearArea(x.display, self._window, 0, 0, 0, 0, 0)
        if width > 1 and not self._is_shown:
            self._is_shown = True
            x.x11.XMapWindow(x.display, self._window)
        x.x11.XFlush(x.display)

    def _share(self, width: int, height: int) -> None:
        x = self._x
        size = width * height * 4
        info = _SegmentInfo()
        info.id = x.libc.shmget(_IPC_PRIVATE, size, _IPC_CREAT | 0o600)
        if info.id < 0:
            raise OSError(ctypes.get_errno(), "no memory to share")
        address = x.libc.shmat(info.id, None, 0)
        info.address = address
        x.start_anew()
        visual = x.x11.XDefaultVisual(x.display, x.x11.XDefaultScreen(x.display))
        self._image = x.ext.XShmCreateImage(
            x.display, visual, _DEPTH, _ZPIXMAP, address, byref(info), width, height
        )
        if address != _FAILED:
            x.ext.XShmAttach(x.display, byref(info))
        x.sync()
        # The segment goes with its last user, whatever becomes of this program.
        x.libc.shmctl(info.id, _IPC_RMID, None)
        if address == _FAILED or x.has_failed or not self._image:
            raise OSError("the X server does not see our memory")
        self._segment = info
        buffer = memoryview((ctypes.c_uint8 * size).from_address(address))
        self._memory = np.frombuffer(buffer, np.uint8).reshape(height, width, 4)

    def paint(self, pixels: Pixels, areas: Sequence[Rect]) -> None:
        """Copy `areas` of `pixels`, the whole picture's pixels, to the screen."""
        x, memory = self._x, self._memory
        if memory is None:
            return
        # The X server may still read what was painted last; it has long done so, so nobody waits here.
        x.sync()
        for area in areas:
            x0, y0, w, h = area
            memory[y0 : y0 + h, x0 : x0 + w] = pixels[y0 : y0 + h, x0 : x0 + w]
            x.ext.XShmPutImage(x.display, self._pixmap, self._gc, self._image, x0, y0, x0, y0, w, h, 0)
            x.x11.XClearArea(x.display, self._window, x0, y0, w, h, 0)
        x.x11.XFlush(x.display)

    def place(self, left: int, top: int) -> None:
        """Where the picture's corner is in the canvas, px; scrolling moves it."""
        if (left, top) != self._place:
            self._place = (left, top)
            self._x.x11.XMoveWindow(self._x.display, self._window, left, top)
            self._x.x11.XFlush(self._x.display)

    def set_pointer(self, picture: Pixels | None, hot_x: int = 0, hot_y: int = 0) -> None:
        """The pointer over the picture: B G R A, alpha not multiplied in; None = the canvas's own."""
        x, old = self._x, self._cursor
        self._cursor = 0
        if picture is None:
            x.x11.XUndefineCursor(x.display, self._window)
        else:
            self._cursor = self._make_cursor(picture, hot_x, hot_y)
            x.x11.XDefineCursor(x.display, self._window, self._cursor)
        if old:
            x.x11.XFreeCursor(x.display, old)
        x.x11.XFlush(x.display)

    def _make_cursor(self, picture: Pixels, hot_x: int, hot_y: int) -> int:
        x = self._x
        height, width = picture.shape[:2]
        image = x.cursor.XcursorImageCreate(width, height)
        image.contents.hot_x, image.contents.hot_y = min(hot_x, width - 1), min(hot_y, height - 1)
        alpha = picture[..., 3:].astype(np.uint16)
        ready = picture.copy()
        ready[..., :3] = picture[..., :3] * alpha // 255
        ctypes.memmove(image.contents.pixels, ready.ctypes.data, width * height * 4)
        cursor = int(x.cursor.XcursorImageLoadCursor(x.display, image))
        x.cursor.XcursorImageDestroy(image)
        return cursor

    def hide(self) -> None:
        """Show nothing any more."""
        self._is_shown = False
        self._x.x11.XUnmapWindow(self._x.display, self._window)
        self._x.x11.XFlush(self._x.display)

    def close(self) -> None:
        """Let everything go; the window went with the canvas."""
        if self._x.display:
            self._drop()
            self._x.close()
            self._x.display = None

    def _drop(self) -> None:
        x, info = self._x, self._segment
        if self._pixmap:
            x.x11.XFreePixmap(x.display, self._pixmap)
            self._pixmap = 0
        if info is not None:
            x.ext.XShmDetach(x.display, byref(info))
            x.sync()
            self._memory = None
            x.libc.shmdt(info.address)
            x.x11.XFree(self._image)
            self._segment = None
            self._image = 0
