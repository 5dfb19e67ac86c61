"""The relay's command line: its defaults, and one sentence for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.relay_settings import parse_relay_arguments, signing_key_path


def test_it_listens_on_loopback_unless_told_otherwise() -> None:
    settings = parse_relay_arguments([], {})
    assert (settings.host, settings.port, settings.public_id) == ("127.0.0.1", 8001, None)
    assert settings.verify_keys == Path("var/keys/ticket_verify")
    assert settings.origins == {"http://127.0.0.1:8000", "http://localhost:8000"}
    assert (settings.head_timeout_s, settings.pair_wait_s) == (10.0, 30.0)


def test_it_takes_keys_and_origin_from_the_environment() -> None:
    environ = {"TICKET_VERIFY_KEYS": "/keys", "PUBLIC_URL": "https://Help.example:443/"}
    settings = parse_relay_arguments([], environ)
    assert settings.verify_keys == Path("/keys")
    assert settings.origins == {"https://help.example"}
    assert signing_key_path({"TICKET_SIGNING_KEY": "/sign.pem"}) == Path("/sign.pem")
    assert signing_key_path({}) == Path("var/keys/ticket_sign.pem")


def test_it_puts_its_arguments_before_the_environment() -> None:
    words = "--listen [::1]:9 --public wss://R1.example --verify-keys k --origins http://a:8000 https://b"
    settings = parse_relay_arguments(words.split(), {"TICKET_VERIFY_KEYS": "x", "PUBLIC_URL": "http://x"})
    assert (settings.host, settings.port, settings.public_id) == ("::1", 9, "r1.example:443")
    assert settings.origins == {"http://a:8000", "https://b"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--listen 8001", "is not HOST:PORT"),
        ("--listen 127.0.0.1:99999", "Port out of range"),
        ("--listen 0.0.0.0:8001", "--public must give its address"),
        ("--listen relay.example:8001", "--public must give its address"),
        ("--public ftp://x", "is no relay address"),
        ("--origins null", "is no origin"),
        ("--pair-wait 0", "is not within"),
    ],
)
def test_it_says_in_one_sentence_what_is_wrong(
    words: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_relay_arguments(words.split(), {})
    assert caught.value.code == 2
    assert sentence in capsys.readouterr().err.splitlines()[-1]
