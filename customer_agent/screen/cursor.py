"""The pointer's picture on its way to the viewers: sent on change, never larger than a viewer may take.
Pure.
"""

from __future__ import annotations

import numpy as np

from customer_agent.screen.capture import CursorShape
from wire.limits import MAX_CURSOR_SIDE


def fitting(shape: CursorShape) -> CursorShape:
    """The shape cut to the largest side a viewer takes, with the hot spot inside."""
    height, width = shape.pixels.shape[:2]
    if max(height, width) <= MAX_CURSOR_SIDE:
        return shape
    left = max(0, min(shape.hot_x - MAX_CURSOR_SIDE // 2, width - MAX_CURSOR_SIDE))
    top = max(0, min(shape.hot_y - MAX_CURSOR_SIDE // 2, height - MAX_CURSOR_SIDE))
    cut = shape.pixels[top : top + MAX_CURSOR_SIDE, left : left + MAX_CURSOR_SIDE]
    return CursorShape(shape.hot_x - left, shape.hot_y - top, np.ascontiguousarray(cut))


def is_same(one: CursorShape | None, other: CursorShape | None) -> bool:
    """Whether both look alike."""
    if one is None or other is None:
        return one is other
    same_place = (one.hot_x, one.hot_y) == (other.hot_x, other.hot_y)
    return same_place and np.array_equal(one.pixels, other.pixels)
