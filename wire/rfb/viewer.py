"""The agent's side of RFB, without sockets: bytes in, events out; messages in, bytes out.

It decides the handshake (security None or VNC authentication), asks for updates (continuously where the
server can), answers fences and the clipboard's requests. Rectangles are framed and checked here, but not
decoded: hand them in order to `decoding.FrameDecoder`, which may run in a worker thread. Not thread-safe.

    protocol = ViewerProtocol()
    protocol.receive(data)                  # raises ProtocolError; then the protocol is dead
    for event in protocol.events(): ...
    protocol.send(PointerEvent(0, 40, 12))
    socket.send(protocol.outgoing())
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from wire.buffer import Reading
from wire.errors import BadVersion, LimitExceeded, ProtocolError, WrongState
from wire.limits import MAX_RECTS_PER_UPDATE, MAX_UPDATE_COVERS, MIB
from wire.rfb import events as e
from wire.rfb import messages as m
from wire.rfb.authentication import answer_challenge
from wire.rfb.clipboard import PreparedText
from wire.rfb.constants import (
    COMPRESS_LEVEL_0,
    FINE_QUALITY_0,
    JPEG_QUALITY_0,
    Encoding,
    FenceFlag,
    ResizeReason,
    ResizeStatus,
    Security,
)
from wire.rfb.decoding import FRAMINGS
from wire.rfb.encodings import cursor, desktop_size
from wire.rfb.messages import Screen
from wire.rfb.pixels import BGRX
from wire.rfb.protocol import Protocol
from wire.rfb.states import VIEWER_STEPS, Phase, check_announced, check_step

__all__ = ["DEFAULT_ENCODINGS", "ViewerProtocol", "encodings_for"]

_UNTIL_LAST_RECT: Final = 0xFFFF
_RAW_BAND: Final = 1 * MIB
"""Raw rectangles are handed on in bands of about this many bytes, so that none of any size is held here."""
_SMALL_DESKTOP: Final = 1 << 20
"""Pixels: updates of smaller desktops may paint as much as one of this size."""
_OUR_FENCE_FLAGS: Final = FenceFlag.BLOCK_BEFORE | FenceFlag.BLOCK_AFTER | FenceFlag.SYNC_NEXT


def encodings_for(*, quality: int | None = 8, compress_level: int = 2) -> tuple[int, ...]:
    """Return the list to announce, Tight first. `quality` 0 to 9 allows JPEG; None: lossless only.

    `compress_level` 0 to 9: how hard the server should try.
    """
    levels = [COMPRESS_LEVEL_0 + compress_level]
    if quality is not None:
        fine = (15, 29, 41, 42, 62, 77, 79, 86, 92, 100)[quality]  # TigerVNC's steps for the ten levels
        levels += [JPEG_QUALITY_0 + quality, FINE_QUALITY_0 + fine]
    return (
        Encoding.TIGHT,
        Encoding.COPY_RECT,
        Encoding.ZRLE,
        Encoding.HEXTILE,
        Encoding.RRE,
        Encoding.RAW,
        *levels,
        Encoding.CURSOR_WITH_ALPHA,
        Encoding.CURSOR,
        Encoding.EXTENDED_DESKTOP_SIZE,
        Encoding.DESKTOP_SIZE,
        Encoding.LAST_RECT,
        Encoding.FENCE,
        Encoding.CONTINUOUS_UPDATES,
        Encoding.EXTENDED_CLIPBOARD,
        Encoding.QEMU_EXTENDED_KEY,
    )


DEFAULT_ENCODINGS: Final = encodings_for()


class ViewerProtocol(Protocol[e.ViewerEvent]):
    """One connection to a server, seen from the agent's side.

    `auto_request`: ask for updates by itself, continuously where the server can; else call `request_update`.
    `auto_fence`: return the server's fences at once; else each comes as FenceReceived with REQUEST set and
    the owner calls `answer_fence` when it has painted what came before, so that a slow painter slows the
    server. `width`, `height` (px), `name`, `screens` are the desktop's; `clipboard.is_open` switches the
    clipboard.
    """

    def __init__(
        self,
        *,
        encodings: Sequence[int] = DEFAULT_ENCODINGS,
        shared: bool = True,
        password: str | None = None,
        auto_request: bool = True,
        auto_fence: bool = True,
    ) -> None:
        self.width = 0
        self.height = 0
        self.name = ""
        self.screens: tuple[Screen, ...] = ()
        self.auto_request = auto_request
        self.auto_fence = auto_fence
        self._encodings = tuple(encodings)
        self._shared = shared
        self._password = password
        self._announced: set[int] = set()
        self._is_continuous = False
        self._needs_everything = False
        self._update_pixels = 0
        super().__init__()

    # The four verbs

    def send(self, message: m.Message) -> None:
        """Send a message; raises WrongState before Ready and on an extension the server has not shown."""
        self._check_normal()
        check_step(VIEWER_STEPS, self.phase, type(message), Phase.NORMAL)
        check_announced(type(message), self._announced)
        if isinstance(message, m.SetPixelFormat) and message.pixel_format != BGRX:
            raise ValueError("the viewer reads pixels in its own format only")
        if isinstance(message, m.SetEncodings):
            self._encodings = message.encodings
        self._out.append(message.encode())

    # Other things to send

    def supports(self, encoding: int) -> bool:
        """Whether the server has shown that it knows an extension (its pseudo-encoding's number)."""
        return encoding in self._announced

    def request_update(self, *, incremental: bool = True) -> None:
        """Ask for the whole desktop: what changed, or (not incremental) everything."""
        self.send(m.UpdateRequest(incremental, 0, 0, self.width, self.height))

    def send_key(self, down: bool, keysym: int, scancode: int = 0) -> None:
        """Send a key, with its place on the keyboard (XT set 1) where that is known and the server can use
        it."""
        if scancode and self.supports(Encoding.QEMU_EXTENDED_KEY):
            self.send(m.QemuKeyEvent(down, keysym, scancode))
        else:
            self.send(m.KeyEvent(down, keysym))

    def send_cut_text(self, text: str | PreparedText) -> None:
        """Tell the server what our clipboard holds now; a large text travels only when the server asks.

        Line ends are LF. Raises LimitExceeded above MAX_CUT_TEXT bytes.
        """
        self._check_normal()
        offered = self.clipboard.offer(text)
        if offered is not None:
            self._out.append(m.ClientCutText(*offered).encode())

    def answer_fence(self, event: e.FenceReceived) -> None:
        """Return a fence of the server (only with `auto_fence` off)."""
        self._check_normal()
        self._out.append(m.Fence(event.flags & _OUR_FENCE_FLAGS, event.payload).encode())

    # Handshake

    def _parse(self) -> Reading[None]:
        yield
        yield from self._handshake()
        while True:
            kind = yield from self._buffer.u8()
            rule = _RULES.get(kind)
            if rule is None:
                raise ProtocolError(f"server message {kind} is unknown")
            message_class, handle = rule
            check_step(VIEWER_STEPS, self.phase, message_class, Phase.NORMAL)
            message = yield from message_class.read(self._buffer)
            if isinstance(message, m.FramebufferUpdate):
                yield from self._read_update(message.count)
            else:
                handle(self, message)

    def _handshake(self) -> Reading[None]:
        version = yield from m.ProtocolVersion.read(self._buffer)
        if version.major < 3 or (version.major == 3 and version.minor < 3):
            raise BadVersion(f"the server speaks RFB {version.major}.{version.minor}, at least 3.3 is needed")
        minor = 8 if version.major > 3 or version.minor >= 8 else 7 if version.minor == 7 else 3
        self._out.append(m.ProtocolVersion(3, minor).encode())
        self._step(m.ProtocolVersion, Phase.SECURITY)
        yield from self._agree_on_security(minor)
        self._out.append(m.ClientInit(self._shared).encode())
        init = yield from m.ServerInit.read(self._buffer)
        self._step(m.ServerInit, Phase.NORMAL)
        self.width, self.height, self.name = init.width, init.height, init.name
        self._begin()

    def _agree_on_security(self, minor: int) -> Reading[None]:
        source: type[m.DictatedSecurity | m.SecurityTypes]
        if minor == 3:
            source = m.DictatedSecurity
            dictated = yield from m.DictatedSecurity.read(self._buffer)
            offered: tuple[int, ...] = (dictated.type,) if dictated.type else ()
            reason = dictated.reason
        else:
            source = m.SecurityTypes
            listed = yield from m.SecurityTypes.read(self._buffer)
            offered, reason = listed.types, listed.reason
        choice = self._choose(offered, reason)
        if minor > 3:
            self._out.append(m.SecurityChoice(choice).encode())
        if choice == Security.VNC_AUTH:
            self._step(source, Phase.CHALLENGE)
            yield from self._authenticate(has_reason=minor == 8)
        elif minor == 8:
            self._step(source, Phase.RESULT)
            yield from self._read_result(has_reason=True)
        else:
            self._step(source, Phase.INIT)

    def _choose(self, offered: tuple[int, ...], reason: str) -> int:
        if not offered:
            raise ProtocolError(f"the server refused the connection: {reason}")
        if Security.NONE in offered:
            return Security.NONE
        if Security.VNC_AUTH not in offered:
            raise ProtocolError(
                f"the server offers security types {offered}, known are 1 (None) and 2 (password)"
            )
        if self._password is None:
            raise ProtocolError("the server asks for a password and none was given")
        return Security.VNC_AUTH

    def _authenticate(self, *, has_reason: bool) -> Reading[None]:
        asked = yield from m.VncAuthChallenge.read(self._buffer)
        response = answer_challenge(asked.challenge, self._password or "")
        self._out.append(m.VncAuthResponse(response).encode())
        self._step(m.VncAuthChallenge, Phase.RESULT)
        yield from self._read_result(has_reason=has_reason)

    def _read_result(self, *, has_reason: bool) -> Reading[None]:
        result = yield from m.SecurityResult.read(self._buffer, has_reason=has_reason)
        if not result.accepted:
            raise ProtocolError(f"the server refused the log-in: {result.reason or 'no reason given'}")
        self._step(m.SecurityResult, Phase.INIT)

    def _begin(self) -> None:
        self._events.append(e.Ready(self.width, self.height, self.name, BGRX))
        self._out.append(m.SetPixelFormat(BGRX).encode())
        self._out.append(m.SetEncodings(self._encodings).encode())
        if self.auto_request:
            self.request_update(incremental=False)

    def _step(self, message: type, to: Phase) -> None:
        self.phase = check_step(VIEWER_STEPS, self.phase, message, to)

    # Updates

    def _read_update(self, count: int) -> Reading[None]:
        has_end = count == _UNTIL_LAST_RECT and Encoding.LAST_RECT in self._encodings
        if not has_end and count > MAX_RECTS_PER_UPDATE:
            raise LimitExceeded("rectangles in an update", count, MAX_RECTS_PER_UPDATE)
        if self.auto_request and not self._is_continuous:
            # At the update's begin, so that the next one is made while this one travels.
            self._answer("request", m.UpdateRequest(True, 0, 0, self.width, self.height).encode)
        self._update_pixels = 0
        for _ in range(MAX_RECTS_PER_UPDATE if has_end else count):
            if (yield from self._read_rectangle()):
                has_end = False
                break
        if has_end:
            raise LimitExceeded("rectangles in an update", MAX_RECTS_PER_UPDATE + 1, MAX_RECTS_PER_UPDATE)
        self._events.append(e.UpdateDone())
        if self._needs_everything:
            self._follow_new_size()

    def _read_rectangle(self) -> Reading[bool]:
        """Take one rectangle; return whether it was LastRect."""
        x, y, w, h, encoding = yield from self._buffer.unpack(m.RECTANGLE_HEAD)
        if encoding >= 0:
            yield from self._read_pixels(x, y, w, h, encoding)
            return False
        if encoding == Encoding.LAST_RECT:
            return True
        if encoding in {Encoding.CURSOR, Encoding.CURSOR_WITH_ALPHA}:
            yield from self._read_cursor(x, y, w, h, encoding)
        elif encoding == Encoding.DESKTOP_SIZE:
            self._resize(w, h, ())
        elif encoding == Encoding.EXTENDED_DESKTOP_SIZE:
            screens = yield from desktop_size.take(self._buffer)
            self._read_layout(x, y, w, h, screens)
        elif encoding == Encoding.QEMU_EXTENDED_KEY:
            if encoding not in self._announced:
                self._announced.add(encoding)
                self._events.append(e.ExtendedKeysShown())
        else:
            raise ProtocolError(f"rectangle in encoding {encoding}, which was not asked for")
        return False

    def _read_pixels(self, x: int, y: int, w: int, h: int, encoding: int) -> Reading[None]:
        if x + w > self.width or y + h > self.height:
            raise ProtocolError(f"rectangle {w}x{h} at {x},{y} leaves the desktop {self.width}x{self.height}")
        take = FRAMINGS.get(encoding)
        if take is None:
            raise ProtocolError(f"rectangle in encoding {encoding}, which was not asked for")
        # A few bytes may stand for a whole desktop (a copy, a fill), and an update holds thousands of them.
        self._update_pixels += w * h
        most = MAX_UPDATE_COVERS * max(self.width * self.height, _SMALL_DESKTOP)
        if self._update_pixels > most:
            raise LimitExceeded("pixels of an update", self._update_pixels, most)
        band = h
        if encoding == Encoding.RAW and w:
            band = max(1, _RAW_BAND // (w * BGRX.bytes_per_pixel))
        for top in range(y, y + h, band) if h else (y,):
            height = min(band, y + h - top)
            payload = yield from take(self._buffer, w, height)
            self._events.append(e.RectReceived(x, top, w, height, encoding, payload))

    def _read_cursor(self, x: int, y: int, w: int, h: int, encoding: int) -> Reading[None]:
        if encoding == Encoding.CURSOR:
            payload = yield from cursor.take(self._buffer, w, h, BGRX)
            picture = cursor.decode(payload, w, h, BGRX)
        else:
            payload = yield from cursor.take_alpha(self._buffer, w, h)
            picture = cursor.decode_alpha(payload, w, h)
        self._events.append(e.CursorChanged(x, y, w, h, picture.tobytes()))

    def _read_layout(self, x: int, y: int, w: int, h: int, screens: tuple[Screen, ...]) -> None:
        self._announced.add(Encoding.EXTENDED_DESKTOP_SIZE)
        if x == ResizeReason.THIS_CLIENT and y != ResizeStatus.DONE:
            self._events.append(e.ResizeRefused(y))
        else:
            self._resize(w, h, screens)

    def _resize(self, width: int, height: int, screens: tuple[Screen, ...]) -> None:
        m.check_desktop_size(width, height)
        has_new_size = (width, height) != (self.width, self.height)
        if has_new_size or screens != self.screens:
            self.width, self.height, self.screens = width, height, screens
            self._events.append(e.Resized(width, height, screens))
        self._needs_everything |= has_new_size

    def _follow_new_size(self) -> None:
        """After an update with a new size: want all of the new desktop."""
        self._needs_everything = False
        if self._is_continuous:
            self._out.append(m.EnableContinuousUpdates(True, 0, 0, self.width, self.height).encode())
        if self.auto_request:
            self.request_update(incremental=False)

    # Other messages

    def _fence(self, message: m.Fence) -> None:
        self._announced.add(Encoding.FENCE)
        event = e.FenceReceived(message.flags, message.payload)
        if not message.flags & FenceFlag.REQUEST:
            self._events.append(event)
        elif self.auto_fence:
            self.answer_fence(event)
        else:
            self._events.append(event)

    def _end_continuous(self, _: m.EndOfContinuousUpdates) -> None:
        is_first = Encoding.CONTINUOUS_UPDATES not in self._announced
        self._announced.add(Encoding.CONTINUOUS_UPDATES)
        self._events.append(e.ContinuousUpdatesEnded())
        self._is_continuous = False
        if not self.auto_request:
            return
        if is_first:
            self.send(m.EnableContinuousUpdates(True, 0, 0, self.width, self.height))
            self._is_continuous = True
        else:
            self.request_update()

    def _cut_text(self, message: m.ServerCutText) -> None:
        if not message.is_extended:
            text, answer = self.clipboard.receive_latin(message.body), None
        elif Encoding.EXTENDED_CLIPBOARD in self._encodings:
            was_extended = self.clipboard.is_extended
            text, answer = self.clipboard.receive(message.body)
            if self.clipboard.is_extended and not was_extended:
                self._announced.add(Encoding.EXTENDED_CLIPBOARD)
                self._out.append(m.ClientCutText(self.clipboard.caps(), True).encode())
        else:
            raise WrongState("extended cut text came, but EXTENDED_CLIPBOARD was not asked for")
        if answer is not None:
            self._answer(answer[:4], m.ClientCutText(answer, True).encode)
        if text is not None:
            self._events.append(e.CutTextReceived(text))

    def _bell(self, message: m.Bell) -> None:
        self._events.append(message)

    def _ignore(self, _: m.ColourMapEntries) -> None:
        """A colour map says nothing to a viewer that has set a true-colour format."""


_RULES: Final[dict[int, tuple[Any, Callable[[ViewerProtocol, Any], None]]]] = {
    m.FramebufferUpdate.TYPE: (m.FramebufferUpdate, ViewerProtocol._ignore),
    m.ColourMapEntries.TYPE: (m.ColourMapEntries, ViewerProtocol._ignore),
    m.Bell.TYPE: (m.Bell, ViewerProtocol._bell),
    m.ServerCutText.TYPE: (m.ServerCutText, ViewerProtocol._cut_text),
    m.EndOfContinuousUpdates.TYPE: (m.EndOfContinuousUpdates, ViewerProtocol._end_continuous),
    m.Fence.TYPE: (m.Fence, ViewerProtocol._fence),
}
