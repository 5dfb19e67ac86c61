"""`python -m bench.relay [--rounds N] [--quick]`: what our relay costs beside its peers, in one run.

The peers take turns. Every figure is a median over the rounds, the ratio to ours is taken within each
round; absolute figures are this machine's. Writes bench/results/relay.md and .json. The targets are the
design's: with the compiled inner loop where it was built, else those of the loop in Python.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import relay_loads as loads
from bench.relay_peers import Pair, Peer, available
from wire.transform import compiled

RESULTS: Final = Path(__file__).with_name("results")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: `unit` of what was measured, and what it is compared with."""

    name: str
    unit: str
    less_is_better: bool
    targets: dict[str, float]  # peer -> our advantage at least


_TARGETS: Final = {
    name: {"node ws": node, "nginx stream": 0.9} if compiled() else {"node ws": plain}
    for name, node, plain in (("pipe", 1.8, 1.5), ("burst", 12.0, 3.5), ("paced", 2.0, 1.5))
}
FIGURES: Final = {
    "pipe": Figure("64 KiB messages, MB per core-second", "MB/s", False, _TARGETS["pipe"]),
    "burst": Figure("1 KiB bursts, thousand messages per core-second", "k/s", False, _TARGETS["burst"]),
    "paced": Figure("paced 12.5 KB, CPU-s per million", "s", True, _TARGETS["paced"]),
    "trip": Figure("round trip, median", "µs", True, {"nginx stream": 1 / 1.3}),
    "idle": Figure("memory per idle pair", "KiB", True, {}),
    "active": Figure("memory per active pair", "KiB", True, {}),
    "stalled": Figure("process memory per stalled pair", "KiB", True, {}),
    "between": Figure("taken from a sender whose receiver stalls", "KiB", True, {}),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.relay")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a tenth of the load, for trying things out")
    parser.add_argument("--only", nargs="+", choices=sorted(FIGURES), help="these figures alone")
    wanted = parser.parse_args()
    os.sched_setaffinity(0, {loads.LOAD_CORE})
    kinds, missing = available()
    results: dict[str, dict[str, list[float]]] = {}
    with ExitStack() as stack:
        peers = [kind() for kind in kinds]
        for peer in peers:
            stack.callback(peer.stop)
        measures = _measures(0.1 if wanted.quick else 1.0)
        for name in wanted.only or FIGURES:
            results[name] = {peer.name: [] for peer in peers}
        for number in range(wanted.rounds):
            for name in results:
                if name in measures:
                    for peer in peers[number % len(peers) :] + peers[: number % len(peers)]:
                        results[name][peer.name].append(measures[name](peer))
        for peer in peers:
            _measure_memory(peer, results, wanted.quick)
    text = _table(results, missing, wanted.rounds)
    print(text)
    if not wanted.quick and not wanted.only:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "relay.md").write_text(text)
        (RESULTS / "relay.json").write_text(json.dumps(results, indent=1) + "\n")
    return 0


def _measures(scale: float) -> dict[str, Callable[[Peer], float]]:
    pairs: dict[str, list[Pair]] = {}

    def pipe(peer: Peer) -> float:
        spent = loads.full_pipe(peer, 64 * loads.KIB, int(4096 * scale), 4)
        return 64 * loads.KIB / spent / 1e6

    def burst(peer: Peer) -> float:
        return 1 / loads.full_pipe(peer, loads.KIB, int(256_000 * scale), 64) / 1e3

    def paced(peer: Peer) -> float:
        if peer.name not in pairs:
            pairs[peer.name] = peer.pairs(500)
        return loads.paced(peer, pairs[peer.name], 12_500, 20, 3 * max(scale, 0.3)) * 1e6

    def trip(peer: Peer) -> float:
        return loads.round_trip(peer) * 1e6

    return {"pipe": pipe, "burst": burst, "paced": paced, "trip": trip}


def _measure_memory(peer: Peer, results: dict[str, dict[str, list[float]]], quick: bool) -> None:
    if "idle" in results:
        idle, pairs = loads.idle_pairs(peer, 200 if quick else 1000)
        results["idle"][peer.name].append(idle)
        for pair in pairs:
            for sock in pair:
                sock.close()
        time.sleep(0.5)
    if "active" in results:
        results["active"][peer.name].append(loads.active_pairs(peer, 50 if quick else 300))
        time.sleep(0.5)
    if "stalled" in results:
        grown, between = loads.stalled_pairs(peer, 5 if quick else 20)
        results["stalled"][peer.name].append(grown)
        if "between" in results:
            results["between"][peer.name].append(between)


def _table(results: dict[str, dict[str, list[float]]], missing: list[str], rounds: int) -> str:
    names = list(next(iter(results.values())))
    lines = [
        "# Relay: ours beside its peers",
        "",
        f"`python -m bench.relay`, {rounds} rounds interleaved in one run, median (lowest to highest) · "
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, loopback, no "
        "TLS. The relay has core 0, the load core 1; CPU is what the scheduler gave the relay's process, "
        "system calls included. Ratios hold, absolute figures do not.",
        "",
        f"| | {' | '.join(names)} | ours against them | target |",
        f"| --- |{' --- |' * (len(names) + 2)}",
    ]
    for key, by_peer in results.items():
        figure = FIGURES[key]
        cells = [_spread(by_peer[name]) for name in names]
        ratios = {
            name: _advantage(figure, by_peer["ours"], by_peer[name]) for name in names if name != "ours"
        }
        shown = ", ".join(f"{name} {ratio:.2f} ×" for name, ratio in ratios.items() if key not in _MEMORY)
        targets = ", ".join(
            f"{name} ≥ {target:.2f} × {'met' if ratios.get(name, 0) >= target else 'MISSED'}"
            for name, target in figure.targets.items()
            if name in ratios
        )
        targets = targets or _memory_target(key, by_peer["ours"])
        lines.append(f"| {figure.name} | {' | '.join(cells)} | {shown} | {targets} |")
    lines += ["", *(f"- {sentence}" for sentence in missing), ""]
    return "\n".join(lines)


_MEMORY: Final = {"idle": 4.0, "active": 300.0, "stalled": 300.0, "between": 4096.0}


def _memory_target(key: str, ours: list[float]) -> str:
    limit = _MEMORY.get(key)
    if limit is None or not ours:
        return ""
    return f"≤ {limit:.0f} KiB {'met' if statistics.median(ours) <= limit else 'MISSED'}"


def _advantage(figure: Figure, ours: list[float], theirs: list[float]) -> float:
    """How many times better ours is, taken round by round."""
    ratios = [
        (b / a if figure.less_is_better else a / b) if a and b else 0.0
        for a, b in zip(ours, theirs, strict=True)
    ]
    return statistics.median(ratios) if ratios else 0.0


def _spread(values: list[float]) -> str:
    if not values:
        return "-"
    middle = statistics.median(values)
    shown = f"{middle:.0f}" if middle >= 100 else f"{middle:.1f}"
    return shown if len(values) == 1 else f"{shown} ({min(values):.0f}–{max(values):.0f})"


if __name__ == "__main__":
    sys.exit(main())
