"""Waits grow from a quarter of a second to thirty, with full jitter, and start anew after a success."""

from __future__ import annotations

import random

from desktop.backoff import Backoff


def test_it_grows_to_its_limit_and_starts_anew() -> None:
    backoff = Backoff(lambda low, high: high)
    waits = [backoff.next_s() for _ in range(12)]
    assert waits[:4] == [0.25, 0.5, 1.0, 2.0]
    assert waits[-1] == 30.0
    assert backoff.next_s(2.0) == 2.0
    backoff.reset()
    assert backoff.next_s() == 0.25


def test_it_spreads_over_the_whole_wait() -> None:
    backoff = Backoff(random.Random(1).uniform)
    for _ in range(10):
        backoff.next_s()
    waits = [backoff.next_s() for _ in range(200)]
    assert min(waits) < 1.0
    assert max(waits) > 29.0
