"""What a company's address may be, and whether a company may work now. Pure; the rows are in models.py."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, Literal

__all__ = ["RESERVED_SLUGS", "SLUG", "Standing", "is_valid_slug", "standing"]

#: Decision D6: 3 to 31 characters.
SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{2,30}")

#: Every first part of an address that is ours; a test reads the URL map and adds what is missing here.
RESERVED_SLUGS: Final = frozenset(
    {
        "admin",
        "api",
        "apple-touch-icon",
        "assets",
        "console",
        "desk",
        "desks",
        "embed",
        "favicon",
        "health",
        "help",
        "language",
        "login",
        "logout",
        "manage",
        "metrics",
        "operator",
        "programs",
        "ready",
        "relay",
        "robots",
        "runbarohelp",
        "signal",
        "static",
        "status",
        "stripe",
        "video",
        "well-known",
        "www",
    }
)

Standing = Literal["ok", "suspended", "expired"]


def is_valid_slug(slug: str) -> bool:
    """Whether `slug` may become a company's address: well formed and not one of ours."""
    return SLUG.fullmatch(slug) is not None and slug not in RESERVED_SLUGS


def standing(state: str, expires_at: datetime, now: datetime) -> Standing:
    """Whether a company may start anything now. Its data stays whatever the answer is."""
    if state == "suspended":
        return "suspended"
    return "expired" if now >= expires_at else "ok"
