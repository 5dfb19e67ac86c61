"""RRE, Hextile and ZRLE, which we only decode: literal payloads and hostile ones.

That real servers' pictures come out right is shown by test_vectors.py and test_interop.py.
"""

from __future__ import annotations

import random
import zlib

import numpy as np
import pytest

from tests.wire.rfb.encodings.pictures import decode, noise, same
from wire.errors import LimitExceeded, ProtocolError
from wire.rfb.constants import Encoding
from wire.rfb.decoding import FrameDecoder
from wire.rfb.encodings import subrects
from wire.rfb.pixels import Pixels, colours_of

A, B, C = 0xFF0A0B0C, 0xFF010203, 0xFFFFFEFD


def _le(*colours: int) -> bytes:
    return b"".join(colour.to_bytes(4, "little") for colour in colours)


def _cpixels(*colours: int) -> bytes:
    return b"".join(colour.to_bytes(4, "little")[:3] for colour in colours)


def _rre(payload: bytes, width: int, height: int) -> Pixels:
    return decode(FrameDecoder(), Encoding.RRE, payload, width, height)


def _hextile(payload: bytes, width: int, height: int) -> Pixels:
    return decode(FrameDecoder(), Encoding.HEXTILE, payload, width, height)


def _zrle(tiles: bytes, width: int, height: int) -> Pixels:
    packed = zlib.compress(tiles)
    return decode(FrameDecoder(), Encoding.ZRLE, len(packed).to_bytes(4, "big") + packed, width, height)


def test_it_paints_rre() -> None:
    payload = b"\0\0\0\2" + _le(A, B) + bytes.fromhex("0001 0000 0002 0001") + _le(C)
    payload += bytes.fromhex("0000 0002 0003 0001")
    assert colours_of(_rre(payload, 3, 3)).tolist() == [[A, B, B], [A, A, A], [C, C, C]]


@pytest.mark.parametrize(
    "subrects",
    ["0003 0000 0001 0001", "0000 0003 0001 0001", "ffff ffff ffff ffff"],
)
def test_it_refuses_rre_outside_its_rectangle(subrects: str) -> None:
    with pytest.raises(ProtocolError, match="leaves its rectangle"):
        _rre(b"\0\0\0\1" + _le(A, B) + bytes.fromhex(subrects), 3, 3)


def test_it_refuses_rre_that_paints_over_and_over() -> None:
    whole = _le(B) + bytes.fromhex("0000 0000 0003 0003")
    with pytest.raises(ProtocolError, match="more than twice"):
        _rre(b"\0\0\0\3" + _le(A) + whole * 3, 3, 3)


def test_it_paints_hextile() -> None:
    picture = noise(16, 2)
    first = b"\x01" + picture.tobytes()  # raw
    second = b"\x0e" + _le(A, B) + bytes.fromhex("02 0000 11 10")  # background, foreground, two rectangles
    payload = first + second
    decoded = _hextile(payload, 19, 2)
    assert same(decoded[:, :16], picture)
    assert colours_of(decoded)[:, 16:].tolist() == [[B, A, A], [A, B, B]]


def test_it_keeps_hextile_colours_from_tile_to_tile() -> None:
    payload = b"\x06" + _le(A, B) + b"\x08\x01\x00\x00" + b"\x00" + b"\x18\x01" + _le(C) + b"\x00\x00"
    decoded = colours_of(_hextile(payload, 64, 1))
    assert decoded[0, [0, 16, 17, 32, 48, 49]].tolist() == [A, B, A, A, C, A]


def test_it_refuses_hextile_outside_its_tile() -> None:
    with pytest.raises(ProtocolError, match="leaves its tile"):
        _hextile(b"\x0a" + _le(A) + b"\x01\x30\x00", 3, 3)


@pytest.mark.parametrize(
    ("tile", "expected"),
    [
        (b"\0" + _cpixels(A, B, C, A, B, C), [[A, B, C], [A, B, C]]),
        (b"\1" + _cpixels(B), [[B, B, B], [B, B, B]]),
        (b"\2" + _cpixels(A, B) + b"\x40\xa0", [[A, B, A], [B, A, B]]),
        (b"\3" + _cpixels(A, B, C) + b"\x18\x90", [[A, B, C], [C, B, A]]),
        (b"\5" + _cpixels(A, B, C, A, B) + b"\x01\x20\x21\x40", [[A, B, C], [C, B, B]]),
        (b"\x80" + _cpixels(A) + b"\x03" + _cpixels(B) + b"\x01", [[A, A, A], [A, B, B]]),
        (b"\x82" + _cpixels(A, B) + b"\x00\x81\x03\x00", [[A, B, B], [B, B, A]]),
    ],
    ids=["raw", "solid", "1 bit", "2 bits", "4 bits", "runs", "palette runs"],
)
def test_it_paints_zrle(tile: bytes, expected: list[list[int]]) -> None:
    assert colours_of(_zrle(tile, 3, 2)).tolist() == expected


def test_it_paints_zrle_runs_longer_than_a_byte() -> None:
    decoded = _zrle(
        b"\x80" + _cpixels(A) + b"\xff\xff\x80" + _cpixels(B) + b"\x00" + b"\1" + _cpixels(C), 65, 10
    )
    assert (colours_of(decoded)[:, :64].ravel()[:639] == A).all()
    assert colours_of(decoded)[9, 63] == B
    assert (colours_of(decoded)[:, 64] == C).all()


@pytest.mark.parametrize(
    "tile",
    [
        b"",
        b"\0" + bytes(17),
        b"\x11" + bytes(99),
        b"\x81" + bytes(99),
        b"\x80" + _cpixels(A) + b"\x06",
        b"\x80" + _cpixels(A) + b"\xff" * 99,
        b"\x82" + _cpixels(A, B) + b"\x02" * 6,
        b"\3" + _cpixels(A, B, C) + b"\xff\xff",
    ],
)
def test_it_refuses_broken_zrle(tile: bytes) -> None:
    with pytest.raises(ProtocolError):
        _zrle(tile, 3, 2)


def test_it_unpacks_no_more_zrle_than_a_picture_can_need() -> None:
    with pytest.raises(LimitExceeded, match="ZRLE data after its tiles"):
        _zrle(bytes(50_000_000), 3, 2)


def test_it_keeps_the_zrle_stream_from_rectangle_to_rectangle() -> None:
    stream, decoder = zlib.compressobj(), FrameDecoder()
    for colour in (A, B, C):
        packed = stream.compress(b"\1" + _cpixels(colour)) + stream.flush(zlib.Z_SYNC_FLUSH)
        decoded = decode(decoder, Encoding.ZRLE, len(packed).to_bytes(4, "big") + packed, 5, 4)
        assert (colours_of(decoded) == colour).all()


def test_it_limits_what_foreign_rectangles_may_hold() -> None:
    with pytest.raises(LimitExceeded):
        decode(FrameDecoder(), Encoding.ZRLE, bytes(4), 4096, 4096)


def _runs_one_by_one(data: bytes, palette: list[int] | None, area: int) -> list[int]:
    """The colours of a ZRLE tile of runs, as the specification says it (RFC 6143 section 7.7.6)."""
    colours: list[int] = []
    at = 0
    while len(colours) < area:
        if palette is None:
            colour, is_run, at = int.from_bytes(data[at : at + 3], "little"), True, at + 3
        else:
            colour, is_run, at = palette[data[at] & 127], data[at] > 127, at + 1
        length = 1
        while is_run:
            length, is_run, at = length + data[at], data[at] == 255, at + 1
        colours += [colour] * length
    assert at == len(data)
    return colours


def _made_runs(rng: random.Random, *, with_palette: bool, area: int) -> bytes:
    """Runs of all kinds for a tile: single pixels, short, of exactly 255 and 256 more, and long ones."""
    data, left = b"", area
    while left:
        length = min(left, rng.choice((1, 1, 1, 2, 3, 128, 255, 256, 257, 511, 1500)))
        if with_palette and length == 1 and rng.random() < 0.6:
            data += bytes((rng.randrange(100),))
        else:
            data += bytes((128 | rng.randrange(100),)) if with_palette else rng.randbytes(3)
            data += b"\xff" * ((length - 1) // 255) + bytes(((length - 1) % 255,))
        left -= length
    return data


@pytest.mark.parametrize("with_palette", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_it_reads_zrle_runs_as_the_specification_does(seed: int, with_palette: bool) -> None:
    rng = random.Random(seed)
    width, height = rng.choice(((64, 64), (63, 5), (1, 1), (7, 64)))
    palette = [int.from_bytes(rng.randbytes(3), "little") for _ in range(100)]
    runs = _made_runs(rng, with_palette=with_palette, area=width * height)
    head = bytes((228,)) + _cpixels(*palette) if with_palette else b"\x80"
    decoded = colours_of(_zrle(head + runs, width, height)) & 0xFFFFFF
    assert decoded.ravel().tolist() == _runs_one_by_one(
        runs, palette if with_palette else None, width * height
    )


@pytest.mark.parametrize("runs", ["80", "81", "81ff", "00", "8103 00", "81ffff"])
def test_it_refuses_zrle_palette_runs_that_end_too_soon(runs: str) -> None:
    with pytest.raises(ProtocolError, match="ends inside"):
        _zrle(b"\x82" + _cpixels(A, B) + bytes.fromhex(runs), 60, 60)


def test_it_paints_many_small_rectangles_in_their_order() -> None:
    """Against one at a time: overlapping, of all sizes, more than are spread out together."""
    rng = np.random.default_rng(5)
    count, side = 40_000, 600
    w, h = rng.integers(1, 5, count), rng.integers(1, 4, count)
    x, y = rng.integers(0, side - 4, count), rng.integers(0, side - 4, count)
    w[77], h[77], x[77], y[77] = side, side, 0, 0
    colours = rng.integers(0, 1 << 24, count, dtype=np.uint32)
    painted, expected = np.zeros((side, side), np.uint32), np.zeros((side, side), np.uint32)
    subrects.paint(painted, *(one.astype(np.int32) for one in (x, y, w, h)), colours)
    for place in range(count):
        expected[y[place] : y[place] + h[place], x[place] : x[place] + w[place]] = colours[place]
    assert (painted == expected).all()


def test_it_refuses_hextile_that_paints_over_and_over() -> None:
    with pytest.raises(ProtocolError, match="more than twice"):
        _hextile(b"\x0e" + _le(A, B) + b"\3" + b"\0\xff" * 3, 16, 16)
