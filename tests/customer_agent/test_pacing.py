"""Back-pressure: an update is made when it can leave, and not before."""

from __future__ import annotations

import pytest

from customer_agent.screen.pacing import FIRST_WINDOW_BYTES, MAX_UNSENT_BYTES, MIN_WINDOW_BYTES, Pacing


def test_it_sends_one_update_for_each_request() -> None:
    pacing = Pacing()
    assert not pacing.may_send(0.0)
    pacing.is_requested = True
    assert pacing.may_send(0.0)
    assert pacing.sent(1000, 0.0) is None
    assert not pacing.may_send(1.0)


def test_it_keeps_the_frame_rate() -> None:
    pacing = Pacing(max_fps=50.0, is_continuous=True)
    pacing.sent(1000, 10.0)
    assert not pacing.may_send(10.01)
    assert pacing.may_send(10.02)


def test_it_holds_while_our_own_queue_is_full() -> None:
    pacing = Pacing(is_continuous=True, unsent_bytes=MAX_UNSENT_BYTES + 1)
    assert not pacing.may_send(0.0)
    pacing.unsent_bytes = 0
    assert pacing.may_send(0.0)


def test_it_holds_while_the_line_is_full() -> None:
    pacing = Pacing(has_fences=True, is_continuous=True)
    number = pacing.sent(FIRST_WINDOW_BYTES, 0.0)
    assert number is not None
    assert not pacing.may_send(1.0)
    pacing.answered(number, 1.1)
    assert pacing.may_send(1.1)


@pytest.mark.parametrize(("rate_bps", "trip_s"), [(10e6, 0.04), (1e6, 0.2), (100e6, 0.01)])
def test_it_learns_the_line_and_keeps_it_just_full(rate_bps: float, trip_s: float) -> None:
    """A line of fixed rate and delay: what waits stays below a few round trips, and the line is used."""
    pacing = Pacing(has_fences=True, is_continuous=True, max_fps=1000.0)
    free_at, sent, answers, now = 0.0, 0, [], 0.0
    worst_wait_s = 0.0
    while now < 5.0:
        while answers and answers[0][0] <= now:
            at, number = answers.pop(0)
            pacing.answered(number, at)
        if pacing.may_send(now):
            size = 12_000
            free_at = max(free_at, now) + size * 8 / rate_bps
            number = pacing.sent(size, now)
            assert number is not None
            answers.append((free_at + trip_s, number))
            sent += size
            if now > 2.0:
                worst_wait_s = max(worst_wait_s, free_at - now)
        now += 0.001
    assert sent * 8 > 0.8 * rate_bps * 5.0
    assert worst_wait_s < 2 * trip_s + 2 * MIN_WINDOW_BYTES * 8 / rate_bps
    assert pacing.rate_bps == pytest.approx(rate_bps, rel=0.35)


def test_it_ignores_answers_to_fences_it_never_sent() -> None:
    pacing = Pacing(has_fences=True)
    pacing.answered(77, 1.0)
    assert pacing.in_flight_bytes == 0
    assert pacing.rate_bps is None


def test_it_asks_for_one_fence_for_many_small_updates() -> None:
    pacing = Pacing(has_fences=True, is_continuous=True)
    marks = [pacing.sent(300, at / 10) for at in range(9)]
    assert [mark is not None for mark in marks] == [True] + [False] * 8
    assert pacing.sent(300, 1.1) is not None
    assert pacing.sent(20_000, 1.2) is not None
