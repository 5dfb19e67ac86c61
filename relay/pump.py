"""The pump: bytes from one leg to its peer, on callbacks of the loop it is handed. No greenlets, no gevent.

Each callback reads a leg once into the process's one scratch buffer, turns the frames (wire/frames.py) and
sends at once. When the peer takes less, the rest is that direction's only buffer and the leg is not read
until it is gone: the kernel's windows slow the sender. A leg that waits for its peer is not read at all.

How a leg ends: `close` lets the frame that is on its way to it finish, then says the code, then shuts the
sending half and reads to the end, so that the kernel does not throw the goodbye away; LINGER_S at the most.
Callbacks never block and never raise: what goes wrong ends this pair only.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol

from relay.rooms import Leg, Seat
from wire.frames import CloseCode, FrameForwarder, Piece, Scratch, close_frame

__all__ = ["LINGER_S", "Loop", "Pump", "SocketLeg"]

LINGER_S: Final = 2.0
_READ, _WRITE = 1, 2
# Few large pieces go as they are, many small ones are cheaper joined (docs/decisions/0022).
_MOST_PIECES: Final = 32

log = logging.getLogger("relay")


class Watcher(Protocol):
    """gevent's loop.io watcher, as far as it is used here."""

    def start(self, callback: Callable[..., None], *args: Any) -> None: ...
    def stop(self) -> None: ...
    def close(self) -> None: ...


class Loop(Protocol):
    """gevent's hub loop, as far as it is used here."""

    def io(self, fd: int, events: int) -> Watcher: ...


class SocketLeg(Leg):
    """A leg with its socket. `sock` is None once it is closed; `rest` waits for the socket to take it."""

    __slots__ = ("farewell", "frames", "is_shut", "peer", "reader", "rest", "sock", "writer")

    def __init__(self, seat: Seat, sock: socket.socket) -> None:
        super().__init__(seat)
        self.sock: socket.socket | None = sock
        self.frames = FrameForwarder()
        self.peer: SocketLeg | None = None
        self.reader: Watcher | None = None
        self.writer: Watcher | None = None
        self.rest: memoryview | None = None
        self.farewell: CloseCode | None = None  # set once this leg is being closed
        self.is_shut = False  # nothing more will be sent to it


class Pump:
    """Forwards between paired legs.

    `on_end(leg, code)` is called when a leg ends by itself, perhaps twice; `code` is what its peer shall
    hear. `monotonic` gives seconds.
    """

    def __init__(
        self,
        loop: Loop,
        monotonic: Callable[[], float],
        on_end: Callable[[SocketLeg, CloseCode], None],
        scratch: Scratch | None = None,
    ) -> None:
        self._loop: Final = loop
        self._monotonic: Final = monotonic
        self._on_end: Final = on_end
        self._scratch: Final = scratch or Scratch()
        self._closing: dict[SocketLeg, float] = {}  # leg -> when to cut it off
        # Bound once: a bound method for each watcher would be 64 bytes for each leg.
        self._on_readable: Final = self._read
        self._on_writable: Final = self._write

    @property
    def closing(self) -> int:
        """How many legs are saying goodbye."""
        return len(self._closing)

    def pair(self, one: SocketLeg, other: SocketLeg) -> None:
        """Forward between two legs from now on."""
        one.peer, other.peer = other, one
        self._start_reading(one)
        self._start_reading(other)

    def close(self, leg: SocketLeg, code: CloseCode) -> None:
        """Say goodbye to a leg; a second call changes nothing."""
        if leg.sock is None or leg.farewell is not None:
            return
        leg.farewell = code
        self._closing[leg] = self._monotonic() + LINGER_S
        source = leg.peer
        if source is None:  # it waited and was never read
            leg.frames.stop()
            self._start_reading(leg)
        else:
            source.frames.stop()
        if source is None or source.sock is None or source.frames.is_closed:
            self._say_farewell(leg)

    def sweep(self) -> None:
        """Cut off the legs whose goodbye takes too long; called now and then."""
        now = self._monotonic()
        for leg in [leg for leg, until in self._closing.items() if until <= now]:
            self._lose(leg)

    def _read(self, leg: SocketLeg) -> None:
        """Callback: one read, one send."""
        try:
            sock, frames, scratch = leg.sock, leg.frames, self._scratch
            if sock is None:
                return
            try:
                # While the other direction keeps a rest this one keeps little: 300 KB a pair in all.
                is_modest = frames.reads_little or leg.rest is not None
                size = sock.recv_into(scratch.small if is_modest else scratch.large)
            except BlockingIOError:
                return
            except OSError:
                size = 0
            if not size:
                self._lose(leg)
                return
            leg.received += size
            peer = leg.peer
            if frames.is_closed or peer is None or peer.sock is None:
                return  # it talks on after its end: read and dropped until it hears the goodbye
            pieces = frames.forward(scratch, size)
            if pieces:
                self._send(peer, pieces)
            if frames.is_closed:
                self._stop_taking(leg, peer)
        except Exception as error:
            self._fail(leg, error)

    def _write(self, leg: SocketLeg) -> None:
        """Callback: the rest goes on; when it is gone, its source is read again."""
        try:
            if leg.sock is None or leg.rest is None:
                return
            try:
                sent = leg.sock.send(leg.rest)
            except BlockingIOError:
                return
            except OSError:
                self._lose(leg)
                return
            leg.rest = leg.rest[sent:]
            if leg.rest:
                return
            leg.rest = None
            _stop(leg.writer)
            leg.writer = None
            if leg.is_shut:
                _shut(leg.sock)
            if leg.peer is not None and leg.peer.sock is not None:
                self._start_reading(leg.peer)
        except Exception as error:
            self._fail(leg, error)

    def _send(self, leg: SocketLeg, pieces: Sequence[Piece]) -> None:
        """Send to a leg what it takes now; while a rest is kept, its source is not read."""
        if leg.sock is None or leg.is_shut:
            return
        if leg.rest is not None:  # only a goodbye comes here: its source is not read
            leg.rest = memoryview(bytes(leg.rest) + b"".join(pieces))
            return
        data: Piece | None = None
        try:
            if len(pieces) == 1 or len(pieces) > _MOST_PIECES:
                data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
                size = len(data)
                sent = leg.sock.send(data)
            else:
                size = sum(map(len, pieces))
                sent = leg.sock.sendmsg(pieces)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._lose(leg)
            return
        if sent == size:
            return
        # A copy: the pieces may be views of the scratch.
        leg.rest = memoryview(bytes((data or b"".join(pieces))[sent:]))
        leg.writer = self._loop.io(leg.sock.fileno(), _WRITE)
        leg.writer.start(self._on_writable, leg)
        if leg.peer is not None and leg.peer.reader is not None:
            leg.peer.reader.stop()

    def _stop_taking(self, leg: SocketLeg, peer: SocketLeg) -> None:
        """Nothing more is taken from a leg: it said goodbye, it broke the protocol, or it was stopped."""
        if leg.frames.error is not None:
            log.info(
                "frame_refused", extra={"session_id": leg.seat.place.session, "reason": str(leg.frames.error)}
            )
            self.close(leg, leg.frames.error.close_code)
            self._on_end(leg, CloseCode.PEER_LOST)
        elif leg.frames.sent_close:
            # Its peer's own close frame is the answer it gets, or ours when that does not come in time.
            self._closing.setdefault(leg, self._monotonic() + 2 * LINGER_S)
            if peer.frames.sent_close:
                self.close(peer, CloseCode.NORMAL)
            self._on_end(leg, CloseCode.NORMAL)
        if peer.farewell is not None:
            self._say_farewell(peer)

    def _say_farewell(self, leg: SocketLeg) -> None:
        """The close frame, where a frame may stand and none was forwarded; then the end of our sending."""
        if leg.sock is None or leg.is_shut or leg.farewell is None:
            return
        source = leg.peer
        if source is None or (source.frames.is_at_border and not source.frames.sent_close):
            self._send(leg, [close_frame(leg.farewell)])
        leg.is_shut = True
        if leg.sock is not None and leg.rest is None:
            _shut(leg.sock)

    def _lose(self, leg: SocketLeg) -> None:
        """The connection is gone, or goes now; what its peer still waits for will not come."""
        peer = leg.peer
        self._cut(leg)
        self._on_end(leg, CloseCode.PEER_LOST)
        if peer is not None and peer.sock is not None:
            if peer.farewell is not None:
                self._say_farewell(peer)
            else:
                self.close(peer, CloseCode.NORMAL if peer.frames.sent_close else CloseCode.PEER_LOST)

    def _cut(self, leg: SocketLeg) -> None:
        """Close the socket now and let go of everything that hangs on it."""
        self._closing.pop(leg, None)
        if leg.sock is None:
            return
        _stop(leg.reader)
        _stop(leg.writer)
        leg.reader = leg.writer = leg.rest = None
        leg.sock.close()
        leg.sock = None
        peer = leg.peer
        if peer is None:
            return
        if peer.sock is not None:
            self._start_reading(peer)  # it may have been stopped for this leg's sake
        else:
            leg.peer = peer.peer = None

    def _fail(self, leg: SocketLeg, error: Exception) -> None:
        """A fault of ours: this pair ends, all others go on."""
        log.error("pair_failed", exc_info=error, extra={"session_id": leg.seat.place.session})
        peer = leg.peer
        self._cut(leg)
        if peer is not None:
            self._cut(peer)
        self._on_end(leg, CloseCode.INTERNAL)

    def _start_reading(self, leg: SocketLeg) -> None:
        if leg.sock is None:
            return
        if leg.reader is None:
            leg.reader = self._loop.io(leg.sock.fileno(), _READ)
        leg.reader.start(self._on_readable, leg)


def _stop(watcher: Watcher | None) -> None:
    if watcher is not None:
        watcher.stop()
        watcher.close()


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):  # the other end may be gone already
        sock.shutdown(socket.SHUT_WR)
