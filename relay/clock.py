"""The relay's two clocks: one for tickets, one for deadlines."""

from __future__ import annotations

import time


class Clock:
    """Unix time that no correction of the system clock moves: wall time at start + monotonic (D3)."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def unix(self) -> float:
        """Unix seconds, for tickets and orders."""
        return self.monotonic() + self._offset_s

    def monotonic(self) -> float:
        """Seconds of the monotonic clock, for deadlines."""
        return time.monotonic()
