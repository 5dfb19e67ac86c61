"""Many support sessions over two relays, one killed: all are back, the others notice nothing."""

from __future__ import annotations

import pytest

from bench.simulated_sessions import PROMISE_S, run


@pytest.mark.flow
def test_a_few_are_back_in_a_moment() -> None:
    outcome = run(12, calm_s=0.2)
    assert (outcome.sessions, outcome.lost, len(outcome.back)) == (12, 0, 6)
    assert outcome.worst_s < 5
    assert outcome.calm == outcome.spared == 6


@pytest.mark.slow
@pytest.mark.flow
@pytest.mark.timeout(400)
def test_a_thousand_are_back_in_time() -> None:
    outcome = run(1000)
    print(outcome.table())
    assert outcome.lost == 0
    assert outcome.worst_s <= PROMISE_S
