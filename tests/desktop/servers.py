"""Small real servers on loopback for the links' tests: bytes, a web half's signal door, and a relay that
pairs.

Each runs in threads of its own, ends with `close()`, and can drop its connections the way a killed process
does.
"""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from typing import Any, Self

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

DEADLINE_S = 10.0


def wait_until(holds: Callable[[], Any], deadline_s: float = DEADLINE_S) -> None:
    """Fails the test when the condition does not come true in time."""
    until = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.002)


class TcpServer:
    """Accepts on 127.0.0.1 and gives each connection to `serve` in a thread of its own."""

    def __init__(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self._tls = tls
        self.port: int = self._listener.getsockname()[1]
        self.sockets: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def serve(self, sock: socket.socket) -> None:
        """One connection, from accept to its end."""
        raise NotImplementedError

    def drop(self) -> None:
        """Break every connection without a word, as a killed process does."""
        for sock in list(self.sockets):
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop listening, drop all, wait for the threads."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()
        for thread in self._threads:
            thread.join(DEADLINE_S)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._run, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            sock.settimeout(DEADLINE_S)
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
            self.sockets.add(sock)
            try:
                self.serve(sock)
            finally:
                self.sockets.discard(sock)
                sock.close()


class Echo(TcpServer):
    """Sends back what comes; `hold` makes it read nothing until it is set."""

    def __init__(self, **given: Any) -> None:
        self.hold = threading.Event()
        self.hold.set()
        super().__init__(**given)

    def serve(self, sock: socket.socket) -> None:
        while self.hold.wait(DEADLINE_S):
            data = sock.recv(65536)
            if not data:
                return
            sock.sendall(data)


class ServerSocket:
    """The server's end of one WebSocket; `send` from any thread."""

    def __init__(self, sock: socket.socket, request: Request, protocol: ServerProtocol) -> None:
        self.path = request.path
        self._sock, self._protocol = sock, protocol
        self._lock = threading.Lock()

    def send(self, data: str | bytes) -> None:
        with self._lock:
            if self._protocol.state is State.OPEN:
                if isinstance(data, str):
                    self._protocol.send_text(data.encode())
                else:
                    self._protocol.send_binary(data)
            self._flush()

    def send_close(self, code: int, reason: str = "") -> None:
        with self._lock:
            if self._protocol.state is State.OPEN:
                self._protocol.send_close(code, reason)
            self._flush()

    def receive(self) -> list[Frame]:
        """Wait for bytes, return the frames in them; raises EOFError at the end, a close frame included."""
        if self._protocol.eof_sent:
            raise EOFError
        data = self._sock.recv(262_144)
        with self._lock:
            if not data:
                raise EOFError
            self._protocol.receive_data(data)
            frames = [event for event in self._protocol.events_received() if isinstance(event, Frame)]
            self._flush()
        return frames

    def _flush(self) -> None:
        with contextlib.suppress(OSError):
            for part in self._protocol.data_to_send():
                self._sock.sendall(part)


def accept_websocket(sock: socket.socket, head: bytes) -> ServerSocket:
    """Upgrade a connection whose request head was read already."""
    protocol = ServerProtocol(max_size=None)
    protocol.receive_data(head)
    (request,) = protocol.events_received()
    assert isinstance(request, Request)
    protocol.send_response(protocol.accept(request))
    made = ServerSocket(sock, request, protocol)
    made._flush()
    return made


def read_head(sock: socket.socket) -> bytes:
    """The request head; nothing of our clients follows it before the answer, but for a POST's body."""
    head = b""
    while b"\r\n\r\n" not in head:
        part = sock.recv(65536)
        if not part:
            raise EOFError
        head += part
    return head


class FakeWeb(TcpServer):
    """POST /signal/ticket answers `answers` (status, JSON), by default a ticket; GET /signal is a WebSocket
    whose texts land in `received` as (socket, JSON); `opened` gives every signal socket in order.
    """

    def __init__(self, **given: Any) -> None:
        self.answers: queue.Queue[tuple[int, dict[str, Any]]] = queue.Queue()
        self.posts: list[tuple[str, ...]] = []
        self.opened: queue.Queue[ServerSocket] = queue.Queue()
        self.received: queue.Queue[tuple[ServerSocket, dict[str, Any]]] = queue.Queue()
        self.on_open: Callable[[ServerSocket], None] = lambda _socket: None
        super().__init__(**given)

    def serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(EOFError):
            head = read_head(sock)
            if head.startswith(b"POST"):
                self._post(sock, head)
            else:
                self._signal(sock, head)

    def _post(self, sock: socket.socket, head: bytes) -> None:
        lines = head.split(b"\r\n\r\n")[0].decode().split("\r\n")
        bearers = [line.split()[2] for line in lines if line.startswith("Authorization: Bearer ")]
        self.posts.append((lines[0].split()[1], *bearers))
        try:
            status, body = self.answers.get_nowait()
        except queue.Empty:
            status, body = 200, {"ticket": f"t{len(self.posts)}"}
        content = json.dumps(body).encode()
        sock.sendall(
            f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode()
            + content
        )

    def _signal(self, sock: socket.socket, head: bytes) -> None:
        made = accept_websocket(sock, head)
        self.on_open(made)
        self.opened.put(made)
        while True:
            for frame in made.receive():
                if frame.opcode is Opcode.TEXT:
                    self.received.put((made, json.loads(bytes(frame.data))))


class FakeRelay(TcpServer):
    """Pairs the two roles of a ticket `<role>.<channel>.<epoch>` and passes binary messages on.

    `spoil` may change a passed record, or swallow it by returning None; `tickets` lists what was shown.
    Tickets of an epoch below `refuse_until` are refused, as a relay does with those from before its start.
    """

    def __init__(self, **given: Any) -> None:
        self.tickets: list[str] = []
        self.refuse_until = 0
        self.spoil: Callable[[str, bytes], bytes | None] = lambda _ticket, data: data
        self._here: dict[str, ServerSocket] = {}
        self._changed = threading.Condition()
        super().__init__(**given)

    def serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(EOFError):
            head = read_head(sock)
            ticket = head.split(b"ticket=")[1].split(b" ")[0].decode()
            role, _, place = ticket.partition(".")
            self.tickets.append(ticket)
            if int(place.split(".")[1]) < self.refuse_until:
                sock.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            other = f"{'customer' if role == 'agent' else 'agent'}.{place}"
            self._pass_on(accept_websocket(sock, head), ticket, other)

    def drop(self) -> None:
        super().drop()
        with self._changed:
            self._here.clear()
            self._changed.notify_all()

    def _pass_on(self, made: ServerSocket, ticket: str, other: str) -> None:
        with self._changed:
            self._here[ticket] = made
            self._changed.notify_all()
            self._changed.wait_for(lambda: other in self._here or ticket not in self._here, DEADLINE_S)
            peer = self._here.get(other)
        if peer is None:
            return
        try:
            while True:
                for frame in made.receive():
                    if frame.opcode is Opcode.BINARY:
                        data = self.spoil(ticket, bytes(frame.data))
                        if data is not None:
                            peer.send(data)
                    elif frame.opcode is Opcode.CLOSE:
                        peer.send_close(int.from_bytes(frame.data[:2], "big"))
        finally:
            peer.send_close(4020, "peer lost")
