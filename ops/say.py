"""What the tools of ops/ say on the terminal: every sentence in Korean and in English.

Standard library only, because the second stage of the set-up prints before anything is installed.
"""

from __future__ import annotations

import sys
from typing import NoReturn


class CannotStart(Exception):
    """Something outside the program stops it; `korean` and `english` are one sentence each."""

    def __init__(self, korean: str, english: str) -> None:
        super().__init__(english)
        self.korean = korean
        self.english = english


def say(korean: str, english: str) -> None:
    """Print one fact in both languages, at once."""
    print(f"  {korean}\n    {english}", flush=True)


def title(korean: str, english: str) -> None:
    print(f"\n{korean}  ·  {english}", flush=True)


def stop(problem: CannotStart) -> NoReturn:
    """End the program with code 2 and the problem's two sentences."""
    print(f"{problem.korean}\n{problem.english}", file=sys.stderr, flush=True)
    raise SystemExit(2)
