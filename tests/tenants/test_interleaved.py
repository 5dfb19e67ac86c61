"""Requests of two companies, mixed and cut off at random moments: no answer holds a word of the other's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT


def run(folder: Path, count: int, timeout_s: int) -> dict[str, int]:
    command = [sys.executable, "-m", "tests.tenants.interleaved", str(folder), str(count), "20261120"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    seen: dict[str, int] = json.loads(result.stdout.splitlines()[-1])
    return seen


def holds(seen: dict[str, int], count: int) -> None:
    assert seen["crossed"] == 0
    assert seen["left_open"] == 0
    assert seen["answered"] + seen["cut"] == count
    assert seen["cut"] > count // 50
    assert seen["own"] > seen["answered"] // 4


@pytest.mark.flow
def test_mixed_requests_never_cross(tmp_path: Path) -> None:
    holds(run(tmp_path, 320, 90), 320)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_thousand_mixed_requests_never_cross(tmp_path: Path) -> None:
    holds(run(tmp_path, 10_000, 590), 10_000)
