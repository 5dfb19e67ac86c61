"""How many bytes of files may be on their way, so that the screen beside them stays quick. Pure.

The way is the one of LEDBAT (RFC 6817): the time from a chunk to its acknowledgement is measured, the least
of the last minute is taken for the empty line, and what is above it is a queue that we helped to fill.
Below TARGET_S of queue the window grows, above it shrinks; so whatever else is on the line, the screen
first of all, takes what it needs, and files take the rest. `screen` gives a second opinion: the screen's
own round trip, from its fences. A cap, lower while the screen moves, keeps two programs that share a
processor with the screen from being busy with files alone. Times are seconds of a steady clock, passed in.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from wire.limits import KIB, MAX_FILE_WINDOW, MIB

__all__ = ["MOVING_BYTES_PER_S", "TARGET_S", "Pacer"]

TARGET_S: Final = 0.008
MOST_BYTES_PER_S: Final = 32 * MIB
MOVING_BYTES_PER_S: Final = 3 * MIB
LEAST_WINDOW: Final = 4 * KIB  # one chunk: beside a film that fills the line a file must only not stop
FIRST_WINDOW: Final = 64 * KIB
LEAST_CHUNK: Final = 4 * KIB
MOST_CHUNK: Final = 64 * KIB
# A chunk is an eighth of the window: on a slow line a screen update waits behind few bytes.
_CHUNKS_PER_WINDOW: Final = 8
_STEP: Final = 16 * KIB  # what the window gains in a round trip at most, once the line is known
_MEMORY_S: Final = 30.0
_RECENT: Final = 4
_SCREEN_WORSE: Final = 1.5
_SCREEN_SLACK_S: Final = 0.010


class Pacer:
    """The window and the rate of one end's sending, over all its files, for one connection."""

    def __init__(self, *, most_bytes_per_s: float = MOST_BYTES_PER_S) -> None:
        self._most = self._rate = most_bytes_per_s
        self.window = float(FIRST_WINDOW)
        self.in_flight = 0
        self._starting = True
        self._recent: deque[float] = deque(maxlen=_RECENT)
        # The least round trip of this half minute, and of the one before.
        self._least: list[tuple[float, float]] = []
        self._credit = float(2 * MOST_CHUNK)
        self._counted_at: float | None = None
        self._screen_least: float | None = None

    def yield_to_screen(self, is_moving: bool) -> None:
        """While the screen moves its pictures need the processor at both ends: files go slower."""
        self._rate = min(self._most, MOVING_BYTES_PER_S) if is_moving else self._most

    @property
    def chunk_bytes(self) -> int:
        """How large the next chunk should be."""
        fitting = int(self.window) // _CHUNKS_PER_WINDOW // LEAST_CHUNK * LEAST_CHUNK
        return max(LEAST_CHUNK, min(MOST_CHUNK, fitting))

    def room(self, now: float) -> int:
        """How many bytes may leave now."""
        self._count(now)
        return max(0, int(min(self.window - self.in_flight, self._credit)))

    def wait_s(self, now: float) -> float | None:
        """How long until the rate allows a chunk; None: only an acknowledgement can make room."""
        self._count(now)
        if self.window - self.in_flight < self.chunk_bytes:
            return None
        return max(0.0, (self.chunk_bytes - self._credit) / self._rate)

    def sent(self, size: int) -> None:
        """`size` bytes left."""
        self.in_flight += size
        self._credit -= size

    def forget(self, size: int) -> None:
        """`size` bytes that were on their way will never be acknowledged."""
        self.in_flight = max(0, self.in_flight - size)

    def acked(self, size: int, trip_s: float, now: float) -> None:
        """`size` bytes were acknowledged, `trip_s` after they left."""
        self.forget(size)
        self._remember(trip_s, now)
        queue_s = min(self._recent) - self.base_s
        if self._starting:
            self._starting = queue_s < TARGET_S / 2
        off_target = max(-1.0, min(1.0, (TARGET_S - queue_s) / TARGET_S))
        if self._starting:
            gained = float(size)
        elif off_target > 0:
            gained = off_target * _STEP * size / self.window
        else:
            gained = off_target * size / 2
        self.window = min(MAX_FILE_WINDOW, max(LEAST_WINDOW, self.window + gained))

    def screen(self, trip_s: float) -> None:
        """The screen's round trip as its fences measure it: where files made it worse, they make room."""
        if self._screen_least is None or trip_s < self._screen_least:
            self._screen_least = trip_s
        if self.in_flight and trip_s > _SCREEN_WORSE * self._screen_least + _SCREEN_SLACK_S:
            self._starting = False
            self.window = max(LEAST_WINDOW, self.window / 2)

    @property
    def base_s(self) -> float:
        """The round trip of the empty line."""
        return min((least for _, least in self._least), default=0.0)

    def _remember(self, trip_s: float, now: float) -> None:
        self._recent.append(trip_s)
        if not self._least or now - self._least[-1][0] > _MEMORY_S:
            self._least = [*self._least[-1:], (now, trip_s)]
        else:
            since, least = self._least[-1]
            self._least[-1] = (since, min(least, trip_s))

    def _count(self, now: float) -> None:
        if self._counted_at is not None:
            gained = max(0.0, now - self._counted_at) * self._rate
            self._credit = min(2.0 * MOST_CHUNK, self._credit + gained)
        self._counted_at = now
