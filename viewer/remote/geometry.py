"""Areas and scales: where a place of the customer's desktop is in the window, and the reverse. Pure.

Lengths are px. *Desktop* is the customer's picture as it came; *view* is the same picture scaled for the
window. The view's size is rounded once, from then on both axes have their exact own factor.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

__all__ = ["FIT", "STEPS", "Damage", "Rect", "View", "fit_factor", "next_step"]

FIT: Final = 0.0
"""The scale that follows the window."""
STEPS: Final = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
_MOST_RECTS: Final = 40


class Rect(NamedTuple):
    """An area: left, top, width, height."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        """First column outside."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """First row outside."""
        return self.y + self.h

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        return self.w <= 0 or self.h <= 0

    def covers(self, other: Rect) -> bool:
        """Whether all of `other` is in it."""
        return (
            self.x <= other.x
            and self.y <= other.y
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def united(self, other: Rect) -> Rect:
        """The smallest area with both in it."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Rect(x, y, max(self.right, other.right) - x, max(self.bottom, other.bottom) - y)

    def cut(self, other: Rect) -> Rect:
        """What both have in common; empty where they do not meet."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        return Rect(
            x, y, max(0, min(self.right, other.right) - x), max(0, min(self.bottom, other.bottom) - y)
        )


class Damage:
    """The areas that changed since they were painted last; at most forty, beyond that one that covers all."""

    def __init__(self) -> None:
        self._rects: list[Rect] = []

    def __bool__(self) -> bool:
        return bool(self._rects)

    def add(self, rect: Rect) -> None:
        """`rect` changed."""
        if rect.is_empty or any(known.covers(rect) for known in self._rects):
            return
        self._rects = [known for known in self._rects if not rect.covers(known)]
        self._rects.append(rect)
        if len(self._rects) > _MOST_RECTS:
            self._rects = [united(self._rects)]

    def take(self) -> list[Rect]:
        """The areas, forgotten by the call."""
        rects, self._rects = self._rects, []
        return rects


def united(rects: Iterable[Rect]) -> Rect:
    """The smallest area with all of `rects` in it; empty for none."""
    result: Rect | None = None
    for rect in rects:
        result = rect if result is None else result.united(rect)
    return result or Rect(0, 0, 0, 0)


class View(NamedTuple):
    """A desktop of `width` × `height` shown as `view_width` × `view_height`."""

    width: int
    height: int
    view_width: int
    view_height: int

    @classmethod
    def of(cls, width: int, height: int, factor: float) -> View:
        """The view of a desktop at `factor`; never smaller than 1 × 1."""
        return cls(width, height, max(1, round(width * factor)), max(1, round(height * factor)))

    @property
    def is_exact(self) -> bool:
        """Whether view and desktop are the same, pixel by pixel."""
        return (self.width, self.height) == (self.view_width, self.view_height)

    @property
    def area(self) -> Rect:
        """All of the view."""
        return Rect(0, 0, self.view_width, self.view_height)

    @property
    def desktop(self) -> Rect:
        """All of the desktop."""
        return Rect(0, 0, self.width, self.height)

    def to_desktop(self, x: float, y: float) -> tuple[float, float]:
        """The place of the desktop that is shown at (x, y) of the view."""
        return x * self.width / self.view_width, y * self.height / self.view_height

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the desktop is shown."""
        return x * self.view_width / self.width, y * self.view_height / self.height

    def touched(self, rect: Rect) -> Rect:
        """The part of the view that changes with `rect` of the desktop: a filter mixes neighbours in."""
        if self.is_exact:
            return rect.cut(self.desktop)
        across, down = self.view_width / self.width, self.view_height / self.height
        # One px of the wider of the two grids on each side is what a triangle filter reaches.
        margin_x, margin_y = max(1.0, across), max(1.0, down)
        left = math.floor(rect.x * across - margin_x)
        top = math.floor(rect.y * down - margin_y)
        right = math.ceil(rect.right * across + margin_x)
        bottom = math.ceil(rect.bottom * down + margin_y)
        return Rect(left, top, right - left, bottom - top).cut(self.area)


def fit_factor(width: int, height: int, room_width: int, room_height: int, most: float = 1.0) -> float:
    """The largest factor ≤ `most` at which the whole desktop is seen in the room; at least 1/20."""
    if width <= 0 or height <= 0:
        return 1.0
    return max(0.05, min(most, room_width / width, room_height / height))


def next_step(factor: float, *, larger: bool) -> float:
    """The next of STEPS after `factor`, or the last one."""
    if larger:
        return next((step for step in STEPS if step > factor + 0.001), STEPS[-1])
    return next((step for step in reversed(STEPS) if step < factor - 0.001), STEPS[0])
