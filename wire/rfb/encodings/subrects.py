"""Many small rectangles of one colour each, painted in their order by numpy: RRE and Hextile consist of them.

One at a time costs half a microsecond of Python; a hostile server can send eight million of them in one
rectangle. Here a million single pixels cost about 20 ms.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from wire.rfb.pixels import Colours

__all__ = ["paint"]

_CHUNK_PIXELS: Final = 1 << 18
"""How many pixels are spread out at a time: keeps the working memory at some MiB."""

Numbers = NDArray[np.int32]


def paint(target: Colours, x: Numbers, y: Numbers, w: Numbers, h: Numbers, colours: Colours) -> None:  # noqa: PLR0917
    """Paint each rectangle (px, inside `target`, sides ≥ 0) in its colour, a later one over an earlier."""
    ends = np.cumsum(w.astype(np.int64) * h)
    start, done = 0, 0
    while start < len(ends):
        stop = max(start + 1, int(np.searchsorted(ends, done + _CHUNK_PIXELS, "right")))
        if stop == start + 1:
            left, top = int(x[start]), int(y[start])
            target[top : top + int(h[start]), left : left + int(w[start])] = colours[start]
        else:
            part = slice(start, stop)
            _spread(target, x[part], y[part], w[part], h[part], colours[part])
        start, done = stop, int(ends[stop - 1])


def _spread(target: Colours, x: Numbers, y: Numbers, w: Numbers, h: Numbers, colours: Colours) -> None:  # noqa: PLR0917
    """Paint them pixel by pixel; of a pixel that comes twice numpy keeps the last."""
    areas = w * h
    if int(areas.max()) == 1 and int(areas.min()) == 1:
        target[y, x] = colours
        return
    which = np.repeat(np.arange(len(areas), dtype=np.int32), areas)
    within = np.arange(len(which), dtype=np.int32) - (np.cumsum(areas, dtype=np.int32) - areas)[which]
    widths = w[which]
    rows = within // widths
    target[y[which] + rows, x[which] + within - rows * widths] = colours[which]
