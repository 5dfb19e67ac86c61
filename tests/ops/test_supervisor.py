"""The supervisor and its guard with real processes: nothing may outlive them, whatever was killed how."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.places import ROOT
from tests.ops.processes import marked, wait_for

# A program like the worst of ours: it ignores SIGTERM, and a grandchild left its session and its parent.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
orphan = "import os,time,sys\\nif os.fork(): sys.exit()\\nos.setsid()\\ntime.sleep(300)"
subprocess.run([sys.executable, "-c", orphan])
subprocess.Popen(["sleep", "300"], start_new_session=True)
time.sleep(300)
"""
SUPERVISE = """
import sys
from pathlib import Path
from ops.supervisor import Program, Supervisor
import os
supervisor = Supervisor(Path.cwd(), Path(sys.argv[1]), grace_s=0.3)
supervisor.open()
for name, code in zip(("one", "two"), sys.argv[2:]):
    program = Program(name, name, name, [sys.executable, "-c", code], dict(os.environ), keep=name == "one")
    supervisor.start(program)
try:
    raise SystemExit(supervisor.run_until_stopped())
finally:
    supervisor.stop()
"""
STUBBORN_PROCESSES = 3  # itself, the orphan, the sleeper


class Run:
    """One supervisor with the given programs, marked so that all its processes can be counted."""

    def __init__(self, logs: Path, *codes: str) -> None:
        self.mark = f"BAROHELP_TEST_MARK={secrets.token_hex(8)}"
        name, _, value = self.mark.partition("=")
        environment = {**os.environ, name: value}
        environment.pop("MAKELEVEL", None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISE, str(logs), *codes],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def wait_for_processes(self, count: int) -> None:
        wait_for(lambda: len(marked(self.mark)) >= count, f"fewer than {count} processes")

    def programs(self) -> list[int]:
        """Everything but the supervisor; the guard is the first of them."""
        return [pid for pid in marked(self.mark) if pid != self.process.pid]


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[list[Run]]:
    """Runs started by a test; whatever a failing test leaves is killed here."""
    started: list[Run] = []
    yield started
    for run in started:
        for pid in marked(run.mark):
            os.kill(pid, signal.SIGKILL)
        run.process.wait(10)
        if run.process.stdout:
            run.process.stdout.close()


def start(runs: list[Run], tmp_path: Path, *codes: str) -> Run:
    runs.append(Run(tmp_path, *codes))
    return runs[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_it_leaves_nothing_behind(runs: list[Run], tmp_path: Path, number: signal.Signals) -> None:
    run = start(runs, tmp_path, STUBBORN)
    run.wait_for_processes(2 + STUBBORN_PROCESSES)
    run.process.send_signal(number)
    run.process.wait(15)
    wait_for(lambda: not marked(run.mark), "processes were left")


def test_it_leaves_nothing_behind_when_the_guard_is_killed(runs: list[Run], tmp_path: Path) -> None:
    run = start(runs, tmp_path, STUBBORN)
    run.wait_for_processes(2 + STUBBORN_PROCESSES)
    guard = next(pid for pid in run.programs() if "guard.py" in Path(f"/proc/{pid}/cmdline").read_text())
    os.kill(guard, signal.SIGKILL)
    run.process.wait(15)
    wait_for(lambda: not marked(run.mark), "processes were left")


def test_it_starts_a_crashed_program_again_and_says_so(runs: list[Run], tmp_path: Path) -> None:
    crash = f"open({str(tmp_path / 'starts')!r}, 'a').write('x'); raise SystemExit(3)"
    run = start(runs, tmp_path, crash)
    starts = tmp_path / "starts"
    wait_for(lambda: starts.is_file() and len(starts.read_text()) >= 2, "it was not started again")
    run.process.send_signal(signal.SIGINT)
    assert "exit 3" in run.process.communicate(timeout=15)[0]


def test_it_lets_a_person_close_a_window(runs: list[Run], tmp_path: Path) -> None:
    log = tmp_path / "starts"
    run = start(runs, tmp_path, "import time; time.sleep(300)", f"open({str(log)!r}, 'a').write('x')")
    assert run.process.stdout is not None
    assert "two" in run.process.stdout.readline()
    run.process.send_signal(signal.SIGINT)
    run.process.wait(15)
    assert log.read_text() == "x"


def test_it_ends_the_children_of_a_crashed_program_before_starting_it_again(
    runs: list[Run], tmp_path: Path
) -> None:
    """A gunicorn worker that outlived its master would keep the port."""
    code = "import subprocess; subprocess.Popen(['sleep', '300']); raise SystemExit(1)"
    run = start(runs, tmp_path, code)
    assert run.process.stdout is not None
    assert "one" in run.process.stdout.readline()
    wait_for(lambda: len(marked(run.mark)) == 2, "the child of a crashed program lived on")
