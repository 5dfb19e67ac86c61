"""The promise of decision D17 where it matters: in a process that gevent runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT


@pytest.mark.flow
def test_waiting_writers_do_not_stop_the_others(tmp_path: Path) -> None:
    """Forty greenlets wait a second for another process's write lock; meanwhile a clock goes on ticking.

    With SQLite's own waiting the clock stood still for the whole second (and 3 s by default).
    """
    command = [sys.executable, "-m", "tests.tenants.greenlets", str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    seen = json.loads(result.stdout.splitlines()[-1])
    assert seen["written"] == 40
    assert seen["longest_ms"] < 400
