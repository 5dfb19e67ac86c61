"""What a second viewer costs: the same workload shown to one viewer and to two, CPU per frame, server and X.

    python -m bench.screen.viewers [--servers ours,x0vncserver] [--workloads scroll,drag] [--rounds 2]

One and two take turns, because the machine is not alone; the figures are of all rounds.
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
        "| workload | server | one viewer: CPU ms/frame | two | ratio | frames seen: one · two | goal |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in chosen:
        for server in SERVERS:
            if server.name in servers and server.is_installed:
                lines.append(_row(server, name, seconds, rounds))
                print(lines[-1], flush=True)
    return lines


def _row(server: Server, name: str, seconds: float, rounds: int) -> str:
    cpu_s, frames, seen = {1: 0.0, 2: 0.0}, {1: 0.0, 2: 0.0}, {1: [0], 2: [0]}
    for _ in range(rounds):
        for viewers in (1, 2):
            cost = measure_cost(server, name, seconds, viewers)
            cpu_s[viewers] += cost.server_s + cost.screen_s
            # On a busy machine two viewers see fewer frames, which then cost more, not less.
            frames[viewers] += max(1.0, sum(cost.frames) / viewers)
            seen[viewers] = cost.frames
    each = {viewers: cpu_s[viewers] * 1000 / frames[viewers] for viewers in (1, 2)}
    ratio = each[2] / each[1]
    goal = ""
    if server.name == "ours":
        goal = f"≤ {GOAL}: {'met' if ratio <= GOAL else 'not met'}"
    cells = (
        f"{each[1]:.2f}",
        f"{each[2]:.2f}",
        f"{ratio:.2f}",
        " · ".join(str(number) for number in [*seen[1], *seen[2]]),
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
