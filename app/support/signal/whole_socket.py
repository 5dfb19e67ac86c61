"""The TCP socket under simple-websocket, with the three things it lacks (decision D16, measured).

It sends with `send`, which may leave half a frame behind: here `send` is `sendall` with a deadline, one
writer at a time. It reads without end into a list: here reading waits while too much is unread. It never
times out: here it does.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable

from wire.limits import SIGNAL_SEND_DEADLINE_S

#: Unread messages above which nothing more is read from the wire; the kernel's window then slows the peer.
MAX_UNREAD = 64
#: How long a peer that is being closed may go on sending before the connection is cut.
DRAIN_S = 1.0


class WholeSocket:
    """Stands in for the server's socket in the WSGI environment, before the WebSocket is accepted."""

    def __init__(self, raw: socket.socket) -> None:
        self._raw = raw
        self._lock = threading.Lock()
        self._room = threading.Event()
        self._room.set()
        self._is_ending = False
        #: Told by the socket's owner: how many messages wait to be handled.
        self.unread: Callable[[], int] = lambda: 0
        #: Called when simple-websocket has stopped reading, which it otherwise tells nobody.
        self.on_close: Callable[[], None] = lambda: None
        raw.settimeout(SIGNAL_SEND_DEADLINE_S)
        with contextlib.suppress(OSError):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> int:
        """Send all of `data` within the deadline. Raises OSError (TimeoutError: the peer is too slow)."""
        with self._lock:
            self._raw.sendall(data)
        return len(data)

    def recv(self, size: int) -> bytes:
        """Return what came, at most `size` bytes, once there is room; b"" at the end. Raises OSError."""
        if self.unread() >= MAX_UNREAD:
            self._room.clear()
            if self._is_ending:
                return self._drain()
            if self.unread() >= MAX_UNREAD and not self._room.wait(SIGNAL_SEND_DEADLINE_S):
                raise TimeoutError("unread messages")
            if self._is_ending:
                return self._drain()
        return self._raw.recv(size)

    def end_soon(self) -> None:
        """Handle no more: what a flooding peer still sends is thrown away, so that it reads our close."""
        self._is_ending = True
        self._room.set()

    def end_sending(self) -> None:
        """Tell the peer that nothing follows, whether or not it answers our close."""
        with contextlib.suppress(OSError):
            self._raw.shutdown(socket.SHUT_WR)

    def _drain(self) -> bytes:
        deadline = time.monotonic() + DRAIN_S
        while (left := deadline - time.monotonic()) > 0:
            self._raw.settimeout(left)
            if not self._raw.recv(65_536):
                break
        return b""

    def made_room(self) -> None:
        """Let reading go on: messages were handled."""
        self._room.set()

    def fileno(self) -> int:
        """Return the descriptor, for selectors."""
        return self._raw.fileno()

    def close(self) -> None:
        """Close the socket under it: the peer reads what was sent, then the end."""
        self._room.set()
        self.end_sending()
        self._raw.close()
        self.on_close()
