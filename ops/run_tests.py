"""`make test`: what must hold before a change is handed in, in the order that fails soonest.

    lint    ruff, its layout check, mypy, the import rules, the templates
    unit    everything without a mark, on two processes
    parts   single parts with real displays (`display`) and databases (`heavy`), on two processes
    flows   whole stories with real processes and displays
    slow    only with --all

Every part is run even when an earlier one failed, and the closing table says how long each took (the set-up
is timed apart, by ops/setup.py). Usage: python -m ops.run_tests [--all | --lint]   T=path: only these tests
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ops.places import ROOT

UNIT_BUDGET_S: Final = 60.0
TOOLS: Final = Path(sys.executable).parent
NO_TESTS: Final = 5  # pytest's exit code
PYTEST: Final = (sys.executable, "-m", "pytest", "-q")
LINT: Final = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "-q", "."),
    ("mypy",),
    ("lint-imports",),
    ("djlint", "app", "--lint", "--quiet"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the check: a name for the closing table and the commands to run."""

    name: str
    commands: Sequence[Sequence[str]]
    may_be_empty: bool = False


def parts_of(*, everything: bool, lint_only: bool, chosen: Sequence[str]) -> list[Part]:
    """What to run; `chosen` are paths or node ids that a person asked for."""
    lint = Part("lint", [[str(TOOLS / command[0]), *command[1:]] for command in LINT])
    if lint_only:
        return [lint]
    if chosen:
        return [Part("chosen", [[*PYTEST, *_strict(), "-m", "not slow" if not everything else "", *chosen]])]
    two = [*PYTEST, *_strict(), "-n", "2", "--dist", "worksteal"]
    unit = [*two, "-m", "not flow and not slow and not display and not heavy"]
    single = [*two, "-m", "(display or heavy) and not flow and not slow"]
    flows = [*PYTEST, *_strict(), "-m", "flow and not slow"]
    slow = Part("slow", [[*PYTEST, *_strict(), "-m", "slow"]], may_be_empty=True)
    return [
        lint,
        Part("unit", [unit]),
        Part("parts", [single]),
        Part("flows", [flows]),
        *([slow] if everything else []),
    ]


def _strict() -> list[str]:
    return ["-p", "ops.strict_skips"] if os.environ.get("CI") else []


def run_part(part: Part) -> bool:
    """Run all commands of one part; False when one failed."""
    worked = True
    for command in part.commands:
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code != 0 and not (code == NO_TESTS and part.may_be_empty):
            print(f"✗ {' '.join(command)}: exit {code}", flush=True)
            worked = False
    return worked


def main(arguments: Sequence[str]) -> int:
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        os.environ["CI"] = "1"  # the tests look for this one spelling
    else:
        os.environ.pop("CI", None)
    parts = parts_of(
        everything="--all" in arguments,
        lint_only="--lint" in arguments,
        chosen=os.environ.get("T", "").split(),
    )
    rows, failed = [], False
    for part in parts:
        begun = time.monotonic()
        worked = run_part(part)
        rows.append((part.name, time.monotonic() - begun, worked))
        failed = failed or not worked
    print("\npart        seconds")
    for name, seconds, worked in rows:
        over = f"  (more than {UNIT_BUDGET_S:.0f})" if name == "unit" and seconds > UNIT_BUDGET_S else ""
        print(f"{name:<10} {seconds:>8.1f}  {'passed' if worked else 'FAILED'}{over}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
