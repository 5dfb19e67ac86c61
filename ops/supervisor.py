"""The supervisor of `make run`: what runs, what is said when a program ends, and when it starts again.

It starts nothing itself (see guard.py). A program that must run is started again with a growing pause; one
that a person may close, such as the waiting program, is not. One thread, fed by one queue, decides it all.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ops.guard import GRACE_S, become_subreaper, descendants_of, die_with_parent, end_all
from ops.say import say

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
STEADY_AFTER_S: Final = 60.0  # a program that ran this long starts again with the shortest pause
STOP_DEADLINE_S: Final = 12.0


@dataclass(frozen=True, slots=True)
class Program:
    """What to run and how to speak of it; `keep` = it must run, so it is started again when it ends."""

    name: str
    korean: str
    english: str
    argv: Sequence[str]
    env: Mapping[str, str]
    keep: bool = True


@dataclass(slots=True)
class _Running:
    program: Program
    pid: int = 0
    started_at: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    start_again_at: float | None = None
    ends: int = 0
    output: str = ""


@dataclass(slots=True)
class Supervisor:
    """Use as: start(program)...; wait_until(...); run_until_stopped(); stop()."""

    folder: Path
    logs: Path
    grace_s: float = GRACE_S  # between SIGTERM and SIGKILL
    _running: dict[str, _Running] = field(default_factory=dict)
    _events: queue.SimpleQueue[dict[str, Any]] = field(default_factory=queue.SimpleQueue)
    _control: socket.socket | None = None
    _guard: subprocess.Popen[bytes] | None = None
    stopping: bool = False

    def open(self) -> None:
        """Start the guard and listen to it and to the signals that mean "stop"."""
        become_subreaper()  # only matters when the guard itself is killed
        if os.environ.get("MAKELEVEL"):
            die_with_parent(signal.SIGTERM)  # a killed `make` must stop everything too
        self.logs.mkdir(parents=True, exist_ok=True)
        guard = str(Path(__file__).with_name("guard.py"))
        ours, theirs = socket.socketpair()
        self._control = ours
        self._guard = subprocess.Popen(
            [sys.executable, "-I", guard, str(theirs.fileno()), str(self.grace_s)],
            pass_fds=[theirs.fileno()], start_new_session=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        theirs.close()
        threading.Thread(target=self._listen, name="guard", daemon=True).start()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, *_: object) -> None:
        self.stopping = True
        self._events.put({"stop": True})

    def _listen(self) -> None:
        assert self._control is not None
        with self._control.makefile("rb") as lines:
            for line in lines:
                self._events.put(json.loads(line))
        self._events.put({"guard_gone": True})

    def start(self, program: Program) -> None:
        self._running[program.name] = _Running(program)
        self._order_start(self._running[program.name])

    def log_of(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def pid_of(self, name: str) -> int:
        return self._running[name].pid

    def has_ended(self, name: str) -> bool:
        """Has this program ended at least once? Reads what the guard has said so far."""
        self._handle_waiting()
        return self._running[name].ends > 0

    def _order_start(self, running: _Running) -> None:
        program = running.program
        running.started_at, running.start_again_at = time.monotonic(), None
        self._send(
            {
                "start": program.name,
                "argv": list(program.argv),
                "env": dict(program.env),
                "cwd": str(self.folder),
                "log": str(self.log_of(program.name)),
            }
        )

    def _send(self, order: dict[str, Any]) -> None:
        assert self._control is not None
        try:
            self._control.sendall(json.dumps(order).encode() + b"\n")
        except OSError:
            self._events.put({"guard_gone": True})

    def run_until_stopped(self) -> int:
        """Keep the programs running until a signal asks to stop; the exit code."""
        while not self.stopping:
            self._handle_waiting(timeout_s=self._next_start_in_s())
            self._start_what_is_due()
        return 0

    def _handle_waiting(self, timeout_s: float = 0.0) -> None:
        try:
            self._handle(self._events.get(timeout=timeout_s) if timeout_s > 0 else self._events.get_nowait())
            while True:
                self._handle(self._events.get_nowait())
        except queue.Empty:
            return

    def _handle(self, event: dict[str, Any]) -> None:
        if "started" in event:
            self._running[event["started"]].pid = event["pid"]
        elif "ended" in event and not self.stopping:
            self._on_end(self._running[event["ended"]], event)
        elif "guard_gone" in event and not self.stopping:
            say("감시 프로그램이 끝나 모두 멈춥니다.", "The guard process ended, so everything stops.")
            self.stopping = True

    def _on_end(self, running: _Running, event: dict[str, Any]) -> None:
        program = running.program
        running.pid, running.ends = 0, running.ends + 1
        why = event.get("why") or f"exit {event['status']}"
        log = self.log_of(program.name)
        if not program.keep:
            say(f"{program.korean} 닫힘.", f"{program.english} closed.")
            return
        if time.monotonic() - running.started_at > STEADY_AFTER_S:
            running.pause_s = FIRST_PAUSE_S
        running.start_again_at = time.monotonic() + running.pause_s
        say(
            f"{program.korean} 멈춤 ({why}). {running.pause_s:g}초 뒤 다시 시작합니다. 기록: {log}",
            f"{program.english} stopped ({why}); starting again in {running.pause_s:g} s. Log: {log}",
        )
        running.pause_s = min(LONGEST_PAUSE_S, running.pause_s * 2)

    def _next_start_in_s(self) -> float:
        due = [r.start_again_at for r in self._running.values() if r.start_again_at is not None]
        return max(0.01, min(due) - time.monotonic()) if due else 3600.0

    def _start_what_is_due(self) -> None:
        for running in self._running.values():
            if running.start_again_at is not None and running.start_again_at <= time.monotonic():
                self._order_start(running)

    def stop(self) -> None:
        """End all programs and the guard; returns when nothing is left."""
        self.stopping = True
        if self._control is not None and self._guard is not None:
            self._control.shutdown(socket.SHUT_WR)
            try:
                self._guard.wait(STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                self._guard.kill()
        end_all(lambda: descendants_of(os.getpid()), grace_s=1.0)
