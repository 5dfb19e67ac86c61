"""One sealed channel through the relay: a WebSocket client with a SealedStream inside. Sans-I/O.

Decides that every record is one binary message, that text is refused, and that a broken seal closes with
SEAL_BROKEN. Leaves sockets to desktop/connection.py and the meaning of the plain bytes to its owner.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, TypeAlias

from wire.errors import ProtocolError, SealBroken
from wire.limits import MAX_RECORD
from wire.seal import SealedStream
from wire.websocket import (
    BinaryReceived,
    Closed,
    TextReceived,
    WebSocketClient,
)

__all__ = ["SEAL_BROKEN", "ChannelEvent", "Closed", "Marked", "Opened", "PlainReceived", "SealedChannel"]

SEAL_BROKEN: Final = 4031
"""Close code: the seal of this channel broke. The other end comes back with a new epoch, never without a
seal.
"""


@dataclass(frozen=True, slots=True)
class Opened:
    """Both ends have proved their keys; `send` may be used."""


@dataclass(frozen=True, slots=True)
class PlainReceived:
    """Bytes of the other end; record borders mean nothing on a stream, one record is one message on
    `control`.
    """

    data: bytes


@dataclass(frozen=True, slots=True)
class Marked:
    """An empty record: what follows on this channel is a new stream."""


ChannelEvent: TypeAlias = Opened | PlainReceived | Marked | Closed


class SealedChannel:
    """The program's end of one channel: `receive`, `events`, `send`, `outgoing`, `eof`."""

    def __init__(self, url: str, stream: SealedStream) -> None:
        """`url` is the relay's address with the ticket (wire.signal.messages.channel_url)."""
        self._socket = WebSocketClient(url, max_message=MAX_RECORD)
        self._stream = stream
        self._events: deque[ChannelEvent] = deque()
        self._reached = False
        self.error: SealBroken | None = None
        """Why the seal broke, for the log; None as long as it did not."""

    @property
    def is_open(self) -> bool:
        """Whether `send` may be used."""
        return self._stream.is_open and self._socket.is_open

    @property
    def was_reached(self) -> bool:
        """Whether the relay has said anything: until then the ticket is not spent and may be shown again."""
        return self._reached

    @property
    def is_closed(self) -> bool:
        """Whether Closed was reported: nothing follows."""
        return self._socket.is_closed

    def receive(self, data: bytes) -> None:
        """Take bytes of the socket. Never raises: what breaks a rule ends in Closed."""
        self._reached = True
        self._socket.receive(data)
        self._work()

    def eof(self) -> None:
        """The peer ended the stream; Closed follows."""
        self._socket.eof()
        self._work()

    def events(self) -> list[ChannelEvent]:
        """Return what happened since the last call, in order; nothing comes after Closed."""
        events = list(self._events)
        self._events.clear()
        return events

    def send(self, plain: bytes) -> None:
        """Seal and queue bytes of any length; raises ProtocolError when the channel is not open."""
        if not self.is_open:
            raise ProtocolError("the channel is not open")
        self._stream.seal(plain)
        self._flush()

    def mark(self) -> None:
        """Queue an empty record; raises ProtocolError when the channel is not open."""
        if not self.is_open:
            raise ProtocolError("the channel is not open")
        self._stream.mark()
        self._flush()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close with a code and report Closed with it."""
        self._socket.close(code, reason)
        self._work()

    def outgoing(self) -> bytes:
        """Return the bytes to send, and forget them."""
        return self._socket.outgoing()

    def _work(self) -> None:
        for event in self._socket.events():
            if isinstance(event, Closed):
                self._events.append(event)
            elif self.error is None:
                self._take(event)

    def _take(self, event: object) -> None:
        if isinstance(event, BinaryReceived):
            self._take_record(event.data)
        elif isinstance(event, TextReceived):
            self._fail(SealBroken("a text message on a sealed channel"))
        else:
            self._flush()

    def _take_record(self, record: bytes) -> None:
        was_open = self._stream.is_open
        try:
            plain = self._stream.receive(record)
        except SealBroken as error:
            self._fail(error)
            return
        self._flush()
        if self._stream.is_open and not was_open:
            self._events.append(Opened())
        self._events.extend(PlainReceived(one) if one else Marked() for one in plain)

    def _fail(self, error: SealBroken) -> None:
        self.error = error
        self._socket.close(SEAL_BROKEN, "seal broken")
        self._work()

    def _flush(self) -> None:
        if self._socket.is_open:
            for record in self._stream.outgoing():
                self._socket.send_binary(record)
