"""What an agent's id and password look like. Pure. Source: spec A2."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_strong_password", "is_valid_login_id", "login_key"]

_LOGIN_ID: Final = re.compile(r"[A-Za-z0-9_-]{4,12}")
MIN_PASSWORD: Final = 8
MAX_PASSWORD: Final = 128


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
