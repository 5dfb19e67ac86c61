"""One connection to an X server, and the requests that python-xlib lacks: MIT-SHM and XFixes regions.

Pure protocol: no C library besides libc is loaded, so the one-file program runs on any Linux desktop.
A connection belongs to one thread. What is captured or pressed is decided in screen/ and input/.
Sources: X11 protocol extensions MIT-SHM (shmproto.h), XFIXES 2.0 (xfixesproto.txt).
"""

from __future__ import annotations

import ctypes
import os
import struct
import threading
from collections.abc import Mapping
from typing import Any

from Xlib import X, display, error
from Xlib.protocol import display as protocol_display
from Xlib.protocol import event, rq
from Xlib.xobject.drawable import Window

from customer_agent.platform_errors import Unsupported

IPC_PRIVATE = 0
IPC_CREAT = 0o1000
IPC_RMID = 0
WAYLAND_SENTENCE = (
    "This desktop runs Wayland, which does not let a program share the screen. "
    'Please log out and choose the "Xorg" or "X11" session at the log-in screen.'
)
_connecting = threading.Lock()
_SHM_FAILED = ctypes.c_void_p(-1).value


def connect(name: str | None = None) -> display.Display:
    """Open the display named by `name` or $DISPLAY.

    Raises Unsupported with one clear sentence under Wayland or without a display.
    """
    wanted = name or os.environ.get("DISPLAY")
    if not wanted:
        if is_wayland(os.environ):
            raise Unsupported("Wayland", WAYLAND_SENTENCE)
        raise Unsupported("X11 display", "There is no screen: the variable DISPLAY is not set.")
    try:
        with _connecting:
            # python-xlib keeps one table of event codes for all connections, but each X server numbers its
            # extensions itself: every connection gets a table of its own.
            table = protocol_display.Display.event_classes = event.event_class.copy()
            connection = display.Display(wanted)
            connection.display.event_classes = table
            return connection
    except (error.DisplayError, OSError) as failure:
        raise Unsupported("X11 display", f"The display {wanted} cannot be opened: {failure}") from failure


def refuse_xwayland(connection: display.Display) -> None:
    """Raise Unsupported where the X server only serves single windows to a Wayland desktop.

    Asked of the server itself: in a Wayland session a display of its own (Xvfb, Xvnc) is as good as any.
    """
    if connection.has_extension("XWAYLAND") or _has_xwayland_outputs(connection):
        raise Unsupported("Wayland", WAYLAND_SENTENCE)


def _has_xwayland_outputs(connection: display.Display) -> bool:
    if not connection.has_extension("RANDR"):
        return False
    resources = connection.screen().root.xrandr_get_screen_resources()
    names = [connection.xrandr_get_output_info(one, 0).name for one in resources.outputs]
    return any(str(name).startswith("XWAYLAND") for name in names)


def is_wayland(environ: Mapping[str, str]) -> bool:
    """Whether the log-in session says that its desktop is Wayland."""
    return environ.get("XDG_SESSION_TYPE") == "wayland" or bool(environ.get("WAYLAND_DISPLAY"))


class _ShmQueryVersion(rq.ReplyRequest):  # type: ignore[misc]
    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(0), rq.RequestLength())
    _reply = rq.Struct(
        rq.ReplyCode(),
        rq.Card8("shared_pixmaps"),
        rq.Card16("sequence_number"),
        rq.ReplyLength(),
        rq.Card16("major_version"),
        rq.Card16("minor_version"),
        rq.Pad(20),
    )


class _ShmAttach(rq.Request):  # type: ignore[misc]
    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(1),
        rq.RequestLength(),
        rq.Card32("segment"),
        rq.Card32("shmid"),
        rq.Bool("read_only"),
        rq.Pad(3),
    )


class _ShmDetach(rq.Request):  # type: ignore[misc]
    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(2), rq.RequestLength(), rq.Card32("segment"))


class _ShmGetImage(rq.ReplyRequest):  # type: ignore[misc]
    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(4),
        rq.RequestLength(),
        rq.Drawable("drawable"),
        rq.Int16("x"),
        rq.Int16("y"),
        rq.Card16("width"),
        rq.Card16("height"),
        rq.Card32("plane_mask"),
        rq.Card8("format"),
        rq.Pad(3),
        rq.Card32("segment"),
        rq.Card32("offset"),
    )
    _reply = rq.Struct(
        rq.ReplyCode(),
        rq.Card8("depth"),
        rq.Card16("sequence_number"),
        rq.ReplyLength(),
        rq.Card32("visual"),
        rq.Card32("size"),
        rq.Pad(16),
    )


class _CreateRegion(rq.Request):  # type: ignore[misc]
    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(5), rq.RequestLength(), rq.Card32("region"))


class _FetchRegion(rq.ReplyRequest):  # type: ignore[misc]
    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(19), rq.RequestLength(), rq.Card32("region"))
    _reply = rq.Struct(
        rq.ReplyCode(),
        rq.Pad(1),
        rq.Card16("sequence_number"),
        rq.ReplyLength(),
        rq.Int16("x"),
        rq.Int16("y"),
        rq.Card16("width"),
        rq.Card16("height"),
        rq.Pad(16),
        rq.Binary("rectangles"),
    )


class SharedMemory:
    """One System V segment that the X server writes into; freed by the kernel at the last detach."""

    def __init__(self, connection: display.Display, size_bytes: int) -> None:
        """Attach here and in the X server; raises Unsupported where either refuses (a display over ssh)."""
        info = connection.query_extension("MIT-SHM")
        if info is None or not info.present:
            raise Unsupported("MIT-SHM")
        self._connection = connection
        self._opcode = info.major_opcode
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.shmat.restype = ctypes.c_void_p
        self._libc.shmdt.argtypes = [ctypes.c_void_p]
        shmid = self._libc.shmget(IPC_PRIVATE, ctypes.c_size_t(size_bytes), IPC_CREAT | 0o600)
        if shmid < 0:
            raise Unsupported("MIT-SHM", os.strerror(ctypes.get_errno()))
        self._address = self._libc.shmat(shmid, None, 0)
        self.segment = connection.display.allocate_resource_id()
        try:
            if self._address in (None, _SHM_FAILED):
                raise Unsupported("MIT-SHM", os.strerror(ctypes.get_errno()))
            self._attach(shmid)
        finally:
            # Marked for removal at once: a killed program leaves no segment behind.
            self._libc.shmctl(shmid, IPC_RMID, None)
        self.buffer = memoryview((ctypes.c_uint8 * size_bytes).from_address(self._address))

    def _attach(self, shmid: int) -> None:
        caught = error.CatchError()
        _ShmAttach(
            display=self._connection.display,
            onerror=caught,
            opcode=self._opcode,
            segment=self.segment,
            shmid=shmid,
            read_only=False,
        )
        self._connection.sync()
        if caught.get_error() is not None:
            self._libc.shmdt(self._address)
            raise Unsupported("MIT-SHM", "the X server runs on another machine")

    def grab(self, window: Window, area: tuple[int, int, int, int], offset: int) -> None:
        """Let the X server write `area` (x, y, width, height) of `window` at `offset` bytes, rows without
        gaps, B G R X.
        """
        x, y, width, height = area
        _ShmGetImage(
            display=self._connection.display,
            opcode=self._opcode,
            drawable=window.id,
            x=x,
            y=y,
            width=width,
            height=height,
            plane_mask=0xFFFFFFFF,
            format=X.ZPixmap,
            segment=self.segment,
            offset=offset,
        )

    def close(self) -> None:
        """Detach both sides; arrays over `buffer` must be gone."""
        _ShmDetach(display=self._connection.display, opcode=self._opcode, segment=self.segment)
        self._connection.flush()
        self._libc.shmdt(self._address)


class FixesRegion:
    """One XFixes region of the X server, to take a damage's rectangles out."""

    def __init__(self, connection: display.Display) -> None:
        self._connection = connection
        self._opcode = connection.query_extension("XFIXES").major_opcode
        self.id = connection.display.allocate_resource_id()
        _CreateRegion(display=connection.display, opcode=self._opcode, region=self.id)

    def fetch(self) -> tuple[tuple[int, int, int, int], list[tuple[int, int, int, int]]]:
        """The bounding box and the rectangles of the region, each (x, y, width, height)."""
        reply: Any = _FetchRegion(display=self._connection.display, opcode=self._opcode, region=self.id)
        rectangles = list(struct.iter_unpack("=hhHH", reply.rectangles[: len(reply.rectangles) // 8 * 8]))
        return (reply.x, reply.y, reply.width, reply.height), rectangles
