"""Pixel formats and the conversion between them and our one picture form. Pure numpy.

Inside BaroHelp a picture is a uint8 array, height x width x 4, bytes in the order B G R X, rows top to
bottom; X is undefined. As little-endian 32-bit numbers its pixels read 0x??RRGGBB; a *colour* is such a
number, 0xRRGGBB.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from wire.errors import ProtocolError

__all__ = [
    "BGRX",
    "Colours",
    "PixelFormat",
    "Pixels",
    "colours_of",
    "decode_pixels",
    "encode_colours",
    "encode_pixels",
    "encode_tpixels",
]

Pixels: TypeAlias = NDArray[np.uint8]
"""height x width x 4 bytes, order B G R X, rows top to bottom."""
Colours: TypeAlias = NDArray[np.uint32]
"""Numbers 0xRRGGBB."""

_LAYOUT = Struct(">BBBBHHHBBB3x")


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How the pixels of Raw, Cursor and others lie on the wire (RFC 6143 section 7.4).

    Shifts in bits; maxima are 2^n - 1. Only true colour is supported: a colour map is refused.
    """

    bits_per_pixel: int
    depth: int
    big_endian: bool
    true_colour: bool
    red_max: int
    green_max: int
    blue_max: int
    red_shift: int
    green_shift: int
    blue_shift: int

    @property
    def bytes_per_pixel(self) -> int:
        """1, 2 or 4."""
        return self.bits_per_pixel // 8

    @property
    def has_bytes_of_colour(self) -> bool:
        """Whether Tight sends three bytes R G B a pixel (TPIXEL) and not the format's own."""
        return (
            self.bits_per_pixel == 32
            and self.depth == 24
            and self.red_max == self.green_max == self.blue_max == 255
        )

    @property
    def tpixel_bytes(self) -> int:
        """Bytes of one pixel in Tight (registry, section Tight Encoding: TPIXEL)."""
        return 3 if self.has_bytes_of_colour else self.bytes_per_pixel

    @property
    def dtype(self) -> np.dtype[Any]:
        """The number type of one pixel on the wire."""
        return np.dtype(f"{'>' if self.big_endian else '<'}u{self.bytes_per_pixel}")

    def encode(self) -> bytes:
        """Return the 16 bytes of PIXEL_FORMAT."""
        return _LAYOUT.pack(
            self.bits_per_pixel,
            self.depth,
            self.big_endian,
            self.true_colour,
            self.red_max,
            self.green_max,
            self.blue_max,
            self.red_shift,
            self.green_shift,
            self.blue_shift,
        )

    @classmethod
    def decode(cls, data: bytes) -> PixelFormat:
        """Return the format in 16 bytes. Raises ProtocolError on one that no picture can have."""
        found = cls.unchecked(data)
        found.check()
        return found

    @classmethod
    def unchecked(cls, data: bytes) -> PixelFormat:
        """Return the format in 16 bytes as it stands, for showing only."""
        bits, depth, big, true_colour, *rest = _LAYOUT.unpack(data)
        return cls(bits, depth, bool(big), bool(true_colour), *rest)

    def check(self) -> None:
        """Raise ProtocolError unless the fields fit each other."""
        if self.bits_per_pixel not in {8, 16, 32}:
            raise ProtocolError(f"bits per pixel is {self.bits_per_pixel}, allowed are 8, 16 and 32")
        if not 1 <= self.depth <= self.bits_per_pixel:
            raise ProtocolError(f"depth is {self.depth} at {self.bits_per_pixel} bits per pixel")
        if not self.true_colour:
            raise ProtocolError("the pixel format asks for a colour map, only true colour is supported")
        for name, top, shift in self._channels():
            if top == 0 or top & (top + 1):
                raise ProtocolError(f"{name} maximum is {top}, not a power of two minus one")
            if top.bit_length() + shift > self.bits_per_pixel:
                raise ProtocolError(f"{name} shift is {shift}, beyond {self.bits_per_pixel} bits")

    def _channels(self) -> tuple[tuple[str, int, int], ...]:
        return (
            ("red", self.red_max, self.red_shift),
            ("green", self.green_max, self.green_shift),
            ("blue", self.blue_max, self.blue_shift),
        )


BGRX: Final = PixelFormat(32, 24, False, True, 255, 255, 255, 16, 8, 0)
"""Our own form on the wire: 32 bit little-endian, bytes B G R X."""


def colours_of(pixels: Pixels) -> Colours:
    """Return the height x width numbers 0x??RRGGBB of `pixels` without a copy; X is in the top byte."""
    return pixels.view("<u4")[..., 0]


def encode_pixels(pixels: Pixels, pixel_format: PixelFormat) -> bytes:
    """Return `pixels` row by row in the peer's format. X of 32-bit formats is what it was or 0."""
    if pixel_format == BGRX:
        return pixels.tobytes()
    return _to_format(pixels[..., 2], pixels[..., 1], pixels[..., 0], pixel_format).tobytes()


def encode_tpixels(pixels: Pixels, pixel_format: PixelFormat) -> bytes:
    """Return `pixels` as Tight's TPIXELs: R G B bytes where the format allows it, else the format's own."""
    if not pixel_format.has_bytes_of_colour:
        return encode_pixels(pixels, pixel_format)
    rgb = np.empty((*pixels.shape[:2], 3), np.uint8)
    rgb[..., 0] = pixels[..., 2]
    rgb[..., 1] = pixels[..., 1]
    rgb[..., 2] = pixels[..., 0]
    return rgb.tobytes()


def encode_colours(colours: Colours, pixel_format: PixelFormat) -> bytes:
    """Return a list of colours 0xRRGGBB as TPIXELs."""
    pixels = np.ascontiguousarray(colours, "<u4").view(np.uint8).reshape(1, -1, 4)
    return encode_tpixels(pixels, pixel_format)


def decode_pixels(data: bytes | memoryview, width: int, height: int, pixel_format: PixelFormat) -> Pixels:
    """Return the picture in `data`: height * width pixels of `pixel_format`. It may share memory with `data`.

    Raises ProtocolError when the number of bytes does not fit.
    """
    expected = width * height * pixel_format.bytes_per_pixel
    if len(data) != expected:
        raise ProtocolError(f"picture of {width}x{height} has {len(data)} bytes, expected {expected}")
    if pixel_format == BGRX:
        return np.frombuffer(data, np.uint8).reshape(height, width, 4)
    values = np.frombuffer(data, pixel_format.dtype).reshape(height, width).astype(np.uint32)
    pixels = np.empty((height, width, 4), np.uint8)
    for place, (top, shift) in enumerate(
        (
            (pixel_format.blue_max, pixel_format.blue_shift),
            (pixel_format.green_max, pixel_format.green_shift),
            (pixel_format.red_max, pixel_format.red_shift),
        )
    ):
        channel = (values >> np.uint32(shift)) & np.uint32(top)
        pixels[..., place] = channel if top == 255 else (channel * 255 + top // 2) // top
    pixels[..., 3] = 255
    return pixels


def _to_format(red: Pixels, green: Pixels, blue: Pixels, pixel_format: PixelFormat) -> NDArray[Any]:
    reds, greens, blues = _tables(pixel_format)
    values = reds[red]
    values |= greens[green]
    values |= blues[blue]
    return values


@lru_cache(maxsize=8)
def _tables(pixel_format: PixelFormat) -> tuple[NDArray[Any], ...]:
    """For red, green and blue: the channel's 256 values, scaled and shifted, in the wire's number type."""
    tables = []
    for top, shift in (
        (pixel_format.red_max, pixel_format.red_shift),
        (pixel_format.green_max, pixel_format.green_shift),
        (pixel_format.blue_max, pixel_format.blue_shift),
    ):
        scaled = (np.arange(256, dtype=np.uint64) * top + 127) // 255 << np.uint64(shift)
        tables.append(scaled.astype(pixel_format.dtype))
    return tuple(tables)
