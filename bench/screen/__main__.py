"""Run the screen benchmark and write bench/results/screen.md and screen.json."""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict
from pathlib import Path

from bench.screen import photon, thin_line, viewers, workloads
from bench.screen.measure import Figures, measure
from bench.screen.servers import SERVERS

_RESULTS = Path(__file__).resolve().parents[1] / "results"
_HEAD = (
    "workload",
    "server",
    "KB/frame",
    "CPU ms/frame",
    "frames/s",
    "lag ms",
    "PSNR moving",
    "PSNR end",
    "exact after",
    "bytes ratio",
    "CPU ratio",
    "goal",
)
#: Figures to reach as ratios to x0vncserver: bytes per frame, CPU per frame.
_GOALS = {
    "typing": (1.0, 2.0),
    "scroll": (0.10, 1.0),
    "drag": (0.15, 1.0),
    "slides": (0.5, 1.5),
    "video": (0.8, 1.3),
    "office": (0.3, 1.5),
}


def main() -> None:
    """Play each workload for each server in turn and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.screen")
    parser.add_argument("--workloads", default=",".join(workloads.names()))
    parser.add_argument("--servers", default=",".join(server.name for server in SERVERS))
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--no-write", action="store_true", help="print only, leave bench/results alone")
    parser.add_argument("--only-table", action="store_true", help="no key to photon, no thin line")
    arguments = parser.parse_args()
    chosen = [server for server in SERVERS if server.name in arguments.servers.split(",")]
    figures: list[Figures] = []
    for name in arguments.workloads.split(","):
        for server in chosen:
            if not server.is_installed:
                print(f"{name:8} {server.name:12} not installed")
                continue
            found = measure(server, name, arguments.seconds)
            figures.append(found)
            print(_line(found), flush=True)
    table = _table(figures)
    if not arguments.only_table:
        names = [server.name for server in chosen]
        table += "\n\n## Key to photon\n\n" + "\n".join(photon.table(names, 40))
        table += "\n\n## Scrolling on 10 Mbit/s with 40 ms of round trip\n\n"
        table += "\n".join(thin_line.table(names, arguments.seconds))
        table += "\n\n## A full-screen photograph that comes to rest on the same line\n\n"
        table += "\n".join(thin_line.rest_table(names))
        table += "\n\n## One viewer and two\n\n"
        both = [name for name in names if name in ("ours", "x0vncserver")]
        table += "\n".join(viewers.table(both, list(viewers.WORKLOADS), arguments.seconds, 1))
    print("\n" + table)
    if not arguments.no_write:
        _RESULTS.mkdir(exist_ok=True)
        (_RESULTS / "screen.md").write_text(table + "\n")
        (_RESULTS / "screen.json").write_text(json.dumps([asdict(each) for each in figures], indent=1) + "\n")


def _line(f: Figures) -> str:
    exact = "never" if f.exact_after_s is None else f"{f.exact_after_s:.1f} s"
    return (
        f"{f.workload:8} {f.server:12} {f.kb_per_frame:9.2f} KB {f.cpu_ms_per_frame:7.2f} ms "
        f"{f.frames_per_s:5.1f}/s lag {f.lag_ms:6.1f} ms "
        f"PSNR {f.psnr_moving:4.1f} → {_db(f.psnr_end)} exact {exact} "
        f"({f.frames_seen}/{f.frames_drawn} frames, {f.total_kb:.0f} KB, {f.cpu_percent:.1f} %)"
    )


def _db(value: float) -> str:
    return "exact" if math.isinf(value) else f"{value:.1f}"


def _table(figures: list[Figures]) -> str:
    lines = [
        "# The screen, side by side",
        "",
        "One run, same machine, one after the other; CPU is server + X server. Ratios are to x0vncserver.",
        "",
        _cells(*_HEAD),
        _cells(*["---"] * len(_HEAD)),
    ]
    for f in figures:
        base = next((g for g in figures if g.workload == f.workload and g.server == "x0vncserver"), None)
        lines.append(_row(f, base))
    options = {f.server: f.options for f in figures}
    lines += ["", "Option lines:", "", *(f"- {name}: `{line}`" for name, line in options.items())]
    return "\n".join(lines)


def _row(f: Figures, base: Figures | None) -> str:
    bytes_ratio = f.kb_per_frame / base.kb_per_frame if base and base.kb_per_frame else math.nan
    cpu_ratio = f.cpu_ms_per_frame / base.cpu_ms_per_frame if base and base.cpu_ms_per_frame else math.nan
    goal = ""
    if f.server == "ours" and f.workload in _GOALS and base is not None:
        most_bytes, most_cpu = _GOALS[f.workload]
        met = bytes_ratio <= most_bytes and cpu_ratio <= most_cpu and f.psnr_moving >= base.psnr_moving - 1
        goal = f"≤ {most_bytes} · ≤ {most_cpu}: {'met' if met else 'not met'}"
    elif f.server == "ours" and f.workload == "idle":
        goal = f"0 bytes · ≤ 0.5 %: {f.total_kb:.1f} KB, {f.cpu_percent:.2f} %"
    exact = "–" if f.exact_after_s is None else f"{f.exact_after_s:.1f} s"
    return _cells(
        f.workload,
        f.server,
        f"{f.kb_per_frame:.2f}",
        f"{f.cpu_ms_per_frame:.2f}",
        f"{f.frames_per_s:.1f}",
        f"{f.lag_ms:.0f}",
        f"{f.psnr_moving:.1f}",
        _db(f.psnr_end),
        exact,
        f"{bytes_ratio:.2f}",
        f"{cpu_ratio:.2f}",
        goal,
    )


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
