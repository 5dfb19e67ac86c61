"""CopyRect (1): an area of the viewer's own picture appears in another place (RFC 6143 section 7.7.2).

The source is the picture after the earlier rectangles of the same update; the two areas may overlap.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from wire.buffer import Buffer, Reading
from wire.errors import ProtocolError
from wire.rfb.pixels import Pixels

__all__ = ["apply", "encode", "take"]

_SOURCE: Final = Struct(">HH")
_BAND_PIXELS: Final = 1 << 18


def encode(source_x: int, source_y: int) -> bytes:
    """Return the payload: the upper left corner (px) of the area to copy from."""
    return _SOURCE.pack(source_x, source_y)


def take(buffer: Buffer, width: int, height: int) -> Reading[bytes]:
    """Take the payload."""
    del width, height
    return (yield from buffer.exactly(_SOURCE.size))


def apply(payload: bytes, framebuffer: Pixels, x: int, y: int, width: int, height: int) -> None:  # noqa: PLR0917
    """Copy within `framebuffer` to the area at x, y; raises ProtocolError when the source leaves it."""
    source_x, source_y = _SOURCE.unpack(payload)
    full_height, full_width = framebuffer.shape[:2]
    if source_x + width > full_width or source_y + height > full_height:
        raise ProtocolError(f"CopyRect of {width}x{height} from {source_x},{source_y} leaves the desktop")
    # Where the two overlap numpy copies aside, so it gets bands; first the one that no other still needs.
    band = max(1, _BAND_PIXELS // max(1, width))
    bands = range(0, height, band)
    for top in reversed(bands) if y > source_y else bands:
        rows = min(band, height - top)
        source = framebuffer[source_y + top : source_y + top + rows, source_x : source_x + width]
        framebuffer[y + top : y + top + rows, x : x + width] = source
