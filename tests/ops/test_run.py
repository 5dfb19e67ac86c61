"""`make run` with everything real: ready soon, and nothing left behind, the demo PC's Chromium included."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.places import ROOT, free_port
from tests.displays import require_programs
from tests.ops.processes import marked, wait_for

pytestmark = [pytest.mark.flow, pytest.mark.timeout(240)]
READY_S = 5.0


class Run:
    """Everything of one installation, as `make run` starts it."""

    def __init__(self, var: Path, ports: list[int]) -> None:
        self.var = var
        names = ("WEB_PORT", "RELAY_PORT", "DEMO_PORT")
        places = {name: str(port) for name, port in zip(names, ports, strict=True)}
        environment = {**os.environ, **places, "BAROHELP_VAR": str(var), "WAITING_PROGRAM": "0"}
        environment.pop("MAKELEVEL", None)
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ops.run"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        self.words: list[str] = []

    def wait_until_ready(self) -> float:
        """Seconds until it says so."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.words.append(line)
            if "Ctrl-C" in line:
                return time.monotonic() - self.begun
        raise AssertionError("".join(self.words))

    def processes(self) -> list[int]:
        """Every process that knows this installation's folder, from its environment or its command line."""
        mark = str(self.var)
        return sorted(set(marked(mark)) | set(_named(mark)))

    def wait_for_chromium(self) -> None:
        profile = str(self.var / "demo-pc" / "home" / ".chromium")
        wait_for(lambda: len(_named(profile)) > 0, "Chromium", deadline_s=30)

    def end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        self.process.wait(20)
        wait_for(lambda: not self.processes(), f"processes are left: {self.processes()}")


def _named(mark: str) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "cmdline").read_text() and int(entry.name) != os.getpid():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all tests of this file: the first start makes it, later ones find it."""
    return tmp_path_factory.mktemp("run") / "var"


@pytest.fixture
def run(var: Path) -> Iterator[Run]:
    require_programs("Xvnc", "openbox", "chromium")
    running = Run(var, [free_port() for _ in range(3)])
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.wait(10)
    assert running.process.stdout is not None
    running.process.stdout.close()


def test_it_tells_a_newcomer_what_to_do_and_ctrl_c_leaves_nothing(run: Run) -> None:
    run.wait_until_ready()
    words = "".join(run.words)
    assert "/demo" in words
    assert str(run.var / "demo-logins.txt") in words
    assert "고객 화면" in words
    assert "the customer's page" in words
    run.wait_for_chromium()
    run.end(signal.SIGINT)


def test_it_is_ready_again_in_five_seconds_and_a_killed_supervisor_leaves_nothing(run: Run) -> None:
    """Depends on the file's first test, which made the database; alone it measures a first start."""
    is_first = not (run.var / "barohelp.sqlite3").exists()
    seconds = run.wait_until_ready()
    assert is_first or seconds <= 3 * READY_S  # threefold, for a busy machine; alone it takes two to three
    run.wait_for_chromium()
    run.end(signal.SIGKILL)


def test_it_starts_a_killed_web_half_again(run: Run) -> None:
    run.wait_until_ready()
    web = next(pid for pid in _named(f"127.0.0.1:{_port_of(run)}") if pid != run.process.pid)
    os.kill(web, signal.SIGKILL)
    assert run.process.stdout is not None
    assert any("다시 시작합니다" in line for line in run.process.stdout)
    wait_for(lambda: _answers(_port_of(run)), "the web half to come back")
    run.end(signal.SIGTERM)


def _port_of(run: Run) -> int:
    line = next(line for line in run.words if line.rstrip().endswith("/demo"))
    return int(line.rsplit(":", 1)[1].partition("/")[0])


def _answers(port: int) -> bool:
    from ops.places import Places
    from ops.readiness import web_answers

    return web_answers(Places(Path(), port, 1, 1)) is None
