"""A WebSocket client, sans-I/O: `websockets`' protocol object with our limits and our events.

Decides: no compression (sealed records do not shrink, and compressing secrets beside foreign text leaks
them), a limit on every message before memory is taken, one event per whole message. Leaves the socket to
desktop/connection.py. Big binary sends skip the library's frame object: two copies less per screen update.
"""

from __future__ import annotations

import secrets
import struct
from collections import deque
from dataclasses import dataclass
from typing import Final, TypeAlias

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, InvalidURI
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI, parse_uri

from wire.errors import ProtocolError
from wire.limits import MAX_FRAME

try:  # the C helper is part of the wheel on every platform we ship; the twin keeps a source build alive
    from websockets.speedups import apply_mask
except ImportError:  # pragma: no cover
    from websockets.utils import apply_mask

__all__ = [
    "BinaryReceived",
    "Closed",
    "Opened",
    "PongReceived",
    "TextReceived",
    "WebSocketClient",
    "WebSocketEvent",
    "address_of",
]

NO_STATUS: Final = int(CloseCode.NO_STATUS_RCVD)
ABNORMAL: Final = int(CloseCode.ABNORMAL_CLOSURE)


@dataclass(frozen=True, slots=True)
class Opened:
    """The upgrade was accepted."""


@dataclass(frozen=True, slots=True)
class TextReceived:
    """One whole text message."""

    text: str


@dataclass(frozen=True, slots=True)
class BinaryReceived:
    """One whole binary message."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PongReceived:
    """The peer, or the relay between, answered our ping."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """The conversation is over, once and last. `code` is the close code (1006: none came), `status` the
    HTTP status of a refused upgrade.
    """

    code: int
    reason: str = ""
    status: int | None = None


WebSocketEvent: TypeAlias = Opened | TextReceived | BinaryReceived | PongReceived | Closed


def address_of(url: str) -> WebSocketURI:
    """Return the parts of a ws:// or wss:// address (host, port, secure, …); raises ProtocolError for
    another.
    """
    try:
        return parse_uri(url)
    except (InvalidURI, ValueError) as error:
        raise ProtocolError("the address is no ws:// or wss:// address") from error


class WebSocketClient:
    """The client's end of one WebSocket connection; `outgoing` holds the opening request from the start."""

    def __init__(self, url: str, *, max_message: int = MAX_FRAME, subprotocol: str | None = None) -> None:
        """`max_message` limits a whole received message, fragments added up."""
        self._protocol = ClientProtocol(
            address_of(url),
            subprotocols=[Subprotocol(subprotocol)] if subprotocol else None,
            max_size=max_message,
        )
        self._events: deque[WebSocketEvent] = deque()
        self._parts = bytearray()
        self._parts_are_text: bool | None = None
        self._closed = False
        self._protocol.send_request(self._protocol.connect())

    @property
    def is_open(self) -> bool:
        """Whether messages may be sent."""
        return self._protocol.state is State.OPEN

    @property
    def is_closed(self) -> bool:
        """Whether Closed was reported: nothing follows."""
        return self._closed

    def receive(self, data: bytes) -> None:
        """Take bytes of the socket. Never raises: what breaks RFC 6455 or a limit ends in Closed."""
        if self._closed:
            return
        self._protocol.receive_data(data)
        self._collect()

    def eof(self) -> None:
        """The peer ended the stream; Closed follows."""
        if self._closed:
            return
        self._protocol.receive_eof()
        self._collect()
        self._close_event()

    def events(self) -> list[WebSocketEvent]:
        """Return what happened since the last call, in order."""
        events = list(self._events)
        self._events.clear()
        return events

    def send_text(self, text: str) -> None:
        """Queue one text message; raises ProtocolError when the connection is not open."""
        self._require_open()
        self._protocol.send_text(text.encode())

    def send_binary(self, data: bytes) -> None:
        """Queue one binary message; raises ProtocolError when the connection is not open."""
        self._require_open()
        mask = secrets.token_bytes(4)
        size = len(data)
        if size < 126:
            head = struct.pack("!BB", 0x82, 0x80 | size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x82, 0xFE, size)
        else:
            head = struct.pack("!BBQ", 0x82, 0xFF, size)
        self._protocol.writes.extend((head + mask, apply_mask(data, mask)))

    def send_ping(self, data: bytes = b"") -> None:
        """Queue a ping of at most 125 bytes; raises ProtocolError when the connection is not open."""
        self._require_open()
        self._protocol.send_ping(data)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Begin to close: a close frame is queued and Closed is reported at once, with our own code; what
        the peer still sends is dropped. Harmless when closed already.
        """
        if self._closed:
            return
        if self.is_open:
            self._protocol.send_close(code, _fit_reason(reason))
        self._closed = True
        self._events.append(Closed(code, reason))

    def outgoing(self) -> bytes:
        """Return the bytes to send, and forget them."""
        return b"".join(self._protocol.data_to_send())

    def _require_open(self) -> None:
        if not self.is_open:
            raise ProtocolError("the WebSocket is not open")

    def _collect(self) -> None:
        for event in self._protocol.events_received():
            if self._closed:
                return
            if isinstance(event, Response):
                self._take_response(event)
            elif isinstance(event, Frame):
                self._take_frame(event)
        protocol = self._protocol
        if protocol.handshake_exc is not None or protocol.parser_exc is not None:
            self._close_event()

    def _take_response(self, response: Response) -> None:
        if self._protocol.handshake_exc is None:
            self._events.append(Opened())
            return
        self._close_event(response.status_code)

    def _take_frame(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            if frame.fin:
                self._message(bytes(frame.data), frame.opcode is Opcode.TEXT)
                return
            self._parts_are_text = frame.opcode is Opcode.TEXT
            self._parts += frame.data
        elif frame.opcode is Opcode.CONT:
            self._parts += frame.data
            if frame.fin:
                data, self._parts = bytes(self._parts), bytearray()
                self._message(data, bool(self._parts_are_text))
        elif frame.opcode is Opcode.PONG:
            self._events.append(PongReceived(bytes(frame.data)))
        elif frame.opcode is Opcode.CLOSE:
            self._close_event()

    def _message(self, data: bytes, is_text: bool) -> None:
        if not is_text:
            self._events.append(BinaryReceived(data))
            return
        try:
            self._events.append(TextReceived(data.decode()))
        except UnicodeDecodeError:
            self.close(int(CloseCode.INVALID_DATA), "not UTF-8")

    def _close_event(self, status: int | None = None) -> None:
        if self._closed:
            return
        self._closed = True
        protocol = self._protocol
        received, sent = protocol.close_rcvd, protocol.close_sent
        if received is not None:
            self._events.append(Closed(int(received.code), received.reason))
        elif sent is not None:
            self._events.append(Closed(int(sent.code), sent.reason))
        elif status is not None or isinstance(protocol.handshake_exc, InvalidStatus):
            self._events.append(Closed(ABNORMAL, f"the upgrade was refused with {status}", status))
        else:
            cause = protocol.handshake_exc or protocol.parser_exc
            self._events.append(Closed(ABNORMAL, str(cause or "the stream ended")))


def _fit_reason(reason: str) -> str:
    """A close frame holds 123 bytes of reason (RFC 6455, 5.5)."""
    return reason.encode()[:123].decode(errors="ignore")
