"""Pictures that encodings are tried on: smooth, noisy, flat, odd in size, strided."""

from __future__ import annotations

import numpy as np

from tests.wire.rfb.reading import both_ways
from wire.rfb.decoding import FRAMINGS, FrameDecoder
from wire.rfb.events import RectReceived
from wire.rfb.pixels import Pixels

SIZES = [(1, 1), (3, 2), (7, 5), (16, 16), (64, 64), (65, 63), (130, 70), (2048, 3)]


def smooth(width: int, height: int) -> Pixels:
    """A gradient."""
    y, x = np.mgrid[0:height, 0:width]
    picture = np.zeros((height, width, 4), np.uint8)
    picture[..., 0], picture[..., 1], picture[..., 2] = x * 7 % 256, y * 5 % 256, (x + y) % 256
    return picture


def noise(width: int, height: int, colours: int = 1 << 24) -> Pixels:
    """Noise of at most so many colours."""
    numbers = np.random.default_rng(width * height).integers(0, colours, (height, width), dtype=np.uint32)
    return (
        np.ascontiguousarray(numbers * np.uint32(0x9E3779B1) & np.uint32(0xFFFFFF))
        .view(np.uint8)
        .reshape(height, width, 4)
    )


def decode(decoder: FrameDecoder, encoding: int, payload: bytes, width: int, height: int) -> Pixels:
    """Frame the payload, at once and byte by byte, and paint it into the middle of a larger framebuffer."""
    framed = both_ways(lambda buffer: FRAMINGS[encoding](buffer, width, height), payload)
    framebuffer = np.full((height + 4, width + 6, 4), 77, np.uint8)
    decoder.apply(RectReceived(2, 1, width, height, encoding, framed), framebuffer)
    inside = framebuffer[1 : 1 + height, 2 : 2 + width].copy()
    framebuffer[1 : 1 + height, 2 : 2 + width] = 77
    assert (framebuffer == 77).all(), "painted outside its rectangle"
    return inside


def same(first: Pixels, second: Pixels) -> bool:
    """Whether the colours are equal; the fourth byte says nothing."""
    return first.shape == second.shape and bool((first[..., :3] == second[..., :3]).all())
