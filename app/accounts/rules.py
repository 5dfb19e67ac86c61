"""How people log in, and how many wrong tries a source has. Pure; attempts.py counts, policy.py stores.

Sources: spec A9 (5 tries, 30 s), design rule 7 (access codes).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

__all__ = [
    "CODE_BY_SOURCE",
    "CODE_BY_TENANT",
    "LOGIN_BY_AGENT",
    "LOGIN_BY_SOURCE",
    "OPERATOR_BY_ID",
    "OPERATOR_BY_SOURCE",
    "POLICY_RANGES",
    "RESET_BY_AGENT",
    "RESET_BY_SOURCE",
    "TOTP_BY_AGENT",
    "TWO_STEP",
    "Limit",
    "Policy",
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
#: Six digits fall to patience alone: after five wrong ones, no more until those are old.
TOTP_BY_AGENT: Final = Limit("totp", 5, 600)
RESET_BY_SOURCE: Final = Limit("reset", 10, 3600)
RESET_BY_AGENT: Final = Limit("reset_agent", 3, 3600)
OPERATOR_BY_SOURCE: Final = Limit("operator", 5, 600, block_s=60)
OPERATOR_BY_ID: Final = Limit("operator_id", 5, 600, block_s=60)
#: Reached, it raises the alarm: longer codes for a week. It blocks nobody.
CODE_BY_TENANT: Final = Limit("code_tenant", 10, 600)


#: What a company may choose: smallest and largest value of each rule.
POLICY_RANGES: Final = {"failed_limit": (3, 20), "block_s": (10, 3600), "idle_s": (300, 86_400)}
TWO_STEP: Final = ("none", "admins", "all")


@dataclass(frozen=True, slots=True)
class Policy:
    """How a company's people log in; the defaults are the manuals'."""

    failed_limit: int = 5
    block_s: int = 30
    idle_s: int = 1800
    two_step: str = "none"
    version: int = 0

    @property
    def faults(self) -> list[str]:
        """Names of the values that no company may choose."""
        faults = [
            name for name, (low, high) in POLICY_RANGES.items() if not low <= getattr(self, name) <= high
        ]
        return faults + (["two_step"] if self.two_step not in TWO_STEP else [])

    def limit(self, limit: Limit) -> Limit:
        """`limit` with this company's own number of tries and seconds."""
        return replace(limit, max_count=self.failed_limit, block_s=self.block_s)

    def needs_two_step(self, *, is_admin: bool) -> bool:
        """Whether somebody of this kind must have a second step."""
        return self.two_step == "all" or (self.two_step == "admins" and is_admin)


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
