"""A short soak: one fault of `make soak` with two support sessions; every promise is kept."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ops.places import ROOT

pytestmark = [pytest.mark.flow, pytest.mark.timeout(180)]


def broken_promises(fault: str, pairs: int) -> list[str]:
    """The lines of the table that say so."""
    command = [sys.executable, "-m", "bench.soak", "--seed", "7", "--pairs", str(pairs), "--only", fault]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=170)
    assert "| all of it |" in done.stdout, done.stderr[-2000:]
    return [line for line in done.stdout.splitlines() if line.endswith("| BROKEN |")]


def test_it_keeps_its_promises_when_connections_die_without_a_word() -> None:
    assert broken_promises("half-open", pairs=2) == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["network-away", "clock-jumps", "disk-full", "agents-asleep-long"])
def test_it_keeps_its_promises_at_every_fault(fault: str) -> None:
    assert broken_promises(fault, pairs=4) == []
