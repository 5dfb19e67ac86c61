"""The relay's two clocks: one for tickets, one for deadlines."""

from __future__ import annotations

import time
from typing import Final

_TRIES: Final = 10


class Clock:
    """Unix time that no correction of the system clock moves: wall time at start + monotonic (D3)."""

    def __init__(self) -> None:
        self._offset_s: Final = _offset_s()

    def unix(self) -> float:
        """Unix seconds, for tickets and orders."""
        return self.monotonic() + self._offset_s

    def monotonic(self) -> float:
        """Seconds of the monotonic clock, for deadlines."""
        return time.monotonic()

    def drift_s(self) -> float:
        """How far the system clock was moved since the start, forward being positive."""
        return _offset_s() - self._offset_s


def _offset_s() -> float:
    """Wall time less monotonic time, from the reading that was interrupted least: tickets count in ms."""
    readings = []
    for _ in range(_TRIES):
        before = time.monotonic()
        wall = time.time()
        after = time.monotonic()
        readings.append((after - before, wall - (before + after) / 2))
    return min(readings)[1]
