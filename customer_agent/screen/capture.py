"""What a platform gives of the screen: pictures, damage, the pointer. The choice of platform is in
__init__.py.

`pixels` everywhere: numpy uint8, height x width x 4, order B G R X with X = 0, rows top to bottom.
A source belongs to the thread that made it (the screen thread).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


class Area(NamedTuple):
    """A rectangle of the desktop, px, origin at the upper left."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column that is outside."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row that is outside."""
        return self.y + self.height

    @property
    def is_empty(self) -> bool:
        """Whether no pixel lies inside."""
        return self.width <= 0 or self.height <= 0

    def clipped(self, other: Area) -> Area:
        """The part that lies inside `other`; empty areas have width or height 0."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Area(x, y, max(0, right - x), max(0, bottom - y))

    def covering(self, other: Area) -> Area:
        """The smallest area that holds both."""
        if self.is_empty:
            return other
        if other.is_empty:
            return self
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Area(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)


@dataclass(frozen=True, slots=True)
class Monitor:
    """One monitor inside the desktop; `scale` is 1.0 for 96 dots per inch, `id` stays while it is there."""

    id: int
    area: Area
    scale: float = 1.0
    name: str = ""
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class CursorShape:
    """The pointer's picture: B G R A, alpha not premultiplied; the hot spot is inside the picture."""

    hot_x: int
    hot_y: int
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class News:
    """What happened since the last look; `damage` None means "not known: look everywhere"."""

    damage: Sequence[Area] | None = ()
    resized: bool = False
    cursor_changed: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened."""
        return self.damage is not None and not self.damage and not self.resized and not self.cursor_changed


class ScreenSource(Protocol):
    """A screen that can be looked at. `pixels` stays valid until `news()` tells of a resize."""

    pixels: Pixels
    has_damage: bool
    # Whether `grab` may read more of the screen than asked, where that is cheaper.
    may_read_beside: bool

    def fileno(self) -> int:
        """Descriptor that becomes readable when there may be news; -1 where the platform has none."""

    def has_news(self) -> bool:
        """Whether `news()` would tell of something that is no longer visible on `fileno`."""

    def monitors(self) -> tuple[Monitor, ...]:
        """The monitors now, at least one."""

    def news(self) -> News:
        """Everything since the last call, without waiting; after `resized` the size has already changed."""

    def grab(self, areas: Sequence[Area]) -> bool:
        """Bring `areas` of `pixels` up to date, all of one moment; False when the size changed meanwhile."""

    def grab_late(self, within: Area | None = None) -> Sequence[Area] | None:
        """Bring up to date what changed since `news` (`within`: only there), so that all is of this moment.

        Returns where that was, or None when the size changed meanwhile.
        """

    def cursor(self) -> CursorShape | None:
        """The pointer's shape, or None where the platform does not tell."""

    def pointer(self) -> tuple[int, int]:
        """Where the pointer is, px."""

    def close(self) -> None:
        """Give everything back."""
