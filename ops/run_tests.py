"""`make test`: what must hold before a change is handed in, in the order that fails soonest.

    lint    ruff, its layout check, mypy, the import rules, the templates
    unit    everything without a mark, on two processes
    parts   single parts with real displays (`display`) and databases (`heavy`), on two processes
    servers stories of real processes that need no display, a file at a time on two processes
    flows   whole stories with displays, one after the other
    slow    only with --all

What fails among the real programs and displays is tried once more by itself, and the closing table says so:
a window that a busy machine opened late is no fault of the product, one that fails twice is.
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
TESTS_FAILED: Final = 1  # pytest's exit codes
NO_TESTS: Final = 5
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
    has_second_try: bool = False


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
    stories = files_marked("flow")
    by_file = [*PYTEST, *_strict(), "-n", "2", "--dist", "loadfile"]
    servers = [*by_file, "-m", "flow and not display and not slow", *stories]
    flows = [*PYTEST, *_strict(), "-m", "flow and display and not slow", *stories]
    slow = Part("slow", [[*PYTEST, *_strict(), "-m", "slow"]], may_be_empty=True)
    return [
        lint,
        Part("unit", [unit]),
        Part("parts", [single], has_second_try=True),
        Part("servers", [servers], has_second_try=True),
        Part("flows", [flows], has_second_try=True),
        *([slow] if everything else []),
    ]


def files_marked(mark: str) -> list[str]:
    """The test files that name the mark: looking through all of them takes pytest ten seconds a time."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(file) for file in files if f"mark.{mark}" in file.read_text(encoding="utf-8")]


def _strict() -> list[str]:
    return ["-p", "ops.strict_skips"] if os.environ.get("CI") else []


def run_part(part: Part) -> str:
    """Run all commands of one part: "passed", "FAILED", or that a second try of what failed was needed."""
    outcome = "passed"
    for command in part.commands:
        code = _run(command)
        if code == TESTS_FAILED and part.has_second_try:
            print("… trying once more what failed", flush=True)
            code = _run([*command, "--last-failed", "--last-failed-no-failures", "none"])
            outcome = "passed at the second try" if outcome == "passed" else outcome
        if code != 0 and not (code == NO_TESTS and part.may_be_empty):
            print(f"✗ {' '.join(command)}: exit {code}", flush=True)
            outcome = "FAILED"
    return outcome


def _run(command: Sequence[str]) -> int:
    return subprocess.run(command, cwd=ROOT, check=False).returncode


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
        outcome = run_part(part)
        rows.append((part.name, time.monotonic() - begun, outcome))
        failed = failed or outcome == "FAILED"
    print("\npart        seconds")
    for name, seconds, outcome in rows:
        over = f"  (more than {UNIT_BUDGET_S:.0f})" if name == "unit" and seconds > UNIT_BUDGET_S else ""
        print(f"{name:<10} {seconds:>8.1f}  {outcome}{over}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
