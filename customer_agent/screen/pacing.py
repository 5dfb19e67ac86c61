"""When the next update may be made for one viewer: nothing is encoded that could only wait in a queue. Pure.

Back-pressure acts before encoding (design/screen.md section 10): an update is made when the viewer asked
for it (or wants updates continuously), when few bytes wait in our own socket, and when what is on its way
fits the line. Fences measure the line: their answers give the round trip and the rate. Times are monotonic
seconds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

MAX_UNSENT_BYTES = 64 * 1024
MIN_WINDOW_BYTES = 32 * 1024
FIRST_WINDOW_BYTES = 128 * 1024
# The window holds a little more than the line, so that it never runs dry while answers are on their way back.
WINDOW_GAIN = 1.5
ROUND_TRIP_MEMORY_S = 10.0
RATE_SAMPLES = 12
MAX_FENCES_OUT = 32
# A fence and its answer cost both ends as much as a small update: one for many of them is enough.
FENCE_EVERY_BYTES = 8 * 1024
FENCE_EVERY_S = 1.0


@dataclass(slots=True)
class _Mark:
    """A fence on its way: when it left, and what had been delivered then."""

    sent_at: float
    size_bytes: int
    delivered_before: int
    delivered_at: float


@dataclass(slots=True)
class Pacing:
    """The state of one viewer's line."""

    max_fps: float = 60.0
    has_fences: bool = False
    is_continuous: bool = False
    is_requested: bool = False
    unsent_bytes: int = 0
    in_flight_bytes: int = 0
    _marks: dict[int, _Mark] = field(default_factory=dict)
    _next_mark: int = 1
    _delivered: int = 0
    _delivered_at: float = 0.0
    _rates: deque[float] = field(default_factory=lambda: deque(maxlen=RATE_SAMPLES))
    _round_trips: deque[tuple[float, float]] = field(default_factory=deque)
    _last_sent_at: float = float("-inf")
    _rate_bps: float | None = None
    _round_trip_s: float | None = None
    _unmarked_bytes: int = 0
    _marked_at: float = float("-inf")

    def is_wanted(self) -> bool:
        """Whether the viewer waits for a picture."""
        return self.is_requested or self.is_continuous

    def has_room(self) -> bool:
        """Whether an update would leave at once and not only grow a queue."""
        if self.unsent_bytes > MAX_UNSENT_BYTES or len(self._marks) >= MAX_FENCES_OUT:
            return False
        return self.in_flight_bytes + self._unmarked_bytes < self.window_bytes

    def due_at(self) -> float:
        """The earliest moment of the next update by the frame rate alone."""
        return self._last_sent_at + 1.0 / self.max_fps

    def may_send(self, now: float) -> bool:
        """Whether to make an update now."""
        return self.is_wanted() and self.has_room() and now >= self.due_at() - 1e-4

    @property
    def window_bytes(self) -> int:
        """How many bytes may be on their way."""
        rate, trip = self.rate_bps, self.round_trip_s
        if not self.has_fences or rate is None or trip is None:
            return FIRST_WINDOW_BYTES
        return max(MIN_WINDOW_BYTES, int(rate / 8 * trip * WINDOW_GAIN) + MIN_WINDOW_BYTES // 2)

    @property
    def rate_bps(self) -> float | None:
        """The line's rate in bit/s as lately seen, None while nothing is known."""
        return self._rate_bps

    @property
    def round_trip_s(self) -> float | None:
        """The smallest round trip lately seen."""
        return self._round_trip_s

    def sent(self, size_bytes: int, now: float) -> int | None:
        """Note an update; returns the number of the fence that must follow it, None where none is needed."""
        self.is_requested = False
        self._last_sent_at = now
        if not self.has_fences:
            return None
        self._unmarked_bytes += size_bytes
        if self._unmarked_bytes < FENCE_EVERY_BYTES and now < self._marked_at + FENCE_EVERY_S:
            return None
        size_bytes, self._unmarked_bytes, self._marked_at = self._unmarked_bytes, 0, now
        number = self._next_mark
        self._next_mark = number % 0xFFFFFFFF + 1
        if not self._marks:
            # An idle line tells nothing about its rate: measuring starts anew here.
            self._delivered_at = now
        self._marks[number] = _Mark(now, size_bytes, self._delivered, self._delivered_at)
        self.in_flight_bytes += size_bytes
        return number

    def answered(self, number: int, now: float) -> None:
        """Note the answer to a fence; unknown numbers are ignored."""
        mark = self._marks.pop(number, None)
        if mark is None:
            return
        self.in_flight_bytes -= mark.size_bytes
        self._delivered += mark.size_bytes
        trip = max(now - mark.sent_at, 1e-5)
        self._round_trips.append((now, trip))
        while self._round_trips[0][0] < now - ROUND_TRIP_MEMORY_S:
            self._round_trips.popleft()
        self._round_trip_s = min(trip for _, trip in self._round_trips)
        elapsed = max(now - mark.delivered_at, 1e-5)
        delivered = self._delivered - mark.delivered_before
        # A short burst measures the round trip, not the line; only fuller pipes say something about the rate.
        if delivered >= MIN_WINDOW_BYTES // 4:
            self._rates.append(delivered / elapsed)
            self._rate_bps = max(self._rates) * 8
        self._delivered_at = now
