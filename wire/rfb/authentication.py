"""VNC authentication (RFC 6143 section 7.2.2), for foreign servers only; our own channel is sealed below RFB.

DES with the password as key is weak: it keeps honest people out of a server on the same machine, no more.
"""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB

__all__ = ["answer_challenge"]


def answer_challenge(challenge: bytes, password: str) -> bytes:
    """Return the 16 bytes of the challenge, encrypted by the first 8 bytes (Latin-1) of the password."""
    key = password.encode("latin-1", "replace")[:8].ljust(8, b"\0")
    mirrored = bytes(int(f"{byte:08b}"[::-1], 2) for byte in key)  # VNC reads key bytes lowest bit first
    encryptor = Cipher(TripleDES(mirrored * 3), ECB()).encryptor()  # noqa: S305  the protocol's own choice
    return encryptor.update(challenge) + encryptor.finalize()
