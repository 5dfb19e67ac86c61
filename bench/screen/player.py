"""Draws one workload on a display, on time, in a process of its own.

    python -m bench.screen.player --display :7 --workload scroll --seconds 6

Uploads its pictures, prints `ready`, waits for a line on standard input, plays, and prints the monotonic
time at which each frame stood on the screen as one JSON list.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from bench.screen import workloads
from bench.screen.display import Screen


def main() -> None:
    """Play as told on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--display", required=True)
    parser.add_argument("--workload", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    arguments = parser.parse_args()
    screen = Screen(arguments.display, workloads.WIDTH, workloads.HEIGHT)
    workload = workloads.build(arguments.workload, screen, arguments.seconds)
    workload.draw(0)
    screen.sync()
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(_play(workload, screen)), flush=True)
    sys.stdin.readline()  # the window stays until everybody has looked


def _play(workload: workloads.Workload, screen: Screen) -> list[float]:
    start = time.monotonic()
    shown = [start]
    for number in range(1, workload.frames):
        time.sleep(max(0.0, start + number / workload.rate - time.monotonic()))
        workload.draw(number)
        screen.sync()
        shown.append(time.monotonic())
    return shown


if __name__ == "__main__":
    main()
