"""What the two protocols tell their owners: frozen values, in the order in which their bytes came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from wire.rfb.messages import Bell, KeyEvent, PointerEvent, QemuKeyEvent, Screen
from wire.rfb.pixels import PixelFormat, Pixels

__all__ = [
    "Bell",
    "ClientReady",
    "ContinuousUpdatesEnded",
    "ContinuousUpdatesSet",
    "CursorChanged",
    "CutTextReceived",
    "DesktopSizeRequested",
    "EncodingsSet",
    "ExtendedKeysShown",
    "FenceReceived",
    "KeyEvent",
    "PixelFormatSet",
    "PointerEvent",
    "QemuKeyEvent",
    "Ready",
    "RectReceived",
    "ResizeRefused",
    "Resized",
    "ServerEvent",
    "UpdateDone",
    "UpdateRequested",
    "ViewerEvent",
]


# Both sides


@dataclass(frozen=True, slots=True)
class CutTextReceived:
    """The peer's clipboard holds `text` now; line ends are LF."""

    text: str


@dataclass(frozen=True, slots=True)
class FenceReceived:
    """A fence came: the answer to one of ours, or at the viewer a request (see ViewerProtocol)."""

    flags: int
    payload: bytes


# At the server (the customer's side)


@dataclass(frozen=True, slots=True)
class ClientReady:
    """The handshake is over; `shared`: other viewers may stay."""

    shared: bool


@dataclass(frozen=True, slots=True)
class PixelFormatSet:
    """Pixels encoded from now on must have this format; the zlib streams go on."""

    pixel_format: PixelFormat


@dataclass(frozen=True, slots=True)
class EncodingsSet:
    """What the viewer decodes changed; read it from ServerProtocol.client."""

    encodings: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UpdateRequested:
    """The viewer asks for an area (px), cut to the desktop; not incremental: all of it, changed or not."""

    incremental: bool
    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class ContinuousUpdatesSet:
    """The viewer wants the area (px) without asking, or no longer."""

    on: bool
    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class DesktopSizeRequested:
    """The viewer asks for another desktop size; answer with send_desktop_size or refuse_desktop_size."""

    width: int
    height: int
    screens: tuple[Screen, ...]


# At the viewer (the agent's side)


@dataclass(frozen=True, slots=True)
class Ready:
    """The handshake is over. `pixel_format` is that of the rectangles to come: ours (BGRX)."""

    width: int
    height: int
    name: str
    pixel_format: PixelFormat


@dataclass(frozen=True, slots=True)
class RectReceived:
    """A rectangle (px) lies in the desktop and is complete; `payload` is not decoded yet (see decoding.py).

    Raw rectangles of more than about 1 MiB come as several, top to bottom.
    """

    x: int
    y: int
    width: int
    height: int
    encoding: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class UpdateDone:
    """All rectangles of one update have come: the picture is whole."""


@dataclass(frozen=True, slots=True)
class Resized:
    """The desktop has another size (px) or other screens; `screens` is empty when the server cannot tell.

    Rectangles after it fit the new size. The picture's content is sent anew.
    """

    width: int
    height: int
    screens: tuple[Screen, ...]


@dataclass(frozen=True, slots=True)
class ResizeRefused:
    """The server refused our SetDesktopSize; `status` as in ResizeStatus."""

    status: int


@dataclass(frozen=True, slots=True)
class CursorChanged:
    """The pointer's picture: `pixels` height x width x 4 bytes, order B G R A, alpha not multiplied in.

    Hot spot in px from its upper left corner. Width 0: no pointer is shown.
    """

    hot_x: int
    hot_y: int
    width: int
    height: int
    pixels: bytes

    @property
    def picture(self) -> Pixels:
        """The pixels as an array height x width x 4, read-only."""
        return np.frombuffer(self.pixels, np.uint8).reshape(self.height, self.width, 4)


@dataclass(frozen=True, slots=True)
class ContinuousUpdatesEnded:
    """The server shows that it can send continuously, or has stopped doing so."""


@dataclass(frozen=True, slots=True)
class ExtendedKeysShown:
    """The server takes keys by their place from now on (QemuKeyEvent)."""


ServerEvent: TypeAlias = (
    ClientReady
    | PixelFormatSet
    | EncodingsSet
    | UpdateRequested
    | KeyEvent
    | QemuKeyEvent
    | PointerEvent
    | CutTextReceived
    | ContinuousUpdatesSet
    | FenceReceived
    | DesktopSizeRequested
)
ViewerEvent: TypeAlias = (
    Ready
    | RectReceived
    | UpdateDone
    | Resized
    | ResizeRefused
    | CursorChanged
    | CutTextReceived
    | Bell
    | FenceReceived
    | ContinuousUpdatesEnded
    | ExtendedKeysShown
)
