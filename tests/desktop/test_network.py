"""Which proxy an address gets, and what is kept of the settings, and where."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop import network
from desktop.network import NetworkSettings, NetworkStore, find_proxy
from desktop.proxy import Proxy
from desktop.secret_store import FileSecrets

SYSTEM = NetworkSettings()
MANUAL = NetworkSettings("manual", "socks5://proxy.example:1080", "da-in", "secret")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    network._system_proxies.cache_clear()
    yield
    network._system_proxies.cache_clear()
    network._current = None


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://help.example/", Proxy("http", "s.example", 1)),
        ("wss://help.example/", Proxy("http", "s.example", 1)),
        ("http://help.example/", Proxy("socks5", "a.example", 2)),
        ("wss://127.0.0.1:1/", None),
        ("wss://localhost/", None),
    ],
)
def test_it_takes_the_environments(monkeypatch: pytest.MonkeyPatch, url: str, proxy: Proxy | None) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://s.example:1")
    monkeypatch.setenv("ALL_PROXY", "socks5://a.example:2")
    assert find_proxy(url, SYSTEM) == proxy


@pytest.mark.parametrize(
    ("rules", "is_exempt"),
    [
        ("help.example", True),
        (".example", True),
        ("xample,other", False),
        ("help.example:443", False),
        ("help.example:8443", True),
        ("*.example", True),
        ("*", True),
        ("10.0.0.0/8", False),
    ],
)
def test_it_leaves_out_what_no_proxy_says(
    monkeypatch: pytest.MonkeyPatch, rules: str, is_exempt: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "s.example:1")
    monkeypatch.setenv("NO_PROXY", rules)
    assert (find_proxy("wss://help.example:8443/x", SYSTEM) is None) == is_exempt


def test_it_leaves_out_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "s.example:1")
    monkeypatch.setenv("NO_PROXY", "10.0.0.0/8, fd00::/8")
    assert find_proxy("ws://10.1.2.3:80/", SYSTEM) is None
    assert find_proxy("ws://[fd00::1]/", SYSTEM) is None
    assert find_proxy("ws://11.1.2.3/", SYSTEM) is not None


def test_it_uses_what_was_set_in_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "s.example:1")
    assert find_proxy("ws://127.0.0.1:1/", MANUAL) == Proxy(
        "socks5", "proxy.example", 1080, "da-in", "secret"
    )
    assert find_proxy("https://help.example/", replace(MANUAL, mode="none")) is None
    with_login = replace(MANUAL, mode="system")
    assert find_proxy("https://help.example/", with_login) == Proxy("http", "s.example", 1, "da-in", "secret")


def test_it_asks_the_desktop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A gsettings of ours that answers as GNOME's does."""
    script = tmp_path / "gsettings"
    script.write_text(
        '#!/bin/sh\ncase "$2.$3" in *proxy.mode) echo "\'manual\'";; *https.host) echo "\'g.example\'";;\n'
        "*https.port) echo 3128;; *ignore-hosts) echo \"['localhost', '10.0.0.0/8']\";; *port) echo 0;;\n"
        "*) echo \"''\";; esac\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    assert find_proxy("https://help.example/", SYSTEM) == Proxy("http", "g.example", 3128)
    assert find_proxy("https://10.1.1.1/", SYSTEM) is None


def test_it_keeps_the_password_apart(tmp_path: Path) -> None:
    store = NetworkStore(tmp_path, FileSecrets(tmp_path / "secrets.json"))
    store.keep(MANUAL)
    assert store.load() == MANUAL
    assert "secret" not in (tmp_path / "network.json").read_text()
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    store.keep(replace(MANUAL, user="", password=""))
    assert "secret" not in (tmp_path / "secrets.json").read_text()


@pytest.mark.parametrize("text", ["", "[]", '{"mode":"odd","proxy":5,"new":1}'])
def test_it_starts_with_a_broken_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "network.json").write_text(text)
    assert NetworkStore(tmp_path, FileSecrets(tmp_path / "s")).load() == NetworkSettings()


def test_it_tells_another_process_of_ours_everything() -> None:
    assert NetworkSettings.from_json(json.loads(json.dumps(MANUAL.to_json()))) == MANUAL
