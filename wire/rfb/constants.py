"""Numbers of the RFB protocol, by name. Source: RFC 6143 and the community registry (rfbproto.rst)."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Final

__all__ = [
    "COMPRESS_LEVEL_0",
    "FINE_QUALITY_0",
    "JPEG_QUALITY_0",
    "SUBSAMPLING_0",
    "ClientType",
    "ClipboardFlag",
    "Encoding",
    "FenceFlag",
    "ResizeReason",
    "ResizeStatus",
    "Security",
    "ServerType",
]


class Security(IntEnum):
    """Security types (RFC 6143 section 7.1.2). Ours is None: the channel below is sealed."""

    INVALID = 0
    NONE = 1
    VNC_AUTH = 2


class ClientType(IntEnum):
    """First byte of the messages a viewer sends."""

    SET_PIXEL_FORMAT = 0
    SET_ENCODINGS = 2
    UPDATE_REQUEST = 3
    KEY = 4
    POINTER = 5
    CUT_TEXT = 6
    ENABLE_CONTINUOUS_UPDATES = 150
    FENCE = 248
    SET_DESKTOP_SIZE = 251
    QEMU = 255


class ServerType(IntEnum):
    """First byte of the messages a server sends."""

    UPDATE = 0
    COLOUR_MAP = 1
    BELL = 2
    CUT_TEXT = 3
    END_OF_CONTINUOUS_UPDATES = 150
    FENCE = 248


class Encoding(IntEnum):
    """Encodings and pseudo-encodings, signed 32 bit as in SetEncodings and in rectangle headers."""

    RAW = 0
    COPY_RECT = 1
    RRE = 2
    HEXTILE = 5
    TIGHT = 7
    ZRLE = 16
    H264 = 50
    DESKTOP_SIZE = -223
    LAST_RECT = -224
    CURSOR = -239
    QEMU_EXTENDED_KEY = -258
    EXTENDED_DESKTOP_SIZE = -308
    FENCE = -312
    CONTINUOUS_UPDATES = -313
    CURSOR_WITH_ALPHA = -314
    EXTENDED_CLIPBOARD = 0xC0A1E5CE - (1 << 32)


JPEG_QUALITY_0: Final = -32
"""JPEG quality level 0; level n (0 to 9) is this plus n."""
COMPRESS_LEVEL_0: Final = -256
"""Compression level 0; level n (0 to 9) is this plus n."""
FINE_QUALITY_0: Final = -512
"""JPEG quality 0 %; n % (0 to 100) is this plus n."""
SUBSAMPLING_0: Final = -768
"""JPEG subsampling: this plus 0 for 4:4:4, 1 for 4:2:0, 2 for 4:2:2, 3 for grey, 4 and 5 for coarser ones."""


class FenceFlag(IntFlag):
    """Flags of Fence messages (registry, section Fence)."""

    BLOCK_BEFORE = 1 << 0
    BLOCK_AFTER = 1 << 1
    SYNC_NEXT = 1 << 2
    REQUEST = 1 << 31


class ClipboardFlag(IntFlag):
    """Formats and actions of Extended Clipboard (registry, section Extended Clipboard Pseudo-Encoding)."""

    TEXT = 1 << 0
    RTF = 1 << 1
    HTML = 1 << 2
    DIB = 1 << 3
    FILES = 1 << 4
    CAPS = 1 << 24
    REQUEST = 1 << 25
    PEEK = 1 << 26
    NOTIFY = 1 << 27
    PROVIDE = 1 << 28


class ResizeReason(IntEnum):
    """Why an ExtendedDesktopSize rectangle was sent (its x field)."""

    SERVER = 0
    THIS_CLIENT = 1
    OTHER_CLIENT = 2


class ResizeStatus(IntEnum):
    """The answer to SetDesktopSize (the y field of ExtendedDesktopSize)."""

    DONE = 0
    PROHIBITED = 1
    OUT_OF_RESOURCES = 2
    INVALID_LAYOUT = 3
