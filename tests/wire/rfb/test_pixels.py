"""Pixel formats and conversions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wire.errors import ProtocolError
from wire.rfb.pixels import (
    BGRX,
    PixelFormat,
    colours_of,
    decode_pixels,
    encode_colours,
    encode_pixels,
    encode_tpixels,
)

NOVNC = replace(BGRX, red_shift=0, blue_shift=16)
BIG_ENDIAN = replace(BGRX, big_endian=True)
RGB565 = PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)
RGB332 = PixelFormat(8, 8, False, True, 7, 7, 3, 5, 2, 0)
PICTURE = np.array([[[10, 20, 30, 0], [255, 0, 128, 0]]], np.uint8)  # B G R X


@pytest.mark.parametrize(
    ("pixel_format", "literal"),
    [
        (BGRX, "0a141e00 ff008000"),
        (NOVNC, "1e140a00 8000ff00"),
        (BIG_ENDIAN, "001e140a 008000ff"),
        (RGB565, "a120 1f80"),
        (RGB332, "24 83"),
    ],
)
def test_it_writes_pixels_in_the_peers_format(pixel_format: PixelFormat, literal: str) -> None:
    assert encode_pixels(PICTURE, pixel_format) == bytes.fromhex(literal)


@pytest.mark.parametrize("pixel_format", [BGRX, NOVNC, BIG_ENDIAN, RGB565, RGB332])
def test_it_reads_back_what_the_format_can_hold(pixel_format: PixelFormat) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (5, 7, 4), dtype=np.uint8)
    data = encode_pixels(picture, pixel_format)
    decoded = decode_pixels(data, 7, 5, pixel_format)
    assert encode_pixels(decoded, pixel_format)[:3] == data[:3]
    step = 255 // min(pixel_format.red_max, pixel_format.green_max, pixel_format.blue_max)
    assert np.abs(decoded[..., :3].astype(int) - picture[..., :3]).max() <= step // 2 + 1


def test_it_writes_tpixels_as_red_green_blue() -> None:
    assert encode_tpixels(PICTURE, BGRX) == bytes.fromhex("1e140a 8000ff")
    assert encode_tpixels(PICTURE, NOVNC) == bytes.fromhex("1e140a 8000ff")
    assert encode_tpixels(PICTURE, RGB565) == encode_pixels(PICTURE, RGB565)
    assert encode_colours(np.array([0x1E140A], np.uint32), BGRX) == bytes.fromhex("1e140a")


def test_it_takes_strided_views() -> None:
    picture = np.arange(6 * 8 * 4, dtype=np.uint8).reshape(6, 8, 4)
    view = picture[1:4, 2:5]
    assert encode_pixels(view, BGRX) == np.ascontiguousarray(view).tobytes()
    assert colours_of(view).shape == (3, 3)
    assert colours_of(view)[0, 0] == int.from_bytes(picture[1, 2].tobytes(), "little")


@pytest.mark.parametrize(
    "changes",
    [
        {"bits_per_pixel": 24},
        {"depth": 0},
        {"depth": 33},
        {"true_colour": False},
        {"red_max": 0},
        {"green_max": 254},
        {"blue_shift": 25},
        {"red_max": 65535, "red_shift": 17},
    ],
)
def test_it_refuses_formats_that_do_not_fit(changes: dict[str, int]) -> None:
    with pytest.raises(ProtocolError):
        PixelFormat.decode(replace(BGRX, **changes).encode())


def test_it_refuses_a_picture_of_the_wrong_length() -> None:
    with pytest.raises(ProtocolError, match="2x2 has 15 bytes, expected 16"):
        decode_pixels(bytes(15), 2, 2, BGRX)
