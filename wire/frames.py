"""WebSocket frames on their way through a relay: masked frames in, unmasked frames out, piece by piece.

One `FrameForwarder` per direction checks what an end sends (RFC 6455 section 5: mask bit, reserved bits,
opcodes and their order, lengths against wire/limits.py) and hands on what its peer shall receive. It never
waits for a whole message or frame and keeps at most an unfinished header (13 bytes). It works on one
`Scratch` that all directions of a process share. Pure: no sockets; close codes for both halves are here.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import ClassVar, Final

from websockets.speedups import apply_mask

from wire.errors import ProtocolError
from wire.limits import KIB, MAX_CONTROL_FRAME, MAX_FRAME
from wire.transform import Transform

__all__ = ["CloseCode", "FrameError", "FrameForwarder", "Piece", "Scratch", "close_frame"]

# A view is of the scratch: it holds only until the next read.
Piece = bytes | memoryview

# One direction's rest at the most; it costs 10 % less CPU than half of it (docs/decisions/0082).
SCRATCH_SIZE: Final = 256 * KIB
_SMALL_READ: Final = 16 * KIB
# A turn that met more pieces reads little the next time, so that tiny frames cost the others no time.
_MANY_PIECES: Final = 1024
_LONGEST_HEADER: Final = 14
_FIN: Final = 0x80
_MASK_BIT: Final = 0x80
_RESERVED: Final = 0x70
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_FIN_BINARY: Final = _FIN | _BINARY
_LENGTH_16, _LENGTH_64 = 126, 127
_USUAL_KIND: Final = _FIN_BINARY << 8 | _MASK_BIT | _LENGTH_16
_USUAL_HEADER: Final = 8
_unpack_usual: Final = struct.Struct(">HH4s").unpack_from


class CloseCode(IntEnum):
    """Why a WebSocket of ours ends; 1xxx by RFC 6455 section 7.4.1, 4xxx shared with the signal socket."""

    NORMAL = 1000  # an end closed; forwarded as it came
    PROTOCOL_ERROR = 1002  # a frame that RFC 6455 forbids
    WRONG_DATA = 1003  # text where binary is due
    TOO_BIG = 1009  # a frame above MAX_FRAME
    INTERNAL = 1011  # a fault of the relay in this pair
    RESTART = 1012  # the relay drains: ask for a new ticket
    REPLACED = 4001  # a newer ticket took this place
    ENDED = 4012  # the web half ended the session, the participant or the tenant
    PEER_LOST = 4020  # the other end's connection ended without a close frame
    PEER_ABSENT = 4021  # the other end did not come within PAIR_WAIT_S


class FrameError(ProtocolError):
    """An end sent a frame it must not; `close_code` is what it is told."""

    def __init__(self, close_code: CloseCode, text: str) -> None:
        super().__init__(text)
        self.close_code = close_code


def close_frame(code: CloseCode, reason: str = "") -> bytes:
    """A close frame from the relay: unmasked, the reason cut to fit 125 bytes."""
    payload = code.to_bytes(2, "big") + reason.encode("utf-8")[: MAX_CONTROL_FRAME - 2]
    return bytes((_MASK_BIT | _CLOSE, len(payload))) + payload


class Scratch:
    """Room for one read, shared by all directions of a process; a header's start is put before `START`.

    `transform` is the compiled inner loop (wire/transform.py), None for the one in Python.
    """

    START: Final = _LONGEST_HEADER

    __slots__ = ("buffer", "large", "small", "transform", "view")

    def __init__(self, size: int = SCRATCH_SIZE, transform: Transform | None = None) -> None:
        self.transform = transform
        self.buffer = bytearray(self.START + size)
        self.view = memoryview(self.buffer)
        self.large = self.view[self.START :]
        self.small = self.view[self.START : self.START + min(size, _SMALL_READ)]


class FrameForwarder:
    """What one end may send, and what becomes of it for the other end.

    `is_closed` turns True when nothing more is taken from this end: its close frame was handed on whole
    (`sent_close`), it broke the protocol (`error`), or the current frame ended after `stop`.
    `reads_little` asks for `scratch.small` at the next read. `takes_text` is for conformance suites alone and
    of a whole process: a field for each direction would cost 8 bytes.
    """

    takes_text: ClassVar[bool] = False

    __slots__ = (
        "_ends_here",
        "_kept",
        "_left",
        "_mask",
        "_within_message",
        "error",
        "is_closed",
        "reads_little",
        "sent_close",
    )

    def __init__(self) -> None:
        self._kept = b""  # the start of an unfinished header
        self._left = 0  # payload bytes of the current frame still to come
        self._mask = b""  # its key, turned so that it begins with the next byte
        self._ends_here = False  # nothing is taken after the current frame
        self._within_message = False
        self.error: FrameError | None = None
        self.is_closed = False
        self.sent_close = False
        self.reads_little = True

    @property
    def is_at_border(self) -> bool:
        """Whether a frame of the relay's own may follow what was handed on so far."""
        return not self._left

    def stop(self) -> None:
        """Take nothing more after the current frame, so that the relay may say goodbye behind it."""
        self._ends_here = True
        self.is_closed = self.is_closed or not self._left

    def forward(self, scratch: Scratch, size: int) -> list[Piece]:
        """The pieces to send for the `size` bytes just read to `scratch.large` (or `small`), possibly none.

        A wrong header sets `error` as soon as its first bytes tell; what came before it is still returned.
        """
        if self.is_closed:
            return []
        at = Scratch.START
        end = at + size
        pieces: list[Piece] = []
        if self._kept:
            at -= len(self._kept)
            scratch.buffer[at : Scratch.START] = self._kept
            self._kept = b""
        elif self._left and (self._ends_here or scratch.transform is None):
            at = self._forward_rest(scratch.view, at, end, pieces)
        if at < end:
            at = self._forward_usual(scratch, at, end, pieces)
        if at < end:
            try:
                at = self._forward_others(scratch, at, end, pieces)
                self._kept = bytes(scratch.view[at:end])
            except FrameError as error:
                self.error = error.with_traceback(None)  # the traceback would hold the scratch
                self.is_closed = True
        self.reads_little = len(pieces) > _MANY_PIECES
        return pieces

    def _forward_rest(self, view: memoryview, at: int, end: int, pieces: list[Piece]) -> int:
        """Hand on what came of the current frame; returns where the next one begins."""
        stop = min(at + self._left, end)
        pieces.append(apply_mask(view[at:stop], self._mask))
        self._left -= stop - at
        if self._left:
            self._mask = _turned(self._mask, stop - at)
        elif self._ends_here:
            self.is_closed = True
            return end
        return stop

    def _forward_usual(self, scratch: Scratch, at: int, end: int, pieces: list[Piece]) -> int:
        """Hand on whole binary messages of one frame from `at` on; returns where other things begin."""
        transform = scratch.transform
        if transform is None:
            return at if self._within_message else self._forward_usual_in_python(scratch, at, end, pieces)
        begun = at
        at, stop, self._left, self._mask = transform(
            scratch.buffer, at, end, self._left, self._mask, not self._within_message, MAX_FRAME
        )
        if stop > begun:
            pieces.append(scratch.view[begun:stop])
        return at

    def _forward_usual_in_python(self, scratch: Scratch, at: int, end: int, pieces: list[Piece]) -> int:
        """The same for lengths of 126..65535 bytes.

        This loop is the relay's main cost for small messages: one unpack, no call of ours, and the header
        is kept while sizes repeat.
        """
        view, buffer, add = scratch.view, scratch.buffer, pieces.append
        usual_length, usual_header = 0, b""
        last = end - _USUAL_HEADER
        while at <= last:
            kind, length, mask = _unpack_usual(buffer, at)
            body = at + _USUAL_HEADER
            stop = body + length
            if kind != _USUAL_KIND or length < _LENGTH_16 or stop > end:
                break
            if length != usual_length:
                usual_length, usual_header = length, _unmasked_header(_FIN_BINARY, length)
            add(usual_header)
            add(apply_mask(view[body:stop], mask))
            at = stop
        return at

    def _forward_others(self, scratch: Scratch, at: int, end: int, pieces: list[Piece]) -> int:
        """Hand on frames of every kind; returns where a header begins that is not there whole, or `end`."""
        view = scratch.view
        while at < end:
            header = self._read_header(view[at:end])
            if header is None:
                return at
            first, length, size = header
            pieces.append(_unmasked_header(first, length))
            body = at + size
            at = body + length
            mask = bytes(view[body - 4 : body])
            if at > end:
                pieces.append(apply_mask(view[body:end], mask))
                self._left, self._mask = at - end, _turned(mask, end - body)
                return end
            pieces.append(apply_mask(view[body:at], mask))
            if self._ends_here:
                self.is_closed = True
                return end
            if at < end:
                at = self._forward_usual(scratch, at, end, pieces)
        return end

    def _read_header(self, head: memoryview) -> tuple[int, int, int] | None:
        """First byte, payload length and header size of the frame at the start of `head`; None while short.

        Whatever is there is checked at once: a length of 2^62 needs no more than its first byte.
        """
        first = head[0]
        self._check_first(first)
        if len(head) == 1:
            return None
        if not head[1] & _MASK_BIT:
            raise FrameError(CloseCode.PROTOCOL_ERROR, "a frame is not masked")
        length = head[1] & ~_MASK_BIT
        more = {_LENGTH_16: 2, _LENGTH_64: 8}.get(length, 0)
        if first & _CLOSE and (more or (first & 0xF == _CLOSE and length == 1)):
            raise FrameError(CloseCode.PROTOCOL_ERROR, "a control frame has a forbidden length")
        if more:
            length = _least_length(head[2 : 2 + more], more)
        size = 2 + more + 4
        if len(head) < size:
            return None
        if (more == 2 and length < _LENGTH_16) or (more == 8 and length < 1 << 16):
            raise FrameError(CloseCode.PROTOCOL_ERROR, f"the length {length} is not in its shortest form")
        self._enter(first)
        return first, length, size

    def _check_first(self, first: int) -> None:
        opcode = first & 0xF
        if first & _RESERVED:
            raise FrameError(CloseCode.PROTOCOL_ERROR, "a reserved bit is set")
        if opcode in (_CLOSE, _PING, _PONG):
            if not first & _FIN:
                raise FrameError(CloseCode.PROTOCOL_ERROR, "a control frame is fragmented")
        elif opcode == _TEXT and not self.takes_text:
            raise FrameError(CloseCode.WRONG_DATA, "text came where binary is due")
        elif opcode not in (_CONTINUATION, _TEXT, _BINARY):
            raise FrameError(CloseCode.PROTOCOL_ERROR, f"the opcode {opcode} is unknown")
        elif (opcode == _CONTINUATION) != self._within_message:
            raise FrameError(CloseCode.PROTOCOL_ERROR, f"the opcode {opcode} came out of order")

    def _enter(self, first: int) -> None:
        opcode = first & 0xF
        if opcode == _CLOSE:
            self._ends_here = self.sent_close = True
        elif opcode in (_CONTINUATION, _TEXT, _BINARY):
            self._within_message = not first & _FIN


def _least_length(known: memoryview, count: int) -> int:
    """The length that `count` bytes say of which `known` are there, the others taken as 0."""
    length = int.from_bytes(known, "big") << 8 * (count - len(known))
    if length > MAX_FRAME:
        raise FrameError(CloseCode.TOO_BIG, f"a frame of at least {length} bytes, the limit is {MAX_FRAME}")
    return length


def _unmasked_header(first: int, length: int) -> bytes:
    if length < _LENGTH_16:
        return bytes((first, length))
    if length < 1 << 16:
        return bytes((first, _LENGTH_16, length >> 8, length & 0xFF))
    return bytes((first, _LENGTH_64)) + length.to_bytes(8, "big")


def _turned(mask: bytes, count: int) -> bytes:
    """The masking key as it applies after `count` more bytes."""
    offset = count & 3
    return mask[offset:] + mask[:offset]
