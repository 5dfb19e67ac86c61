"""A line of fixed rate, delay and jitter between two loopback sockets, in user space.

The same for every peer.
Bytes wait in a queue of bounded length, as in a home router; when it is full the sender's own socket fills.
Only the direction from the server to the viewer has a rate; both have the delay. Seeded: two lines made
alike shake alike.
"""

from __future__ import annotations

import random
import selectors
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

_SLICE = 4096


@dataclass(frozen=True)
class Shape:
    """`rate_bps` bit/s downwards, `delay_s` one way, `jitter_s` at most more, `queue_bytes` in the router."""

    rate_bps: float = 10e6
    delay_s: float = 0.020
    jitter_s: float = 0.002
    queue_bytes: int = 256 * 1024
    seed: int = 7


@dataclass
class _Way:
    """One direction: what has left the source and not yet arrived."""

    source: socket.socket
    target: socket.socket
    rate_bps: float | None
    waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    size: int = 0
    free_at: float = 0.0
    last_due: float = 0.0


class Line:
    """Listens on `port` (loopback) and carries one connection to `target_port`, shaped; `close` ends it."""

    def __init__(self, target_port: int, shape: Shape | None = None) -> None:
        self._shape = shape or Shape()
        self._random = random.Random(self._shape.seed)  # noqa: S311 - a repeatable line, no secret
        self._target_port = target_port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Cut the line."""
        self._stopping.set()
        # Wakes the thread where nobody has connected yet.
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self._thread.join(5)
        self._door.close()

    def _run(self) -> None:
        near, _ = self._door.accept()
        if self._stopping.is_set():
            near.close()
            return
        far = socket.socket()
        # The kernel's own buffers would be a second, unshaped queue.
        far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        far.connect(("127.0.0.1", self._target_port))
        with near, far:
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                one.setblocking(False)
            ways = [_Way(far, near, self._shape.rate_bps), _Way(near, far, None)]
            with suppress(OSError):
                self._carry(ways)

    def _carry(self, ways: list[_Way]) -> None:
        while not self._stopping.is_set():
            now = time.monotonic()
            with selectors.DefaultSelector() as selector:
                for way in ways:
                    if way.size < self._shape.queue_bytes:
                        selector.register(way.source, selectors.EVENT_READ, way)
                due = [way.waiting[0][0] for way in ways if way.waiting]
                timeout_s = max(0.0, min(due) - now) if due else 0.2
                ready = [key.data for key, _ in selector.select(timeout_s)]
            for way in ready:
                if not self._take(way):
                    return
            for way in ways:
                _give(way)

    def _take(self, way: _Way) -> bool:
        with suppress(BlockingIOError):
            data = way.source.recv(_SLICE)
            if not data:
                return False
            now = time.monotonic()
            way.free_at = max(way.free_at, now)
            if way.rate_bps is not None:
                way.free_at += len(data) * 8 / way.rate_bps
            due = way.free_at + self._shape.delay_s + self._random.uniform(0, self._shape.jitter_s)
            # Jitter delays, it does not reorder.
            way.last_due = max(way.last_due, due)
            way.waiting.append((way.last_due, data))
            way.size += len(data)
        return True


def _give(way: _Way) -> None:
    now = time.monotonic()
    while way.waiting and way.waiting[0][0] <= now:
        due, data = way.waiting[0]
        try:
            sent = way.target.send(data)
        except BlockingIOError:
            return
        way.size -= sent
        if sent < len(data):
            way.waiting[0] = (due, data[sent:])
            return
        way.waiting.popleft()
