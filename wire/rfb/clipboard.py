"""The clipboard of one connection: Extended Clipboard where both ends know it, Latin-1 text otherwise.

Both ends use the same object. Text is Unicode with LF line ends; on the wire extended text is UTF-8 with CRLF
and a final NUL, deflated (registry, section Extended Clipboard Pseudo-Encoding). A large text is announced
(`notify`) and travels only when the peer asks, so that copying a megabyte never delays the picture.
Whether the clipboard may be used at all is decided by the owner, who sets `is_open`.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import Final

from wire.errors import LimitExceeded, ProtocolError
from wire.limits import KIB, MAX_CUT_TEXT
from wire.rfb.constants import ClipboardFlag
from wire.rfb.encodings.streams import Inflater, pack_all

__all__ = ["Clipboard", "PreparedText"]

_U32: Final = Struct(">I")
_FORMATS: Final = 0xFFFF
_ACTIONS: Final = 0xFF << 24
_OUR_ACTIONS: Final = (
    ClipboardFlag.CAPS
    | ClipboardFlag.REQUEST
    | ClipboardFlag.PEEK
    | ClipboardFlag.NOTIFY
    | ClipboardFlag.PROVIDE
)
_UNASKED_SIZE: Final = 20 * KIB
"""Texts up to this size (bytes, UTF-8) may be provided to us without our asking."""


@dataclass(frozen=True, slots=True)
class PreparedText:
    """A text ready to be sent: packing ten megabytes takes 0.1 s, which need not be anybody's in a hurry.

    `data` UTF-8 with CRLF and the final NUL, `body` the message that provides it.
    """

    text: str
    data: bytes
    body: bytes

    @classmethod
    def of(cls, text: str) -> PreparedText:
        """Raises LimitExceeded when the text is larger than MAX_CUT_TEXT bytes."""
        data = _wire_text(text)
        if len(data) > MAX_CUT_TEXT + 1:
            raise LimitExceeded("clipboard text", len(data), MAX_CUT_TEXT)
        packed = pack_all(_U32.pack(len(data)) + data)
        return cls(text, data, _U32.pack(ClipboardFlag.PROVIDE | ClipboardFlag.TEXT) + packed)


class Clipboard:
    """What one end knows: the peer's abilities and our own text, kept until the peer asks for it.

    `is_open`: while False the peer's text is not fetched and what comes is dropped, ours is forgotten.
    """

    __slots__ = ("_is_open", "_own", "_peer_actions", "_peer_text_size")

    def __init__(self) -> None:
        self._own: PreparedText | None = None
        self._peer_actions = 0
        self._peer_text_size = 0
        self._is_open = True

    @property
    def is_extended(self) -> bool:
        """Whether the peer has told its abilities."""
        return self._peer_actions != 0

    @property
    def is_open(self) -> bool:
        """Whether text may pass at all."""
        return self._is_open

    @is_open.setter
    def is_open(self, value: bool) -> None:
        self._is_open = value
        if not value:
            self.forget()

    def forget(self) -> None:
        """Provide what was offered no longer."""
        self._own = None

    def caps(self) -> bytes:
        """Return the body that tells our abilities: text only, `_UNASKED_SIZE` bytes unasked."""
        return _U32.pack(_OUR_ACTIONS | ClipboardFlag.TEXT) + _U32.pack(_UNASKED_SIZE)

    def offer(self, text: str | PreparedText) -> tuple[bytes, bool] | None:
        """Keep `text` as ours; return (body, is_extended) to send now, or None when nothing can be sent.

        Raises LimitExceeded when the text is larger than MAX_CUT_TEXT bytes.
        """
        own = text if isinstance(text, PreparedText) else PreparedText.of(text)
        if not self._is_open:
            return None
        if not self.is_extended:
            return _latin(own.text), False
        self._own = own if own.text else None
        if self._peer_actions & ClipboardFlag.PROVIDE and len(own.data) < self._peer_text_size:
            return own.body, True
        if self._peer_actions & ClipboardFlag.NOTIFY:
            return _notify(has_text=bool(own.text)), True
        return None

    def receive_latin(self, body: bytes) -> str | None:
        """Return the text of a plain cut text message, or None while closed."""
        return body.decode("latin-1").replace("\r\n", "\n") if self._is_open else None

    def receive(self, body: bytes) -> tuple[str | None, bytes | None]:
        """Take an extended body; return (text that came or None, body to answer or None).

        Raises ProtocolError when it is malformed, LimitExceeded when the text is too large.
        """
        if len(body) < _U32.size:
            raise ProtocolError(f"extended clipboard message of {len(body)} bytes, at least 4 are needed")
        (flags,) = _U32.unpack_from(body)
        if flags & ClipboardFlag.CAPS:
            self._learn(flags, body)
            return None, None
        action = flags & _ACTIONS
        if action == ClipboardFlag.PROVIDE:
            return self._text_of(flags, body), None
        if action == ClipboardFlag.REQUEST:
            own = self._own if flags & ClipboardFlag.TEXT else None
            return None, own.body if own is not None else None
        if action == ClipboardFlag.PEEK:
            return None, _notify(has_text=self._own is not None)
        if action == ClipboardFlag.NOTIFY:
            return None, self._ask(flags)
        raise ProtocolError(f"extended clipboard action {action:#010x} is unknown")

    def _learn(self, flags: int, body: bytes) -> None:
        sizes = (len(body) - _U32.size) // _U32.size
        if sizes < (flags & _FORMATS).bit_count():
            raise ProtocolError(f"clipboard abilities name {flags & _FORMATS:#06x} but {sizes} sizes")
        self._peer_actions = flags & _ACTIONS
        has_text = bool(flags & ClipboardFlag.TEXT)
        self._peer_text_size = _U32.unpack_from(body, 4)[0] if has_text else 0

    def _ask(self, flags: int) -> bytes | None:
        may_ask = self._is_open and self._peer_actions & ClipboardFlag.REQUEST
        if not (may_ask and flags & ClipboardFlag.TEXT):
            return None
        return _U32.pack(ClipboardFlag.REQUEST | ClipboardFlag.TEXT)

    def _text_of(self, flags: int, body: bytes) -> str | None:
        if not (self._is_open and flags & ClipboardFlag.TEXT):
            return None
        return _inflate_text(body[_U32.size :])


def _latin(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _wire_text(text: str) -> bytes:
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "replace") + b"\0"


def _notify(*, has_text: bool) -> bytes:
    return _U32.pack(ClipboardFlag.NOTIFY | (ClipboardFlag.TEXT if has_text else 0))


def _inflate_text(packed: bytes) -> str:
    """Return the text, the first of the formats in the stream; at most MAX_CUT_TEXT bytes are unpacked."""
    stream = Inflater()
    head, rest = stream.unpack_some(packed, _U32.size)
    if len(head) < _U32.size:
        raise ProtocolError("the clipboard text ends before its size")
    (size,) = _U32.unpack(head)
    if size > MAX_CUT_TEXT + 1:
        raise LimitExceeded("clipboard text", size, MAX_CUT_TEXT)
    data = stream.unpack_some(rest, size)[0] if size else b""
    if len(data) < size:
        raise ProtocolError(f"the clipboard text has {len(data)} bytes of {size}")
    # Line ends are changed before decoding: one emoji makes every letter of the text take four bytes.
    return data.split(b"\0", 1)[0].replace(b"\r\n", b"\n").decode("utf-8", "replace")
