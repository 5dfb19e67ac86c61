"""`python -m customer_agent --listen` as a real process, for tests that look at it through other programs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.displays import Display, stop_process

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def listening(display: Display) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """(port, process) of a customer program that serves `display`; it must end by itself when told to."""
    process = display.start(
        sys.executable,
        "-m",
        "customer_agent",
        "--listen",
        "127.0.0.1:0",
        env={"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=None,
        cwd=ROOT,
    )
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    assert line.startswith("Listening on 127.0.0.1:"), line
    try:
        yield int(line.rpartition(":")[2]), process
        process.terminate()
        assert process.wait(10) == 0
    finally:
        stop_process(process)
