"""From framed rectangles to pixels. Pure but for the zlib streams of the connection.

One FrameDecoder belongs to one connection; hand it each RectReceived in the order of the events. It may run
in a worker thread, as long as one thread at a time uses it; packing and JPEG release the interpreter lock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wire.buffer import Buffer, Reading
from wire.errors import ProtocolError
from wire.rfb.constants import Encoding
from wire.rfb.encodings import copyrect, hextile, raw, rre, tight, zrle
from wire.rfb.events import RectReceived
from wire.rfb.pixels import Pixels

__all__ = ["FRAMINGS", "FrameDecoder"]

FRAMINGS: Final[dict[int, Callable[[Buffer, int, int], Reading[bytes]]]] = {
    Encoding.RAW: raw.take,
    Encoding.COPY_RECT: copyrect.take,
    Encoding.RRE: rre.take,
    Encoding.HEXTILE: hextile.take,
    Encoding.TIGHT: tight.take,
    Encoding.ZRLE: zrle.take,
}
"""How each encoding's payload is taken off the stream: (buffer, width, height) in px."""


class FrameDecoder:
    """Paints rectangles into a framebuffer; keeps the zlib streams of one connection."""

    def __init__(self) -> None:
        self._decoders: dict[int, Callable[[bytes, Pixels], None]] = {
            Encoding.RAW: raw.decode,
            Encoding.RRE: rre.decode,
            Encoding.HEXTILE: hextile.decode,
            Encoding.TIGHT: tight.TightDecoder().decode,
            Encoding.ZRLE: zrle.ZrleDecoder().decode,
        }

    def apply(self, event: RectReceived, framebuffer: Pixels) -> None:
        """Paint one rectangle into `framebuffer`, uint8, height x width x 4, B G R X, of the desktop's size.

        Raises ProtocolError when the payload is broken or leaves the framebuffer; then the connection is of
        no use any more, because the streams no longer fit.
        """
        height, width = framebuffer.shape[:2]
        if event.x + event.width > width or event.y + event.height > height:
            raise ProtocolError(f"rectangle at {event.x},{event.y} leaves the framebuffer {width}x{height}")
        if event.encoding == Encoding.COPY_RECT:
            copyrect.apply(event.payload, framebuffer, event.x, event.y, event.width, event.height)
            return
        decode = self._decoders.get(event.encoding)
        if decode is None:
            raise ProtocolError(f"rectangle in encoding {event.encoding}, which is not known")
        decode(event.payload, framebuffer[event.y : event.y + event.height, event.x : event.x + event.width])
