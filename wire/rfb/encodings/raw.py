"""Raw (0): the pixels as they are (RFC 6143 section 7.7.1)."""

from __future__ import annotations

import numpy as np

from wire.buffer import Buffer, Reading
from wire.errors import ProtocolError
from wire.rfb.pixels import PixelFormat, Pixels, encode_pixels

__all__ = ["decode", "encode", "take"]


def take(buffer: Buffer, width: int, height: int) -> Reading[bytes]:
    """Take the payload; the viewer asks for bands of a large rectangle (see viewer.py)."""
    return (yield from buffer.exactly(width * height * 4))


def decode(payload: bytes, target: Pixels) -> None:
    """Write the pixels into `target`, height x width x 4, BGRX."""
    if len(payload) != target.size:
        raise ProtocolError(f"Raw rectangle of {len(payload)} bytes, expected {target.size}")
    target[...] = np.frombuffer(payload, np.uint8).reshape(target.shape)


def encode(pixels: Pixels, pixel_format: PixelFormat) -> bytes:
    """Return the payload for `pixels` (BGRX) in the peer's format."""
    return encode_pixels(pixels, pixel_format)
