"""What ids and passwords look like, and how many wrong tries a source has. Pure; actions.py counts.

Sources: spec A2 (id and password), A9 (5 tries, 30 s), design rule 7 (access codes).
"""

from __future__ import annotations

import re
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
    "is_strong_password",
    "is_valid_login_id",
    "login_key",
    "window_of",
]

#: Tries are counted in windows of one minute and summed, so that a limit rolls instead of starting anew.
WINDOW: Final = timedelta(minutes=1)

_LOGIN_ID: Final = re.compile(r"[A-Za-z0-9_-]{4,12}")
MIN_PASSWORD: Final = 8
MAX_PASSWORD: Final = 128


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


def login_key(login_id: str) -> str:
    """The form in which ids are compared: without case and without blanks at the ends."""
    return login_id.strip().casefold()


def is_valid_login_id(login_id: str) -> bool:
    """Whether a new agent may have this id: 4 to 12 letters, digits, - or _."""
    return _LOGIN_ID.fullmatch(login_id) is not None


def is_strong_password(password: str) -> bool:
    """Whether a new password has 8 to 128 characters: small and capital letters and a digit."""
    has_all = all(any(test(c) for c in password) for test in (str.islower, str.isupper, str.isdigit))
    return has_all and MIN_PASSWORD <= len(password) <= MAX_PASSWORD
