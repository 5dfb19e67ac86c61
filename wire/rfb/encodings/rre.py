"""RRE (2): a background and rectangles of one colour on it (RFC 6143 section 7.7.3). Decoded for old
servers."""

from __future__ import annotations

from struct import Struct
from typing import Final

import numpy as np

from wire.buffer import Buffer, Reading
from wire.errors import LimitExceeded, ProtocolError
from wire.limits import MAX_FOREIGN_RECT_PIXELS, MAX_RECT_PAYLOAD
from wire.rfb.encodings import subrects
from wire.rfb.pixels import Pixels, colours_of

__all__ = ["decode", "take"]

_HEAD: Final = Struct(">I4s")
_SUBRECT: Final = np.dtype([("colour", "<u4"), ("x", ">u2"), ("y", ">u2"), ("w", ">u2"), ("h", ">u2")])
_CHUNK: Final = 1 << 16
"""How many subrectangles are looked at together."""


def take(buffer: Buffer, width: int, height: int) -> Reading[bytes]:
    """Take the payload; raises LimitExceeded when it names more subrectangles than a picture can have."""
    if width * height > MAX_FOREIGN_RECT_PIXELS:
        raise LimitExceeded("RRE pixels", width * height, MAX_FOREIGN_RECT_PIXELS)
    yield from buffer.reach(_HEAD.size)
    count, _ = buffer.unpack_at(_HEAD, 0)
    limit = min(width * height, MAX_RECT_PAYLOAD // _SUBRECT.itemsize)
    if count > limit:
        raise LimitExceeded("RRE subrectangles", count, limit)
    return (yield from buffer.exactly_large(_HEAD.size + count * _SUBRECT.itemsize))


def decode(payload: bytes, target: Pixels) -> None:
    """Write the rectangle into `target` (BGRX); raises ProtocolError."""
    height, width = target.shape[:2]
    colours = colours_of(target)
    colours[...] = int.from_bytes(payload[4:8], "little")
    listed = np.frombuffer(payload, _SUBRECT, offset=_HEAD.size)
    painted = 0
    for start in range(0, len(listed), _CHUNK):
        some = listed[start : start + _CHUNK]
        x, y, w, h = (some[name].astype(np.int32) for name in ("x", "y", "w", "h"))
        if (x + w).max() > width or (y + h).max() > height:
            raise ProtocolError(f"an RRE subrectangle leaves its rectangle of {width}x{height}")
        # No encoder paints a pixel twice; one that did so millions of times would hang the viewer.
        painted += int((w.astype(np.int64) * h).sum())
        if painted > 2 * width * height:
            raise ProtocolError(f"RRE paints more than twice the pixels of its rectangle of {width}x{height}")
        subrects.paint(colours, x, y, w, h, some["colour"])
