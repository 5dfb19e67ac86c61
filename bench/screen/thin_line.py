"""Lag on a thin line: scrolling seen through 10 Mbit/s and 40 ms of round trip, the same line for every peer.

    python -m bench.screen.thin_line [--servers ours,x0vncserver,x11vnc] [--seconds 6]

The lag of a frame is the time from its drawing to its first whole sight at the viewer.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

from bench.line import Line, Shape
from bench.screen import workloads
from bench.screen.client import Client
from bench.screen.display import Display
from bench.screen.measure import SETTLE_S, start_player
from bench.screen.servers import SERVERS, Running, Server


def measure_lag(server: Server, seconds: float, workload: str = "scroll") -> tuple[list[float], float]:
    """The lag in ms of each frame that was seen, and how many frames a second were."""
    screen = Display(workloads.WIDTH, workloads.HEIGHT)
    player = start_player(screen.name, workload, seconds)
    running = line = None
    try:
        assert player.stdin is not None
        assert player.stdout is not None
        running = Running(server, screen.name)
        line = Line(running.port, Shape())
        client = Client(line.port)
        # The first picture takes its time on such a line.
        time.sleep(SETTLE_S * 2)
        client.mark()
        player.stdin.write("go\n")
        player.stdin.flush()
        drawn: list[float] = json.loads(player.stdout.readline())
        time.sleep(1.0)
        client.stop()
        seen = client.seen.first_seen
        lags = [(seen[n] - drawn[n - 1]) * 1000 for n in sorted(seen) if 1 < n <= len(drawn)]
        return lags, len(lags) / seconds
    finally:
        player.kill()
        player.wait()
        if line is not None:
            line.close()
        if running is not None:
            running.close()
        screen.close()


def table(servers: list[str], seconds: float) -> list[str]:
    """The lines of a Markdown table."""
    lines = ["| server | lag: median ms | p95 | frames/s |", "| --- | --- | --- | --- |"]
    for server in SERVERS:
        if server.name in servers and server.is_installed:
            lags, rate = measure_lag(server, seconds)
            lags = sorted(lags) or [float("nan")]
            cells = f"{statistics.median(lags):.0f} | {lags[int(len(lags) * 0.95)]:.0f} | {rate:.1f}"
            lines.append(f"| {server.name} | {cells} |")
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.screen.thin_line")
    parser.add_argument("--servers", default=",".join(server.name for server in SERVERS))
    parser.add_argument("--seconds", type=float, default=6.0)
    arguments = parser.parse_args()
    print("\n".join(table(arguments.servers.split(","), arguments.seconds)))


if __name__ == "__main__":
    main()
