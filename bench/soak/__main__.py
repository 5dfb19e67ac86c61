"""`python -m bench.soak [--seed N] [--pairs N] [--only FAULT ...]`: breaks everything, prints what holds.

Real processes and the programs' own links without windows (bench/ends.py). The seed fixes the order of the
faults and their lengths. Writes bench/results/soak.md after a run of all of them; ends with 1 when a promise
was not kept.
"""

from __future__ import annotations

import argparse
import platform
import random
import sys
import time
from pathlib import Path

from bench.soak.faults import ALL, Row
from bench.soak.world import World

RESULT = Path(__file__).parents[1] / "results" / "soak.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak")
    parser.add_argument("--seed", type=int, default=20260)
    parser.add_argument("--pairs", type=int, default=10, help="support sessions at once, at most 10")
    parser.add_argument("--only", nargs="+", choices=sorted(ALL), help="these faults alone, in this order")
    wanted = parser.parse_args()
    rows = soak(wanted.seed, wanted.pairs, wanted.only)
    text = table(rows, wanted.seed, wanted.pairs)
    print(text)
    if not wanted.only:
        RESULT.write_text(text, encoding="utf-8")
    return int(any(row.holds is False for row in rows))


def soak(seed: int, pairs: int, only: list[str] | None = None) -> list[Row]:
    """Run the faults, all of them in an order that the seed gives, or those of `only` as they stand."""
    dice = random.Random(seed)  # noqa: S311 - a repeatable order, no secret
    names = only or dice.sample(sorted(ALL), len(ALL))
    rows = []
    with World(seed, pairs) as world:
        sessions = world.sessions()
        for name in names:
            began = time.monotonic()
            found = ALL[name](world, dice)
            rows += found
            print(
                f"{name}: {time.monotonic() - began:.0f} s", *found, sep="\n  ", file=sys.stderr, flush=True
            )
        blocks, _ = world.count()
        wrong = world.faults_of_trust()
        same = world.sessions() == sessions
    rows.append(
        Row(
            "all of it",
            "no wrong, doubled or foreign byte; no support session ended",
            f"{blocks} blocks checked, wrong: {wrong[:3] or 'none'}, same {len(sessions)} sessions: {same}",
            not wrong and same,
        )
    )
    return rows


def table(rows: list[Row], seed: int, pairs: int) -> str:
    """The promises and what came of them, as Markdown."""
    verdicts = {True: "kept", False: "BROKEN", None: "not run"}
    lines = [
        "# Faults and promises",
        "",
        f"`python -m bench.soak --seed {seed} --pairs {pairs}` · {pairs} support sessions, both ends of each "
        f"with the programs' own links · {platform.machine()}, Python {platform.python_version()}.",
        "",
        "| fault | promise | measured | |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {row.fault} | {row.promise} | {row.measured} | {verdicts[row.holds]} |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
