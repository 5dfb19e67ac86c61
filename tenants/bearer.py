"""Bearer secrets: `<kind>.<tenant-slug>.<random>`, stored as a hash only (decision D5).

The company stands in the secret so that its scope is open before the secret is looked up, and the wall
needs no hole. 256 random bits need neither salt nor pepper. Pure.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Final

__all__ = ["MAX_BEARER", "Bearer", "hash_of", "make_bearer", "parse_bearer"]

MAX_BEARER: Final = 128
_SHAPE: Final = re.compile(r"([a-z]{2,12})\.([a-z0-9][a-z0-9-]{2,30})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Bearer:
    """A secret taken apart: what for, which company, and the hash to look for."""

    kind: str
    slug: str
    hash: str = field(repr=False)


def hash_of(text: str) -> str:
    """What is stored of a secret: SHA-256 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def make_bearer(kind: str, slug: str) -> tuple[str, str]:
    """A new secret and its hash; the secret itself is handed out once and kept nowhere."""
    text = f"{kind}.{slug}.{secrets.token_urlsafe(32)}"
    return text, hash_of(text)


def parse_bearer(text: str | None, *kinds: str) -> Bearer | None:
    """The parts of a secret of one of `kinds`, or None when it is anything else."""
    if not text or len(text) > MAX_BEARER:
        return None
    match = _SHAPE.fullmatch(text)
    if match is None or match[1] not in kinds:
        return None
    return Bearer(match[1], match[2], hash_of(text))
