"""Both protocols over real sockets, as the tests against foreign programs and the recorder need them.

`talk` is the whole I/O of a protocol object: one socket, one deadline, no threads.
"""

from __future__ import annotations

import io
import select
import socket
import subprocess
import time
import zlib
from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from Xlib.display import Display as XDisplay
from Xlib.X import AnyPropertyType

from tests.displays import Display, wait_for
from wire.rfb import events as e
from wire.rfb.constants import Encoding, FenceFlag
from wire.rfb.decoding import FrameDecoder
from wire.rfb.encodings import copyrect, raw
from wire.rfb.encodings.tight import TightEncoder
from wire.rfb.messages import Rectangle
from wire.rfb.pixels import Pixels, colours_of
from wire.rfb.server import ServerProtocol
from wire.rfb.viewer import ViewerProtocol

LOOPBACK = "127.0.0.1"


class PeerGone(Exception):
    """The other program closed the connection."""


def talk(
    sock: socket.socket,
    protocol: ServerProtocol | ViewerProtocol,
    on_event: Callable[[Any], None],
    until: Callable[[], bool],
    *,
    within_s: float = 20.0,
    on_idle: Callable[[], None] = lambda: None,
) -> None:
    """Carry bytes between socket and protocol until `until()`; raises TimeoutError after `within_s`."""
    deadline = time.monotonic() + within_s
    waiting = b""
    while not until():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{protocol.phase}: nothing more within {within_s} s")
        waiting += protocol.outgoing()
        readable, writable, _ = select.select([sock], [sock] if waiting else [], [], 0.02)
        if writable:
            waiting = waiting[sock.send(waiting) :]
        if readable:
            data = sock.recv(65536)
            if not data:
                raise PeerGone
            protocol.receive(data)
        for event in protocol.events():
            on_event(event)
        on_idle()


class Picture:
    """What a viewer sees: keeps a framebuffer by applying events."""

    def __init__(self) -> None:
        self.framebuffer: Pixels = np.zeros((0, 0, 4), np.uint8)
        self.decoder = FrameDecoder()
        self.encodings: set[int] = set()
        self.updates = 0
        self.others: list[Any] = []

    def take(self, event: Any) -> None:
        """Apply one event of a ViewerProtocol."""
        match event:
            case e.Ready(width=width, height=height) | e.Resized(width=width, height=height):
                self.framebuffer = np.zeros((height, width, 4), np.uint8)
            case e.RectReceived():
                self.encodings.add(event.encoding)
                self.decoder.apply(event, self.framebuffer)
                return
            case e.UpdateDone():
                self.updates += 1
                return
        self.others.append(event)

    def checksum(self) -> int:
        """Return a number that stands for the colours seen."""
        return zlib.crc32(np.ascontiguousarray(self.framebuffer[..., :3]))


def connect(port: int, within_s: float = 10.0) -> socket.socket:
    """Connect to a program that is starting."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            return socket.create_connection((LOOPBACK, port), timeout=within_s)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            select.select([], [], [], 0.05)


def wait_for_full_screen(display: Display) -> None:
    """Wait until the window manager can make windows fill the screen; a window opened before gets no keys."""

    def is_told() -> bool:
        known = root.get_full_property(x.intern_atom("_NET_SUPPORTED"), AnyPropertyType)
        return known is not None and x.intern_atom("_NET_WM_STATE_FULLSCREEN") in known.value

    with closing(XDisplay(display.name)) as x:
        root = x.screen().root
        wait_for(is_told, what="a window manager with full screen")


def screenshot(display: Display) -> Pixels:
    """Return what is on the display, BGRX, as ImageMagick reads it."""
    command = ["import", "-window", "root", "-depth", "8", "ppm:-"]
    data = subprocess.run(command, env=display.env, capture_output=True, check=True, timeout=20).stdout
    with Image.open(io.BytesIO(data)) as picture:
        rgb = np.asarray(picture.convert("RGB"))
    bgrx = np.full((*rgb.shape[:2], 4), 255, np.uint8)
    bgrx[..., :3] = rgb[..., ::-1]
    return bgrx


class Scene:
    """A small desktop that a ServerProtocol shows: full picture first, then one change after another.

    It uses what the viewer offers: Tight in all its kinds, CopyRect, the pointer, a new size, the clipboard.
    `framebuffer` is what the viewer should see (JPEG apart).
    """

    def __init__(self, width: int = 320, height: int = 240) -> None:
        self.protocol = ServerProtocol(width, height, "Scene 장면")
        self.framebuffer = make_picture(width, height)
        self.encoder = TightEncoder()
        self.heard: list[Any] = []
        self.steps_done = 0
        self._steps = [
            self._everything, self._fill, self._two_colours, self._palette, self._gradient, self._pointer,
            self._copy, self._fence, self._text, self._jpeg, self._bigger, self._everything, self._small,
        ]  # fmt: skip

    @property
    def is_over(self) -> bool:
        """Whether the last step is done."""
        return self.steps_done == len(self._steps)

    def take(self, event: Any) -> None:
        """Note an event of the protocol."""
        self.heard.append(event)
        if isinstance(event, e.PixelFormatSet):
            self.encoder.set_pixel_format(event.pixel_format)

    def play(self) -> None:
        """Take the next step if the viewer wants an update."""
        if self.protocol.client.wants_update and not self.is_over:
            self._steps[self.steps_done]()
            self.steps_done += 1

    def _send(self, area: tuple[int, int, int, int], payload: bytes, encoding: int = Encoding.TIGHT) -> None:
        self.protocol.send_update([Rectangle(*area, encoding, payload)])

    def _everything(self) -> None:
        height, width = self.framebuffer.shape[:2]
        if self.protocol.client.supports_tight:
            self._send((0, 0, width, height), self.encoder.encode_full(self.framebuffer))
        else:
            pixel_format = self.protocol.client.pixel_format
            self._send((0, 0, width, height), raw.encode(self.framebuffer, pixel_format), Encoding.RAW)

    def _fill(self) -> None:
        self.framebuffer[10:40, 10:60] = (0x20, 0x80, 0xF0, 255)
        self._send((10, 10, 50, 30), self.encoder.encode_fill(0xF08020))

    def _two_colours(self) -> None:
        bits = np.indices((21, 45)).sum(0) % 3 == 0
        self._indexed(70, 10, bits.astype(np.uint8), np.array([0xFFFFFF, 0x103050], np.uint32))

    def _palette(self) -> None:
        palette = np.arange(0, 200 * 1000, 1000, dtype=np.uint32)
        self._indexed(130, 10, (np.indices((30, 50)).prod(0) % 200).astype(np.uint8), palette)

    def _small(self) -> None:
        self._indexed(5, 5, np.eye(3, dtype=np.uint8), np.array([0, 0xFF0000, 0x00FF00], np.uint32))

    def _indexed(self, x: int, y: int, indices: NDArray[np.uint8], palette: NDArray[np.uint32]) -> None:
        height, width = indices.shape
        colours_of(self.framebuffer)[y : y + height, x : x + width] = palette[indices]
        self._send((x, y, width, height), self.encoder.encode_palette(indices, palette))

    def _gradient(self) -> None:
        part = self.framebuffer[60:90, 20:80]
        part[..., :3] ^= 0x55
        self._send((20, 60, 60, 30), self.encoder.encode_full(part, gradient=True))

    def _pointer(self) -> None:
        arrow = np.zeros((16, 12, 4), np.uint8)
        arrow[np.tril_indices(16, 0, 12)] = (255, 255, 255, 255)
        self.protocol.send_cursor(arrow, 0, 0)

    def _copy(self) -> None:
        if self.protocol.client.supports_copy_rect:
            self.framebuffer[100:160, 100:200] = self.framebuffer[0:60, 0:100].copy()
            self._send((100, 100, 100, 60), copyrect.encode(0, 0), Encoding.COPY_RECT)

    def _fence(self) -> None:
        self.protocol.send_fence(FenceFlag.BLOCK_BEFORE, b"mark")

    def _text(self) -> None:
        self.protocol.send_cut_text("고객 PC\n복사한 글")

    def _jpeg(self) -> None:
        if self.protocol.client.may_jpeg:
            part = np.ascontiguousarray(self.framebuffer[170:230, 10:110])
            self._send((10, 170, 100, 60), self.encoder.encode_jpeg(part, 90, "444"))

    def _bigger(self) -> None:
        height, width = self.framebuffer.shape[:2]
        if self.protocol.send_desktop_size(width + 16, height + 8):
            self.framebuffer = make_picture(width + 16, height + 8)


def make_picture(width: int, height: int) -> Pixels:
    """Return a picture with smooth parts, noise and flat colour; the same each time."""
    y, x = np.mgrid[0:height, 0:width]
    picture = np.full((height, width, 4), 255, np.uint8)
    picture[..., 0], picture[..., 1], picture[..., 2] = x * 255 // width, y * 255 // height, (x + y) // 3
    noise = np.random.default_rng(7).integers(0, 256, (height // 4, width // 4, 3), dtype=np.uint8)
    picture[height // 2 : height // 2 + height // 4, width // 2 : width // 2 + width // 4, :3] = noise
    picture[: height // 8] = 240
    return picture
