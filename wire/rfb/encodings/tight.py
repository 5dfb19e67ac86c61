"""Tight (7): fill, JPEG and zlib with its filters copy, palette and gradient (registry, section Tight
Encoding).

A payload is: a control byte (bits 0 to 3 reset zlib streams; bits 4 to 7: 8 fill, 9 JPEG, else a stream's
number in bits 4 and 5 and "a filter follows" in bit 6), filter data, then pixel data. Data of less than 12
bytes is sent as it is, other data packed, with its length in front in one to three bytes. Our use of the
streams: 0 full colour, 1 two colours, 2 palette, 3 gradient. The zlib streams make the order of encoding
the order of sending; a payload made must be sent.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from wire.buffer import Buffer, Reading
from wire.errors import LimitExceeded, ProtocolError
from wire.limits import KIB, MAX_TIGHT_AREA, MAX_TIGHT_LENGTH, MAX_TIGHT_WIDTH
from wire.rfb.encodings import jpeg
from wire.rfb.encodings.gradient import add_prediction, subtract_prediction
from wire.rfb.encodings.streams import Deflater, Inflater
from wire.rfb.pixels import (
    BGRX,
    Colours,
    PixelFormat,
    Pixels,
    colours_of,
    encode_colours,
    encode_tpixels,
)

__all__ = ["MAX_PIXEL_DATA", "TightDecoder", "TightEncoder", "take"]

_FILL: Final = 8
_JPEG: Final = 9
_HAS_FILTER: Final = 0x40
_COPY, _PALETTE, _GRADIENT = 0, 1, 2
_STREAM_FULL, _STREAM_MONO, _STREAM_PALETTE, _STREAM_GRADIENT = range(4)
MAX_PIXEL_DATA: Final = MAX_TIGHT_LENGTH - 8 * KIB
"""Bytes before packing that fit the length field even if nothing gets smaller (noise grows by 1 in 3000)."""
_PACKED_FROM: Final = 12
"""Pixel data of at least this many bytes is packed."""


# Framing ----------------------------------------------------------------------------------------------------


def take(buffer: Buffer, width: int, height: int) -> Reading[bytes]:
    """Take one rectangle's payload; raises ProtocolError or LimitExceeded before waiting for a length."""
    yield from buffer.reach(1)
    kind = buffer.byte_at(0) >> 4
    if kind == _FILL:
        return (yield from buffer.exactly(4))
    if kind > _JPEG:
        raise ProtocolError(f"Tight control {kind} is unknown")
    if width > MAX_TIGHT_WIDTH:
        raise LimitExceeded("Tight width", width, MAX_TIGHT_WIDTH)
    if width * height > MAX_TIGHT_AREA:
        raise LimitExceeded("Tight pixels", width * height, MAX_TIGHT_AREA)
    if kind == _JPEG:
        return (yield from _take_packed(buffer, 1))
    head, size = yield from _filtered_size(buffer, width, height)
    if size < _PACKED_FROM:
        return (yield from buffer.exactly(head + size))
    return (yield from _take_packed(buffer, head))


def _filtered_size(buffer: Buffer, width: int, height: int) -> Reading[tuple[int, int]]:
    """Return the bytes of control and filter data, and those of the pixel data before packing."""
    if not buffer.byte_at(0) & _HAS_FILTER:
        return 1, width * height * 3
    yield from buffer.reach(2)
    chosen = buffer.byte_at(1)
    if chosen in {_COPY, _GRADIENT}:
        return 2, width * height * 3
    if chosen != _PALETTE:
        raise ProtocolError(f"Tight filter {chosen} is unknown")
    yield from buffer.reach(3)
    count = buffer.byte_at(2) + 1
    return 3 + count * 3, _index_row(width, count) * height


def _take_packed(buffer: Buffer, head: int) -> Reading[bytes]:
    length = 0
    for place in range(3):
        yield from buffer.reach(head + 1)
        byte = buffer.byte_at(head)
        head += 1
        length |= (byte & (0x7F if place < 2 else 0xFF)) << (7 * place)
        if not byte & 0x80:
            break
    return (yield from buffer.exactly(head + length))  # 22 bits: below MAX_TIGHT_LENGTH in any case


def _index_row(width: int, count: int) -> int:
    """Bytes of one row of palette indices: a bit each for two colours, else a byte."""
    return (width + 7) // 8 if count <= 2 else width


# Decoding ---------------------------------------------------------------------------------------------------


class TightDecoder:
    """The decoder of one connection; keeps its four zlib streams, so payloads must come in order."""

    def __init__(self) -> None:
        self._streams: list[Inflater | None] = [None] * 4

    def decode(self, payload: bytes, target: Pixels) -> None:
        """Write one rectangle into `target` (height x width x 4, BGRX); raises ProtocolError."""
        control = payload[0]
        for number in range(4):
            if control >> number & 1:
                self._streams[number] = None
        kind = control >> 4
        if target.size == 0:
            return
        if kind == _FILL:
            red, green, blue = payload[1:4]
            colours_of(target)[...] = 0xFF000000 | red << 16 | green << 8 | blue
        elif kind == _JPEG:
            jpeg.decode(memoryview(payload)[_end_of_length(payload, 1) :], target)
        else:
            self._decode_basic(payload, kind & 3, target)

    def _decode_basic(self, payload: bytes, number: int, target: Pixels) -> None:
        height, width = target.shape[:2]
        chosen = payload[1] if payload[0] & _HAS_FILTER else _COPY
        if chosen == _PALETTE:
            count = payload[2] + 1
            head = 3 + 3 * count
            data = self._pixel_data(payload, head, number, _index_row(width, count) * height)
            _paint_indices(data, payload[3:head], target)
            return
        head = 2 if payload[0] & _HAS_FILTER else 1
        data = self._pixel_data(payload, head, number, width * height * 3)
        rgb = np.frombuffer(data, np.uint8).reshape(height, width, 3)
        if chosen == _GRADIENT:
            rgb = add_prediction(rgb)
        _paint_rgb(rgb, target)

    def _pixel_data(self, payload: bytes, head: int, number: int, size: int) -> bytes:
        if size < _PACKED_FROM:
            return payload[head:]
        stream = self._streams[number]
        if stream is None:
            stream = self._streams[number] = Inflater()
        return stream.unpack(memoryview(payload)[_end_of_length(payload, head) :], size)


def _end_of_length(payload: bytes, at: int) -> int:
    """Return where the data begins behind a compact length at `at`; its third byte has no more-bit."""
    for place in range(2):
        if not payload[at + place] & 0x80:
            return at + place + 1
    return at + 3


def _paint_indices(data: bytes, table: bytes, target: Pixels) -> None:
    height, width = target.shape[:2]
    colours = np.empty((len(table) // 3, 4), np.uint8)
    colours[:, :3] = np.frombuffer(table, np.uint8).reshape(-1, 3)[:, ::-1]
    colours[:, 3] = 255
    indices = np.frombuffer(data, np.uint8).reshape(height, -1)
    if len(colours) <= 2:
        indices = np.unpackbits(indices, axis=1)[:, :width]
    try:
        colours_of(target)[...] = colours.view("<u4")[:, 0].take(indices)  # twice as fast as indexing
    except IndexError as error:
        raise ProtocolError(f"Tight palette of {len(colours)} colours has no such index: {error}") from error


def _paint_rgb(rgb: NDArray[np.uint8], target: Pixels) -> None:
    target[..., 0] = rgb[..., 2]
    target[..., 1] = rgb[..., 1]
    target[..., 2] = rgb[..., 0]
    target[..., 3] = 255


# Encoding ---------------------------------------------------------------------------------------------------


class TightEncoder:
    """The encoder of one viewer; keeps its zlib streams, so payloads must be sent in the order they are made.

    `level`: 1 to 3 packs with isal, 4 to 9 with the standard library (14 % smaller at 6, many times slower).
    `pixel_format` is the viewer's; change it by `set_pixel_format`. Every method returns one payload.
    Rectangles are at most MAX_TIGHT_WIDTH px wide and MAX_TIGHT_PIXELS large (wire/limits.py), but for fills.
    LimitExceeded is raised, and no stream has changed, when data does not fit the length field: split it.
    """

    def __init__(self, level: int = 1, *, pixel_format: PixelFormat = BGRX) -> None:
        self._level = level
        self._pixel_format = pixel_format
        self._streams: list[Deflater | None] = [None] * 4
        self._to_reset = 0

    @property
    def level(self) -> int:
        """How hard zlib tries."""
        return self._level

    def set_level(self, level: int) -> None:
        """Pack with another level from now on; the viewer is told to begin its streams anew."""
        if level == self._level:
            return
        self._level = level
        for number, stream in enumerate(self._streams):
            if stream is not None:
                self._to_reset |= 1 << number
                self._streams[number] = None

    def start_anew(self) -> None:
        """Tell the viewer to begin all four streams anew, whoever has written them so far."""
        self._to_reset = 0b1111
        self._streams = [None] * 4

    def set_pixel_format(self, pixel_format: PixelFormat) -> None:
        """Encode for another format of the viewer from now on."""
        self._pixel_format = pixel_format

    def encode_fill(self, colour: int) -> bytes:
        """Return a rectangle of one colour 0xRRGGBB, of any size."""
        return self._control(_FILL << 4) + self._colours(np.array([colour], np.uint32))

    def encode_palette(self, indices: NDArray[np.uint8], palette: Colours) -> bytes:
        """Return a rectangle from `indices` (height x width) into `palette`, 1 to 256 colours 0xRRGGBB.

        Up to two colours take a bit a pixel.
        """
        count = len(palette)
        if count <= 2:
            return self.encode_mono(indices, palette)
        return self._indexed(_STREAM_PALETTE, indices, palette)

    def encode_mono(self, indices: NDArray[np.uint8] | NDArray[np.bool_], palette: Colours) -> bytes:
        """Return a rectangle of two colours; `indices` (height x width) 0 or 1, or bool."""
        if len(palette) == 1:
            return self.encode_fill(int(palette[0]) & 0xFFFFFF)
        return self._indexed(_STREAM_MONO, np.packbits(indices, axis=1), palette)

    def encode_jpeg(self, pixels: Pixels, quality: int, subsampling: str = "420") -> bytes:
        """Return a JPEG rectangle; only for a viewer with `ClientState.may_jpeg`.

        `quality` 1 to 100, `subsampling` "444", "422" or "420". Raises LimitExceeded when the picture does
        not fit the length field (4 MiB): split it.
        """
        return self.wrap_jpeg(jpeg.encode(pixels, quality, subsampling))

    def wrap_jpeg(self, data: bytes) -> bytes:
        """Return a JPEG rectangle of a ready JPEG; as `encode_jpeg`."""
        length = _length(len(data))
        return self._control(_JPEG << 4) + length + data

    def encode_full(self, pixels: Pixels, *, gradient: bool = False) -> bytes:
        """Return the exact picture (BGRX), packed. `gradient` packs photos better (24-bit formats only)."""
        if gradient and self._pixel_format.has_bytes_of_colour:
            rgb = np.ascontiguousarray(pixels[..., 2::-1])
            packed = self._packed(_STREAM_GRADIENT, subtract_prediction(rgb))
            return self._control(_STREAM_GRADIENT << 4 | _HAS_FILTER) + bytes((_GRADIENT,)) + packed
        packed = self._packed(_STREAM_FULL, encode_tpixels(pixels, self._pixel_format))
        return self._control(_STREAM_FULL << 4) + packed

    def _indexed(self, number: int, indices: NDArray[np.uint8], palette: Colours) -> bytes:
        packed = self._packed(number, np.ascontiguousarray(indices))
        head = self._control(number << 4 | _HAS_FILTER) + bytes((_PALETTE, len(palette) - 1))
        return head + self._colours(palette) + packed

    def _control(self, byte: int) -> bytes:
        resets, self._to_reset = self._to_reset, 0
        return bytes((byte | resets,))

    def _colours(self, palette: Colours) -> bytes:
        return encode_colours(palette, self._pixel_format)

    def _packed(self, number: int, data: Any) -> bytes:
        view = memoryview(data).cast("B")
        if view.nbytes < _PACKED_FROM:
            return bytes(view)
        if view.nbytes > MAX_PIXEL_DATA:  # once packed it would have to be sent, or the streams part
            raise LimitExceeded("Tight pixel data", view.nbytes, MAX_PIXEL_DATA)
        stream = self._streams[number]
        if stream is None:
            stream = self._streams[number] = Deflater(self._level)
        packed = stream.pack(view)
        return _length(len(packed)) + packed


def _length(size: int) -> bytes:
    """Return Tight's compact length: 7 bits, 7 bits, 8 bits, lowest first."""
    if size > MAX_TIGHT_LENGTH - 1:
        raise LimitExceeded("Tight length", size, MAX_TIGHT_LENGTH - 1)
    if size < 1 << 7:
        return bytes((size,))
    if size < 1 << 14:
        return bytes((size & 0x7F | 0x80, size >> 7))
    return bytes((size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14))
