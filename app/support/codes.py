"""Access codes at rest: a peppered HMAC to look them up by, a sealed copy for the agent's eyes.

Neither alone gives the code away to somebody who has only the database: the pepper and the sealing key stand
in var/secrets.env. Both columns are wiped when the code is used, redrawn or expired (decision D7).
"""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_SIZE = 12


def code_hmac(code: str, *, tenant_id: int, pepper: bytes) -> str:
    """Return what a code is looked up by: 64 hex digits, different in every tenant."""
    return hmac.new(pepper, f"{tenant_id}:{code}".encode(), hashlib.sha256).hexdigest()


def seal_code(code: str, *, tenant_id: int, session_id: int, seal_key: bytes) -> bytes:
    """Return the code encrypted for one support session: nonce, ciphertext and tag."""
    nonce = os.urandom(_NONCE_SIZE)
    return nonce + AESGCM(_key(seal_key)).encrypt(nonce, code.encode(), _bound_to(tenant_id, session_id))


def open_code(sealed: bytes, *, tenant_id: int, session_id: int, seal_key: bytes) -> str | None:
    """Return the code, or None when it was sealed with another key or for another support session."""
    try:
        plain = AESGCM(_key(seal_key)).decrypt(
            sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], _bound_to(tenant_id, session_id)
        )
    except (InvalidTag, ValueError):
        return None
    return plain.decode()


def join_secret(arrival_token: str, *, pepper: bytes) -> str:
    """Return the join token of an arrival, the same each time, so that a reload offers the same file.

    26 characters of lower-case Crockford base32 (130 bit cut from an HMAC of the cookie's 128-bit token);
    the database keeps only its hash.
    """
    digest = hmac.new(pepper, b"join:" + arrival_token.encode(), hashlib.sha256).digest()
    number = int.from_bytes(digest[:17], "big") >> 6
    return "".join("0123456789abcdefghjkmnpqrstvwxyz"[number >> shift & 31] for shift in range(125, -1, -5))


def hash_secret(secret: str) -> str:
    """Return what a random secret of 128 bits or more is stored as; no pepper is needed at that length."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _key(seal_key: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"barohelp access code").derive(seal_key)


def _bound_to(tenant_id: int, session_id: int) -> bytes:
    return f"{tenant_id}:{session_id}".encode()
