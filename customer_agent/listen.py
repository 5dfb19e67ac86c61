"""Plain RFB on a loopback port: `python -m customer_agent --listen 127.0.0.1:PORT`.

For VNC viewers, benchmarks and tests on this very computer. It has no encryption and no consent window,
because who may start a program here is the customer already; so any other address than loopback is refused.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from customer_agent.input import open_hands
from customer_agent.input.hand import HandThread
from customer_agent.peer import InputEvent, RfbPeer
from customer_agent.rights import Rights, permits
from customer_agent.screen import open_screen
from customer_agent.screen.stream import ScreenStream
from wire.errors import ProtocolError
from wire.rfb.events import CutTextReceived

log = logging.getLogger(__name__)

MAX_VIEWERS = 8
# A viewer that reads nothing is cut off instead of being buffered for.
MAX_UNSENT_BYTES = 32 * 1024 * 1024
SEND_BUFFER_BYTES = 256 * 1024
READ_BYTES = 64 * 1024


class NotLoopback(ValueError):
    """`--listen` names an address that other computers can reach."""


def parse_address(text: str) -> tuple[str, int]:
    """("127.0.0.1", 5901) of "127.0.0.1:5901" or "[::1]:5901".

    Raises NotLoopback with one sentence for any other address, ValueError for what is no address.
    """
    host, separator, port = text.rpartition(":")
    host = host.strip("[]")
    if not separator or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"--listen needs ADDRESS:PORT such as 127.0.0.1:5901, not {text!r}")
    if host == "localhost":
        host = "127.0.0.1"
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise NotLoopback(
            f"--listen serves without encryption and therefore only on this computer: "
            f"use 127.0.0.1:{port} instead of {text}."
        )
    return host, int(port)


class _Outbox:
    """Bytes that wait for one socket; filled by the screen thread as well."""

    def __init__(self) -> None:
        self._parts: deque[memoryview] = deque()
        self._lock = threading.Lock()
        self.size_bytes = 0

    def put(self, data: bytes) -> None:
        with self._lock:
            self._parts.append(memoryview(data))
            self.size_bytes += len(data)

    def send_to(self, connection: socket.socket) -> int:
        """Give the socket what it takes now; returns the bytes taken."""
        total = 0
        with self._lock:
            while self._parts:
                try:
                    sent = connection.send(self._parts[0])
                except BlockingIOError:
                    break
                total += sent
                if sent < len(self._parts[0]):
                    self._parts[0] = self._parts[0][sent:]
                    break
                self._parts.popleft()
            self.size_bytes -= total
        return total


@dataclass(eq=False)
class _Viewer:
    """One connected viewer and the bytes that wait for its socket."""

    socket: socket.socket
    peer: RfbPeer | None = None
    outbox: _Outbox = field(default_factory=_Outbox)


class ListenServer:
    """Serves viewers on one loopback port until `stop`."""

    def __init__(self, host: str, port: int, *, rights: Rights, name: str) -> None:
        """Bind; raises OSError when the port is taken. `rights` holds for every viewer."""
        self._rights = rights
        self._name = name
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._door = socket.create_server((host, port), family=family, backlog=8)
        self._door.setblocking(False)
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._door, selectors.EVENT_READ, self._accept)
        self._selector.register(self._near, selectors.EVENT_READ, self._woken)
        self._viewers: list[_Viewer] = []
        self._lost: list[RfbPeer] = []
        self._stopping = False
        self.port = int(self._door.getsockname()[1])
        self._stream = ScreenStream(open_screen, on_failure=self._screen_failed)
        self.hand = HandThread(open_hands, self._permits)

    def serve(self, on_ready: Callable[[], object] | None = None) -> None:
        """Open the screen and serve; raises Unsupported where the screen cannot be shared."""
        try:
            self._stream.open()
            self.hand.start()
            if on_ready is not None:
                on_ready()
            while not self._stopping:
                for key, mask in self._selector.select(5.0):
                    key.data(mask)
                self._sweep()
        finally:
            self._close_all()

    def stop(self) -> None:
        """End `serve`; from any thread or a signal handler."""
        self._stopping = True
        self._wake()

    def _permits(self, _source: object, event: object) -> bool:
        return permits(event, self._rights, {}, 0.0)

    def _accept(self, _mask: int) -> None:
        with contextlib.suppress(BlockingIOError):
            connection, _address = self._door.accept()
            if len(self._viewers) >= MAX_VIEWERS:
                connection.close()
                return
            self._welcome(connection)

    def _welcome(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Backlog stays here, where updates can be merged, and not in the kernel.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        viewer = _Viewer(connection)
        self._viewers.append(viewer)
        self._selector.register(connection, selectors.EVENT_READ, lambda mask: self._ready(viewer, mask))
        peer = viewer.peer = RfbPeer(
            self._stream,
            name=self._name,
            send=lambda data: self._queue(viewer, data),
            pending_bytes=lambda: viewer.outbox.size_bytes,
            on_input=lambda event: self._take_input(viewer, event),
            on_ready=lambda shared: None if shared else self._keep_only(viewer),
            on_lost=lambda _reason: self._lose(peer),
            visible=self._rights.may_see({}, 0.0),
        )

    def _take_input(self, viewer: _Viewer, event: InputEvent) -> None:
        if not isinstance(event, CutTextReceived):
            self.hand.put(viewer, event)

    def _queue(self, viewer: _Viewer, data: bytes) -> None:
        """Called on the screen thread as well: send what the line takes, and let the selector thread send
        the rest.
        """
        viewer.outbox.put(data)
        with contextlib.suppress(OSError):
            # A broken line is noticed where it is read.
            viewer.outbox.send_to(viewer.socket)
        if viewer.outbox.size_bytes:
            self._wake()

    def _lose(self, peer: RfbPeer) -> None:
        self._lost.append(peer)
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._far.send(b"!")

    def _woken(self, _mask: int) -> None:
        with contextlib.suppress(OSError):
            while self._near.recv(4096):
                pass

    def _sweep(self) -> None:
        """Send what the screen thread has left, and let go of viewers that cannot follow."""
        while self._lost:
            peer = self._lost.pop()
            for viewer in [one for one in self._viewers if one.peer is peer]:
                self._drop(viewer, "it cannot follow the screen's size")
        for viewer in list(self._viewers):
            if viewer.outbox.size_bytes:
                self._send(viewer)

    def _ready(self, viewer: _Viewer, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._send(viewer)
        if mask & selectors.EVENT_READ and viewer in self._viewers:
            self._read(viewer)

    def _read(self, viewer: _Viewer) -> None:
        try:
            data = viewer.socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(viewer, "it left")
            return
        assert viewer.peer is not None
        try:
            viewer.peer.receive(data)
        except ProtocolError as error:
            self._send(viewer)
            self._drop(viewer, str(error))

    def _send(self, viewer: _Viewer) -> None:
        try:
            sent = viewer.outbox.send_to(viewer.socket)
        except OSError:
            self._drop(viewer, "it left")
            return
        left = viewer.outbox.size_bytes
        if left > MAX_UNSENT_BYTES:
            self._drop(viewer, "it reads nothing")
            return
        self._watch_for(viewer, selectors.EVENT_READ | (selectors.EVENT_WRITE if left else 0))
        if sent and viewer.peer is not None and left < SEND_BUFFER_BYTES:
            viewer.peer.drained()

    def _watch_for(self, viewer: _Viewer, events: int) -> None:
        if viewer not in self._viewers:
            return
        key = self._selector.get_key(viewer.socket)
        if key.events != events:
            self._selector.modify(viewer.socket, events, key.data)

    def _keep_only(self, chosen: _Viewer) -> None:
        """A viewer asked not to share: the others go (RFC 6143 section 7.3.1)."""
        for viewer in [one for one in self._viewers if one is not chosen]:
            self._drop(viewer, "another viewer asked to be alone")

    def _drop(self, viewer: _Viewer, reason: str) -> None:
        if viewer not in self._viewers:
            return
        self._viewers.remove(viewer)
        log.info("viewer_left", extra={"reason": reason})
        self._selector.unregister(viewer.socket)
        viewer.socket.close()
        if viewer.peer is not None:
            viewer.peer.close()
        self.hand.release_all()

    def _screen_failed(self, _failure: Exception) -> None:
        self.stop()

    def _close_all(self) -> None:
        for viewer in list(self._viewers):
            self._drop(viewer, "the program ends")
        self._stream.stop()
        self.hand.stop()
        for thread in (self._stream, self.hand):
            if thread.ident is not None:
                thread.join(5.0)
        self._selector.close()
        for one in (self._door, self._near, self._far):
            one.close()
