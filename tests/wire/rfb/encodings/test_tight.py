"""Tight: literal payloads, roundtrips in every kind, streams that go on, lengths refused."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
import pytest

from tests.wire.rfb.encodings.pictures import SIZES, decode, noise, same, smooth
from tests.wire.rfb.reading import both_ways, refused
from wire.errors import LimitExceeded, ProtocolError
from wire.limits import MAX_TIGHT_PIXELS
from wire.rfb.constants import Encoding
from wire.rfb.decoding import FrameDecoder
from wire.rfb.encodings import tight
from wire.rfb.encodings.tight import TightDecoder, TightEncoder
from wire.rfb.pixels import BGRX, PixelFormat, Pixels, colours_of

NOVNC = replace(BGRX, red_shift=0, blue_shift=16)
RGB565 = PixelFormat(16, 16, False, True, 31, 63, 31, 11, 5, 0)


def _decode(decoder: FrameDecoder, payload: bytes, width: int, height: int) -> Pixels:
    return decode(decoder, Encoding.TIGHT, payload, width, height)


def _paint(payload: bytes, width: int, height: int) -> Pixels:
    target = np.zeros((height, width, 4), np.uint8)
    TightDecoder().decode(payload, target)
    return target


def _indexed(colours: int, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    indices = np.random.default_rng(3).integers(0, colours, (height, width), dtype=np.uint8)
    palette = np.arange(colours, dtype=np.uint32) * 0x00FD05 + 0x002030
    return indices, palette


def test_it_writes_a_fill_in_literal_bytes() -> None:
    assert TightEncoder().encode_fill(0x123456) == bytes.fromhex("80 123456")
    rgb565 = TightEncoder(pixel_format=RGB565).encode_fill(0xFF0000)
    assert rgb565 == bytes.fromhex("80 00f8")


def test_it_sends_small_data_unpacked() -> None:
    encoder = TightEncoder()
    palette = np.array([0x000000, 0xFFFFFF], np.uint32)
    eye = np.eye(3, dtype=np.uint8)
    assert encoder.encode_palette(eye, palette) == bytes.fromhex("50 01 01 000000 ffffff 80 40 20")
    assert encoder.encode_full(smooth(1, 1)) == bytes.fromhex("00 000000")


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("gradient", [False, True])
def test_it_returns_full_colour_exactly(width: int, height: int, gradient: bool) -> None:
    encoder, decoder = TightEncoder(), FrameDecoder()
    for picture in (smooth(width, height), noise(width, height)):
        payload = encoder.encode_full(picture, gradient=gradient)
        assert same(_decode(decoder, payload, width, height), picture)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("colours", [1, 2, 3, 16, 17, 256])
def test_it_returns_palettes_exactly(width: int, height: int, colours: int) -> None:
    encoder, decoder = TightEncoder(), FrameDecoder()
    for _ in range(2):
        indices, palette = _indexed(colours, width, height)
        payload = encoder.encode_palette(indices, palette)
        decoded = _decode(decoder, payload, width, height)
        assert (colours_of(decoded) & 0xFFFFFF == palette[indices]).all()


@pytest.mark.parametrize("subsampling", ["444", "422", "420"])
def test_it_returns_photos_nearly(subsampling: str) -> None:
    picture = smooth(64, 48) // 2
    payload = TightEncoder().encode_jpeg(picture, 95, subsampling)
    assert payload[0] == 0x90
    decoded = _decode(FrameDecoder(), payload, 64, 48)
    assert np.abs(decoded[..., :3].astype(int) - picture[..., :3]).mean() < 6


def test_it_encodes_views_of_a_larger_picture() -> None:
    screen, encoder, decoder = noise(100, 90), TightEncoder(), FrameDecoder()
    view = screen[10:60, 20:90]
    assert same(_decode(decoder, encoder.encode_full(view), 70, 50), view)
    jpeg = encoder.encode_jpeg(view, 100, "444")
    assert np.abs(_decode(decoder, jpeg, 70, 50)[..., :3].astype(int) - view[..., :3]).mean() < 1


@pytest.mark.parametrize("level", [1, 2, 3, 6])
def test_its_streams_go_on_and_the_standard_library_reads_them(level: int) -> None:
    encoder, stream = TightEncoder(level), zlib.decompressobj()
    first_size = 0
    for _ in range(50):
        picture = smooth(200, 20)
        payload = encoder.encode_full(picture)
        first_size = first_size or len(payload)
        head = tight._end_of_length(payload, 1)
        assert tight._length(len(payload) - head) == payload[1:head]
        assert stream.decompress(payload[head:]) == picture[..., 2::-1].tobytes()
    assert len(payload) < first_size  # the window reaches back over the flush


def test_it_begins_streams_anew_at_another_level() -> None:
    encoder, decoder = TightEncoder(1), FrameDecoder()
    picture, (indices, palette) = noise(30, 30), _indexed(9, 30, 30)
    for level in (1, 6, 2):
        encoder.set_level(level)
        first = encoder.encode_fill(0)
        assert first[0] & 0x0F == (0 if level == 1 else 0b0101)
        _decode(decoder, first, 1, 1)
        assert same(_decode(decoder, encoder.encode_full(picture), 30, 30), picture)
        decoded = _decode(decoder, encoder.encode_palette(indices, palette), 30, 30)
        assert (colours_of(decoded) & 0xFFFFFF == palette[indices]).all()


def test_it_resets_only_streams_in_use() -> None:
    encoder = TightEncoder(1)
    encoder.set_level(2)
    assert encoder.level == 2
    assert encoder.encode_fill(0)[0] == 0x80


def test_it_writes_the_pixel_format_of_the_viewer() -> None:
    encoder = TightEncoder(pixel_format=NOVNC)
    picture = noise(40, 40)
    assert same(_paint(encoder.encode_full(picture), 40, 40), picture)  # TPIXELs do not care
    encoder.set_pixel_format(RGB565)
    payload = encoder.encode_full(picture[:1, :5])
    assert len(payload) == 1 + 5 * 2
    assert encoder.encode_full(picture[:1, :5], gradient=True)[0] & 0xF0 == 0


@pytest.mark.parametrize(
    ("size", "literal"),
    [(0, "00"), (127, "7f"), (128, "8001"), (16383, "ff7f"), (16384, "808001"), (4194303, "ffffff")],
)
def test_it_writes_compact_lengths(size: int, literal: str) -> None:
    assert tight._length(size) == bytes.fromhex(literal)
    data = b"\x90" + tight._length(size) + bytes(size)
    assert both_ways(lambda buffer: tight.take(buffer, 1, 1), data) == data if size < 200 else True


def test_it_refuses_to_write_a_length_that_does_not_fit() -> None:
    with pytest.raises(LimitExceeded):
        tight._length(4194304)


@pytest.mark.parametrize(
    ("width", "height", "control"), [(2049, 1, 0x00), (2048, 2049, 0x00), (2049, 1, 0x90)]
)
def test_it_refuses_rectangles_above_the_limit(width: int, height: int, control: int) -> None:
    with pytest.raises(LimitExceeded):
        refused(lambda buffer: tight.take(buffer, width, height), bytes((control,)))


def test_it_takes_a_fill_of_any_size() -> None:
    assert both_ways(lambda buffer: tight.take(buffer, 9000, 3000), b"\x80abc") == b"\x80abc"


@pytest.mark.parametrize(
    ("payload", "width", "height"),
    [
        (b"\x00\x05wrong", 4, 4),
        (b"\x00" + b"\x0c" + zlib.compress(b"1234"), 4, 4),
        (b"\x40\x01\x01abcdef" + b"\x00" * 1, 9, 99),
        (b"\x40\x01\x02abcdefghi\x05", 1, 1),
        (b"\x90\x00", 4, 4),
        (b"\x90\x04\xff\xd8\xff\xd9", 4, 4),
    ],
)
def test_it_refuses_broken_payloads(payload: bytes, width: int, height: int) -> None:
    with pytest.raises(ProtocolError):
        _paint(payload, width, height)


def test_it_unpacks_no_more_than_the_rectangle_holds() -> None:
    packed = zlib.compress(bytes(50_000_000))
    payload = b"\x00" + tight._length(len(packed)) + packed
    with pytest.raises(LimitExceeded, match="unpacked size is 49, the limit is 48"):
        _paint(payload, 4, 4)


def test_it_refuses_too_much_data_before_a_stream_has_changed() -> None:
    encoder, decoder = TightEncoder(), FrameDecoder()
    small, large = noise(30, 30), np.zeros((700, 2000, 4), np.uint8)
    _decode(decoder, encoder.encode_full(small), 30, 30)
    with pytest.raises(LimitExceeded, match="Tight pixel data is 4200000"):
        encoder.encode_full(large)
    assert same(_decode(decoder, encoder.encode_full(small), 30, 30), small)


@pytest.mark.parametrize("level", [0, 1, 3, 6])
def test_it_fits_noise_of_the_largest_size_into_the_length_field(level: int) -> None:
    picture = noise(2048, MAX_TIGHT_PIXELS // 2048)
    payload = TightEncoder(level).encode_full(picture)
    assert len(payload) < 4 << 20
    assert same(_paint(payload, *picture.shape[1::-1]), picture)
