"""What a key may be for, where a list goes on, and how often one may ask. Pure.

A cursor is the last row's sort key, with a short MAC: people may keep it, not make one up. Lists are read by
key, never by page number, so that rows made meanwhile neither repeat nor hide others.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from flask_babel import lazy_gettext as _l

__all__ = [
    "DEFAULT_LIMIT",
    "KEY_DAYS",
    "MAX_KEYS",
    "MAX_LIMIT",
    "MAX_NAME",
    "REQUESTS_PER_MINUTE",
    "SCOPES",
    "make_cursor",
    "read_cursor",
    "read_limit",
    "read_moment",
    "scopes_of",
]

#: What a key may read; each address names the one it needs.
SCOPES: Final[Mapping[str, Any]] = {
    "agents": _l("상담원과 부서"),
    "sessions": _l("원격지원 기록"),
}
MAX_KEYS: Final = 20
MAX_NAME: Final = 40
#: The choices of how long a key lasts, in days; 0: until it is revoked.
KEY_DAYS: Final = (30, 90, 365, 0)
DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
REQUESTS_PER_MINUTE: Final = 120
_MAC: Final = 12
_MAX_CURSOR: Final = 400


def scopes_of(words: Sequence[str]) -> tuple[str, ...]:
    """The known scopes among these words, in their own order."""
    return tuple(scope for scope in SCOPES if scope in words)


def read_limit(text: str | None) -> int | None:
    """How many rows are asked for: 1 to 200, 50 when nothing is said, None when it is no such number."""
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) <= 4):
        return None
    return int(text) if 1 <= int(text) <= MAX_LIMIT else None


def read_moment(text: str) -> datetime | None:
    """A moment of RFC 3339 with its zone, in UTC; None when it is none."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo and 2000 <= moment.year <= 2999 else None
    except (ValueError, OverflowError):
        return None


def make_cursor(place: Sequence[str | int], *, key: bytes) -> str:
    """Where to go on, as text for the next request."""
    body = json.dumps(list(place), ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mac(body, key) + body).decode().rstrip("=")


def read_cursor(text: str, *, key: bytes) -> list[Any] | None:
    """The place in a cursor that we made, or None."""
    if len(text) > _MAX_CURSOR or not text.isascii():
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    mac, body = raw[:_MAC], raw[_MAC:]
    if not hmac.compare_digest(mac, _mac(body, key)):
        return None
    place: list[Any] = json.loads(body)
    return place


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.new(key, b"cursor:" + body, hashlib.sha256).digest()[:_MAC]
