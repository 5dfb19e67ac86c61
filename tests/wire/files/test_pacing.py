"""The window over a line that is simulated: a rate, a delay, and a queue that others fill too."""

from __future__ import annotations

from wire.files.pacing import LEAST_CHUNK, LEAST_WINDOW, MOST_CHUNK, MOVING_BYTES_PER_S, TARGET_S, Pacer
from wire.limits import MAX_FILE_WINDOW, MIB


class Road:
    """A line of `rate` bytes/s and `trip_s` there and back; what does not fit waits."""

    def __init__(self, rate: float, trip_s: float, pacer: Pacer) -> None:
        self.rate, self.trip_s, self.pacer = rate, trip_s, pacer
        self.now = self.free_at = 10.0
        self.way: list[tuple[float, float, int]] = []
        self.carried = 0
        self.queues: list[float] = []

    def run(self, seconds: float, others: float = 0.0) -> None:
        """`others`: the share of the line that somebody else uses."""
        until = self.now + seconds
        while self.now < until:
            size = self.pacer.chunk_bytes
            if self.pacer.room(self.now) >= size:
                self.free_at = max(self.free_at, self.now) + size / (self.rate * (1 - others))
                self.queues.append(self.free_at - self.now)
                self.way.append((self.free_at + self.trip_s, self.now, size))
                self.pacer.sent(size)
                continue
            self.now += 0.001
            while self.way and self.way[0][0] <= self.now:
                arrived, left, size = self.way.pop(0)
                self.pacer.acked(size, arrived - left, self.now)
                self.carried += size


def test_it_fills_a_fast_line_up_to_the_cap() -> None:
    road = Road(100 * MIB, 0.002, Pacer(most_bytes_per_s=20 * MIB))
    road.run(2.0)
    assert 12 * MIB < road.carried / 2 < 21 * MIB


def test_it_uses_a_slow_line_and_leaves_its_queue_short() -> None:
    """10 Mbit/s and 40 ms: most of the rate, and a screen update waits behind little."""
    road = Road(1.25e6, 0.040, Pacer())
    road.run(10.0)
    road.queues.clear()
    before = road.carried
    road.run(5.0)
    assert (road.carried - before) / 5 > 0.7 * 1.25e6
    assert sorted(road.queues)[len(road.queues) // 2] < 3 * TARGET_S


def test_it_makes_room_when_somebody_else_fills_the_line() -> None:
    pacer = Pacer()
    road = Road(1.25e6, 0.040, pacer)
    road.run(5.0)
    alone = pacer.window
    road.run(3.0, others=0.8)
    assert pacer.window < alone


def test_it_makes_room_when_the_screen_grows_slow() -> None:
    pacer = Pacer()
    pacer.sent(1000)
    pacer.screen(0.020)
    before = pacer.window
    pacer.screen(0.025)
    assert pacer.window == before
    pacer.screen(0.080)
    assert pacer.window == before / 2


def test_it_goes_slower_while_the_screen_moves() -> None:
    pacer = Pacer()
    pacer.yield_to_screen(is_moving=True)
    road = Road(100 * MIB, 0.002, pacer)
    road.run(2.0)
    assert 0.8 * MOVING_BYTES_PER_S < road.carried / 2 < 1.2 * MOVING_BYTES_PER_S
    pacer.yield_to_screen(is_moving=False)
    before = road.carried
    road.run(1.0)
    assert road.carried - before > 4 * MOVING_BYTES_PER_S


def test_it_stays_within_its_bounds() -> None:
    pacer = Pacer()
    for _ in range(2000):
        pacer.sent(1)
        pacer.acked(MOST_CHUNK, 0.001, 1.0)
    assert pacer.window == MAX_FILE_WINDOW
    assert pacer.chunk_bytes == MOST_CHUNK
    for n in range(2000):
        pacer.sent(1)
        pacer.acked(MOST_CHUNK, 5.0, 2.0 + n / 1000)
    assert pacer.window == LEAST_WINDOW == LEAST_CHUNK


def test_it_says_how_long_the_rate_makes_it_wait() -> None:
    pacer = Pacer(most_bytes_per_s=1000.0)
    assert pacer.wait_s(1.0) == 0.0
    while pacer.room(1.0) >= pacer.chunk_bytes:
        pacer.sent(pacer.chunk_bytes)
    wait_s = pacer.wait_s(1.0)
    assert wait_s is None or wait_s > 0
