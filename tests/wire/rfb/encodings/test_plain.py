"""Raw, CopyRect, the pointer, the desktop's size: literal bytes and roundtrips."""

from __future__ import annotations

import numpy as np
import pytest

from tests.wire.rfb.encodings.pictures import SIZES, decode, noise, same
from tests.wire.rfb.reading import both_ways
from wire.errors import ProtocolError
from wire.rfb.constants import Encoding
from wire.rfb.decoding import FrameDecoder
from wire.rfb.encodings import copyrect, cursor, desktop_size, raw
from wire.rfb.events import RectReceived
from wire.rfb.messages import Screen
from wire.rfb.pixels import BGRX, PixelFormat

RGB565 = PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_returns_raw_pixels_exactly(width: int, height: int) -> None:
    picture = noise(width, height)
    payload = raw.encode(picture, BGRX)
    assert same(decode(FrameDecoder(), Encoding.RAW, payload, width, height), picture)


def test_it_refuses_raw_of_another_length() -> None:
    with pytest.raises(ProtocolError):
        raw.decode(bytes(15), np.zeros((2, 2, 4), np.uint8))


@pytest.mark.parametrize(
    ("source", "target"), [((0, 0), (3, 2)), ((3, 2), (0, 0)), ((5, 0), (5, 1)), ((2, 2), (2, 2))]
)
def test_it_copies_within_the_picture_even_where_the_areas_overlap(
    source: tuple[int, int], target: tuple[int, int]
) -> None:
    framebuffer = noise(20, 15)
    expected = framebuffer.copy()
    (sx, sy), (tx, ty) = source, target
    expected[ty : ty + 9, tx : tx + 12] = framebuffer[sy : sy + 9, sx : sx + 12]
    payload = both_ways(lambda buffer: copyrect.take(buffer, 12, 9), copyrect.encode(sx, sy))
    FrameDecoder().apply(RectReceived(tx, ty, 12, 9, Encoding.COPY_RECT, payload), framebuffer)
    assert (framebuffer == expected).all()


def test_it_refuses_to_copy_from_outside() -> None:
    assert copyrect.encode(1, 258) == bytes.fromhex("0001 0102")
    event = RectReceived(0, 0, 20, 15, Encoding.COPY_RECT, copyrect.encode(1, 0))
    with pytest.raises(ProtocolError, match="from 1,0 leaves"):
        FrameDecoder().apply(event, noise(20, 15))


@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 5), (5, 0)])
@pytest.mark.parametrize(
    ("encoding", "literal"),
    [(0, ""), (1, "00000000"), (2, "00000000 00000000"), (5, ""), (16, "00000007 789c000000ffff")]
    + [(7, literal) for literal in ("00", "40 01 01 000000 ffffff", "40 02", "80 abcdef")],
)
def test_it_takes_rectangles_without_pixels(encoding: int, literal: str, width: int, height: int) -> None:
    decoded = decode(FrameDecoder(), encoding, bytes.fromhex(literal), width, height)
    assert decoded.shape == (height, width, 4)


def test_it_refuses_rectangles_outside_the_framebuffer_and_unknown_ones() -> None:
    for event in (RectReceived(0, 0, 5, 5, 0, bytes(100)), RectReceived(0, 0, 1, 1, 99, b"")):
        with pytest.raises(ProtocolError):
            FrameDecoder().apply(event, noise(4, 4))


@pytest.mark.parametrize(("width", "height"), [(0, 0), (1, 1), (9, 16), (33, 2)])
@pytest.mark.parametrize("pixel_format", [BGRX, RGB565])
def test_it_returns_a_pointer_with_one_bit_of_alpha(
    width: int, height: int, pixel_format: PixelFormat
) -> None:
    picture = noise(width, height) & 0xF8
    picture[..., 3] = np.random.default_rng(2).integers(0, 2, (height, width)) * 255
    payload = cursor.encode(picture, pixel_format)
    taken = both_ways(lambda buffer: cursor.take(buffer, width, height, pixel_format), payload)
    decoded = cursor.decode(taken, width, height, pixel_format)
    assert (decoded[..., 3] == picture[..., 3]).all()
    assert np.abs(decoded.astype(int) - picture).max(initial=0) < 8


@pytest.mark.parametrize(("width", "height"), [(0, 0), (1, 1), (32, 17)])
def test_it_returns_a_pointer_with_alpha(width: int, height: int) -> None:
    picture = noise(width, height)
    picture[..., 3] = 255
    picture[height // 2 :, :, 3] = 128
    payload = cursor.encode_alpha(picture)
    pixels = both_ways(lambda buffer: cursor.take_alpha(buffer, width, height), payload)
    decoded = cursor.decode_alpha(pixels, width, height)
    assert np.abs(decoded.astype(int) - picture).max(initial=0) <= 1


def test_it_writes_screens_in_literal_bytes() -> None:
    screens = (Screen(1, 0, 0, 800, 600), Screen(2, 800, 0, 640, 480, 1))
    payload = desktop_size.encode(screens)
    assert payload == bytes.fromhex(
        "02 000000 00000001 0000 0000 0320 0258 00000000 00000002 0320 0000 0280 01e0 00000001"
    )
    assert both_ways(desktop_size.take, payload) == screens
