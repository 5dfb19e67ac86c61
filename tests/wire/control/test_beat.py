"""Signs of life: every 500 ms, unstable within 1.5 s, lost within 8 s; a round trip without the waiting."""

from __future__ import annotations

from wire.control.beat import Heartbeat
from wire.control.messages import Beat


def test_it_beats_every_half_second() -> None:
    beat = Heartbeat(10.0)
    assert beat.due(10.0) == Beat(10_000, None)
    assert beat.due(10.4) is None
    assert beat.due(10.5) == Beat(10_500, None)
    assert beat.due(11.02) == Beat(11_020, None)
    assert beat.due(11.4) is None
    assert beat.due(11.5) is not None


def test_it_does_not_make_up_for_a_sleep() -> None:
    beat = Heartbeat(0.0)
    assert beat.due(60.0) is not None
    assert beat.due(60.0) is None


def test_it_says_unstable_and_lost_within_what_is_promised() -> None:
    beat = Heartbeat(0.0)
    assert beat.quality(1.3) == "ok"
    assert beat.quality(1.5) == "unstable"
    assert beat.quality(7.8) == "unstable"
    assert beat.quality(8.0) == "lost"
    beat.heard(8.0)
    assert beat.quality(8.0) == "ok"


def test_it_wakes_in_time_for_every_change() -> None:
    beat = Heartbeat(0.0)
    now, seen = 0.0, []
    while now < 9.0:
        beat.due(now)
        seen.append((round(now, 2), beat.quality(now)))
        now = beat.next_due(now)
    assert min(at for at, quality in seen if quality == "unstable") <= 1.5
    assert min(at for at, quality in seen if quality == "lost") <= 8.0
    assert len(seen) < 30


def test_it_measures_the_line_and_not_the_waiting() -> None:
    """The other end holds our beat 400 ms until its own is due; the line itself took 30 ms."""
    ours, theirs = Heartbeat(100.0), Heartbeat(7.0)
    sent = ours.due(100.0)
    assert sent is not None
    theirs.take(sent, 7.015)
    back = theirs.due(7.415)
    assert back is not None
    ours.take(back, 100.430)
    assert ours.rtt_ms is not None
    assert 28 <= ours.rtt_ms <= 32


def test_it_never_measures_less_than_nothing() -> None:
    beat = Heartbeat(1.0)
    beat.take(Beat(5, echo_ms=999_999), 1.0)
    assert beat.rtt_ms == 0
