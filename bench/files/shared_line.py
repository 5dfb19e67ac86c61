"""One customer's line to the internet, in user space: all connections share its rate, delay and queue.

bench/line.py shapes one connection; here the screen and a file compete, as behind a home router: first come,
first served, in one queue of bounded length a direction. When it is full the senders' own sockets fill.
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

from bench.line import Shape

_SLICE = 1460


@dataclass
class _Router:
    """One direction: when it is free, and what waits in it."""

    rate_bps: float | None
    free_at: float = 0.0
    last_due: float = 0.0
    size: int = 0


@dataclass(eq=False)
class _Way:
    """One connection's bytes in one direction."""

    source: socket.socket
    target: socket.socket
    router: _Router
    waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    is_over: bool = False


class SharedLine:
    """Listens on `port` and carries every connection to `target_port`; the rate holds both ways."""

    def __init__(self, target_port: int, shape: Shape) -> None:
        self._shape = shape
        self._random = random.Random(shape.seed)
        self._target_port = target_port
        self._routers = _Router(shape.rate_bps), _Router(shape.rate_bps)
        self._ways: list[_Way] = []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self._door.setblocking(False)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Cut the line."""
        self._stopping.set()
        self._thread.join(5)
        self._door.close()
        for way in self._ways:
            way.source.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            with selectors.DefaultSelector() as selector:
                selector.register(self._door, selectors.EVENT_READ, None)
                for way in self._ways:
                    if not way.is_over and way.router.size < self._shape.queue_bytes:
                        selector.register(way.source, selectors.EVENT_READ, way)
                due = [way.waiting[0][0] for way in self._ways if way.waiting]
                timeout_s = max(0.0, min(due) - time.monotonic()) if due else 0.2
                ready = [key.data for key, _ in selector.select(min(timeout_s, 0.2))]
            for way in ready:
                if way is None:
                    self._accept()
                else:
                    self._take(way)
            for way in self._ways:
                _give(way)

    def _accept(self) -> None:
        near, _ = self._door.accept()
        far = socket.socket()
        # The kernel's own buffers would be a second, unshaped queue.
        for one in (near, far):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        far.connect(("127.0.0.1", self._target_port))
        for one in (near, far):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            one.setblocking(False)
        self._ways += [_Way(near, far, self._routers[0]), _Way(far, near, self._routers[1])]

    def _take(self, way: _Way) -> None:
        try:
            data = way.source.recv(_SLICE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            way.is_over = True
            with suppress(OSError):
                way.target.shutdown(socket.SHUT_WR)
            return
        now, router = time.monotonic(), way.router
        router.free_at = max(router.free_at, now)
        if router.rate_bps is not None:
            router.free_at += len(data) * 8 / router.rate_bps
        due = router.free_at + self._shape.delay_s + self._random.uniform(0, self._shape.jitter_s)
        router.last_due = max(router.last_due, due)
        way.waiting.append((router.last_due, data))
        router.size += len(data)


def _give(way: _Way) -> None:
    now = time.monotonic()
    while way.waiting and way.waiting[0][0] <= now:
        due, data = way.waiting[0]
        try:
            sent = way.target.send(data)
        except BlockingIOError:
            return
        except OSError:
            sent, way.is_over = len(data), True
        way.router.size -= sent
        if sent < len(data):
            way.waiting[0] = (due, data[sent:])
            return
        way.waiting.popleft()
