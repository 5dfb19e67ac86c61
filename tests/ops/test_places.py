"""Ports, folders and the environment of one installation."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ops.places import LOOPBACK, ROOT, Places, check_folder, check_port, read_places
from ops.say import CannotStart


def test_it_says_which_port_is_taken_and_what_to_do() -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotStart) as caught:
            check_port("WEB_PORT", port)
    assert f"Port {port} is taken" in caught.value.english
    assert f"WEB_PORT={port + 100}" in caught.value.korean


def test_it_refuses_a_port_that_is_not_a_number() -> None:
    with pytest.raises(CannotStart, match="RELAY_PORT=eight"):
        read_places({"RELAY_PORT": "eight"})


def test_it_says_that_a_folder_cannot_be_written(tmp_path: Path) -> None:
    """A file where the folder should be stops root, too."""
    (tmp_path / "var").write_text("")
    with pytest.raises(CannotStart, match="cannot be written to"):
        check_folder(tmp_path / "var" / "below")


def test_it_gives_settings_that_the_web_half_accepts(tmp_path: Path) -> None:
    from config.settings import load
    from ops.setup import make_keys

    make_keys(tmp_path)
    settings = load(Places(tmp_path, 8100, 8101, 8102).environment())
    assert (settings.bind_port, settings.public_url) == (8100, "http://127.0.0.1:8100")
    assert settings.relays[0].id == "127.0.0.1:8101"
    assert settings.database_url == f"sqlite:///{tmp_path / 'barohelp.sqlite3'}"


def test_it_stops_a_start_on_a_taken_port_with_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        environment = {**os.environ, "BAROHELP_VAR": str(tmp_path), "WEB_PORT": str(other.getsockname()[1])}
        answer = subprocess.run(
            [sys.executable, "-m", "ops.run"],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
    assert answer.returncode == 2
    assert "is taken by another program" in answer.stderr
    assert "Traceback" not in answer.stderr
