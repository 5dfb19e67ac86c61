"""The customer's side of RFB, without sockets: bytes in, events out; updates in, bytes out.

It decides the handshake (security None: the channel below is sealed), which extensions the two ends share,
and the answers that need no thought: fences, the clipboard's requests, signs of support,
ExtendedDesktopSize on a full request. It leaves to its owner what to capture, how to encode and when to
send. Not thread-safe.

    protocol = ServerProtocol(1920, 1080, "PC-7")
    protocol.receive(data)                  # raises ProtocolError; then the protocol is dead
    for event in protocol.events(): ...
    protocol.send_update([Rectangle(0, 0, 64, 64, Encoding.TIGHT, payload)])
    socket.send(protocol.outgoing())
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from wire.buffer import Reading
from wire.errors import BadVersion, LimitExceeded, ProtocolError, WrongState
from wire.limits import MAX_CURSOR_SIDE, MAX_DESKTOP_NAME, MAX_FENCE_PAYLOAD, MAX_RECTS_PER_UPDATE
from wire.rfb import events as e
from wire.rfb import messages as m
from wire.rfb.clipboard import PreparedText
from wire.rfb.constants import (
    COMPRESS_LEVEL_0,
    FINE_QUALITY_0,
    JPEG_QUALITY_0,
    SUBSAMPLING_0,
    Encoding,
    FenceFlag,
    ResizeReason,
    ResizeStatus,
    Security,
)
from wire.rfb.encodings import cursor, desktop_size
from wire.rfb.messages import Rectangle, Screen
from wire.rfb.pixels import BGRX, PixelFormat, Pixels
from wire.rfb.protocol import Protocol
from wire.rfb.states import SERVER_STEPS, Phase, check_announced, check_step

__all__ = ["ClientState", "Rectangle", "Screen", "ServerProtocol"]

_OUR_FENCE_FLAGS: Final = FenceFlag.BLOCK_BEFORE | FenceFlag.BLOCK_AFTER | FenceFlag.SYNC_NEXT


@dataclass(slots=True)
class ClientState:
    """What the viewer asked for, kept up to date by ServerProtocol; owners only read it.

    `encodings` is the viewer's list, best first. `jpeg_quality` 0 to 9, `fine_quality` 0 to 100 (per cent),
    `subsampling` 0 = 4:4:4, 1 = 4:2:0, 2 = 4:2:2, `compress_level` 0 to 9; None where the viewer named none.
    `continuous_area` x, y, w, h (px) while updates are wanted without asking, else None.
    `requested_area` x, y, w, h (px) of requests not answered by an update yet, else None.
    `wants_everything`: the requested area must be sent even where nothing changed.
    """

    pixel_format: PixelFormat = BGRX
    encodings: tuple[int, ...] = ()
    jpeg_quality: int | None = None
    fine_quality: int | None = None
    subsampling: int | None = None
    compress_level: int | None = None
    continuous_area: tuple[int, int, int, int] | None = None
    requested_area: tuple[int, int, int, int] | None = None
    wants_everything: bool = False
    announced: set[int] = field(default_factory=set)
    """Every pseudo-encoding ever announced: support once shown stays."""

    def supports(self, encoding: int) -> bool:
        """Whether the viewer's current list holds this encoding or pseudo-encoding."""
        return encoding in self.encodings

    @property
    def may_jpeg(self) -> bool:
        """Whether Tight may use JPEG: the viewer named a quality and has 16 or 32 bits per pixel."""
        has_quality = self.jpeg_quality is not None or self.fine_quality is not None
        return has_quality and self.pixel_format.bits_per_pixel > 8

    @property
    def wants_update(self) -> bool:
        """Whether an update may be sent now: one was asked for, or they flow continuously."""
        return self.requested_area is not None or self.continuous_area is not None

    @property
    def supports_tight(self) -> bool:
        """Tight (7)."""
        return Encoding.TIGHT in self.encodings

    @property
    def supports_copy_rect(self) -> bool:
        """CopyRect (1)."""
        return Encoding.COPY_RECT in self.encodings

    @property
    def supports_h264(self) -> bool:
        """Open H.264 (50)."""
        return Encoding.H264 in self.encodings

    @property
    def supports_continuous_updates(self) -> bool:
        """ContinuousUpdates (-313)."""
        return Encoding.CONTINUOUS_UPDATES in self.encodings

    @property
    def supports_fence(self) -> bool:
        """Fence (-312)."""
        return Encoding.FENCE in self.encodings

    @property
    def supports_cursor(self) -> bool:
        """Cursor (-239) or Cursor With Alpha (-314): the viewer draws the pointer."""
        return Encoding.CURSOR in self.encodings or self.supports_cursor_with_alpha

    @property
    def supports_cursor_with_alpha(self) -> bool:
        """Cursor With Alpha (-314)."""
        return Encoding.CURSOR_WITH_ALPHA in self.encodings

    @property
    def supports_extended_desktop_size(self) -> bool:
        """ExtendedDesktopSize (-308)."""
        return Encoding.EXTENDED_DESKTOP_SIZE in self.encodings

    @property
    def supports_desktop_size(self) -> bool:
        """DesktopSize (-223)."""
        return Encoding.DESKTOP_SIZE in self.encodings

    @property
    def supports_extended_clipboard(self) -> bool:
        """Extended Clipboard (0xC0A1E5CE)."""
        return Encoding.EXTENDED_CLIPBOARD in self.encodings

    @property
    def supports_qemu_key(self) -> bool:
        """QEMU Extended Key Event (-258)."""
        return Encoding.QEMU_EXTENDED_KEY in self.encodings

    @property
    def supports_last_rect(self) -> bool:
        """LastRect (-224)."""
        return Encoding.LAST_RECT in self.encodings

    def set_encodings(self, encodings: tuple[int, ...]) -> None:
        """Take the viewer's new list; of several levels the first counts."""
        self.encodings = encodings
        self.announced.update(_PSEUDO.intersection(encodings))
        self.jpeg_quality = _level(encodings, JPEG_QUALITY_0, 9)
        self.fine_quality = _level(encodings, FINE_QUALITY_0, 100)
        self.subsampling = _level(encodings, SUBSAMPLING_0, 5)
        self.compress_level = _level(encodings, COMPRESS_LEVEL_0, 9)


_PSEUDO: Final = frozenset(Encoding)
"""What may be announced: numbers that mean nothing here are not kept, there are four thousand million."""


def _level(encodings: tuple[int, ...], lowest: int, top: int) -> int | None:
    return next((value - lowest for value in encodings if 0 <= value - lowest <= top), None)


class ServerProtocol(Protocol[e.ServerEvent]):
    """One viewer's connection, seen from the customer's side.

    `width`, `height` in px; `screens` are the monitors, one over the whole desktop when none are given.
    `client` tells what the viewer wants. `clipboard.is_open` switches the clipboard.
    """

    def __init__(self, width: int, height: int, name: str, *, screens: Sequence[Screen] = ()) -> None:
        m.check_desktop_size(width, height)
        self.client = ClientState()
        self.width = width
        self.height = height
        self.screens = tuple(screens) or (Screen(0, 0, 0, width, height),)
        self._name = name
        self._shown: set[int] = set()
        super().__init__()
        self._out.append(m.ProtocolVersion(3, 8).encode())

    # The four verbs

    def send_update(self, rectangles: Sequence[Rectangle]) -> None:
        """Send pixels: one update with these rectangles (or none), and count the viewer's request as
        answered.

        Payloads come from the encoders, made in this order for this viewer's pixel format.
        Raises WrongState before the handshake is over and ValueError on a rectangle outside the desktop.
        """
        self._check_normal()
        for rectangle in rectangles:
            if rectangle.x + rectangle.w > self.width or rectangle.y + rectangle.h > self.height:
                raise ValueError(
                    f"{rectangle.w}x{rectangle.h} at {rectangle.x},{rectangle.y} leaves the desktop"
                )
        for start in range(0, max(1, len(rectangles)), MAX_RECTS_PER_UPDATE):
            self._send_rectangles(rectangles[start : start + MAX_RECTS_PER_UPDATE])
        self.client.requested_area = None
        self.client.wants_everything = False

    # Other things to send

    def send_desktop_size(
        self,
        width: int,
        height: int,
        screens: Sequence[Screen] = (),
        *,
        reason: ResizeReason = ResizeReason.SERVER,
    ) -> bool:
        """Tell the new size (px) and screens; return False if the viewer cannot follow a change of size.

        Rectangles sent afterwards must fit the new size. `reason` THIS_CLIENT grants a DesktopSizeRequested.
        """
        m.check_desktop_size(width, height)
        self._check_normal()
        has_new_size = (width, height) != (self.width, self.height)
        self.width, self.height = width, height
        self.screens = tuple(screens) or (Screen(0, 0, 0, width, height),)
        if self.client.requested_area is not None:
            self.client.requested_area = self._cut(*self.client.requested_area)
        if self.client.supports_extended_desktop_size:
            self._out.append(self._layout(reason, ResizeStatus.DONE))
        elif has_new_size and self.client.supports_desktop_size:
            self._send_rectangles([Rectangle(0, 0, width, height, Encoding.DESKTOP_SIZE)])
        else:
            return not has_new_size
        return True

    def refuse_desktop_size(self, status: ResizeStatus = ResizeStatus.PROHIBITED) -> None:
        """Answer a DesktopSizeRequested with no; the size stays."""
        self._check_normal()
        self._out.append(self._layout(ResizeReason.THIS_CLIENT, status))

    def send_cursor(self, picture: Pixels, hot_x: int, hot_y: int) -> bool:
        """Send the pointer's picture; return False if the viewer does not draw pointers.

        `picture` height x width x 4 bytes, order B G R A, alpha not multiplied in; 0x0 hides the pointer.
        Raises LimitExceeded when a side is above MAX_CURSOR_SIDE px.
        """
        self._check_normal()
        height, width = picture.shape[:2]
        if max(width, height) > MAX_CURSOR_SIDE:
            raise LimitExceeded("cursor side", max(width, height), MAX_CURSOR_SIDE)
        if self.client.supports_cursor_with_alpha:
            encoding, payload = Encoding.CURSOR_WITH_ALPHA, cursor.encode_alpha(picture)
        elif self.client.supports_cursor:
            encoding, payload = Encoding.CURSOR, cursor.encode(picture, self.client.pixel_format)
        else:
            return False
        self._send_rectangles([Rectangle(hot_x, hot_y, width, height, encoding, payload)])
        return True

    def send_fence(self, flags: int, payload: bytes) -> bool:
        """Ask the viewer to return this mark; False if it cannot. REQUEST is added; `payload` 1 to 64 bytes.

        The answer comes as FenceReceived with the same payload.
        """
        self._check_normal()
        if not 1 <= len(payload) <= MAX_FENCE_PAYLOAD:
            raise LimitExceeded("fence payload", len(payload), MAX_FENCE_PAYLOAD)
        if not self.client.supports_fence:
            return False
        self._out.append(m.Fence(flags | FenceFlag.REQUEST, payload).encode())
        return True

    def send_cut_text(self, text: str | PreparedText) -> None:
        """Tell the viewer what the clipboard holds now; a large text travels only when the viewer asks.

        Line ends are LF. Raises LimitExceeded above MAX_CUT_TEXT bytes.
        """
        self._check_normal()
        offered = self.clipboard.offer(text)
        if offered is not None:
            self._out.append(m.ServerCutText(*offered).encode())

    def send_bell(self) -> None:
        """Ring at the viewer's end."""
        self._check_normal()
        self._out.append(m.Bell().encode())

    # Reading

    def _parse(self) -> Reading[None]:
        yield
        yield from self._handshake()
        while True:
            kind = yield from self._buffer.u8()
            rule = _RULES.get(kind)
            if rule is None:
                raise ProtocolError(f"viewer message {kind} is unknown")
            message_class, handle = rule
            check_step(SERVER_STEPS, self.phase, message_class, Phase.NORMAL)
            check_announced(message_class, self.client.announced)
            handle(self, (yield from message_class.read(self._buffer)))

    def _handshake(self) -> Reading[None]:
        version = yield from m.ProtocolVersion.read(self._buffer)
        if version.major < 3 or (version.major == 3 and version.minor < 3):
            raise BadVersion(f"the viewer speaks RFB {version.major}.{version.minor}, at least 3.3 is needed")
        minor = 8 if version.major > 3 else version.minor
        self._step(m.ProtocolVersion, Phase.SECURITY)
        if minor < 7:
            self._out.append(m.DictatedSecurity(Security.NONE).encode())
            self._step(m.DictatedSecurity, Phase.INIT)
        else:
            yield from self._agree_on_security(has_result=minor >= 8)
        init = yield from m.ClientInit.read(self._buffer)
        self._step(m.ClientInit, Phase.NORMAL)
        name = self._name.encode()[:MAX_DESKTOP_NAME].decode("utf-8", "ignore")
        self._out.append(m.ServerInit(self.width, self.height, BGRX, name).encode())
        self._events.append(e.ClientReady(init.shared))

    def _agree_on_security(self, *, has_result: bool) -> Reading[None]:
        self._out.append(m.SecurityTypes((Security.NONE,)).encode())
        choice = yield from m.SecurityChoice.read(self._buffer)
        if choice.type != Security.NONE:
            if has_result:
                self._out.append(m.SecurityResult(False, "This security type was not offered.").encode())
            raise ProtocolError(f"the viewer chose security type {choice.type}, only 1 (None) is offered")
        self._step(m.SecurityChoice, Phase.INIT)
        if has_result:
            self._out.append(m.SecurityResult(True).encode())

    def _step(self, message: type, to: Phase) -> None:
        self.phase = check_step(SERVER_STEPS, self.phase, message, to)

    # Each message

    def _set_pixel_format(self, message: m.SetPixelFormat) -> None:
        self.client.pixel_format = message.pixel_format
        self._events.append(e.PixelFormatSet(message.pixel_format))

    def _set_encodings(self, message: m.SetEncodings) -> None:
        self.client.set_encodings(message.encodings)
        self._show_support(message.encodings)
        self._events.append(e.EncodingsSet(message.encodings))

    def _show_support(self, encodings: tuple[int, ...]) -> None:
        """Tell, once each, the extensions whose messages the viewer may send from now on."""
        for encoding in encodings:
            show = _SHOW_SUPPORT.get(encoding)
            if show is not None and encoding not in self._shown:
                self._shown.add(encoding)
                self._out.append(show(self))

    def _request_update(self, message: m.UpdateRequest) -> None:
        x, y, w, h = self._cut(message.x, message.y, message.w, message.h)
        if not message.incremental and self.client.supports_extended_desktop_size:
            self._answer("layout", lambda: self._layout(ResizeReason.SERVER, ResizeStatus.DONE))
        self.client.requested_area = _cover(self.client.requested_area, (x, y, w, h))
        self.client.wants_everything |= not message.incremental
        self._events.append(e.UpdateRequested(message.incremental, x, y, w, h))

    def _enable_continuous_updates(self, message: m.EnableContinuousUpdates) -> None:
        area = self._cut(message.x, message.y, message.w, message.h)
        was_on = self.client.continuous_area is not None
        self.client.continuous_area = area if message.on else None
        if was_on and not message.on:
            self._out.append(m.EndOfContinuousUpdates().encode())
        self._events.append(e.ContinuousUpdatesSet(message.on, *area))

    def _fence(self, message: m.Fence) -> None:
        if message.flags & FenceFlag.REQUEST:
            self._out.append(m.Fence(message.flags & _OUR_FENCE_FLAGS, message.payload).encode())
        elif message.payload:  # an empty one answers our sign of support
            self._events.append(e.FenceReceived(message.flags, message.payload))

    def _set_desktop_size(self, message: m.SetDesktopSize) -> None:
        self._events.append(e.DesktopSizeRequested(message.width, message.height, message.screens))

    def _cut_text(self, message: m.ClientCutText) -> None:
        if not message.is_extended:
            text, answer = self.clipboard.receive_latin(message.body), None
        elif Encoding.EXTENDED_CLIPBOARD in self.client.announced:
            text, answer = self.clipboard.receive(message.body)
        else:
            raise WrongState("extended cut text came, but EXTENDED_CLIPBOARD was not agreed on")
        if answer is not None:
            self._answer(answer[:4], m.ServerCutText(answer, True).encode)
        if text is not None:
            self._events.append(e.CutTextReceived(text))

    def _input(self, message: m.KeyEvent | m.QemuKeyEvent | m.PointerEvent) -> None:
        self._events.append(message)

    # Sending

    def _send_rectangles(self, rectangles: Sequence[Rectangle]) -> None:
        self._out.append(m.FramebufferUpdate(len(rectangles)).encode())
        for r in rectangles:
            self._out.append(m.RECTANGLE_HEAD.pack(r.x, r.y, r.w, r.h, r.encoding))
            self._out.append(r.payload)

    def _layout(self, reason: ResizeReason, status: ResizeStatus) -> bytes:
        payload = desktop_size.encode(self.screens)
        where = (reason, status, self.width, self.height)
        rectangle = Rectangle(*where, Encoding.EXTENDED_DESKTOP_SIZE, payload)
        return m.FramebufferUpdate(1).encode() + rectangle.encode()

    def _cut(self, x: int, y: int, w: int, h: int) -> tuple[int, int, int, int]:
        x, y = min(x, self.width), min(y, self.height)
        return x, y, min(w, self.width - x), min(h, self.height - y)


def _cover(
    first: tuple[int, int, int, int] | None, second: tuple[int, int, int, int]
) -> tuple[int, int, int, int]:
    """Return the smallest area that holds both."""
    if first is None:
        return second
    x, y = min(first[0], second[0]), min(first[1], second[1])
    right, bottom = (
        max(first[0] + first[2], second[0] + second[2]),
        max(first[1] + first[3], second[1] + second[3]),
    )
    return x, y, right - x, bottom - y


_SHOW_SUPPORT: Final[dict[int, Callable[[ServerProtocol], bytes]]] = {
    Encoding.FENCE: lambda _: m.Fence(FenceFlag.REQUEST, b"").encode(),
    Encoding.CONTINUOUS_UPDATES: lambda _: m.EndOfContinuousUpdates().encode(),
    Encoding.EXTENDED_CLIPBOARD: lambda server: m.ServerCutText(server.clipboard.caps(), True).encode(),
    Encoding.QEMU_EXTENDED_KEY: lambda _: (
        m.FramebufferUpdate(1).encode() + Rectangle(0, 0, 0, 0, Encoding.QEMU_EXTENDED_KEY).encode()
    ),
}

_RULES: Final[dict[int, tuple[Any, Callable[[ServerProtocol, Any], None]]]] = {
    m.SetPixelFormat.TYPE: (m.SetPixelFormat, ServerProtocol._set_pixel_format),
    m.SetEncodings.TYPE: (m.SetEncodings, ServerProtocol._set_encodings),
    m.UpdateRequest.TYPE: (m.UpdateRequest, ServerProtocol._request_update),
    m.KeyEvent.TYPE: (m.KeyEvent, ServerProtocol._input),
    m.PointerEvent.TYPE: (m.PointerEvent, ServerProtocol._input),
    m.ClientCutText.TYPE: (m.ClientCutText, ServerProtocol._cut_text),
    m.EnableContinuousUpdates.TYPE: (m.EnableContinuousUpdates, ServerProtocol._enable_continuous_updates),
    m.Fence.TYPE: (m.Fence, ServerProtocol._fence),
    m.SetDesktopSize.TYPE: (m.SetDesktopSize, ServerProtocol._set_desktop_size),
    m.QemuKeyEvent.TYPE: (m.QemuKeyEvent, ServerProtocol._input),
}
