"""Run the benchmark of files and write bench/results/files.md and files.json.

    python -m bench.files [--workloads scroll,video] [--seconds 6] [--rounds 3] [--no-write]

For each line and workload: the screen alone, with a file going to the customer, with a file going to the
agent, one after the other in the same run, `rounds` times. The lag of a frame is the time from its drawing
to its first whole sight at the agent's end; the table shows the median of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from bench.files.agent import Scene
from bench.line import Shape
from bench.screen import workloads
from bench.screen.display import Display
from bench.screen.measure import start_player

_RESULTS: Final = Path(__file__).resolve().parents[1] / "results"
_GOAL: Final = 1.5
_SETTLE_S: Final = 2.0
_FILE_LEAD_S: Final = 1.5
_FILE_BYTES: Final = 2_000_000_000
_CASES: Final = ("no file", "to the customer", "to the agent")
_LINES: Final[dict[str, Shape | None]] = {
    "loopback": None,
    "10 Mbit/s, 40 ms": Shape(rate_bps=10e6, delay_s=0.020, jitter_s=0.002),
}


@dataclass(frozen=True)
class Figures:
    """One run. Lags in ms, the file in MB/s (1 MB = 1,000,000 bytes)."""

    line: str
    workload: str
    case: str
    lag_ms: float
    p95_ms: float
    frames_per_s: float
    file_mb_per_s: float


def measure(line: str, workload: str, case: str, seconds: float) -> Figures:
    """Play the workload once on a fresh display and a fresh connection."""
    display = Display(workloads.WIDTH, workloads.HEIGHT)
    player = start_player(display.name, workload, seconds)
    scene = None
    try:
        scene = Scene(display.name, _LINES[line])
        time.sleep(_SETTLE_S)
        path = scene.folder / "large.bin"
        with path.open("wb") as file:
            file.truncate(_FILE_BYTES)
        if case == "to the customer":
            scene.send_to_customer(path)
        elif case == "to the agent":
            scene.send_to_agent(path)
        time.sleep(_FILE_LEAD_S)
        scene.sight.first_seen.clear()
        before, began = scene.done_bytes(), time.monotonic()
        assert player.stdin is not None
        assert player.stdout is not None
        player.stdin.write("go\n")
        player.stdin.flush()
        drawn: list[float] = json.loads(player.stdout.readline())
        carried, took = scene.done_bytes() - before, time.monotonic() - began
        time.sleep(1.0)
        seen = dict(scene.sight.first_seen)
    finally:
        if scene is not None:
            scene.close()
        player.kill()
        player.wait()
        display.close()
    lags = sorted((seen[n] - drawn[n - 1]) * 1000 for n in seen if 1 < n <= len(drawn)) or [float("nan")]
    p95 = lags[min(len(lags) - 1, int(len(lags) * 0.95))]
    speed = carried / took / 1e6
    return Figures(line, workload, case, statistics.median(lags), p95, len(lags) / seconds, speed)


def _table(figures: list[Figures]) -> str:
    out = [
        "# Files beside the screen",
        "",
        f"One run, {os.cpu_count()} cores, all on one machine; median of the rounds, spread of the p95.",
        "",
        "| line | workload | file | lag ms | lag p95 ms | spread | p95 ratio | frames/s | file MB/s | goal |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for line, workload in dict.fromkeys((f.line, f.workload) for f in figures):
        alone = 0.0
        for case in _CASES:
            rows = [f for f in figures if (f.line, f.workload, f.case) == (line, workload, case)]
            p95 = statistics.median(f.p95_ms for f in rows)
            alone = p95 if case == "no file" else alone
            ratio = p95 / alone if alone else float("nan")
            goal = "" if case == "no file" else ("met" if ratio <= _GOAL else "not met")
            spread = f"{min(f.p95_ms for f in rows):.0f} to {max(f.p95_ms for f in rows):.0f}"
            middle = statistics.median(f.lag_ms for f in rows)
            rate = statistics.median(f.frames_per_s for f in rows)
            speed = statistics.median(f.file_mb_per_s for f in rows)
            out.append(
                f"| {line} | {workload} | {case} | {middle:.0f} | {p95:.0f} | {spread} | {ratio:.2f} "
                f"| {rate:.1f} | {speed:.1f} | {goal} |"
            )
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    goal = f"Goal: lag p95 with a file at most {_GOAL} times that without."
    return "\n".join([*out, "", f"{goal} Load average of the machine at the end: {load}."])


def main() -> None:
    """Measure every case and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.files")
    parser.add_argument("--workloads", default="scroll,video")
    parser.add_argument("--lines", default=";".join(_LINES), help="separated by ;")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-write", action="store_true", help="print only, leave bench/results alone")
    arguments = parser.parse_args()
    figures: list[Figures] = []
    for line in arguments.lines.split(";"):
        for workload in arguments.workloads.split(","):
            for _ in range(arguments.rounds):
                for case in _CASES:
                    found = measure(line, workload, case, arguments.seconds)
                    figures.append(found)
                    print(
                        f"{line:18} {workload:7} {case:15} lag {found.lag_ms:.0f} p95 {found.p95_ms:.0f} ms, "
                        f"{found.frames_per_s:4.1f}/s, file {found.file_mb_per_s:5.1f} MB/s",
                        flush=True,
                    )
    table = _table(figures)
    print("\n" + table)
    if not arguments.no_write:
        (_RESULTS / "files.md").write_text(table + "\n")
        (_RESULTS / "files.json").write_text(json.dumps([asdict(each) for each in figures], indent=1) + "\n")


if __name__ == "__main__":
    main()
