"""One sealed channel straight between the two programs: records in frames over TCP. Sans-I/O.

    dialler    "BHDIRECT1" || token (16 bytes)          the token of the control message `direct`
    then both  length (4 bytes, big-endian) || record   the records of wire/seal.py, path "direct"

Decides that nothing is done for a stranger: 25 bytes are compared before a key is touched, and until the
seal is proved a record has at most MAX_GREETING bytes. There is no word for going: the end of the stream is.
An empty record (`mark`) is the sign of life. Leaves sockets and deadlines to desktop/direct.py.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable
from typing import Final

from wire.channel import ChannelEvent, Closed, Marked, Opened, PlainReceived
from wire.errors import ProtocolError, SealBroken
from wire.limits import DIRECT_TOKEN_BYTES, MAX_RECORD
from wire.seal import SealedStream

__all__ = ["MAX_GREETING", "PREFACE", "DirectChannel"]

PREFACE: Final = b"BHDIRECT1"
MAX_GREETING: Final = 256
_LENGTH: Final = struct.Struct("!I")


class DirectChannel:
    """One end. It offers what SealedChannel does, so that its owner need not know which way bytes go."""

    def __init__(
        self,
        *,
        stream: SealedStream | None = None,
        token: bytes = b"",
        find: Callable[[bytes], SealedStream | None] = lambda _token: None,
    ) -> None:
        """To dial: `stream` and the other end's `token`. To be dialled: `find` gives the stream that a token
        stands for, once, or None for a stranger.
        """
        self._stream = stream
        self._find = find
        self._in = bytearray()
        self._out: list[bytes] = []
        self._events: deque[ChannelEvent] = deque()
        self._closed = False
        self.error: ProtocolError | None = None
        """What the other end did wrong, for the log."""
        if stream is not None:
            self._out.append(PREFACE + token)
            self._flush()

    @property
    def is_known(self) -> bool:
        """Whether the other end has shown a token that stands for something."""
        return self._stream is not None

    @property
    def was_reached(self) -> bool:
        """As SealedChannel: nothing of this way may be shown again."""
        return True

    @property
    def is_open(self) -> bool:
        """Whether `send` may be used."""
        return not self._closed and self._stream is not None and self._stream.is_open

    @property
    def is_closed(self) -> bool:
        """Whether Closed was reported: nothing follows."""
        return self._closed

    def receive(self, data: bytes) -> None:
        """Take bytes of the socket. Never raises: what breaks a rule ends in Closed."""
        if self._closed:
            return
        self._in += data
        try:
            if self._stream is None and not self._take_preface():
                return
            self._take_frames()
        except ProtocolError as error:
            self.error = error
            self._end(str(error))

    def eof(self) -> None:
        """The peer ended the stream; Closed follows."""
        self._end("the stream ended")

    def events(self) -> list[ChannelEvent]:
        """Return what happened since the last call, in order; nothing comes after Closed."""
        events = list(self._events)
        self._events.clear()
        return events

    def send(self, plain: bytes) -> None:
        """Seal and queue bytes of any length; raises ProtocolError when the channel is not open."""
        if not self.is_open or self._stream is None:
            raise ProtocolError("the channel is not open")
        self._stream.seal(plain)
        self._flush()

    def mark(self) -> None:
        """Queue an empty record; raises ProtocolError when the channel is not open."""
        if not self.is_open or self._stream is None:
            raise ProtocolError("the channel is not open")
        self._stream.mark()
        self._flush()

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End it; `code` is for those who ask both ways alike."""
        self._end(reason, code)

    def outgoing(self) -> bytes:
        """Return the bytes to send, and forget them."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def _take_preface(self) -> bool:
        size = len(PREFACE) + DIRECT_TOKEN_BYTES
        if not PREFACE.startswith(bytes(self._in[: len(PREFACE)])):
            raise ProtocolError("a stranger")
        if len(self._in) < size:
            return False
        self._stream = self._find(bytes(self._in[len(PREFACE) : size]))
        del self._in[:size]
        if self._stream is None:
            raise ProtocolError("a token that stands for nothing")
        self._flush()
        return True

    def _take_frames(self) -> None:
        at, data = 0, self._in
        while len(data) - at >= _LENGTH.size:
            (size,) = _LENGTH.unpack_from(data, at)
            limit = MAX_RECORD if self.is_open else MAX_GREETING
            if not 0 < size <= limit:
                raise ProtocolError(f"a record of {size} bytes, the limit is {limit}")
            end = at + _LENGTH.size + size
            if len(data) < end:
                break
            self._take_record(bytes(data[at + _LENGTH.size : end]))
            at = end
        del data[:at]

    def _take_record(self, record: bytes) -> None:
        stream = self._stream
        if stream is None:
            raise SealBroken("a record before the token")
        was_open = stream.is_open
        plain = stream.receive(record)
        self._flush()
        if stream.is_open and not was_open:
            self._events.append(Opened())
        self._events.extend(PlainReceived(one) if one else Marked() for one in plain)

    def _flush(self) -> None:
        if self._stream is None or self._closed:
            return
        for record in self._stream.outgoing():
            self._out += (_LENGTH.pack(len(record)), record)

    def _end(self, reason: str, code: int = 1006) -> None:
        if self._closed:
            return
        self._closed = True
        self._in.clear()
        self._events.append(Closed(code, reason))
