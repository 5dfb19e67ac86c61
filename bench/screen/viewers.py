"""What a second viewer costs: the same workload shown to one viewer and to two, CPU of the server and X.

    python -m bench.screen.viewers [--servers ours,x0vncserver] [--workloads scroll,drag] [--rounds 2]

One and two take turns, because the machine is not alone; the figure is the sum of the rounds.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass

from bench.screen import workloads
from bench.screen.client import Client
from bench.screen.display import Display
from bench.screen.measure import SETTLE_S, start_player
from bench.screen.servers import SERVERS, Running, Server, cpu_seconds

WORKLOADS = ("typing", "scroll", "drag", "video", "office")
#: How much more CPU two viewers may take than one.
GOAL = 1.4


@dataclass(frozen=True)
class Cost:
    """CPU seconds of the server and of X, from the first frame to the end of the rest; frames that were seen
    by each viewer; bytes to each.
    """

    server_s: float
    screen_s: float
    frames: list[int]
    sizes: list[int]


def measure_cost(server: Server, name: str, seconds: float, viewers: int) -> Cost:
    """Play the workload once for so many viewers."""
    screen = Display(workloads.WIDTH, workloads.HEIGHT)
    player = start_player(screen.name, name, seconds)
    running = None
    clients: list[Client] = []
    try:
        running = Running(server, screen.name)
        for _ in range(viewers):
            clients.append(Client(running.port))
            time.sleep(SETTLE_S)
        for client in clients:
            client.mark()
        before = cpu_seconds(running.process.pid), cpu_seconds(screen.process.pid)
        assert player.stdin is not None
        assert player.stdout is not None
        player.stdin.write("go\n")
        player.stdin.flush()
        json.loads(player.stdout.readline())
        time.sleep(SETTLE_S)
        after = cpu_seconds(running.process.pid), cpu_seconds(screen.process.pid)
        seen = [client.seen for client in clients]
        return Cost(
            after[0] - before[0],
            after[1] - before[1],
            [len(each.first_seen) for each in seen],
            [each.bytes_read for each in seen],
        )
    finally:
        for client in clients:
            client.stop()
        player.kill()
        player.wait()
        if running is not None:
            running.close()
        screen.close()


def table(servers: list[str], chosen: list[str], seconds: float, rounds: int = 2) -> list[str]:
    """The lines of a Markdown table."""
    lines = [
        "| workload | server | one viewer: CPU s | two: CPU s | ratio | frames seen by each of two | goal |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in chosen:
        for server in SERVERS:
            if server.name in servers and server.is_installed:
                lines.append(_row(server, name, seconds, rounds))
                print(lines[-1], flush=True)
    return lines


def _row(server: Server, name: str, seconds: float, rounds: int) -> str:
    totals, frames = {1: 0.0, 2: 0.0}, [0, 0]
    for _ in range(rounds):
        for viewers in (1, 2):
            cost = measure_cost(server, name, seconds, viewers)
            totals[viewers] += cost.server_s + cost.screen_s
        frames = cost.frames
    ratio = totals[2] / totals[1]
    goal = ""
    if server.name == "ours":
        goal = f"≤ {GOAL}: {'met' if ratio <= GOAL else 'not met'}"
    cells = (
        f"{totals[1]:.2f}",
        f"{totals[2]:.2f}",
        f"{ratio:.2f}",
        " · ".join(str(each) for each in frames),
        goal,
    )
    return f"| {name} | {server.name} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.screen.viewers")
    parser.add_argument("--servers", default="ours,x0vncserver")
    parser.add_argument("--workloads", default=",".join(WORKLOADS))
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    chosen = arguments.workloads.split(",")
    table(arguments.servers.split(","), chosen, arguments.seconds, arguments.rounds)


if __name__ == "__main__":
    main()
