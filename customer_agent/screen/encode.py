"""The bytes of one viewer's pieces, in what this viewer understands; Tight keeps zlib streams for each
viewer.

Runs on the screen thread only. A payload made must be sent, in the order made; when one had to be thrown
away, `start_anew` tells the viewer to begin its streams anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from customer_agent.screen.capture import Area
from customer_agent.screen.damage import Words, pixels_of
from customer_agent.screen.motion import Move
from customer_agent.screen.quality import Photo, Qualities
from customer_agent.screen.shadow import Changes
from customer_agent.screen.tiles import MAX_SIDE, Kind, Piece
from wire.limits import MAX_TIGHT_PIXELS
from wire.rfb.constants import Encoding
from wire.rfb.encodings import copyrect, jpeg, raw
from wire.rfb.encodings.tight import TightEncoder
from wire.rfb.messages import Rectangle
from wire.rfb.pixels import BGRX, PixelFormat
from wire.rfb.server import ClientState

Jpegs = dict[tuple[Area, Photo], bytes]
_SUBSAMPLING = {0: "444", 1: "420"}
_RAW_PIXELS = 256 * 1024
# isal's second level takes no longer than its first, and leaves 8 % less of photographs.
_LEVEL = 2


@dataclass(frozen=True, slots=True)
class Needs:
    """What one viewer understands and asks for, as far as coding goes."""

    pixel_format: PixelFormat = BGRX
    has_tight: bool = False
    has_copy_rect: bool = False
    may_jpeg: bool = False
    level: int | None = None
    fine: int | None = None

    @classmethod
    def of(cls, client: ClientState) -> Needs:
        """Read from the protocol's state of the viewer."""
        return cls(
            client.pixel_format,
            client.supports_tight,
            client.supports_copy_rect,
            client.may_jpeg and client.supports_tight,
            client.jpeg_quality,
            client.fine_quality,
        )


class PictureEncoder:
    """Makes rectangles for one viewer."""

    def __init__(self, needs: Needs) -> None:
        self.needs = needs
        self._tight = TightEncoder(_LEVEL, pixel_format=needs.pixel_format)

    def change(self, needs: Needs) -> None:
        """The viewer asks for something else from now on; its zlib streams go on."""
        self.needs = needs
        self._tight.set_pixel_format(needs.pixel_format)

    def start_anew(self) -> None:
        """A payload was thrown away: the viewer must begin its zlib streams anew."""
        self._tight.start_anew()

    def encode(
        self, words: Words, changes: Changes, qualities: Qualities, jpegs: Jpegs | None = None
    ) -> list[Rectangle]:
        """One update: the move first, because the pieces repair what it does not explain.

        `jpegs` are those made of the same picture for other viewers; it is added to.
        """
        jpegs = {} if jpegs is None else jpegs
        rectangles = [] if changes.move is None else [self._copy(changes.move)]
        for number, piece in enumerate(changes.pieces):
            photo = qualities.playing if number in changes.playing else qualities.still
            rectangles.extend(self._encode(words, piece, photo, jpegs))
        return rectangles

    def _copy(self, move: Move) -> Rectangle:
        payload = copyrect.encode(move.source.x, move.source.y)
        return Rectangle(*move.area, Encoding.COPY_RECT, payload)

    def _encode(self, words: Words, piece: Piece, photo: Photo, jpegs: Jpegs) -> Iterator[Rectangle]:
        if not self.needs.has_tight:
            for area in _bands(piece.area, _RAW_PIXELS):
                payload = raw.encode(pixels_of(_cut(words, area)), self.needs.pixel_format)
                yield Rectangle(*area, Encoding.RAW, payload)
            return
        if piece.kind is Kind.FILL and piece.colours is not None:
            yield self._rectangle(piece.area, self._tight.encode_fill(int(piece.colours[0])))
            return
        if piece.colours is not None and piece.indices is not None:
            yield self._rectangle(piece.area, self._tight.encode_palette(piece.indices, piece.colours))
            return
        for area in _bands(piece.area, MAX_TIGHT_PIXELS):
            pixels = pixels_of(_cut(words, area))
            if piece.kind is not Kind.PHOTO:
                graded = piece.kind is Kind.GRADED
                yield self._rectangle(area, self._tight.encode_full(pixels, gradient=graded))
                continue
            if (area, photo) not in jpegs:
                chroma = _SUBSAMPLING[photo.subsampling]
                jpegs[area, photo] = jpeg.encode(pixels, photo.quality, chroma)
            yield self._rectangle(area, self._tight.wrap_jpeg(jpegs[area, photo]))

    @staticmethod
    def _rectangle(area: Area, payload: bytes) -> Rectangle:
        return Rectangle(*area, Encoding.TIGHT, payload)


def _cut(words: Words, area: Area) -> Words:
    return words[area.y : area.bottom, area.x : area.right]


def _bands(area: Area, max_pixels: int) -> Iterator[Area]:
    """`area` cut so that no part is wider or larger than a viewer takes."""
    for x in range(area.x, area.right, MAX_SIDE):
        width = min(MAX_SIDE, area.right - x)
        rows = max(1, max_pixels // width)
        for y in range(area.y, area.bottom, rows):
            yield Area(x, y, width, min(rows, area.bottom - y))
