"""Small secrets that must be read again (two-step secrets, letters that wait): sealed in the database.

The key stands outside it (TOTP_KEY), a key of its own is derived for each purpose, and a sealed text opens
only in the place that it was sealed for. A stolen database gives nothing away.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

__all__ = ["keyed_hash", "seal", "unseal"]

_NONCE_SIZE: Final = 12


def seal(text: str, *, purpose: str, place: str) -> bytes:
    """`text` encrypted for one place, such as "agent:1:7": nonce, ciphertext and tag."""
    nonce = os.urandom(_NONCE_SIZE)
    return nonce + AESGCM(_key(purpose)).encrypt(nonce, text.encode(), place.encode())


def unseal(sealed: bytes, *, purpose: str, place: str) -> str | None:
    """The text, or None when it was sealed with another key or for another place."""
    try:
        plain = AESGCM(_key(purpose)).decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], place.encode())
    except (InvalidTag, ValueError):
        return None
    return plain.decode()


def keyed_hash(text: str, *, purpose: str, place: str) -> str:
    """What a short secret is stored as: without the key it cannot be tried out against the database."""
    return hmac.new(_key(purpose), f"{place}\n{text}".encode(), hashlib.sha256).hexdigest()


def _key(purpose: str) -> bytes:
    secret: bytes = current_app.extensions["settings"].totp_key
    return HKDF(SHA256(), 32, salt=None, info=f"barohelp {purpose}".encode()).derive(secret)
