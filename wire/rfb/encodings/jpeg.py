"""JPEG pictures inside Tight. A peer's picture is looked at before the codec sees it.

Only baseline pictures with one scan pass, as every VNC server sends them: the size is known before memory is
taken, and a picture of many scans, which costs the codec a full pass each, is refused.
The exact DCT and smooth upsampling cost 0.3 ms of 7 on a full 1080p picture and spare 1 dB (20 dB at quality
100), so the fast ones are not used (measured: docs/decisions/0013).
"""

from __future__ import annotations

from struct import Struct
from typing import Final

import simplejpeg

from wire.errors import ProtocolError
from wire.rfb.pixels import Pixels

__all__ = ["check", "decode", "encode"]

_SEGMENT: Final = Struct(">BBH")
_FRAME: Final = Struct(">BHHB")
_BASELINE: Final = frozenset({0xC0, 0xC1})
_OTHER_FRAMES: Final = frozenset(range(0xC2, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN: Final = 0xDA
_MOST_SEGMENTS: Final = 64
"""Encoders write about ten before the picture; each costs the codec and us a step."""


def encode(pixels: Pixels, quality: int, subsampling: str) -> bytes:
    """Return a JPEG of `pixels` (BGRX); `quality` 1 to 100, `subsampling` "444", "422" or "420"."""
    data: bytes = simplejpeg.encode_jpeg(pixels, quality, "BGRX", subsampling, fastdct=False)
    return data


def decode(data: bytes | memoryview, target: Pixels) -> None:
    """Write the picture into `target` (BGRX); raises ProtocolError when it is broken or of another size."""
    height, width = target.shape[:2]
    check(data, width, height)
    is_whole = bool(target.flags.c_contiguous)
    try:
        picture = simplejpeg.decode_jpeg(
            data, "BGRX", fastdct=False, fastupsample=False, buffer=target if is_whole else None, strict=False
        )
    except ValueError as error:
        raise ProtocolError(f"the JPEG does not decode: {error}") from error
    if not is_whole:
        target[...] = picture


def check(data: bytes | memoryview, width: int, height: int) -> None:
    """Raise ProtocolError unless `data` is a baseline JPEG of that size (px) with one scan for all
    channels."""
    if bytes(data[:2]) != b"\xff\xd8":
        raise ProtocolError("the JPEG does not begin as one")
    at, channels = 2, 0
    for _ in range(_MOST_SEGMENTS):
        if at + _SEGMENT.size > len(data):
            raise ProtocolError("the JPEG ends before its picture")
        lead, marker, length = _SEGMENT.unpack_from(data, at)
        if lead != 0xFF or marker in _OTHER_FRAMES:
            raise ProtocolError(f"the JPEG has an unexpected marker {lead:#04x}{marker:02x}")
        if marker in _BASELINE:
            channels = _check_frame(data, at + _SEGMENT.size, width, height)
        if marker == _SCAN:
            break
        at += 2 + length
    else:
        raise ProtocolError(f"the JPEG has more than {_MOST_SEGMENTS} segments before its picture")
    if at + _SEGMENT.size >= len(data) or channels == 0 or data[at + _SEGMENT.size] != channels:
        raise ProtocolError("the JPEG has more than one scan")


def _check_frame(data: bytes | memoryview, at: int, width: int, height: int) -> int:
    """Return the number of channels."""
    if at + _FRAME.size > len(data):
        raise ProtocolError("the JPEG ends in its frame header")
    precision, jpeg_height, jpeg_width, channels = _FRAME.unpack_from(data, at)
    if (jpeg_width, jpeg_height) != (width, height):
        raise ProtocolError(f"the JPEG is {jpeg_width}x{jpeg_height}, its rectangle {width}x{height}")
    if precision != 8 or channels not in {1, 3}:
        raise ProtocolError(f"the JPEG has {channels} channels of {precision} bits")
    return int(channels)
