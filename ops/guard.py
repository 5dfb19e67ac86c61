"""The guard: starts programs for the supervisor and lets none of them, nor their children, outlive it.

`make run` must leave nothing behind, not even when the supervisor is killed with SIGKILL. So the supervisor
starts no program itself: it asks this process, its only child, over a socket. Three things hold together:

- the guard is a *subreaper*: a grandchild whose parent died (a gunicorn worker, a Chromium tab) becomes the
  guard's child instead of init's, so whatever was ever started stays findable as its descendant;
- the end of the socket (the supervisor stopped, crashed or was killed) makes the guard end all descendants;
- each program dies with the guard by PR_SET_PDEATHSIG, should the guard itself be killed.

Standard library only and single-threaded: PDEATHSIG belongs to the thread that forked.
Lines on the socket, JSON: {"start": name, "argv", "env", "cwd", "log"} -> {"started": name, "pid"};
{"stop": name} -> {"ended": name, "status"} as also happens by itself; the end of the socket stops everything.
"""

from __future__ import annotations

import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

GRACE_S: Final = 4.0
MAX_LOG_BYTES: Final = 5 * 1024 * 1024
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_LIBC = ctypes.CDLL(None, use_errno=True)


def become_subreaper() -> None:
    """Make orphaned descendants children of this process (prctl(2))."""
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Ask the kernel for this signal when the parent dies (prctl(2)); call it in the child."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    session: int
    state: str


def _processes() -> Iterator[_Process]:
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                # The name in parentheses may hold spaces; the fields after the last ")" never do.
                fields = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            yield _Process(int(entry.name), int(fields[1]), int(fields[3]), fields[0])


def descendants_of(root: int) -> list[int]:
    """The ids of all living descendants of `root`, parents before children."""
    children: dict[int, list[int]] = {}
    for process in _processes():
        if process.state != "Z":
            children.setdefault(process.parent, []).append(process.pid)
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.extend(below)
        waiting.extend(below)
    return found


def end_all(find: Callable[[], list[int]], *, grace_s: float) -> None:
    """SIGTERM to what `find` returns, then SIGKILL to what is left after `grace_s` seconds, until nothing is.

    `find` returns no zombies; collecting them is the caller's, who also wants their exit codes.
    """
    _signal_each(find(), signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while find() and time.monotonic() < deadline:
        time.sleep(0.03)
    for _ in range(100):  # a process that is being killed may still fork: look again until it is quiet
        left = find()
        if not left:
            return
        _signal_each(left, signal.SIGKILL)
        time.sleep(0.02)


def _signal_each(pids: list[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def _reap() -> dict[int, int]:
    """Collect ended children without waiting: process id -> exit code (negative: the signal)."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = os.waitstatus_to_exitcode(status)


class Guard:
    """One per `make run`; `serve` returns when the supervisor is gone and so is everything else."""

    def __init__(self, control: socket.socket, grace_s: float) -> None:
        self._control = control
        self._grace_s = grace_s
        self._programs: dict[int, str] = {}  # process id (also its session id) -> name

    def serve(self) -> None:
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        selector = selectors.DefaultSelector()
        selector.register(self._control, selectors.EVENT_READ)
        selector.register(wake_read, selectors.EVENT_READ)
        pending = b""
        while True:
            for key, _ in selector.select():
                if key.fd == wake_read:
                    os.read(wake_read, 4096)
                    continue
                data = self._read()
                if not data:
                    self._end_everything()
                    return
                *lines, pending = (pending + data).split(b"\n")
                for line in lines:
                    self._obey(json.loads(line))
            self._note_ended()

    def _read(self) -> bytes:
        try:
            return self._control.recv(65536)
        except ConnectionError:
            return b""

    def _obey(self, order: dict[str, Any]) -> None:
        if "start" in order:
            self._start(order)
        elif "stop" in order:
            for pid, name in list(self._programs.items()):
                if name == order["stop"]:
                    end_all(lambda pid=pid: self._family(pid), grace_s=self._grace_s)  # type: ignore[misc]

    def _start(self, order: dict[str, Any]) -> None:
        name, log = order["start"], Path(order["log"])
        if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        try:
            with log.open("ab") as output:
                program = subprocess.Popen(
                    order["argv"], env=order["env"], cwd=order["cwd"], stdin=subprocess.DEVNULL,
                    stdout=output, stderr=output, start_new_session=True,
                    preexec_fn=die_with_parent,  # noqa: PLW1509 (safe: this process has one thread)
                )  # fmt: skip
        except OSError as error:
            self._tell({"ended": name, "status": 127, "why": str(error)})
            return
        self._programs[program.pid] = name
        program.returncode = 0  # waitpid is ours: Popen must neither wait nor warn
        self._tell({"started": name, "pid": program.pid})

    def _family(self, leader: int) -> list[int]:
        """The living processes of a program: its session, and whatever descends from one of it."""
        of_session = [p.pid for p in _processes() if p.session == leader and p.state != "Z"]
        below = [pid for member in of_session for pid in descendants_of(member)]
        return list(dict.fromkeys(of_session + below))

    def _note_ended(self) -> None:
        for pid, status in _reap().items():
            name = self._programs.pop(pid, None)
            if name is not None:
                end_all(lambda pid=pid: self._family(pid), grace_s=0.5)  # type: ignore[misc]
                self._tell({"ended": name, "status": status})

    def _end_everything(self) -> None:
        end_all(lambda: descendants_of(os.getpid()), grace_s=self._grace_s)

    def _tell(self, event: dict[str, Any]) -> None:
        try:
            self._control.sendall(json.dumps(event).encode() + b"\n")
        except OSError:
            return  # the supervisor is gone; the end of the socket says so next


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Only the supervisor's end ends the guard. A handler, not SIG_IGN: programs would inherit that.
        signal.signal(number, lambda *_: None)
    become_subreaper()
    Guard(socket.socket(fileno=int(sys.argv[1])), float(sys.argv[2])).serve()


if __name__ == "__main__":
    main()
