"""The faults, each with its promise (design: reliability and security) and what was measured.

A fault gets the running world, breaks one thing, waits for it to heal, returns its rows. Times in seconds.
"""

from __future__ import annotations

import http.client
import random
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from bench.relay_loads import masked
from bench.relay_peers import upgraded
from bench.soak.world import World
from ops.places import LOOPBACK, ROOT
from relay.keys import load_signing_key
from wire.ticket import issue_ticket

UNSTABLE_S: Final = 1.5
DEAD_S: Final = 8.0
BACK_P95_S: Final = 3.0
BACK_WORST_S: Final = 10.0
DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Row:
    """One promise: what was measured and whether it holds; `holds` None is "not run"."""

    fault: str
    promise: str
    measured: str
    holds: bool | None


Fault = Callable[[World, random.Random], list[Row]]


def relay_killed(world: World, dice: random.Random) -> list[Row]:
    """kill -9; a second or two later another process has its address."""
    began = time.monotonic()
    world.kill("relay")
    time.sleep(1 + dice.random())
    up = world.restart("relay")
    return [
        _told_unstable("relay killed", world, began),
        *_came_back("relay killed and restarted", world, up),
    ]


def web_killed(world: World, dice: random.Random) -> list[Row]:
    """kill -9; the channels do not need it."""
    began = time.monotonic()
    world.kill("web")
    time.sleep(1 + dice.random())
    up = world.restart("web")
    troubled = world.first(began, "unstable", "lost")
    online = _signal_back(world, up)
    return [
        Row("web killed", "no channel notices", f"{len(troubled)} noticed", not troubled),
        Row(
            "web killed and restarted",
            f"signal back ≤ {BACK_P95_S:.0f} s p95, ≤ {BACK_WORST_S:.0f} s worst",
            _spread(online),
            _within(online, BACK_P95_S, BACK_WORST_S),
        ),
    ]


def jobs_killed(world: World, _dice: random.Random) -> list[Row]:
    """kill -9 of the background process."""
    began = time.monotonic()
    world.kill("jobs")
    time.sleep(3)
    troubled = world.first(began, "unstable", "lost")
    world.start("jobs")
    return [Row("jobs killed", "nobody notices", f"{len(troubled)} noticed", not troubled)]


def relay_stopped(world: World, _dice: random.Random) -> list[Row]:
    """SIGSTOP for ten seconds: connections stay, nothing comes."""
    began = time.monotonic()
    world.processes["relay"].send_signal(signal.SIGSTOP)
    time.sleep(10)
    dead = world.first(began, "lost")
    world.processes["relay"].send_signal(signal.SIGCONT)
    woken = time.monotonic()
    return [
        _told_unstable("relay asleep 10 s", world, began),
        _told_dead("relay asleep 10 s", world, dead),
        *_came_back("relay awake again", world, woken),
    ]


def customers_asleep(world: World, _dice: random.Random) -> list[Row]:
    """SIGSTOP of the customers' programs for ten seconds, as a closed lid does."""
    return _sleep(world, "customer", 10)


def agents_asleep_long(world: World, _dice: random.Random) -> list[Row]:
    """SIGSTOP of the agents' programs for seventy seconds: beyond every time-out of the line."""
    return _sleep(world, "agent", 70)


def half_open(world: World, _dice: random.Random) -> list[Row]:
    """Every open connection to the relay goes mute without a word; new ones work."""
    began = time.monotonic()
    world.relay_line.set("mute", new="pass")
    dead = world.wait_told(began, DEAD_S + 2, "lost")
    latest = began + max(dead.values(), default=0.0)
    return [
        _told_unstable("half-open TCP", world, began),
        _told_dead("half-open TCP", world, dead),
        *_came_back("half-open TCP, counted from the loss", world, latest),
    ]


def network_away(world: World, dice: random.Random) -> list[Row]:
    """Nothing passes to relay and web for 15 to 20 seconds, neither old nor new; nobody is refused."""
    for line in (world.relay_line, world.web_line):
        line.unplug()
    time.sleep(15 + 5 * dice.random())
    for line in (world.relay_line, world.web_line):
        line.heal()
    return _came_back("network away for 15–20 s", world, time.monotonic())


def shaken(world: World, _dice: random.Random) -> list[Row]:
    """A line of 300 ms each way on which one piece in twenty comes a second late."""
    before, _ = world.count()
    began = time.monotonic()
    world.relay_line.set("shake")
    time.sleep(15)
    lost = world.first(began, "lost")
    world.relay_line.heal()
    after, worst = world.count()
    rows = [
        Row("300 ms and 5 % stalls, 15 s", "no line is given up", f"{len(lost)} lost", not lost),
        Row(
            "300 ms and 5 % stalls, 15 s",
            "data goes on",
            f"{after - before} blocks, worst {worst:.1f} s",
            after > before,
        ),
    ]
    world.wait_back(began, BACK_WORST_S)
    return rows


def slow_reader(world: World, _dice: random.Random) -> list[Row]:
    """A viewer that reads 10 kB/s while its customer sends without end."""
    time.sleep(3)  # what an earlier fault held up is through
    world.count()
    time.sleep(5)
    _, calm = world.count()
    pair = [_relay_leg(world, "soak-slow", role) for role in ("agent", "customer")]
    warm = world.memory_kib("relay")
    stop = threading.Event()
    sent = [0]
    threads = [
        threading.Thread(target=_flood, args=(pair[0], stop, sent)),
        threading.Thread(target=_sip, args=(pair[1], stop)),
    ]
    for thread in threads:
        thread.start()
    time.sleep(5)
    grown = world.memory_kib("relay") - warm
    _, busy = world.count()
    stop.set()
    for sock in pair:
        sock.close()
    for thread in threads:
        thread.join(10)
    return [
        Row("reader of 10 kB/s", "relay grows ≤ 300 KiB", f"{grown} KiB", grown <= 300),
        Row(
            "reader of 10 kB/s",
            "≤ 4 MiB taken from the sender",
            f"{sent[0] / 2**20:.1f} MiB",
            sent[0] <= 4 * 2**20,
        ),
        Row(
            "reader of 10 kB/s",
            "the others' worst lag ≤ +20 ms (3 × on a shared machine)",
            f"{1000 * calm:.0f} → {1000 * busy:.0f} ms",
            busy <= calm + 0.06,
        ),
    ]


def clock_jumps(world: World, dice: random.Random) -> list[Row]:
    """The server's wall clock goes a day ahead, then a day back; each time the lines go mute once."""
    if not world.has_clock:
        return [Row("clock ± 1 day", "no session dropped", "no C compiler", None)]
    rows = []
    spent = _ticket(world, "soak-spent", "agent")
    first = _status(world, "soak-spent", spent)
    for name, jump_s in (("clock + 1 day", DAY_S), ("clock − 1 day", -DAY_S), ("clock true again", 0)):
        began = time.monotonic()
        world.set_clock(jump_s)
        time.sleep(2 + dice.random())
        noticed = world.first(began, "unstable", "lost", "ended")
        rows.append(Row(name, "nobody notices", f"{len(noticed)} noticed", not noticed))
        muted = time.monotonic()
        world.relay_line.set("mute", new="pass")
        lost = muted + max(world.wait_told(muted, DEAD_S + 2, "lost").values(), default=0.0)
        rows += _came_back(f"{name}, then half-open TCP", world, lost)
        again = _status(world, "soak-spent", spent)
        rows.append(
            Row(name, "a spent ticket stays spent", f"{first}, then {again}", (first, again) == (101, 403))
        )
    return rows


def disk_full(world: World, _dice: random.Random) -> list[Row]:
    """No byte is free where the database lies, for eight seconds."""
    if not world.is_mounted:
        return [Row("disk full", "no corruption, no session dropped", "no tmpfs may be mounted here", None)]
    began = time.monotonic()
    ballast = world.fill_folder()
    time.sleep(3)
    answers = {_get_status(world, "/demo") for _ in range(5)}
    time.sleep(5)
    noticed = world.first(began, "unstable", "lost", "ended")
    ballast.unlink()
    time.sleep(2)
    healed = _get_status(world, "/demo")
    with closing(sqlite3.connect(world.places.database)) as database:
        verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "audit", "verify"]
    environment = world.places.environment()
    audit = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return [
        Row("disk full", "no session notices", f"{len(noticed)} noticed", not noticed),
        Row(
            "disk full", "the page answers 200 or 503, never 500", f"{sorted(answers)}", answers <= {200, 503}
        ),
        Row("disk free again", "everything works", f"/demo {healed}", healed == 200),
        Row(
            "disk full",
            "no corruption",
            f"database {verdict}, audit exit {audit.returncode}",
            verdict == "ok" and not audit.returncode,
        ),
    ]


def half_sent_requests(world: World, _dice: random.Random) -> list[Row]:
    """2,000 requests that stop in the middle of their head, half at the relay, half at the web half."""
    halves = []
    for number in range(2000):
        port = world.relay_port if number % 2 else world.web_port
        sock = socket.create_connection((LOOPBACK, port), 5)
        sock.sendall(b"GET /relay/x HTTP/1.1\r\nHost: half\r\nX-A: ")
        halves.append((sock, time.monotonic()))
    began, taken = time.monotonic(), []
    while time.monotonic() - began < 4:
        asked = time.monotonic()
        _get_status(world, "/demo", port=world.web_port)
        taken.append(time.monotonic() - asked)
    p99 = sorted(taken)[int(len(taken) * 0.99)]
    open_s = [_closed_after(sock, since) for sock, since in halves]
    worst = max(open_s)
    return [
        Row("2,000 half-sent requests", "each closed ≤ 10 s", f"worst {worst:.1f} s", worst <= 10.5),
        Row(
            "2,000 half-sent requests",
            "others' p99 ≤ 500 ms",
            f"{1000 * p99:.0f} ms of {len(taken)}",
            p99 <= 0.5,
        ),
    ]


ALL: Final[dict[str, Fault]] = {
    fault.__name__.replace("_", "-"): fault
    for fault in (
        relay_killed,
        web_killed,
        jobs_killed,
        relay_stopped,
        customers_asleep,
        half_open,
        network_away,
        shaken,
        slow_reader,
        clock_jumps,
        disk_full,
        half_sent_requests,
        agents_asleep_long,
    )
}


def _sleep(world: World, side: str, seconds: int) -> list[Row]:
    process = world.sides[side].process
    began = time.monotonic()
    process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    told = {one: after for one, after in world.first(began, "unstable", "lost").items() if one[0] != side}
    process.send_signal(signal.SIGCONT)
    woken = time.monotonic()
    name = f"{side}s' programs asleep {seconds} s"
    return [
        Row(
            name,
            f"the others are told ≤ {UNSTABLE_S} s",
            _spread(told.values()),
            len(told) == world.pairs and _within(told.values(), UNSTABLE_S + 0.3, UNSTABLE_S + 0.3),
        ),
        *_came_back(f"{name}, awake again", world, woken),
    ]


def _told_unstable(name: str, world: World, began: float) -> Row:
    told = world.first(began, "unstable", "lost").values()
    good = len(told) == 2 * world.pairs and _within(told, UNSTABLE_S + 0.3, UNSTABLE_S + 0.3)
    return Row(name, f"shown unstable ≤ {UNSTABLE_S} s", _spread(told), good)


def _told_dead(name: str, world: World, dead: dict[tuple[str, str], float]) -> Row:
    good = len(dead) == 2 * world.pairs and _within(dead.values(), DEAD_S + 0.5, DEAD_S + 0.5)
    return Row(name, f"declared dead ≤ {DEAD_S:.0f} s", _spread(dead.values()), good)


def _came_back(name: str, world: World, since: float) -> list[Row]:
    back = world.wait_back(since, BACK_WORST_S + 5).values()
    promise = f"back ≤ {BACK_P95_S:.0f} s p95, ≤ {BACK_WORST_S:.0f} s worst, same support session"
    return [Row(name, promise, _spread(back), _within(back, BACK_P95_S, BACK_WORST_S))]


def _signal_back(world: World, since: float) -> list[float]:
    """How long after `since` each program's signal socket was online; waits."""
    names = {event["session"] for event in world.told(0.0, "signal")}
    deadline = time.monotonic() + BACK_WORST_S
    online: dict[str, float] = {}
    while len(online) < len(names) and time.monotonic() < deadline:
        online = {
            event["session"]: max(0.0, event["t"] - since)
            for event in world.told(since - BACK_WORST_S, "signal")
            if event["state"] == "online" and event["t"] >= since - 1
        }
        time.sleep(0.05)
    return [online.get(name, float("inf")) for name in names]


def _spread(values: Iterable[float]) -> str:
    numbers = sorted(values)
    if not numbers:
        return "nobody"
    p95 = numbers[min(len(numbers) - 1, int(len(numbers) * 0.95))]
    return (
        f"{len(numbers)}: median {statistics.median(numbers):.2f}, p95 {p95:.2f}, worst {numbers[-1]:.2f} s"
    )


def _within(values: Iterable[float], p95_s: float, worst_s: float) -> bool:
    numbers = sorted(values)
    return not numbers or (
        numbers[min(len(numbers) - 1, int(len(numbers) * 0.95))] <= p95_s and numbers[-1] <= worst_s
    )


def _ticket(world: World, session: str, role: str) -> str:
    key = load_signing_key(world.places.var / "keys" / "ticket_sign.pem")
    relay = f"{LOOPBACK}:{world.places.relay_port}"
    place = {"tenant": "soak", "session": session, "participant": "1", "channel": "screen"}
    return issue_ticket(key, relay=relay, **place, role=role, via="program", epoch=1, now=time.time())  # type: ignore[arg-type]


def _relay_leg(world: World, session: str, role: str) -> socket.socket:
    return upgraded(world.relay_port, f"/relay/{session}?ticket={_ticket(world, session, role)}")


def _status(world: World, session: str, ticket: str) -> int:
    """What the relay answers to this ticket."""
    connection = http.client.HTTPConnection(LOOPBACK, world.relay_port, timeout=5)
    key = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    connection.request(
        "GET",
        f"/relay/{session}?ticket={ticket}",
        headers={**key, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="},
    )
    status = connection.getresponse().status
    connection.close()
    return status


def _get_status(world: World, path: str, port: int | None = None) -> int:
    connection = http.client.HTTPConnection(LOOPBACK, port or world.places.web_port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def _flood(sock: socket.socket, stop: threading.Event, sent: list[int]) -> None:
    block = masked(60_000)
    sock.settimeout(0.2)
    at = 0
    while not stop.is_set():
        try:
            size = sock.send(block[at:])
        except TimeoutError:
            continue
        except OSError:
            return
        at = (at + size) % len(block)
        sent[0] += size


def _sip(sock: socket.socket, stop: threading.Event) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
    while not stop.is_set():
        try:
            sock.recv(1000)
        except OSError:
            return
        time.sleep(0.1)


def _closed_after(sock: socket.socket, since: float) -> float:
    """How long after `since` the other end closed."""
    sock.settimeout(12)
    with sock:
        try:
            while sock.recv(4096):
                pass
        except TimeoutError:
            return float("inf")
        except OSError:
            pass
    return time.monotonic() - since


__all__ = ["ALL", "Fault", "Row"]
