"""The codes of the second step: six digits that change every 30 seconds (RFC 6238), and recovery codes. Pure.

A code is good in its own step and one step either side, for clocks that are a little off, and each step
once: the caller stores the step that was taken and asks for a later one next time.
"""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import datetime
from typing import Final

import pyotp

__all__ = [
    "RECOVERY_CODES",
    "address_for_app",
    "is_recovery_code",
    "matching_step",
    "new_recovery_codes",
    "new_secret",
    "tidy_code",
]

STEP_S: Final = 30
RECOVERY_CODES: Final = 10
_ALPHABET: Final = "23456789abcdefghjkmnpqrstvwxyz"
_DIGITS: Final = re.compile(r"[0-9]{6}")
_RECOVERY: Final = re.compile(rf"[{_ALPHABET}]{{12}}")


def new_secret() -> str:
    """A new secret of 160 random bits, in the base32 that authenticator apps read."""
    return pyotp.random_base32(32)


def address_for_app(secret: str, *, account: str, company: str) -> str:
    """The otpauth:// address that the QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=company)


def matching_step(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """The step that `code` belongs to, if it is near enough to now and later than step `after`; else None."""
    if _DIGITS.fullmatch(code) is None:
        return None
    here = int(now.timestamp()) // STEP_S
    one = pyotp.TOTP(secret)
    found = [step for step in (here - 1, here, here + 1) if hmac.compare_digest(one.generate_otp(step), code)]
    return max((step for step in found if step > after), default=None)


def tidy_code(text: str) -> str:
    """What was typed, without blanks and hyphens and in small letters."""
    return re.sub(r"[\s-]", "", text).lower()[:32]


def is_recovery_code(code: str) -> bool:
    """Whether a tidied code is shaped like a recovery code and not like a code of an app."""
    return _RECOVERY.fullmatch(code) is not None


def new_recovery_codes() -> list[str]:
    """Ten codes of 12 characters, as people write them down: abcd-efgh-jkmn (58 random bits each)."""
    return ["-".join(_random_word() for _ in range(3)) for _ in range(RECOVERY_CODES)]


def _random_word() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(4))
