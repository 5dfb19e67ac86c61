"""Web, relay and jobs as processes on loopback with a folder of their own, for one file of stories.

The database is made by the same commands as `make run`'s. Each process can be ended and started again by
name; all of them die with the test process.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from ops.places import Places
from ops.prepare import prepare
from ops.readiness import relay_pairs, signal_answers, web_answers
from ops.run import programs_of
from ops.supervisor import Program
from tests.displays import free_port, start_process, stop_process, wait_for

START_DEADLINE_S = 30.0


class Stack:
    """What runs on the server's side of a story."""

    def __init__(self, var: Path) -> None:
        self.places = Places(var, free_port(), free_port(), free_port())
        self.ui_map = var / "ui-map"
        self.ui_map.mkdir(parents=True)
        self._programs: dict[str, Program] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def open(self) -> None:
        self.places.downloads.mkdir(exist_ok=True)
        prepare(self.places)
        self._programs = {program.name: program for program in self.programs()}
        for name in self._programs:
            self.start(name)
        self.wait_until_ready()

    def programs(self) -> list[Program]:
        """What is started, in this order."""
        return programs_of(self.places)

    def pid_of(self, name: str) -> int:
        return self._processes[name].pid

    def start(self, name: str) -> None:
        program = self._programs[name]
        self.places.logs.mkdir(exist_ok=True)
        with (self.places.logs / f"{name}.log").open("ab") as log:
            self._processes[name] = start_process(list(program.argv), env=program.env, stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        """SIGKILL, as a crash would be."""
        self._processes[name].kill()
        self._processes[name].wait(10)

    def process(self, name: str) -> subprocess.Popen[bytes]:
        """A program of the server's side, a child of the test."""
        return self._processes[name]

    def stop(self, name: str) -> None:
        stop_process(self._processes[name])

    def wait_until_ready(self) -> None:
        for check in (web_answers, relay_pairs, signal_answers):
            wait_for(partial(_passes, check, self.places), what=check.__name__, deadline_s=START_DEADLINE_S)

    def environment(self, display: str, **more: str) -> dict[str, str]:
        """For a program of an agent or a customer on this display."""
        ours = {"DISPLAY": display, "XAUTHORITY": "/nonexistent", "BAROHELP_UI_MAP": str(self.ui_map)}
        hidden = ("BAROHELP_VAR", "LC_ALL", "LC_MESSAGES", "LANGUAGE")
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        return {**kept, "LANG": "ko_KR.UTF-8", "BAROHELP_SERVER": self.places.public_url, **ours, **more}

    def login(self, login_id: str) -> tuple[str, str]:
        """Id and password of one of the demo company's people."""
        for line in self.places.demo_logins.read_text(encoding="utf-8").splitlines():
            words = line.split()
            if login_id in words:
                return login_id, words[-1]
        raise AssertionError(f"no {login_id} in {self.places.demo_logins}")

    def close(self) -> None:
        for process in reversed(list(self._processes.values())):
            stop_process(process)


def open_sessions(stack: Stack) -> list[str]:
    """The support sessions that are connected, by their public ids."""
    query = "SELECT public_id FROM support_session WHERE state = 'connected'"
    with closing(sqlite3.connect(f"file:{stack.places.database}?mode=ro", uri=True)) as database:
        return [row[0] for row in database.execute(query)]


def _passes(check: Callable[[Places], str | None], places: Places) -> bool:
    return check(places) is None


@contextmanager
def running_stack(var: Path) -> Iterator[Stack]:
    """A started stack for one block."""
    stack = Stack(var)
    try:
        stack.open()
        yield stack
    finally:
        stack.close()
