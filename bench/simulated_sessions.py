"""Many support sessions over two relays, one of which is killed: how long until all are back.

    python -m bench.simulated_sessions --sessions 1000

Real: both ends' desktop/support_link.py (keys, seal, heartbeats, coming back), signed tickets, and relays as
`python -m relay`. Simulated: the windows and screens (a few bytes stand for them), and the web half: a
switchboard in the same process passes keys on, signs tickets and chooses the relay by app/support/rules.py,
so that no database and no signal socket is part of the figure. Fewer sessions are made, and said, where
`ulimit -n` is short. All ends share this machine's cores: with a thousand sessions their two thousand
heartbeats twice a second are most of the work, and ends whose beats come late call their line unstable.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from app.support.rules import choose_relay
from desktop import network
from desktop.connection import LinkThread
from desktop.network import NetworkSettings
from desktop.support_link import ParticipantLink
from relay.keys import load_signing_key, write_key_pair
from wire.control import messages as k
from wire.signal import commands as c
from wire.signal import messages as m
from wire.terms import Channel, Side
from wire.ticket import issue_ticket, relay_id

ROOT: Final = Path(__file__).resolve().parents[1]
SOCKETS_A_SESSION: Final = 4
SPARE_FILES: Final = 200
SESSIONS_A_PROCESS: Final = 250
STARTS_A_SECOND: Final = 60
PROMISE_S: Final = 30.0
_CHANNELS: Final[tuple[Channel, ...]] = ("screen", "control")


@dataclass
class End:
    """One program of a session: when its screen worked in which epoch, and how its line was."""

    works_at: dict[int, float] = field(default_factory=dict)
    states: list[tuple[str, float]] = field(default_factory=list)
    link: Any = None


class Session:
    """Both ends of one support session and its part of the switchboard."""

    def __init__(self, crowd: Crowd, number: int) -> None:
        self.crowd, self.name = crowd, f"s{os.getpid()}-{number}"
        self.epoch = 0
        self.relay = crowd.choose(self)
        self.ends: dict[Side, End] = {"agent": End(), "customer": End()}
        for side, thread in zip(("agent", "customer"), crowd.threads, strict=True):
            self.ends[side].link = self._make_link(side, thread)  # type: ignore[index, arg-type]

    def _make_link(self, side: Side, thread: LinkThread) -> ParticipantLink:
        end = self.ends[side]

        def opened(channel: Channel) -> None:
            if channel == "screen":
                link = end.link
                link.send("screen", f"epoch {link.epoch};".encode(), epoch=link.number("screen"))

        def took(_channel: Channel, data: bytes) -> None:
            epoch = int(data.split(b";")[0].split()[1])
            end.works_at.setdefault(epoch, time.monotonic())

        who = [k.Who("보라", "마루")] if side == "agent" else [k.Machine("pc", "Debian 12", "ko", ())]
        return ParticipantLink(
            thread,
            role=side,
            session=self.name,
            participant=self.name,
            send_command=lambda command: self.crowd.take(self, side, command),
            greeting=lambda: who,
            on_channel_open=opened,
            on_plain=took,
            on_state=lambda state, _rtt: end.states.append((state, time.monotonic())),
        )

    def ask_keys(self) -> None:
        self.epoch += 1
        self.ends["customer"].link.receive(m.KeyAsk(self.name, self.name, self.epoch, 1, "lead", "보라"))

    def offer(self) -> None:
        self.epoch += 1
        for side, end in self.ends.items():
            tickets = {
                name: issue_ticket(
                    self.crowd.key,
                    relay=relay_id(self.relay),
                    tenant="maru",
                    session=self.name,
                    participant=self.name,
                    channel=name,
                    role=side,
                    via="program",
                    epoch=self.epoch,
                    now=time.time(),
                )
                for name in _CHANNELS
            }
            end.link.receive(
                m.Offer(
                    self.name, self.name, 1, "lead", self.epoch, self.relay, tickets, 60, (), {}, m.Peer()
                )
            )

    def back_s(self, since: float, epoch: int) -> float | None:
        """Seconds from `since` until both ends had the screen in an epoch after `epoch`; None: not yet."""
        found = [
            min((at for number, at in end.works_at.items() if number > epoch), default=math.inf)
            for end in self.ends.values()
        ]
        return max(found) - since if max(found) < math.inf else None

    def was_calm(self, since: float) -> bool:
        """Whether neither end noticed anything since."""
        return all(at < since for end in self.ends.values() for _, at in end.states)


class Crowd:
    """The sessions of one process, and the web half they have."""

    def __init__(self, relays: list[str], keys: Path) -> None:
        self.key = load_signing_key(keys / "ticket_sign.pem")
        self.relays = relays
        self.lock = threading.RLock()
        self.sessions: list[Session] = []
        self.threads = (LinkThread("agents"), LinkThread("customers"))
        for thread in self.threads:
            thread.start()

    def choose(self, session: Session, *, avoid: str | None = None) -> str:
        load = {relay: sum(one.relay == relay for one in self.sessions) for relay in self.relays}
        chosen = choose_relay(self.relays, load=load, down={avoid} if avoid else ())
        assert chosen is not None
        return chosen

    def take(self, session: Session, side: Side, command: c.Command) -> None:
        """A program's command, as app/support/actions/channels.py answers it."""
        other: Side = "customer" if side == "agent" else "agent"
        with self.lock:
            if isinstance(command, m.KeyCommit | m.KeyOpen):
                session.ends[other].link.receive(command)
                if isinstance(command, m.KeyOpen) and side == "customer":
                    session.offer()
            elif isinstance(command, c.TicketNeed) and command.epoch >= session.epoch:
                if command.unreachable:
                    session.relay = self.choose(session, avoid=session.relay)
                session.offer()

    def start(self, count: int) -> None:
        for number in range(count):
            session = Session(self, number)
            self.sessions.append(session)
            session.ask_keys()
            time.sleep(1 / STARTS_A_SECOND)

    def wait_until_open(self, deadline_s: float = 60.0) -> None:
        until = time.monotonic() + deadline_s
        while not all(session.back_s(0.0, 0) is not None for session in self.sessions):
            if time.monotonic() > until:
                raise SystemExit("not all sessions could be opened")
            time.sleep(0.05)


def generate(relays: list[str], keys: Path, count: int) -> None:
    """One generator process: open, say so, wait for the killing, tell how long each took to come back."""
    network.use(NetworkSettings(mode="none"))
    crowd = Crowd(relays, keys)
    begun = time.monotonic()
    crowd.start(count)
    crowd.wait_until_open()
    _say({"t": "open", "seconds": time.monotonic() - begun})
    told = json.loads(sys.stdin.readline())
    killed_at, dead = float(told["at"]), told["relay"]
    hit = [session for session in crowd.sessions if session.relay == dead or session.epoch > 2]
    spared = [session for session in crowd.sessions if session not in hit]
    until = killed_at + 2 * PROMISE_S
    back: list[float | None] = []
    while time.monotonic() < until:
        back = [session.back_s(killed_at, 2) for session in hit]
        if None not in back:
            break
        time.sleep(0.05)
    _say(
        {
            "t": "back",
            "seconds": back,
            "spared": len(spared),
            "calm": sum(one.was_calm(killed_at) for one in spared),
        }
    )
    os._exit(0)


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


# ------------------------------------------------------------------ the whole


@dataclass(frozen=True)
class Outcome:
    """What one run showed; times in seconds."""

    sessions: int
    wanted: int
    opened_s: float
    back: list[float]
    lost: int
    spared: int
    calm: int

    @property
    def worst_s(self) -> float:
        return math.inf if self.lost else max(self.back, default=0.0)

    def table(self) -> str:
        back = sorted(self.back)
        rows = [
            ("support sessions over 2 relays", f"{self.sessions}" + self._scaled()),
            ("all open after", f"{self.opened_s:.1f} s"),
            ("on the relay that was killed", f"{len(back) + self.lost}"),
            ("back: median", f"{statistics.median(back):.2f} s" if back else "-"),
            ("back: 95 of 100", f"{back[max(0, math.ceil(0.95 * len(back)) - 1)]:.2f} s" if back else "-"),
            ("back: the last one", f"{self.worst_s:.2f} s (promise {PROMISE_S:g} s)"),
            ("never back", f"{self.lost}"),
            ("on the other relay, undisturbed", f"{self.calm} of {self.spared}"),
        ]
        return "\n".join(
            f"| {name} | {value} |" for name, value in [("what", "figure"), ("---", "---"), *rows]
        )

    def _scaled(self) -> str:
        return "" if self.sessions == self.wanted else f" (of {self.wanted} wanted: ulimit -n is short)"


def affordable(wanted: int) -> int:
    """How many sessions the limit of open files allows; the soft limit is raised to the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # A relay may have to carry all of them alone, after the other one's death.
    return max(1, min(wanted, (hard - SPARE_FILES) // SOCKETS_A_SESSION))


def run(wanted: int, *, calm_s: float = 2.0) -> Outcome:
    """Start relays and generators, kill one relay after `calm_s`, and collect."""
    count = affordable(wanted)
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder)
        write_key_pair(keys)
        relays = [_start_relay(keys) for _ in range(2)]
        urls = [url for _, url in relays]
        sizes = _split(count)
        generators = [_start_generator(urls, keys, size) for size in sizes]
        try:
            opened = [_hear(one) for one in generators]
            dead, url = relays[0]
            # A moment of calm, so that nobody is in the middle of being opened.
            time.sleep(calm_s)
            dead.send_signal(signal.SIGKILL)
            killed_at = time.monotonic()
            for one in generators:
                assert one.stdin is not None
                one.stdin.write(json.dumps({"at": killed_at, "relay": url}) + "\n")
                one.stdin.flush()
            told = [_hear(one) for one in generators]
        finally:
            for process in [*generators, *(process for process, _ in relays)]:
                process.kill()
                process.wait()
                for pipe in (process.stdin, process.stdout):
                    if pipe is not None:
                        pipe.close()
    back = [one for part in told for one in part["seconds"]]
    return Outcome(
        sessions=count,
        wanted=wanted,
        opened_s=max(part["seconds"] for part in opened),
        back=[one for one in back if one is not None],
        lost=sum(one is None for one in back),
        spared=sum(part["spared"] for part in told),
        calm=sum(part["calm"] for part in told),
    )


def _split(count: int) -> list[int]:
    processes = math.ceil(count / SESSIONS_A_PROCESS)
    return [count // processes + (place < count % processes) for place in range(processes)]


def _start_relay(keys: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "relay", "--listen", "127.0.0.1:0"]
    command += ["--verify-keys", str(keys / "ticket_verify"), "--die-with-parent"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()  # "relay HOST:PORT listens on ..."
    return process, f"ws://{line.split()[1]}"


def _start_generator(urls: list[str], keys: Path, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.simulated_sessions", "--generate", str(count)]
    command += ["--relays", ",".join(urls), "--keys", str(keys)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _hear(process: subprocess.Popen[str]) -> dict[str, Any]:
    pipe: IO[str] | None = process.stdout
    assert pipe is not None
    line = pipe.readline()
    if not line:
        raise SystemExit("a generator ended early")
    found: dict[str, Any] = json.loads(line)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--generate", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--relays", help=argparse.SUPPRESS)
    parser.add_argument("--keys", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.generate:
        affordable(given.generate)
        generate(given.relays.split(","), given.keys, given.generate)
        return 0
    outcome = run(given.sessions)
    print(outcome.table())
    return 0 if outcome.worst_s <= PROMISE_S else 1


if __name__ == "__main__":
    sys.exit(main())
