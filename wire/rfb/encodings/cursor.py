"""Cursor (-239) and Cursor With Alpha (-314): the pointer's picture, drawn by the viewer.

A picture here is uint8, height x width x 4, order B G R A, alpha not multiplied in. -239 has one bit of
transparency and the peer's pixel format; -314 has R G B A bytes with alpha multiplied in, as Raw.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

import numpy as np

from wire.buffer import Buffer, Reading
from wire.errors import LimitExceeded, ProtocolError
from wire.limits import MAX_CURSOR_SIDE
from wire.rfb.constants import Encoding
from wire.rfb.pixels import PixelFormat, Pixels, decode_pixels, encode_pixels

__all__ = ["decode", "decode_alpha", "encode", "encode_alpha", "take", "take_alpha"]

_ENCODING: Final = Struct(">i")
_OPAQUE_FROM: Final = 128
"""Alpha from which a pixel is shown where there is only one bit for it."""


def encode(picture: Pixels, pixel_format: PixelFormat) -> bytes:
    """Return the payload of -239 for a BGRA picture: pixels, then a mask of one bit a pixel, rows padded."""
    mask = np.packbits(picture[..., 3] >= _OPAQUE_FROM, axis=1)
    return encode_pixels(picture, pixel_format) + mask.tobytes()


def take(buffer: Buffer, width: int, height: int, pixel_format: PixelFormat) -> Reading[bytes]:
    """Take the payload of -239; raises LimitExceeded when a side is above MAX_CURSOR_SIDE."""
    _check_size(width, height)
    size = width * height * pixel_format.bytes_per_pixel + (width + 7) // 8 * height
    return (yield from buffer.exactly(size))


def decode(payload: bytes, width: int, height: int, pixel_format: PixelFormat) -> Pixels:
    """Return the BGRA picture in a payload of -239."""
    if width == 0 or height == 0:
        return np.zeros((height, width, 4), np.uint8)
    size = width * height * pixel_format.bytes_per_pixel
    picture = decode_pixels(payload[:size], width, height, pixel_format).copy()
    rows = np.frombuffer(payload, np.uint8, offset=size).reshape(height, -1)
    picture[..., 3] = np.unpackbits(rows, axis=1)[:, :width] * np.uint8(255)
    return picture


def encode_alpha(picture: Pixels) -> bytes:
    """Return the payload of -314 for a BGRA picture."""
    alpha = picture[..., 3:].astype(np.uint16)
    multiplied = picture.copy()
    multiplied[..., :3] = (picture[..., 2::-1] * alpha + 127) // 255
    return _ENCODING.pack(Encoding.RAW) + multiplied.tobytes()


def take_alpha(buffer: Buffer, width: int, height: int) -> Reading[bytes]:
    """Take the payload of -314, of which only Raw is accepted."""
    _check_size(width, height)
    encoding = yield from buffer.s32()
    if encoding != Encoding.RAW:
        raise ProtocolError(f"cursor with alpha in encoding {encoding}, only Raw (0) is accepted")
    return (yield from buffer.exactly(width * height * 4))


def decode_alpha(payload: bytes, width: int, height: int) -> Pixels:
    """Return the BGRA picture in the pixels of -314, its alpha divided out."""
    rgba = np.frombuffer(payload, np.uint8).reshape(height, width, 4)
    alpha = rgba[..., 3:].astype(np.uint16)
    picture = rgba.copy()
    picture[..., :3] = np.minimum(
        (rgba[..., 2::-1] * np.uint16(255) + alpha // 2) // np.maximum(alpha, 1), 255
    )
    return picture


def _check_size(width: int, height: int) -> None:
    for name, side in (("cursor width", width), ("cursor height", height)):
        if side > MAX_CURSOR_SIDE:
            raise LimitExceeded(name, side, MAX_CURSOR_SIDE)
