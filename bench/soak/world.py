"""What is broken in a soak: web, relay and jobs as processes, lines before them, and the two sides.

The clock of the server's side can be set (clock.c, where a C compiler is); its folder can be made full
(a tmpfs of its own, where one may be mounted).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bench.soak.line import Line
from ops import readiness
from ops.places import LOOPBACK, ROOT, Places, free_port
from ops.prepare import prepare
from ops.run import programs_of

READY_S: Final = 40.0
CLOCK_SOURCE: Final = Path(__file__).with_name("clock.c")
FOLDER_BYTES: Final = 48 * 1024 * 1024


class Side:
    """One side's ends, a process; what it tells is kept in `World.events`."""

    def __init__(self, side: str, server: str, tell: Callable[[dict[str, Any]], None]) -> None:
        command = [sys.executable, "-m", "bench.ends", side, server]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._read, args=(tell,), daemon=True).start()

    def order(self, **order: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def _read(self, tell: Callable[[dict[str, Any]], None]) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            tell(json.loads(line))


class World:
    """`with World(seed, pairs) as world`: everything runs and every pair talks."""

    def __init__(self, seed: int, pairs: int) -> None:
        self.pairs = pairs
        self.folder = Path(tempfile.mkdtemp(prefix="barohelp-soak-"))
        self.is_mounted = self._mount()
        self.relay_port, self.web_port = free_port(), free_port()
        self.relay_line, self.web_line = Line(self.relay_port, seed), Line(self.web_port, seed + 1)
        self.places = Places(self.folder, self.web_line.port, self.relay_line.port, free_port())
        self.clock_folder = Path(tempfile.mkdtemp(prefix="barohelp-soak-clock-"))
        self.clock_file = self.clock_folder / "jump"
        self.set_clock(0)
        self.has_clock = self._build_clock()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.sides: dict[str, Side] = {}
        self.events: list[dict[str, Any]] = []
        self._news = threading.Condition()

    def __enter__(self) -> World:
        self.places.logs.mkdir(parents=True, exist_ok=True)
        prepare(self.places)
        for name in ("relay", "web", "jobs"):
            self.start(name)
        self.wait_until_ready()
        self.sides = {side: Side(side, self.places.public_url, self._tell) for side in ("agent", "customer")}
        self._connect()
        return self

    def __exit__(self, *_: object) -> None:
        for side in self.sides.values():
            side.process.send_signal(signal.SIGCONT)
            side.process.kill()
            side.process.wait(10)
        for name in list(self.processes):
            self.processes[name].send_signal(signal.SIGCONT)
            self.kill(name)
        if self.is_mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=False)
        shutil.rmtree(self.clock_folder, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- processes

    def start(self, name: str) -> None:
        """Start a program behind its line."""
        (program,) = (one for one in programs_of(self.places) if one.name == name)
        real = {"relay": self.relay_port, "web": self.web_port}.get(name, 0)
        shown = {"relay": self.relay_line.port, "web": self.web_line.port}.get(name, 0)
        argv = [word.replace(f"{LOOPBACK}:{shown}", f"{LOOPBACK}:{real}") for word in program.argv]
        if name == "relay":
            argv += ["--public", self.places.relay_url]
        with (self.places.logs / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                argv, cwd=ROOT, env=self._environment(program.env), stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        """As a crash would."""
        self.processes[name].kill()
        self.processes[name].wait(10)

    def restart(self, name: str) -> float:
        """Start it again; the monotonic second at which it listens."""
        self.start(name)
        check = readiness.relay_pairs if name == "relay" else readiness.web_answers
        self._until(lambda: check(self.places) is None, f"the {name} to answer")
        return time.monotonic()

    def wait_until_ready(self) -> None:
        for check in (readiness.web_answers, readiness.relay_pairs, readiness.signal_answers):
            self._until(lambda check=check: check(self.places) is None, check.__name__)  # type: ignore[misc]

    def set_clock(self, jump_s: int) -> None:
        """What the server's side takes for the time from now on: so many seconds beside the truth."""
        with self.clock_file.open("r+b" if self.clock_file.exists() else "wb") as file:
            file.write(struct.pack("=q", jump_s))

    def fill_folder(self) -> Path:
        """Leave no byte free in the server's folder; the file that takes the room."""
        ballast = self.folder / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(65_536))
            except OSError:
                pass
        return ballast

    def _environment(self, environment: dict[str, str]) -> dict[str, str]:
        if not self.has_clock:
            return environment
        preloaded = str(self.clock_folder / "clock.so")
        return {**environment, "LD_PRELOAD": preloaded, "SOAK_CLOCK": str(self.clock_file)}

    def _build_clock(self) -> bool:
        compiler = shutil.which("cc")
        if compiler is None:
            return False
        command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(self.clock_folder / "clock.so")]
        done = subprocess.run([*command, str(CLOCK_SOURCE), "-ldl"], capture_output=True, check=False)
        return done.returncode == 0

    def _mount(self) -> bool:
        if os.geteuid() != 0:
            return False
        size = ["-o", f"size={FOLDER_BYTES}"]
        done = subprocess.run(
            ["mount", "-t", "tmpfs", *size, "none", str(self.folder)], capture_output=True, check=False
        )
        return done.returncode == 0

    # -- the ends

    def _connect(self) -> None:
        logins = self.places.demo_logins.read_text(encoding="utf-8").splitlines()
        slots = -(-self.pairs // 2)
        for login_id in ("agent1", "agent2"):
            (password,) = (line.split()[-1] for line in logins if login_id in line.split())
            self.sides["agent"].order(do="log_in", tenant="demo", id=login_id, password=password, slots=slots)
        used: set[str] = set()

        def join_all() -> bool:
            for event in self.told(0.0, "code"):
                if event["session"] not in used and len(used) < self.pairs:
                    used.add(event["session"])
                    self.sides["customer"].order(do="join", tenant="demo", code=event["code"])
            return len(self.told(0.0, "open")) >= 2 * self.pairs

        self._until(join_all, "every pair to talk")

    def _tell(self, event: dict[str, Any]) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def told(self, since: float, *kinds: str) -> list[dict[str, Any]]:
        """What the ends told since then, of these kinds."""
        with self._news:
            return [event for event in self.events if event["t"] >= since and event["what"] in kinds]

    def sessions(self) -> set[str]:
        """Every support session that ever talked."""
        return {event["session"] for event in self.told(0.0, "open")}

    def first(self, since: float, *kinds: str) -> dict[tuple[str, str], float]:
        """By (side, session), how long after `since` the first of these was told."""
        found: dict[tuple[str, str], float] = {}
        for event in self.told(since, *kinds):
            found.setdefault((event["side"], event["session"]), event["t"] - since)
        return found

    def wait_told(self, since: float, seconds: float, *kinds: str) -> dict[tuple[str, str], float]:
        """As `first`, once every end of every pair told one of these, or `seconds` are over."""
        deadline = time.monotonic() + seconds
        while len(found := self.first(since, *kinds)) < 2 * self.pairs and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def wait_back(self, since: float, seconds: float) -> dict[tuple[str, str], float]:
        """By (side, session), how long after `since` the line was good for the rest of the time; waits."""
        wanted = {(side, session) for side in ("agent", "customer") for session in self.sessions()}
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            states = self._states()
            if all(states.get(one) == "ok" for one in wanted):
                break
            time.sleep(0.05)
        back: dict[tuple[str, str], float] = defaultdict(lambda: float("inf"))
        states = self._states()
        for event in self.told(since, "ok"):
            one = (event["side"], event["session"])
            if states.get(one) == "ok":
                back[one] = event["t"] - since
        return {one: back[one] for one in wanted if one in back or states.get(one) != "ok"}

    def _states(self) -> dict[tuple[str, str], str]:
        return {
            (event["side"], event["session"]): event["what"]
            for event in self.told(0.0, "ok", "unstable", "lost")
        }

    def count(self) -> tuple[int, float]:
        """Blocks received so far at both sides, and the worst lag since the last call, seconds."""
        since = time.monotonic()
        for side in self.sides.values():
            side.order(do="count")
        self._until(lambda: len(self.told(since, "count")) == len(self.sides), "both counts")
        told = self.told(since, "count")
        return sum(one["received"] for one in told), max(one["worst_lag_s"] for one in told)

    def faults_of_trust(self) -> list[str]:
        """What must never happen: wrong blocks, support sessions that ended, refused log-ins."""
        return [json.dumps(event) for event in self.told(0.0, "bad", "ended", "refused")]

    def memory_kib(self, name: str) -> int:
        """Resident memory of one of the programs."""
        text = Path(f"/proc/{self.processes[name].pid}/status").read_text()
        return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1])

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + READY_S
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited in vain for {what}; see {self.places.logs}")
            time.sleep(0.05)


__all__ = ["Side", "World"]
