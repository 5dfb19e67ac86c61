"""A screen through the library mss, for systems without an own backend: Windows (GDI) and macOS (Quartz).

It knows no damage, so the screen thread polls: 30 times a second while something moves, 5 times while
nothing does. A handle of mss belongs to one thread, and its list of monitors is stale after a hot-plug: it
is made anew every two seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from customer_agent.platform_errors import Unsupported
from customer_agent.screen.capture import Area, CursorShape, Monitor, News, Pixels
from customer_agent.screen.monitors import MonitorNumbers

_LOOK_AT_MONITORS_S = 2.0


class MssScreen:
    """The whole desktop over all monitors; its upper left corner is (0, 0) here."""

    has_damage = False
    may_read_beside = False

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Open; raises Unsupported where the system refuses."""
        self._clock = clock
        self._looked_at = clock()
        self._numbers = MonitorNumbers()
        self._mss = _open_mss()
        self._monitors: list[dict[str, int]] = list(self._mss.monitors)
        self._allocate()

    def _allocate(self) -> None:
        whole = self._monitors[0]
        self._left, self._top = whole["left"], whole["top"]
        self.pixels: Pixels = np.zeros((whole["height"], whole["width"], 4), np.uint8)

    def fileno(self) -> int:
        """Nothing tells of changes."""
        return -1

    def has_news(self) -> bool:
        """Nothing waits here."""
        return False

    def monitors(self) -> tuple[Monitor, ...]:
        """The monitors inside the desktop, known by place and size: mss has no names."""
        single = self._monitors[1:] or self._monitors[:1]
        places = [Area(m["left"] - self._left, m["top"] - self._top, m["width"], m["height"]) for m in single]
        return tuple(Monitor(self._numbers.of(str(place)), place) for place in places)

    def news(self) -> News:
        """Anything may have changed; now and then the monitors are read anew."""
        now = self._clock()
        if now - self._looked_at < _LOOK_AT_MONITORS_S:
            return News(None)
        self._looked_at = now
        self._mss.close()
        self._mss = _open_mss()
        found = list(self._mss.monitors)
        if found == self._monitors:
            return News(None)
        self._monitors = found
        self._allocate()
        return News(None, resized=True)

    def grab(self, areas: Sequence[Area]) -> bool:
        """One picture of the smallest area that holds all `areas`."""
        height, width = self.pixels.shape[:2]
        area = Area(0, 0, 0, 0)
        for each in areas:
            area = area.covering(each)
        area = area.clipped(Area(0, 0, width, height))
        if area.is_empty:
            return True
        where = {
            "left": self._left + area.x,
            "top": self._top + area.y,
            "width": area.width,
            "height": area.height,
        }
        shot = self._mss.grab(where)
        if (shot.width, shot.height) != (area.width, area.height):
            return False
        words = np.frombuffer(shot.bgra, np.uint32).reshape(area.height, area.width)
        target = self.pixels.view(np.uint32)[area.y : area.bottom, area.x : area.right, 0]
        np.bitwise_and(words, 0xFFFFFF, out=target)
        return True

    def grab_late(self, within: Area | None = None) -> Sequence[Area]:
        """Nothing: without damage every picture is one of everything."""
        return ()

    def cursor(self) -> CursorShape | None:
        """Not known to mss; the platform's own file may tell it."""
        return None

    def pointer(self) -> tuple[int, int]:
        """The middle of the desktop, where the platform's own file does not know better."""
        height, width = self.pixels.shape[:2]
        return width // 2, height // 2

    def close(self) -> None:
        """Give the handle back."""
        self._mss.close()


def _open_mss() -> Any:
    import mss
    from mss.exception import ScreenShotError

    try:
        return mss.MSS()
    except ScreenShotError as problem:
        raise Unsupported("screen capture", str(problem)) from problem
