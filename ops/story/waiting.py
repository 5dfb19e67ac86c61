"""Waiting for something to be so, and saying in one sentence when it never was."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class StoryFailed(Exception):
    """A step did not happen; the text says what was waited for."""


def wait_for(
    probe: Callable[[], T | None], what: str, *, deadline_s: float = 15.0, every_s: float = 0.05
) -> T:
    """The first truthy answer of `probe`; raises StoryFailed naming `what` after `deadline_s`."""
    deadline = time.monotonic() + deadline_s
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise StoryFailed(f"waited {deadline_s:g} s in vain for {what}")
        time.sleep(every_s)
