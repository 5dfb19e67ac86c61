"""RRE (2): a background and rectangles of one colour on it (RFC 6143 section 7.7.3). Decoded for old
servers."""

from __future__ import annotations

from struct import Struct
from typing import Final

import numpy as np

from wire.buffer import Buffer, Reading
from wire.errors import LimitExceeded, ProtocolError
from wire.limits import MAX_RECT_PAYLOAD
from wire.rfb.pixels import Pixels, colours_of

__all__ = ["decode", "take"]

_HEAD: Final = Struct(">I4s")
_SUBRECT: Final = np.dtype([("colour", "<u4"), ("x", ">u2"), ("y", ">u2"), ("w", ">u2"), ("h", ">u2")])


def take(buffer: Buffer, width: int, height: int) -> Reading[bytes]:
    """Take the payload; raises LimitExceeded when it names more subrectangles than a picture can have."""
    yield from buffer.reach(_HEAD.size)
    count, _ = buffer.unpack_at(_HEAD, 0)
    limit = min(width * height, MAX_RECT_PAYLOAD // _SUBRECT.itemsize)
    if count > limit:
        raise LimitExceeded("RRE subrectangles", count, limit)
    return (yield from buffer.exactly(_HEAD.size + count * _SUBRECT.itemsize))


def decode(payload: bytes, target: Pixels) -> None:
    """Write the rectangle into `target` (BGRX); raises ProtocolError."""
    height, width = target.shape[:2]
    colours = colours_of(target)
    subrects = np.frombuffer(payload, _SUBRECT, offset=_HEAD.size)
    columns = {name: subrects[name].astype(np.int64) for name in ("x", "y", "w", "h")}
    right, bottom = columns["x"] + columns["w"], columns["y"] + columns["h"]
    if len(subrects) and (right.max() > width or bottom.max() > height):
        raise ProtocolError(f"an RRE subrectangle leaves its rectangle of {width}x{height}")
    # No encoder paints a pixel twice; one that did so millions of times would hang the viewer.
    if int((columns["w"] * columns["h"]).sum()) > 2 * width * height:
        raise ProtocolError(f"RRE paints more than twice the pixels of its rectangle of {width}x{height}")
    colours[...] = int.from_bytes(payload[4:8], "little")
    places = zip(columns["x"].tolist(), columns["y"].tolist(), right.tolist(), bottom.tolist(), strict=True)
    for colour, (x, y, x_end, y_end) in zip(subrects["colour"].tolist(), places, strict=True):
        colours[y:y_end, x:x_end] = colour
