"""Remote windows as child processes: lines both ways, crashes noticed, none left behind."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.displays import wait_for
from viewer.waiting import children
from viewer.waiting.children import RemoteWindows, window_command

ECHO = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message["t"] == "crash":
        sys.exit(3)
    print(json.dumps({"t": "state", "echo": message}), flush=True)
"""


class Windows:
    """Windows whose program only repeats what it hears."""

    def __init__(self, program: str = ECHO) -> None:
        self.lines: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.gone: queue.Queue[tuple[str, int]] = queue.Queue()
        self.windows = RemoteWindows(
            lambda participant, line: self.lines.put((participant, line)),
            lambda participant, code: self.gone.put((participant, code)),
            [sys.executable, "-u", "-c", program],
        )


@pytest.fixture
def made() -> Iterator[Windows]:
    made = Windows()
    yield made
    made.windows.close_all()


def test_it_tells_the_child_what_it_is_for(made: Windows) -> None:
    made.windows.open("p1", {"session": "s1"})
    participant, line = made.lines.get(timeout=10)
    assert participant == "p1"
    assert line["echo"] == {"t": "open", "session": "s1"}


def test_it_keeps_windows_apart(made: Windows) -> None:
    for name in ("p1", "p2"):
        made.windows.open(name, {})
    assert made.windows.tell("p2", {"t": "signal", "x": 2})
    heard = [made.lines.get(timeout=10) for _ in range(3)]
    assert ("p2", {"t": "state", "echo": {"t": "signal", "x": 2}}) in heard
    assert sorted(made.windows.participants) == ["p1", "p2"]


def test_it_notices_a_crash(made: Windows) -> None:
    made.windows.open("p1", {})
    made.windows.tell("p1", {"t": "crash"})
    assert made.gone.get(timeout=10) == ("p1", 3)
    assert not made.windows.is_open("p1")
    assert made.windows.tell("p1", {"t": "signal"}) is False


def test_it_lets_one_window_close(made: Windows) -> None:
    for name in ("p1", "p2"):
        made.windows.open(name, {})
    made.windows.close("p1")
    assert made.gone.get(timeout=10) == ("p1", 0)
    assert made.windows.participants == ["p2"]


def test_it_has_no_window_for_a_stranger(made: Windows) -> None:
    assert made.windows.tell("nobody", {"t": "close"}) is False
    assert not made.windows.is_open("nobody")


def test_it_ends_children_that_do_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_CLOSE_WAIT_S", 0.1)
    made = Windows("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)")
    made.windows.open("p1", {})
    child = made.windows._children["p1"]
    made.windows.close_all()
    assert child.poll() is not None


@pytest.mark.flow
def test_children_die_with_a_killed_parent() -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\n"
            "from viewer.waiting.children import RemoteWindows\n"
            "windows = RemoteWindows(lambda *a: None, lambda *a: None, "
            "[sys.executable, '-c', 'import sys; sys.stdin.read()'])\n"
            "windows.open('p1', {})\n"
            "print(windows._children['p1'].pid, flush=True)\n"
            "time.sleep(60)\n",
        ],
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
    parent.kill()
    parent.wait(5)

    def is_dead() -> bool:
        try:
            with open(f"/proc/{child}/stat") as stat:
                return stat.read().split()[2] == "Z"
        except FileNotFoundError:
            return True

    wait_for(is_dead, what="the child's end")


def test_it_starts_a_window_of_its_own_program() -> None:
    assert window_command() == [sys.executable, "-m", "viewer", "--window"]
    assert os.path.isabs(sys.executable)
