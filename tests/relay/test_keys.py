"""Key files: made once, readable by the owner alone, and named when they are wrong."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from relay.keys import KeyFileError, load_signing_key, load_verify_keys, write_key_pair
from wire.ticket import key_id


def test_it_writes_a_pair_that_belongs_together(tmp_path: Path) -> None:
    kid = write_key_pair(tmp_path)
    signing = load_signing_key(tmp_path / "ticket_sign.pem")
    assert key_id(signing.public_key()) == kid
    assert list(load_verify_keys(tmp_path / "ticket_verify")) == [kid]
    assert (tmp_path / "ticket_verify" / f"{kid}.pem").exists()


def test_it_keeps_the_signing_key_to_its_owner(tmp_path: Path) -> None:
    write_key_pair(tmp_path)
    assert stat.S_IMODE((tmp_path / "ticket_sign.pem").stat().st_mode) == 0o600


def test_it_keeps_a_key_that_is_there(tmp_path: Path) -> None:
    assert write_key_pair(tmp_path) == write_key_pair(tmp_path)


def test_it_verifies_with_two_keys_while_one_replaces_the_other(tmp_path: Path) -> None:
    first = write_key_pair(tmp_path)
    (tmp_path / "ticket_sign.pem").unlink()
    second = write_key_pair(tmp_path)
    assert set(load_verify_keys(tmp_path / "ticket_verify")) == {first, second}


def test_it_names_the_folder_that_holds_no_key(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="make setup"):
        load_verify_keys(tmp_path / "missing")


def test_it_names_the_file_that_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("nothing")
    with pytest.raises(KeyFileError, match=r"a\.pem"):
        load_verify_keys(tmp_path)
    with pytest.raises(KeyFileError, match=r"a\.pem"):
        load_signing_key(tmp_path / "a.pem")


def test_it_takes_no_other_kind_of_key(tmp_path: Path) -> None:
    rsa = generate_private_key(65537, 2048)
    public = rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "rsa.pem").write_bytes(public)
    with pytest.raises(KeyFileError, match="Ed25519"):
        load_verify_keys(tmp_path)
    private = rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "rsa-sign.pem").write_bytes(private)
    with pytest.raises(KeyFileError, match="Ed25519"):
        load_signing_key(tmp_path / "rsa-sign.pem")
