"""How many wrong tries a source has, for log-ins and for access codes. Pure; actions.py counts.

Sources: spec A9 (5 tries, 30 s), design rule 7 (access codes).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

__all__ = [
    "CODE_BY_SOURCE",
    "CODE_BY_TENANT",
    "LOGIN_BY_AGENT",
    "LOGIN_BY_SOURCE",
    "Limit",
    "Tries",
    "blocked_for_s",
    "window_of",
]

#: Tries are counted in windows of one minute and summed, so that a limit rolls instead of starting anew.
WINDOW: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """`max_count` wrong tries within `period_s` block: for `block_s` after the last, or till they are old."""

    kind: str
    max_count: int
    period_s: int
    block_s: int | None = None


LOGIN_BY_SOURCE: Final = Limit("login", 5, 600, block_s=30)
LOGIN_BY_AGENT: Final = Limit("login_agent", 5, 600, block_s=30)
CODE_BY_SOURCE: Final = Limit("code", 5, 600)
#: Reached, it raises the alarm: longer codes for a week. It blocks nobody.
CODE_BY_TENANT: Final = Limit("code_tenant", 10, 600)


@dataclass(frozen=True, slots=True)
class Tries:
    """What was counted: wrong tries within the period, the oldest counted minute and the last try."""

    count: int
    oldest_at: datetime | None = None
    last_at: datetime | None = None


def window_of(now: datetime) -> datetime:
    """The beginning of the minute that a try is counted in."""
    return now.replace(second=0, microsecond=0)


def blocked_for_s(limit: Limit, tries: Tries, now: datetime) -> int:
    """How many seconds this source still waits before it may try again; 0 when it may now."""
    if tries.count < limit.max_count or tries.last_at is None or tries.oldest_at is None:
        return 0
    if limit.block_s is not None:
        free_at = tries.last_at + timedelta(seconds=limit.block_s)
    else:
        free_at = tries.oldest_at + WINDOW + timedelta(seconds=limit.period_s)
    return max(0, -int((now - free_at).total_seconds() // 1))
