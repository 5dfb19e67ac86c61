"""A small real viewer for tests: our own protocol and decoder, and a screen made of an array."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Sequence

import numpy as np

from customer_agent.screen.capture import Area, CursorShape, Monitor, News, Pixels
from customer_agent.screen.damage import Words, words_of
from wire.rfb import events as e
from wire.rfb.decoding import FrameDecoder
from wire.rfb.viewer import ViewerProtocol, encodings_for

COLOURS = 0xFFFFFF


class ArrayScreen:
    """A screen whose pixels a test writes; it tells its damage through a socket, as X11 does."""

    def __init__(self, width: int, height: int, *, has_damage: bool = True) -> None:
        self.has_damage = has_damage
        self.may_read_beside = False
        self.truth = np.full((height, width), 0x224466, np.uint32)
        self.pixels: Pixels = np.zeros((height, width, 4), np.uint8)
        self.grabs = 0
        self.at = (0, 0)
        self.shape: CursorShape | None = None
        self._damage: list[Area] = []
        self._lock = threading.Lock()
        self._near, self._far = socket.socketpair()
        self._new_size: tuple[int, int] | None = None

    def paint(self, area: Area, words: Words | int) -> None:
        """Change the screen as a program would."""
        with self._lock:
            self.truth[area.y : area.bottom, area.x : area.right] = words
            self._damage.append(area)
        self._far.send(b"!")

    def change_size(self, width: int, height: int) -> None:
        """The customer chose another resolution."""
        with self._lock:
            self._new_size = (width, height)
        self._far.send(b"!")

    def fileno(self) -> int:
        return self._near.fileno()

    def has_news(self) -> bool:
        return bool(self._damage)

    def monitors(self) -> tuple[Monitor, ...]:
        height, width = self.truth.shape
        return (Monitor(0, Area(0, 0, width, height)),)

    def news(self) -> News:
        with self._lock:
            self._near.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                self._near.recv(4096)
            resized = self._new_size is not None
            if self._new_size is not None:
                width, height = self._new_size
                self.truth = np.full((height, width), 0x664422, np.uint32)
                self.pixels = np.zeros((height, width, 4), np.uint8)
                self._new_size = None
            damage, self._damage = tuple(self._damage), []
        return News(damage if self.has_damage else None, resized, False)

    def grab(self, areas: Sequence[Area]) -> bool:
        with self._lock:
            self.grabs += 1
            for area in areas:
                place = (slice(area.y, area.bottom), slice(area.x, area.right))
                words_of(self.pixels)[place] = self.truth[place]
        return True

    def grab_late(self, within: Area | None = None) -> Sequence[Area]:
        with self._lock:
            late, self._damage = self._damage, []
        return late if self.grab(late) else ()

    def cursor(self) -> CursorShape | None:
        return self.shape

    def pointer(self) -> tuple[int, int]:
        return self.at

    def close(self) -> None:
        self._near.close()
        self._far.close()


class PlainViewer:
    """Speaks RFB over a connected socket until closed; `words` is its picture."""

    def __init__(
        self, connection: socket.socket, *, encodings: tuple[int, ...] | None = None, quality: int | None = 8
    ) -> None:
        self.protocol = ViewerProtocol(encodings=encodings or encodings_for(quality=quality))
        self.picture: Pixels = np.zeros((1, 1, 4), np.uint8)
        self.events: list[e.ViewerEvent] = []
        self.received_bytes = 0
        self.updates = 0
        self._decoder = FrameDecoder()
        self._socket = connection
        self._socket.settimeout(0.05)

    @property
    def words(self) -> Words:
        """0x00RRGGBB of what the viewer shows."""
        return words_of(self.picture) & np.uint32(COLOURS)

    def send(self, act: Callable[[ViewerProtocol], object]) -> None:
        """Say something and send it."""
        act(self.protocol)
        self._socket.sendall(self.protocol.outgoing())

    def look(self, until: Callable[[], bool], *, what: str, deadline_s: float = 10.0) -> None:
        """Receive and paint until a condition holds."""
        end = time.monotonic() + deadline_s
        while not until():
            if time.monotonic() > end:
                raise AssertionError(f"the viewer waited in vain for {what}")
            self.step()

    def step(self) -> None:
        """Receive once, answer, paint."""
        self._socket.sendall(self.protocol.outgoing())
        try:
            data = self._socket.recv(1 << 20)
        except TimeoutError:
            return
        assert data, "the server closed"
        self.received_bytes += len(data)
        self.protocol.receive(data)
        for event in self.protocol.events():
            self._take(event)
        self._socket.sendall(self.protocol.outgoing())

    def _take(self, event: e.ViewerEvent) -> None:
        if isinstance(event, e.Ready | e.Resized):
            self.picture = np.zeros((event.height, event.width, 4), np.uint8)
        if isinstance(event, e.RectReceived):
            self._decoder.apply(event, self.picture)
        if isinstance(event, e.UpdateDone):
            self.updates += 1
        self.events.append(event)

    def found(self, kind: type) -> bool:
        """Whether an event of that kind came."""
        return any(isinstance(event, kind) for event in self.events)
