"""What painting costs the viewer: `python -m bench.paint`. Prints a table, and each row as JSON.

On an Xvfb of its own: milliseconds of CPU of the Tk process for a full 1920 × 1080 repaint and of the X
server for the same, paints of a 640 × 360 area a second, for each of the three painters; then, in processes
of their own, the seconds from starting to connect until the first picture is on the screen, against our
customer program. Medians of 40 paints and 5 starts. The promises: ≤ 8 ms, ≥ 60 a second, ≤ 1 s.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
import tkinter as tk
from pathlib import Path
from typing import Any, Final

import numpy as np

from ops.places import free_port
from tests.customer_agent.serving import listening
from tests.displays import Display, wait_for, xvfb
from viewer.remote.geometry import Rect
from viewer.remote.windows.photo_window import BlockPainter, Painter, ShmPainter, TilePainter

FULL: Final = Rect(0, 0, 1920, 1080)
PART: Final = Rect(300, 200, 640, 360)
PAINTS: Final = 40
STARTS: Final = 5


def _x_seconds(display: Display) -> float:
    fields = Path(f"/proc/{display.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def paint(display: Display, painter: Painter, root: tk.Tk, area: Rect) -> dict[str, float]:
    """Paint noise over and over: medians of CPU, and paints a second."""
    noise = [np.random.default_rng(seed).integers(0, 255, (1080, 1920, 4), np.uint8) for seed in (1, 2)]
    costs, x_before, began = [], _x_seconds(display), time.perf_counter()
    for number in range(PAINTS):
        before = time.process_time()
        painter.paint(noise[number % 2], [area])
        root.update()
        costs.append(time.process_time() - before)
    root.winfo_pointerx()  # the X server has done it all when it answers
    took = time.perf_counter() - began
    return {
        "cpu_ms": round(statistics.median(costs) * 1000, 2),
        "x_ms": round((_x_seconds(display) - x_before) / PAINTS * 1000, 2),
        "per_s": round(PAINTS / took),
    }


def measure_painters(display: Display) -> list[dict[str, Any]]:
    """A row for each painter."""
    os.environ["DISPLAY"] = display.name
    root = tk.Tk()
    root.geometry("1920x1080+0+0")
    rows = []
    for kind in (ShmPainter, BlockPainter, TilePainter):
        canvas = tk.Canvas(root, highlightthickness=0, background="black")
        canvas.place(x=0, y=0, width=1920, height=1080)
        root.update()
        painter: Painter = kind(canvas)
        painter.resize(1920, 1080)
        root.update()
        full, part = (paint(display, painter, root, area) for area in (FULL, PART))
        rows.append({"painter": kind.__name__, "full": full, "part": part})
        canvas.destroy()
        root.update()
    root.destroy()
    return rows


def measure_opening(agent: Display) -> list[float]:
    """Seconds from starting to connect until the first picture, of windows on a customer's 1080p desktop."""
    with xvfb(1920, 1080) as customer, listening(customer) as (port, _process):
        customer.start("xsetroot", "-solid", "#3a5a8c").wait(10)
        return [_opening(agent, port) for _ in range(STARTS)]


def _opening(agent: Display, port: int) -> float:
    log = Path(f"/tmp/bench-paint-{os.getpid()}-{free_port()}.log")
    command = [sys.executable, "-m", "viewer", "--vnc", f"127.0.0.1:{port}"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=agent.env, stdout=output, stderr=output)
    try:
        wait_for(lambda: "first_picture" in log.read_text(), what="the first picture", deadline_s=30)
        found = re.search(r"first_picture.*?after_s\D+([0-9.]+)", log.read_text())
        return float(found.group(1)) if found else float("nan")
    finally:
        process.terminate()
        process.wait(10)
        log.unlink()


def main() -> int:
    """Measure and print."""
    with xvfb(1920, 1120) as display:
        rows = measure_painters(display)
        openings = measure_opening(display)
    print(f"{'painter':<14}{'1080p CPU ms':>14}{'X ms':>8}{'per s':>8}{'640x360 CPU ms':>16}{'per s':>8}")
    for row in rows:
        full, part = row["full"], row["part"]
        print(
            f"{row['painter']:<14}{full['cpu_ms']:>14}{full['x_ms']:>8}{full['per_s']:>8}"
            f"{part['cpu_ms']:>16}{part['per_s']:>8}"
        )
    print(f"first picture after {statistics.median(openings)} s ({min(openings)} to {max(openings)})")
    for row in [*rows, {"first_picture_s": openings}]:
        print(json.dumps(row))
    return 0


if __name__ == "__main__":
    sys.exit(main())
