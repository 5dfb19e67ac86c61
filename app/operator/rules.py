"""What an operator may do to a company, and how a term is reckoned. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

__all__ = ["MAX_SEATS", "STATES", "TRIAL_DAYS", "TRIAL_SEATS", "extended", "is_reason", "may_become"]

STATES: Final = ("trial", "active", "suspended")
#: A trial is for trying: who wants to reach many people at once has to be known first (design rule 22).
TRIAL_DAYS: Final = 14
TRIAL_SEATS: Final = 2
MAX_SEATS: Final = 10_000
MAX_TERM_DAYS: Final = 3660


def may_become(state: str, wanted: str) -> bool:
    """Whether a company in `state` may be put into `wanted`: a paying one does not go back to a trial."""
    return wanted in STATES and wanted != state and not (wanted == "trial" and state == "active")


def extended(expires_at: datetime, days: int, now: datetime) -> datetime | None:
    """The end of the term `days` later, reckoned from today where it has passed; None = nonsense."""
    if not 1 <= days <= MAX_TERM_DAYS:
        return None
    until = max(expires_at, now) + timedelta(days=days)
    return until if until <= now + timedelta(days=MAX_TERM_DAYS) else None


def is_reason(text: str) -> bool:
    """Whether somebody said why: three characters at least, 200 at most."""
    return 3 <= len(text.strip()) <= 200
