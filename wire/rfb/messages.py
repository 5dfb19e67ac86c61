"""Every RFB message but pixel data: one frozen dataclass each, `encode` for bytes, `read` for a parser.

`encode` returns the whole message. `read` is a parser step that takes what follows the type byte (handshake
messages have none: all of it). Lengths are compared with wire/limits.py before anything waits for them.
What the two protocols tell their owners is in events.py. Sections are those of RFC 6143; the rest is in the
community registry (rfbproto.rst).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Protocol, Self

from wire.buffer import Buffer, Reading
from wire.errors import LimitExceeded, ProtocolError
from wire.limits import (
    MAX_COLOUR_MAP,
    MAX_CUT_TEXT,
    MAX_DESKTOP_NAME,
    MAX_DESKTOP_PIXELS,
    MAX_DESKTOP_SIDE,
    MAX_ENCODINGS,
    MAX_FENCE_PAYLOAD,
    MAX_REASON,
    MAX_SCREENS,
)
from wire.rfb.constants import ClientType, ServerType
from wire.rfb.pixels import PixelFormat

__all__ = [
    "RECTANGLE_HEAD",
    "Bell",
    "ClientCutText",
    "ClientInit",
    "ColourMapEntries",
    "DictatedSecurity",
    "EnableContinuousUpdates",
    "EndOfContinuousUpdates",
    "Fence",
    "FramebufferUpdate",
    "KeyEvent",
    "Message",
    "PointerEvent",
    "ProtocolVersion",
    "QemuKeyEvent",
    "Rectangle",
    "Screen",
    "SecurityChoice",
    "SecurityResult",
    "SecurityTypes",
    "ServerCutText",
    "ServerInit",
    "SetDesktopSize",
    "SetEncodings",
    "SetPixelFormat",
    "UpdateRequest",
    "VncAuthChallenge",
    "VncAuthResponse",
    "check_desktop_size",
]


class Message(Protocol):
    """What can be sent: a message knows its bytes."""

    def encode(self) -> bytes:
        """Return the whole message."""
        ...


def check_limit(field: str, value: int, limit: int) -> None:
    """Raise LimitExceeded when `value` lies above `limit`."""
    if value > limit:
        raise LimitExceeded(field, value, limit)


def check_desktop_size(width: int, height: int) -> None:
    """Raise LimitExceeded when a desktop of that size (px) may not be taken into memory."""
    check_limit("desktop width", width, MAX_DESKTOP_SIDE)
    check_limit("desktop height", height, MAX_DESKTOP_SIDE)
    check_limit("desktop pixels", width * height, MAX_DESKTOP_PIXELS)


# Handshake (section 7.1) ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProtocolVersion:
    """`RFB 003.008` and a line feed, from both ends (7.1.1)."""

    major: int
    minor: int

    def encode(self) -> bytes:
        return b"RFB %03d.%03d\n" % (self.major, self.minor)

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        line = yield from buffer.exactly(12)
        found = re.fullmatch(rb"RFB (\d{3})\.(\d{3})\n", line)
        if found is None:
            raise ProtocolError(f"the peer does not speak RFB: it began with {line!r}")
        return cls(int(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True)
class SecurityTypes:
    """The server's list of security types, 3.7 and later; an empty list comes with a reason (7.1.2)."""

    types: tuple[int, ...]
    reason: str = ""

    def encode(self) -> bytes:
        head = bytes((len(self.types), *self.types))
        return head if self.types else head + _encode_reason(self.reason)

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        count = yield from buffer.u8()
        if count == 0:
            return cls((), (yield from _read_reason(buffer)))
        return cls(tuple((yield from buffer.exactly(count))))


@dataclass(frozen=True, slots=True)
class DictatedSecurity:
    """The one security type that a server of version 3.3 dictates; 0 comes with a reason (appendix A)."""

    type: int
    reason: str = ""

    def encode(self) -> bytes:
        head = self.type.to_bytes(4, "big")
        return head if self.type else head + _encode_reason(self.reason)

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        kind = yield from buffer.u32()
        return cls(kind, "" if kind else (yield from _read_reason(buffer)))


@dataclass(frozen=True, slots=True)
class SecurityChoice:
    """The viewer's choice from SecurityTypes (7.1.2)."""

    type: int

    def encode(self) -> bytes:
        return bytes((self.type,))

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        return cls((yield from buffer.u8()))


@dataclass(frozen=True, slots=True)
class VncAuthChallenge:
    """16 random bytes that the viewer encrypts with the password (7.2.2)."""

    challenge: bytes

    def encode(self) -> bytes:
        return self.challenge

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        return cls((yield from buffer.exactly(16)))


@dataclass(frozen=True, slots=True)
class VncAuthResponse:
    """The challenge, encrypted (7.2.2)."""

    response: bytes

    def encode(self) -> bytes:
        return self.response

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        return cls((yield from buffer.exactly(16)))


@dataclass(frozen=True, slots=True)
class SecurityResult:
    """Whether the viewer may go on; `reason` follows a refusal from 3.8 on (7.1.3)."""

    accepted: bool
    reason: str = ""

    def encode(self) -> bytes:
        return b"\0\0\0\0" if self.accepted else b"\0\0\0\1" + _encode_reason(self.reason)

    @classmethod
    def read(cls, buffer: Buffer, *, has_reason: bool = True) -> Reading[Self]:
        status = yield from buffer.u32()
        if status == 0:
            return cls(True)
        return cls(False, (yield from _read_reason(buffer)) if has_reason else "")


@dataclass(frozen=True, slots=True)
class ClientInit:
    """`shared`: leave other viewers connected (7.3.1)."""

    shared: bool

    def encode(self) -> bytes:
        return bytes((self.shared,))

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        return cls((yield from buffer.u8()) != 0)


@dataclass(frozen=True, slots=True)
class ServerInit:
    """Size of the desktop (px), the server's own pixel format and the desktop's name, UTF-8 (7.3.2)."""

    width: int
    height: int
    pixel_format: PixelFormat
    name: str

    _HEAD: ClassVar = Struct(">HH16sI")

    def encode(self) -> bytes:
        name = self.name.encode()
        return self._HEAD.pack(self.width, self.height, self.pixel_format.encode(), len(name)) + name

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        width, height, form, length = yield from buffer.unpack(cls._HEAD)
        check_desktop_size(width, height)
        check_limit("desktop name length", length, MAX_DESKTOP_NAME)
        name = yield from buffer.exactly(length)
        # A server may well use a colour map by itself; the viewer sets its own format right afterwards.
        return cls(width, height, PixelFormat.unchecked(form), name.decode("utf-8", "replace"))


def _encode_reason(reason: str) -> bytes:
    data = reason.encode()
    return len(data).to_bytes(4, "big") + data


def _read_reason(buffer: Buffer) -> Reading[str]:
    length = yield from buffer.u32()
    check_limit("reason length", length, MAX_REASON)
    return (yield from buffer.exactly(length)).decode("utf-8", "replace")


# From the viewer (section 7.5) ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetPixelFormat:
    """The format of all pixels from now on (7.5.1)."""

    pixel_format: PixelFormat

    TYPE: ClassVar = ClientType.SET_PIXEL_FORMAT

    def encode(self) -> bytes:
        return b"\0\0\0\0" + self.pixel_format.encode()

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        data = yield from buffer.exactly(19)
        return cls(PixelFormat.decode(data[3:]))


@dataclass(frozen=True, slots=True)
class SetEncodings:
    """What the viewer can decode, best first, with pseudo-encodings as signs of support (7.5.2)."""

    encodings: tuple[int, ...]

    TYPE: ClassVar = ClientType.SET_ENCODINGS
    _BODY: ClassVar = Struct(">xH")

    def encode(self) -> bytes:
        return Struct(f">BxH{len(self.encodings)}i").pack(self.TYPE, len(self.encodings), *self.encodings)

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        (count,) = yield from buffer.unpack(cls._BODY)
        check_limit("number of encodings", count, MAX_ENCODINGS)
        return cls((yield from buffer.unpack(Struct(f">{count}i"))))


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """Asks for an area (px); not incremental: all of it, even if nothing changed (7.5.3)."""

    incremental: bool
    x: int
    y: int
    w: int
    h: int

    TYPE: ClassVar = ClientType.UPDATE_REQUEST
    _BODY: ClassVar = Struct(">BHHHH")

    def encode(self) -> bytes:
        return bytes((self.TYPE,)) + self._BODY.pack(self.incremental, self.x, self.y, self.w, self.h)

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        incremental, *area = yield from buffer.unpack(cls._BODY)
        return cls(incremental != 0, *area)


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A key went down or up; `keysym` as in X11 (7.5.4)."""

    down: bool
    keysym: int

    TYPE: ClassVar = ClientType.KEY
    _BODY: ClassVar = Struct(">BxxI")

    def encode(self) -> bytes:
        return bytes((self.TYPE,)) + self._BODY.pack(self.down, self.keysym)

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        down, keysym = yield from buffer.unpack(cls._BODY)
        return cls(down != 0, keysym)


@dataclass(frozen=True, slots=True)
class QemuKeyEvent:
    """A key with its place on the keyboard: `scancode` is XT set 1, 0xe0 prefix as bit 7 (registry: QEMU)."""

    down: bool
    keysym: int
    scancode: int

    TYPE: ClassVar = ClientType.QEMU
    _BODY: ClassVar = Struct(">BHII")

    def encode(self) -> bytes:
        return bytes((self.TYPE,)) + self._BODY.pack(0, self.down, self.keysym, self.scancode)

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        subtype = yield from buffer.u8()
        if subtype != 0:
            raise ProtocolError(f"QEMU message {subtype} is unknown, only 0 (extended key) is allowed")
        down, keysym, scancode = yield from buffer.unpack(_QEMU_TAIL)
        return cls(down != 0, keysym, scancode)


_QEMU_TAIL = Struct(">HII")


@dataclass(frozen=True, slots=True)
class PointerEvent:
    """The pointer's place (px) and buttons held: bit 0 left, 1 middle, 2 right, 3 to 6 wheel (7.5.5)."""

    buttons: int
    x: int
    y: int

    TYPE: ClassVar = ClientType.POINTER
    _BODY: ClassVar = Struct(">BHH")

    def encode(self) -> bytes:
        return bytes((self.TYPE,)) + self._BODY.pack(self.buttons, self.x, self.y)

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        return cls(*(yield from buffer.unpack(cls._BODY)))


@dataclass(frozen=True, slots=True)
class EnableContinuousUpdates:
    """Send updates of the area (px) without being asked, or stop it (registry: Continuous Updates)."""

    on: bool
    x: int
    y: int
    w: int
    h: int

    TYPE: ClassVar = ClientType.ENABLE_CONTINUOUS_UPDATES
    _BODY: ClassVar = Struct(">BHHHH")

    def encode(self) -> bytes:
        return bytes((self.TYPE,)) + self._BODY.pack(self.on, self.x, self.y, self.w, self.h)

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        on, *area = yield from buffer.unpack(cls._BODY)
        return cls(on != 0, *area)


@dataclass(frozen=True, slots=True)
class Screen:
    """One monitor of the desktop (px); `id` is the server's own number (registry: ExtendedDesktopSize)."""

    id: int
    x: int
    y: int
    width: int
    height: int
    flags: int = 0

    LAYOUT: ClassVar = Struct(">IHHHHI")

    def encode(self) -> bytes:
        return self.LAYOUT.pack(self.id, self.x, self.y, self.width, self.height, self.flags)

    @classmethod
    def read_all(cls, buffer: Buffer, count: int) -> Reading[tuple[Self, ...]]:
        """Take `count` screens; raises LimitExceeded beyond MAX_SCREENS."""
        check_limit("number of screens", count, MAX_SCREENS)
        data = yield from buffer.exactly(count * cls.LAYOUT.size)
        return tuple(cls(*fields) for fields in cls.LAYOUT.iter_unpack(data))


@dataclass(frozen=True, slots=True)
class SetDesktopSize:
    """Asks for another size and layout of the desktop (registry: ExtendedDesktopSize)."""

    width: int
    height: int
    screens: tuple[Screen, ...]

    TYPE: ClassVar = ClientType.SET_DESKTOP_SIZE
    _BODY: ClassVar = Struct(">xHHBx")

    def encode(self) -> bytes:
        head = self._BODY.pack(self.width, self.height, len(self.screens))
        return bytes((self.TYPE,)) + head + b"".join(screen.encode() for screen in self.screens)

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        width, height, count = yield from buffer.unpack(cls._BODY)
        return cls(width, height, (yield from Screen.read_all(buffer, count)))


# From either end --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fence:
    """A mark in the stream; with REQUEST set the other end returns it at once (registry: Fence)."""

    flags: int
    payload: bytes

    TYPE: ClassVar = ClientType.FENCE
    _BODY: ClassVar = Struct(">3xIB")

    def encode(self) -> bytes:
        return bytes((self.TYPE,)) + self._BODY.pack(self.flags, len(self.payload)) + self.payload

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        flags, length = yield from buffer.unpack(cls._BODY)
        check_limit("fence payload", length, MAX_FENCE_PAYLOAD)
        return cls(flags, (yield from buffer.exactly(length)))


@dataclass(frozen=True, slots=True)
class _CutText:
    """Clipboard text: Latin-1 with line feeds (7.5.6, 7.6.4), or an Extended Clipboard message.

    `body` holds the text's bytes, or flags and what follows them when `is_extended` (see clipboard.py).
    """

    body: bytes
    is_extended: bool = False

    TYPE: ClassVar[int] = 0
    _BODY: ClassVar = Struct(">3xi")

    def encode(self) -> bytes:
        length = -len(self.body) if self.is_extended else len(self.body)
        return bytes((self.TYPE,)) + self._BODY.pack(length) + self.body

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        (length,) = yield from buffer.unpack(cls._BODY)
        check_limit("cut text length", abs(length), MAX_CUT_TEXT)
        return cls((yield from buffer.exactly(abs(length))), length < 0)


@dataclass(frozen=True, slots=True)
class ClientCutText(_CutText):
    """The viewer's clipboard (7.5.6)."""

    TYPE: ClassVar[int] = ClientType.CUT_TEXT


@dataclass(frozen=True, slots=True)
class ServerCutText(_CutText):
    """The server's clipboard (7.6.4)."""

    TYPE: ClassVar[int] = ServerType.CUT_TEXT


# From the server (section 7.6) ------------------------------------------------------------------------------

RECTANGLE_HEAD = Struct(">HHHHi")
"""x, y, width, height (px), encoding: what precedes the payload of each rectangle (7.6.1)."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """One rectangle of an update: place and size (px), encoding, and the encoder's bytes (7.6.1)."""

    x: int
    y: int
    w: int
    h: int
    encoding: int
    payload: bytes = b""

    def encode(self) -> bytes:
        return RECTANGLE_HEAD.pack(self.x, self.y, self.w, self.h, self.encoding) + self.payload


@dataclass(frozen=True, slots=True)
class FramebufferUpdate:
    """The head of an update; `count` rectangles follow, 65535 = until LastRect (7.6.1)."""

    count: int

    TYPE: ClassVar = ServerType.UPDATE
    _BODY: ClassVar = Struct(">xH")

    def encode(self) -> bytes:
        return bytes((self.TYPE,)) + self._BODY.pack(self.count)

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        return cls(*(yield from buffer.unpack(cls._BODY)))


@dataclass(frozen=True, slots=True)
class ColourMapEntries:
    """Colours of a colour map, 16 bit each of red, green, blue (7.6.2); read and never used here."""

    first: int
    colours: tuple[tuple[int, int, int], ...]

    TYPE: ClassVar = ServerType.COLOUR_MAP
    _BODY: ClassVar = Struct(">xHH")
    _COLOUR: ClassVar = Struct(">HHH")

    def encode(self) -> bytes:
        head = bytes((self.TYPE,)) + self._BODY.pack(self.first, len(self.colours))
        return head + b"".join(self._COLOUR.pack(*colour) for colour in self.colours)

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        first, count = yield from buffer.unpack(cls._BODY)
        check_limit("colour map entries", count, MAX_COLOUR_MAP)
        data = yield from buffer.exactly(count * cls._COLOUR.size)
        return cls(first, tuple((r, g, b) for r, g, b in cls._COLOUR.iter_unpack(data)))


@dataclass(frozen=True, slots=True)
class Bell:
    """Ring (7.6.3)."""

    TYPE: ClassVar = ServerType.BELL

    def encode(self) -> bytes:
        return bytes((self.TYPE,))

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        yield from buffer.reach(0)
        return cls()


@dataclass(frozen=True, slots=True)
class EndOfContinuousUpdates:
    """Sent once to show support and again each time continuous updates stop (registry)."""

    TYPE: ClassVar = ServerType.END_OF_CONTINUOUS_UPDATES

    def encode(self) -> bytes:
        return bytes((self.TYPE,))

    @classmethod
    def read(cls, buffer: Buffer) -> Reading[Self]:
        yield from buffer.reach(0)
        return cls()
