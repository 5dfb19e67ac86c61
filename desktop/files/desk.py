"""Joins a participant's link to its porter: the files channel of one participant.

The thread begins with the first use: most support sessions move no file. Every method may be called from any
thread and returns at once.
"""

from __future__ import annotations

import threading
import time
from typing import Final, Protocol

from desktop.files.porter import Ends, Line, Porter
from wire.terms import Channel, Side

__all__ = ["FilesDesk", "FilesLink"]

_MOVES_FOR_S: Final = 0.3


class FilesLink(Protocol):
    """What of desktop.support_link.ParticipantLink is used."""

    def number(self, channel: Channel) -> int: ...
    def send(self, channel: Channel, plain: bytes, *, epoch: int | None = None) -> bool: ...
    def pending_bytes(self, channel: Channel) -> int: ...
    def want(self, channel: Channel) -> None: ...
    def hold(self, channel: Channel, on: bool) -> None: ...
    def refuse_channel(self, channel: Channel) -> None: ...


class FilesDesk:
    """One participant's files; `opened`, `lost`, `take`, `drained` are the link's callbacks for "files"."""

    def __init__(self, side: Side, link: FilesLink, ends: Ends) -> None:
        self._side: Side = side
        self._link = link
        self._ends = ends
        self._porter: Porter | None = None
        self._is_closed = False
        self._screen_moved_at = float("-inf")
        self._lock = threading.Lock()

    @property
    def porter(self) -> Porter:
        """The thread that carries; begun by its first use."""
        with self._lock:
            if self._porter is None:
                self._porter = Porter(self._side, self._line(), self._ends)
                if not self._is_closed:
                    self._porter.start()
            return self._porter

    def _line(self) -> Line:
        link = self._link
        return Line(
            send=lambda record, number: link.send("files", record, epoch=number),
            pending_bytes=lambda: link.pending_bytes("files"),
            screen_pending_bytes=lambda: link.pending_bytes("screen"),
            screen_moves=lambda: time.monotonic() - self._screen_moved_at < _MOVES_FOR_S,
            want=lambda: link.want("files"),
            hold=lambda on: link.hold("files", on),
            refuse=lambda: link.refuse_channel("files"),
        )

    def opened(self) -> None:
        """The channel is sealed and empty."""
        self.porter.opened(self._link.number("files"))

    def lost(self) -> None:
        """The channel closed; it comes back by itself."""
        if self._porter is not None:
            self._porter.lost()

    def take(self, data: bytes) -> None:
        """Bytes of the other end: one record."""
        if self._porter is not None:
            self._porter.put(data)

    def drained(self) -> None:
        """The link has sent what waited, on any channel."""
        if self._porter is not None:
            self._porter.drained()

    def screen_moved(self) -> None:
        """A part of the picture went over the screen channel."""
        self._screen_moved_at = time.monotonic()

    def screen_trip(self, trip_s: float) -> None:
        """The screen's round trip, as its fences measure it."""
        if self._porter is not None:
            self._porter.screen_trip(trip_s)

    def rights_changed(self) -> None:
        """What is allowed has changed."""
        if self._porter is not None:
            self._porter.rights_changed()

    def end(self) -> None:
        """As `close`, without waiting for it."""
        with self._lock:
            self._is_closed = True
            porter = self._porter
        if porter is not None:
            porter.stop()

    def close(self, timeout_s: float = 3.0) -> None:
        """The support session is over: nothing half stays behind."""
        self.end()
        porter = self._porter
        if porter is not None and porter.is_alive() and porter is not threading.current_thread():
            porter.join(timeout_s)
