"""One run: a display, a workload, a server, the client; and the figures that come out of it."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

import numpy as np

from bench.screen import workloads
from bench.screen.client import Client, psnr
from bench.screen.display import Display, Screen
from bench.screen.servers import Running, Server, cpu_seconds

SETTLE_S = 2.5


@dataclass(frozen=True)
class Figures:
    """What one server did with one workload. KB = 1000 bytes; PSNR in dB, infinite = every pixel equal."""

    server: str
    workload: str
    frames_drawn: int
    frames_seen: int
    kb_per_frame: float
    cpu_ms_per_frame: float
    cpu_percent: float
    frames_per_s: float
    lag_ms: float
    psnr_moving: float
    psnr_end: float
    exact_after_s: float | None
    torn: int
    total_kb: float
    options: str


def measure(server: Server, name: str, seconds: float) -> Figures:
    """Play the workload once for this server on a fresh display."""
    display = Display(workloads.WIDTH, workloads.HEIGHT)
    running = None
    player = start_player(display.name, name, seconds)
    try:
        running = Running(server, display.name)
        client = Client(running.port)
        time.sleep(SETTLE_S)
        return _play(server, name, seconds, display, running, client, player)
    finally:
        player.kill()
        player.wait()
        if running is not None:
            running.close()
        display.close()


def start_player(display: str, name: str, seconds: float) -> subprocess.Popen[str]:
    """A process that has uploaded its pictures, shows the first and waits for a line."""
    player = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "bench.screen.player",
            "--display",
            display,
            "--workload",
            name,
            "--seconds",
            str(seconds),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert player.stdout is not None
    if player.stdout.readline().strip() != "ready":
        raise RuntimeError("the player did not start")
    return player


def _play(  # noqa: PLR0917 - the parts of one run
    server: Server,
    name: str,
    seconds: float,
    display: Display,
    running: Running,
    client: Client,
    player: subprocess.Popen[str],
) -> Figures:
    assert player.stdin is not None
    assert player.stdout is not None
    # Built before the play: drawing the expected pictures anew takes seconds that nobody should wait for.
    screen = Screen(display.name, 1, 1, shown=False)
    workload = workloads.build(name, screen, seconds)
    time.sleep(0.5)
    client.mark()
    pids = (running.process.pid, display.process.pid)
    cpu_before = sum(cpu_seconds(pid) for pid in pids)
    start = time.monotonic()
    player.stdin.write("go\n")
    player.stdin.flush()
    drawn: list[float] = json.loads(player.stdout.readline())
    moving_end = time.monotonic()
    last = workload.expected(len(drawn) - 1)
    exact_after = _wait_for_exact(client, last, moving_end, workload.rest_s)
    cpu = sum(cpu_seconds(pid) for pid in pids) - cpu_before
    span = time.monotonic() - start
    end_picture = client.picture()
    client.stop()
    screen.close()
    seen = client.seen
    numbers = [n for n in seen.first_seen if 1 <= n <= len(drawn)]
    lags = [(seen.first_seen[n] - drawn[n - 1]) * 1000 for n in numbers if n > 1]
    moving = [psnr(picture, workload.expected(n - 1)) for n, picture in seen.samples if 1 <= n <= len(drawn)]
    count = max(1, len(numbers))
    return Figures(
        server=server.name,
        workload=name,
        frames_drawn=len(drawn),
        frames_seen=len(numbers),
        kb_per_frame=seen.bytes_read / 1000 / count,
        cpu_ms_per_frame=cpu * 1000 / count,
        cpu_percent=cpu / span * 100,
        frames_per_s=len(numbers) / max(0.001, drawn[-1] - drawn[0]) if len(drawn) > 1 else 0.0,
        lag_ms=statistics.median(lags) if lags else 0.0,
        psnr_moving=_mean_psnr(moving),
        psnr_end=psnr(end_picture, last),
        exact_after_s=exact_after,
        torn=seen.torn,
        total_kb=seen.bytes_read / 1000,
        options=running.option_line,
    )


def _mean_psnr(values: list[float]) -> float:
    """The mean over the samples, exact ones counted as 60 dB so that one of them does not hide the others."""
    return float(np.mean([min(value, 60.0) for value in values])) if values else 0.0


def _wait_for_exact(client: Client, last: workloads.Pixels, since: float, rest_s: float) -> float | None:
    """Seconds from `since` until every pixel equals the last frame; None: not within `rest_s`."""
    found: float | None = None
    until = since + rest_s
    while time.monotonic() < until:
        picture = client.picture()
        if (
            found is None
            and picture.shape == last.shape
            and np.array_equal(picture[:, :, :3], last[:, :, :3])
        ):
            found = time.monotonic() - since
        time.sleep(0.1)
    return found
