"""A thin line of 10 Mbit/s and 40 ms of round trip, the same for every peer: lag, exactness, input.

    python -m bench.screen.thin_line [--servers ours,x0vncserver,x11vnc] [--seconds 6]

The lag of a frame is the time from its drawing to its first whole sight at the viewer, under scrolling. At
rest: the time from the last of ten slides (full-screen photographs, one a second) to its exact picture, as a
multiple of what its lossless bytes alone would take; and key to photon meanwhile.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import dataclass

import numpy as np

from bench.line import Line, Shape
from bench.screen import photon, workloads
from bench.screen.client import Client
from bench.screen.display import Display, Screen
from bench.screen.measure import SETTLE_S, start_player
from bench.screen.servers import SERVERS, Running, Server
from customer_agent.screen.capture import Area
from customer_agent.screen.damage import words_of
from customer_agent.screen.encode import Needs, PictureEncoder
from customer_agent.screen.quality import qualities
from customer_agent.screen.shadow import Changes
from customer_agent.screen.tiles import Kind, Planner


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


def lossless_bytes(picture: workloads.Pixels) -> int:
    """How long our own coding of it is when nothing may be blurred."""
    words = np.ascontiguousarray(words_of(picture))
    encoder = PictureEncoder(Needs(has_tight=True))
    pieces = Planner().plan(words, [Area(0, 0, words.shape[1], words.shape[0])], photos=Kind.GRADED)
    made = encoder.encode(words, Changes(None, pieces), qualities(None, None, "auto", None))
    return sum(len(each.payload) for each in made)


@dataclass(frozen=True)
class Rest:
    """Seconds from the last slide to its exact picture (None: never), those of its lossless bytes alone, and
    the delay of each key press meanwhile, ms.
    """

    exact_s: float | None
    lossless_s: float
    presses: list[float]


def measure_rest(server: Server, shape: Shape | None = None) -> Rest:
    """Play the slides over the line and let the last one rest: once to look at it, once to press keys."""
    shape = shape or Shape()
    screen = Display(workloads.WIDTH, workloads.HEIGHT)
    player = start_player(screen.name, "slides", 10.0)
    flipper = running = line = None
    try:
        assert player.stdin is not None
        assert player.stdout is not None
        running = Running(server, screen.name)
        line = Line(running.port, shape)
        client = Client(line.port)
        last = workloads.build("slides", Screen(screen.name, 1, 1, shown=False), 10.0).expected(9)
        lossless_s = lossless_bytes(last) * 8 / shape.rate_bps
        player.stdin.write("go\n")
        player.stdin.flush()
        player.stdout.readline()
        start = time.monotonic()
        exact_s = None
        while exact_s is None and time.monotonic() < start + 3 * lossless_s:
            if np.array_equal(client.picture()[..., :3], last[..., :3]):
                exact_s = time.monotonic() - start
            time.sleep(0.05)
        # A request for everything blurs it all once more; now somebody types.
        flipper = photon.start_flipper(screen.name)
        time.sleep(0.5)
        client.ask_anew()
        time.sleep(lossless_s / 2)
        presses = photon.press(client, 8)
        client.stop()
        return Rest(exact_s, lossless_s, presses)
    finally:
        for helper in (player, flipper):
            if helper is not None:
                helper.kill()
                helper.wait()
        if line is not None:
            line.close()
        if running is not None:
            running.close()
        screen.close()


def rest_table(servers: list[str]) -> list[str]:
    """The lines of a Markdown table."""
    lines = [
        "| server | exact after | lossless bytes alone | ratio | key to photon meanwhile: ms | worst |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for server in SERVERS:
        if server.name in servers and server.is_installed:
            rest = measure_rest(server)
            exact = "never" if rest.exact_s is None else f"{rest.exact_s:.1f} s"
            ratio = "–" if rest.exact_s is None else f"{rest.exact_s / rest.lossless_s:.2f}"
            input_ms = f"{statistics.median(rest.presses):.0f} | {max(rest.presses):.0f}"
            lines.append(f"| {server.name} | {exact} | {rest.lossless_s:.1f} s | {ratio} | {input_ms} |")
    return lines


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
    servers = arguments.servers.split(",")
    print("\n".join([*table(servers, arguments.seconds), "", *rest_table(servers)]))


if __name__ == "__main__":
    main()
