"""A short soak: two faults of `make soak`, two support sessions, every promise kept."""

from __future__ import annotations

import pytest

from bench.soak.__main__ import soak

pytestmark = [pytest.mark.flow, pytest.mark.timeout(180)]


def test_it_keeps_its_promises_when_connections_die_without_a_word() -> None:
    rows = soak(seed=7, pairs=2, only=["half-open"])
    assert len(rows) == 4
    assert [row for row in rows if row.holds is False] == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["network-away", "clock-jumps", "disk-full", "agents-asleep-long"])
def test_it_keeps_its_promises_at_every_fault(fault: str) -> None:
    assert [row for row in soak(seed=7, pairs=4, only=[fault]) if row.holds is False] == []
