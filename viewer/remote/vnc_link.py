"""A plain TCP connection to any RFB server, for `--vnc HOST:PORT`: one thread, no sealing, no log-in.

Decides when to connect and when it is over. It does not come back by itself: a VNC server that closed
meant it.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Final

from viewer.remote.events import Ended, LinkChanged, LinkEvent, ScreenLost, ScreenOpened
from viewer.remote.screen_stream import Input, QualityMode, ScreenStream
from wire.control.messages import ControlMessage
from wire.errors import ProtocolError
from wire.limits import MIB
from wire.rfb.clipboard import PreparedText
from wire.rfb.events import FenceReceived, Ready

__all__ = ["VncLink", "parse_address"]

CONNECT_TIMEOUT_S: Final = 10.0
HANDSHAKE_TIMEOUT_S: Final = 20.0
_READ: Final = 256 * 1024
_MOST_UNSENT: Final = 4 * MIB

log = logging.getLogger(__name__)


def parse_address(text: str) -> tuple[str, int]:
    """("host", port) of "host:port", "host::port", "[v6]:port" or "host" (5900); below 100 it is a display.

    Raises ValueError: no host, or a port that is none.
    """
    host, separator, port = text.rpartition(":")
    if not separator or (text.startswith("[") and text.endswith("]")):
        host, port = text, "5900"
    host = host.removesuffix(":").strip("[]")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{text!r} is not HOST:PORT")
    number = int(port)
    return host, number + 5900 if number < 100 else number


class VncLink:
    """The connection and its thread; `emit` is called on that thread."""

    def __init__(
        self, address: tuple[str, int], emit: Callable[[LinkEvent], object], *, password: str | None = None
    ) -> None:
        self._address = address
        self._emit = emit
        self._wake_near, self._wake_far = socket.socketpair()
        self._unsent = bytearray()
        self._unsent_lock = threading.Lock()
        self._is_held = False
        self._is_closed = False
        self._is_ready = False
        self._stream = ScreenStream(self._write, self._took, password=password)
        self._thread = threading.Thread(target=self._run, name="vnc-link", daemon=True)

    def start(self) -> None:
        """Connect."""
        self._thread.start()

    def send(self, events: Sequence[Input]) -> None:
        """Send input."""
        self._stream.send(events)

    def refresh(self) -> None:
        """Ask for the whole picture anew."""
        self._stream.refresh()

    def set_quality(self, mode: QualityMode) -> None:
        """Announce the encodings of `mode`."""
        self._stream.set_quality(mode)

    def set_clipboard(self, is_on: bool) -> None:
        """Take and give clipboard text, or not."""
        self._stream.set_clipboard(is_on)

    def send_cut_text(self, text: PreparedText) -> None:
        """Tell what our clipboard holds."""
        self._stream.send_cut_text(text)

    def send_control(self, message: ControlMessage) -> None:
        """Nothing: a plain VNC server has no control channel."""

    def end(self, reason: str) -> None:
        """Close: there is nobody to tell."""
        self.close()

    def answer_fence(self, event: FenceReceived) -> None:
        """What came before the fence is decoded."""
        self._stream.answer_fence(event)

    def hold(self, on: bool) -> None:
        """Stop or go on reading."""
        self._is_held = on
        self._wake()

    def close(self) -> None:
        """Close and wait for the thread, ≤ 2 s."""
        self._is_closed = True
        self._wake()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(2)

    def _took(self, event: LinkEvent) -> None:
        self._is_ready = self._is_ready or isinstance(event, Ready)
        self._emit(event)

    def _write(self, data: bytes) -> None:
        with self._unsent_lock:
            if len(self._unsent) + len(data) > _MOST_UNSENT:
                # A server that reads nothing: input from now on is lost rather than kept without end.
                log.warning("vnc_server_does_not_read", extra={"unsent_bytes": len(self._unsent)})
                return
            self._unsent += data
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_far.send(b"!")

    def _run(self) -> None:
        try:
            with socket.create_connection(self._address, CONNECT_TIMEOUT_S) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.setblocking(False)
                self._wake_near.setblocking(False)
                self._emit(ScreenOpened())
                self._emit(LinkChanged("ok"))
                self._converse(connection)
        except ProtocolError as error:
            log.warning("vnc_server_refused", extra={"reason": str(error)})
            self._over(str(error))
        except OSError as error:
            self._over(str(error))
        finally:
            self._wake_near.close()
            self._wake_far.close()

    def _converse(self, connection: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_near, selectors.EVENT_READ)
            selector.register(connection, selectors.EVENT_READ)
            while not self._is_closed:
                wanted = (0 if self._is_held else selectors.EVENT_READ) | (
                    selectors.EVENT_WRITE if self._unsent else 0
                )
                self._watch(selector, connection, wanted)
                ready = selector.select(None if self._is_ready else HANDSHAKE_TIMEOUT_S)
                if not ready and not self._is_ready:
                    raise TimeoutError("the server did not finish the handshake")
                for key, mask in ready:
                    if key.fileobj is self._wake_near:
                        with contextlib.suppress(BlockingIOError):
                            self._wake_near.recv(4096)
                    elif not self._serve(connection, mask):
                        self._over("")
                        return

    @staticmethod
    def _watch(selector: selectors.BaseSelector, connection: socket.socket, wanted: int) -> None:
        registered = connection in selector.get_map()
        if wanted and registered:
            selector.modify(connection, wanted)
        elif wanted:
            selector.register(connection, wanted)
        elif registered:
            selector.unregister(connection)

    def _serve(self, connection: socket.socket, mask: int) -> bool:
        """Read and write what is possible; False when the server closed."""
        if mask & selectors.EVENT_WRITE:
            with self._unsent_lock:
                sent = connection.send(self._unsent[:_READ])
                del self._unsent[:sent]
        if mask & selectors.EVENT_READ:
            data = connection.recv(_READ)
            if not data:
                return False
            self._stream.receive(data)
        return True

    def _over(self, text: str) -> None:
        if not self._is_closed:
            self._emit(ScreenLost(text, comes_back=False))
            self._emit(Ended("system", text))
