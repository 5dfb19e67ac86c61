"""Key files: the web half's signing key and the folder of public keys that relays verify with.

ticket_sign.pem           PKCS8, 0600: the web half and `python -m relay.ticket`, never a relay
ticket_verify/KEYID.pem   public; two files while a key is being changed (decision D4)
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from wire.ticket import key_id, read_signing_key

SIGNING_KEY_FILE: Final = "ticket_sign.pem"
VERIFY_KEYS_FOLDER: Final = "ticket_verify"


class KeyFileError(Exception):
    """A key file is missing or is not what it must be; the text is one sentence for the operator."""


def write_key_pair(folder: Path) -> str:
    """Make the signing key in `folder`, unless there is one, and its public half; returns the key's id.

    A key that is there stays: a second one would make every ticket of the running web half worthless.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / SIGNING_KEY_FILE
    if path.exists():
        key = load_signing_key(path)
    else:
        key = Ed25519PrivateKey.generate()
        _write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = key.public_key()
    verify_folder = folder / VERIFY_KEYS_FOLDER
    verify_folder.mkdir(exist_ok=True)
    verify_path = verify_folder / f"{key_id(public)}.pem"
    verify_path.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return key_id(public)


def load_signing_key(path: Path) -> Ed25519PrivateKey:
    """The key in a PKCS8 PEM file; raises KeyFileError."""
    try:
        return read_signing_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise KeyFileError(f"no signing key in {path} (TICKET_SIGNING_KEY): {error}") from error


def load_verify_keys(folder: Path) -> dict[str, Ed25519PublicKey]:
    """The public keys in `folder` by their ids, at least one; raises KeyFileError."""
    keys: dict[str, Ed25519PublicKey] = {}
    for path in sorted(folder.glob("*.pem")):
        try:
            key = load_pem_public_key(path.read_bytes())
        except (OSError, ValueError) as error:
            raise KeyFileError(f"{path} holds no public key: {error}") from error
        if not isinstance(key, Ed25519PublicKey):
            raise KeyFileError(f"{path} holds no Ed25519 key")
        keys[key_id(key)] = key
    if not keys:
        raise KeyFileError(
            f"no *.pem in {folder} (--verify-keys, TICKET_VERIFY_KEYS): `make setup` writes the keys"
        )
    return keys


def _write_secret(path: Path, data: bytes) -> None:
    """Written whole under another name first, readable by the owner alone from its first byte on."""
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
