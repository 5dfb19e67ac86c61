"""How sharp photographs leave at first, from what the viewer asks and what the line carries. Pure.

Everything but photographs is exact from the start, and photographs are sharpened when they rest, so this
decides only how the picture looks at first. What plays (changes again within half a second) needs less.
Level n (0 to 9) is RFB's JPEG quality level; the table is chosen so that level 6 looks right on text over
photographs at a fifth of the bytes of level 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Mode = Literal["auto", "network", "speed"]

_BY_LEVEL = (20, 30, 40, 50, 60, 70, 78, 85, 90, 95)
DEFAULT_LEVEL = 6
FINE_FROM = 93
PLAYING_LESS = 15
PLAYING_LEAST = 30
PLAYING_ALIKE = 97
SLOW_LINE_BPS = 4_000_000.0
VERY_SLOW_LINE_BPS = 1_000_000.0
ALL_BITS = 0xFFFFFF


class Subsampling(IntEnum):
    """Chroma resolution of a JPEG."""

    FULL = 0
    QUARTER = 1


@dataclass(frozen=True, slots=True)
class Photo:
    """JPEG quality 1 to 100 and chroma."""

    quality: int
    subsampling: Subsampling


@dataclass(frozen=True, slots=True)
class Qualities:
    """For pictures that may stay, and for those that play."""

    still: Photo
    playing: Photo


def qualities(level: int | None, fine: int | None, mode: Mode, rate_bps: float | None) -> Qualities:
    """What photographs are sent with now; arguments as for `photo_quality`."""
    still = photo_quality(level, fine, mode, rate_bps)
    if still.quality <= PLAYING_LEAST or still.quality >= PLAYING_ALIKE:
        return Qualities(still, still)
    less = max(PLAYING_LEAST, still.quality - PLAYING_LESS)
    return Qualities(still, Photo(less, Subsampling.QUARTER))


def photo_quality(level: int | None, fine: int | None, mode: Mode, rate_bps: float | None) -> Photo:
    """What photographs are sent with now.

    `fine` (per cent) is the viewer's exact wish and wins over `level`; None = none. The agent's mode
    "network" spares the line, "speed" the delay; "auto" looks at the line's measured rate (None = not known
    yet).
    """
    percent = fine if fine is not None else _BY_LEVEL[DEFAULT_LEVEL if level is None else min(level, 9)]
    if mode == "network":
        percent = min(percent, 45)
    elif mode == "auto" and rate_bps is not None and fine is None:
        if rate_bps < VERY_SLOW_LINE_BPS:
            percent = min(percent, 40)
        elif rate_bps < SLOW_LINE_BPS:
            percent = min(percent, 60)
    percent = max(1, min(percent, 100))
    return Photo(percent, Subsampling.FULL if percent >= FINE_FROM else Subsampling.QUARTER)


def depth_mask(depth: int) -> int:
    """Which bits of 0xRRGGBB are kept at 8, 16 or 24 bits a pixel."""
    return {8: 0xE0E0C0, 16: 0xF8FCF8}.get(depth, ALL_BITS)
