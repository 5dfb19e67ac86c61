"""Settings: complete, or one sentence that names the variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import RelayAddress, SettingsError, load
from tests.conftest import SECRETS, make_settings


def test_it_works_with_secrets_alone(tmp_path: Path) -> None:
    settings = load({"STORAGE_DIR": str(tmp_path), **SECRETS})
    assert settings.database_url == f"sqlite:///{tmp_path}/barohelp.sqlite3"
    assert (settings.bind_host, settings.bind_port) == ("127.0.0.1", 8000)
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.relays == (RelayAddress("127.0.0.1:8001", "ws://127.0.0.1:8001"),)
    assert settings.is_embedded
    assert settings.ticket_signing_key == tmp_path / "keys" / "ticket_sign.pem"


@pytest.mark.parametrize("name", SECRETS)
def test_it_names_a_missing_secret(tmp_path: Path, name: str) -> None:
    environ = {key: value for key, value in SECRETS.items() if key != name}
    with pytest.raises(SettingsError, match=f"^{name} is missing"):
        load({"STORAGE_DIR": str(tmp_path), **environ})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SECRET_KEY", "short", "SECRET_KEY"),
        ("SECRET_KEY", "가나다", "neither hex nor base64"),
        ("AUDIT_KEY", "51" * 31, "has 31 bytes"),
        ("BAROHELP_ENV", "prod", "dev, production or test"),
        ("WEB_LISTEN", "8000", "HOST:PORT"),
        ("WEB_LISTEN", "127.0.0.1:70000", "HOST:PORT"),
        ("WEB_LISTEN", "0.0.0.0:8000", "PUBLIC_URL is missing"),
        ("PUBLIC_URL", "help.example.com", "PUBLIC_URL"),
        ("PUBLIC_URL", "https://help.example.com/path", "PUBLIC_URL"),
        ("DATABASE_URL", "mysql://x/y", "DATABASE_URL"),
        ("RELAYS", "r1=http://x:1", "RELAYS"),
        ("RELAYS", "r1=ws://:1", "RELAYS"),
        ("TRUSTED_PROXIES", "10.0.0.0/40", "TRUSTED_PROXIES"),
        ("WEB_WORKERS", "none", "WEB_WORKERS"),
        ("WEB_WORKERS", "2", "more than one worker needs"),
        ("CODE_LIFETIME_S", "0", "CODE_LIFETIME_S"),
    ],
)
def test_it_names_a_bad_variable(tmp_path: Path, name: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        make_settings(tmp_path, **{name: value})


def test_it_allows_more_workers_with_postgresql_and_redis(tmp_path: Path) -> None:
    settings = make_settings(
        tmp_path, WEB_WORKERS="4", DATABASE_URL="postgresql://web@db/barohelp", REDIS_URL="redis://cache"
    )
    assert settings.web_workers == 4
    assert settings.database_url == "postgresql+psycopg://web@db/barohelp"
    assert not settings.is_embedded


def test_it_reads_secrets_from_the_file(tmp_path: Path) -> None:
    lines = "".join(f"{name}={value}\n" for name, value in SECRETS.items())
    (tmp_path / "secrets.env").write_text(f"# written by make setup\n{lines}")
    assert load({"STORAGE_DIR": str(tmp_path)}).secret_key == SECRETS["SECRET_KEY"]


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text(f"AUDIT_KEY={'00' * 32}\n")
    assert make_settings(tmp_path).audit_key == bytes.fromhex(SECRETS["AUDIT_KEY"])


def test_it_shows_no_secret(tmp_path: Path) -> None:
    shown = repr(make_settings(tmp_path))
    assert SECRETS["SECRET_KEY"] not in shown


def test_relays_may_be_many(tmp_path: Path) -> None:
    settings = make_settings(
        tmp_path, RELAYS="r1=wss://relay-1.example.com, r2=wss://relay-2.example.com:444/"
    )
    assert [relay.id for relay in settings.relays] == ["relay-1.example.com:443", "relay-2.example.com:444"]


def test_a_relay_may_have_several_addresses(tmp_path: Path) -> None:
    text = "r1=wss://relay-1.example.com|wss://relay-1.example.com:3000|ws://relay-1.example.com:51515"
    relay = make_settings(tmp_path, RELAYS=text).relays[0]
    assert (relay.id, relay.more_urls) == (
        "relay-1.example.com:443",
        ("wss://relay-1.example.com:3000", "ws://relay-1.example.com:51515"),
    )
    for wrong in ("r1=wss://x|http://x", "r1=wss://x|", "r1=ws://x" + "|ws://y" * 8):
        with pytest.raises(SettingsError, match="RELAYS"):
            make_settings(tmp_path, RELAYS=wrong)
