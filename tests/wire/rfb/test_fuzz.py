"""The fuzz run (fuzzing.py) in a process of its own, so that its memory and its CPU can be read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
MAX_GROWTH_MIB = 64
MAX_INPUT_S = 1.0
"""CPU seconds for one input: design/security.md, hostile server and hostile viewer."""


def _fuzz(inputs: int, seed: int, within_s: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.wire.rfb.fuzzing", "--inputs", str(inputs), "--seed", str(seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=within_s, check=False)
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _check(report: dict[str, Any], inputs: int) -> None:
    assert report["inputs"] == inputs
    assert report["crash_count"] == 0, "\n".join(report["crashes"])
    assert report["memory_growth_mib"] <= MAX_GROWTH_MIB
    assert report["slowest_s"] <= MAX_INPUT_S, f"input {report['slowest_input']}"
    assert sum(report["refused"].values()) > inputs // 4, "the changes no longer reach the checks"


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_it_only_ever_refuses_changed_streams() -> None:
    _check(_fuzz(20_000, seed=1, within_s=280), 20_000)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_it_only_ever_refuses_many_more_changed_streams() -> None:
    _check(_fuzz(200_000, seed=20_260, within_s=2300), 200_000)
