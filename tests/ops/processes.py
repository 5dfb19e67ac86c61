"""Finding the processes of one test: each carries a mark in its environment that no other process has."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def marked(mark: str) -> list[int]:
    """The ids of living processes whose environment holds `mark`; zombies do not count."""
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if mark.encode() in Path(entry.path, "environ").read_bytes():
                state = Path(entry.path, "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z":
                    found.append(int(entry.name))
        except OSError:
            continue
    return found


def wait_for(condition: Callable[[], bool], what: str, deadline_s: float = 10.0) -> None:
    """Return as soon as `condition` holds; fail the test with `what` when it does not in time."""
    deadline = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
