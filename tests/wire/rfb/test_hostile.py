"""The attacks of hostile.py in processes of their own: CPU, memory and how each ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
MAX_GROWTH_MIB = 64
MAX_CPU_S = 1.0
"""For one rectangle or update: design/security.md, hostile server."""

REFUSED = {
    "zrle: 200 MB behind the tiles": "ZRLE data after its tiles",
    "hextile: tiles painted over and over": "more than twice",
    "rre: the desktop again and again": "more than twice",
    "tight: a JPEG of a million segments": "more than 64 segments",
    "copies of the desktop": "pixels of an update",
    "fills of the desktop": "pixels of an update",
}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.wire.rfb.hostile"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.heavy
def test_it_bears_every_attack_within_a_second(rows: list[dict[str, Any]]) -> None:
    assert len(rows) >= 22
    assert [row for row in rows if row.get("cpu_s", 9) > MAX_CPU_S] == []


@pytest.mark.heavy
def test_it_bears_every_attack_without_much_memory(rows: list[dict[str, Any]]) -> None:
    assert [row for row in rows if row.get("growth_mib", 999) > MAX_GROWTH_MIB] == []


@pytest.mark.heavy
def test_it_refuses_what_no_server_sends_and_paints_the_rest(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert REFUSED.get(row["attack"], "painted") in row["ended"], row
