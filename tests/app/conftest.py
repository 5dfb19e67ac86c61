"""The key that tickets are signed with, once for each test process of the web half."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from config.settings import Settings


@pytest.fixture(scope="session", autouse=True)
def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """The web half's signing key, where its settings say."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    settings.ticket_signing_key.parent.mkdir(parents=True, exist_ok=True)
    settings.ticket_signing_key.write_bytes(pem)
    return key
