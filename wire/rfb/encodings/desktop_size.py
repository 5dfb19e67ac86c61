"""DesktopSize (-223) and ExtendedDesktopSize (-308): the desktop's size and its screens.

Such a rectangle stands alone in its update: an update that has one must hold no pixels (registry).
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct

from wire.buffer import Buffer, Reading
from wire.rfb.messages import Screen

__all__ = ["encode", "take"]

_HEAD = Struct(">B3x")


def encode(screens: Sequence[Screen]) -> bytes:
    """Return the payload of an ExtendedDesktopSize rectangle; DesktopSize has none."""
    return _HEAD.pack(len(screens)) + b"".join(screen.encode() for screen in screens)


def take(buffer: Buffer) -> Reading[tuple[Screen, ...]]:
    """Take the payload of an ExtendedDesktopSize rectangle; raises LimitExceeded on too many screens."""
    (count,) = yield from buffer.unpack(_HEAD)
    return (yield from Screen.read_all(buffer, count))
