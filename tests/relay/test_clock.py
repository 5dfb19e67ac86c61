"""The relay's clock: unix time at start, then deaf to the system clock."""

from __future__ import annotations

import time

import pytest

from relay.clock import Clock


def test_it_shows_unix_time() -> None:
    assert Clock().unix() == pytest.approx(time.time(), abs=0.005)


def test_it_is_not_moved_with_the_system_clock_but_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, real = Clock(), time.time
    before = clock.unix()
    monkeypatch.setattr(time, "time", lambda: real() - 86_400)
    assert clock.unix() == pytest.approx(before, abs=1)
    assert clock.drift_s() == pytest.approx(-86_400, abs=1)
