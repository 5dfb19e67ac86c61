"""gunicorn with our options: it starts, it refuses with one sentence, and Ctrl-C is over at once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

import pytest
from flask_migrate import upgrade

from app import create_app
from tenants.database import db
from tests.conftest import SECRETS, make_settings
from tests.servers import ROOT, free_port, running, wait_for_port

pytestmark = pytest.mark.flow


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A migrated SQLite database and a free port."""
    web = create_app(make_settings(tmp_path))
    with web.app_context():
        upgrade()
        db.engine.dispose()
    listen = f"127.0.0.1:{free_port()}"
    return {**os.environ, **SECRETS, "STORAGE_DIR": str(tmp_path), "WEB_LISTEN": listen}


def start_and_fail(environ: dict[str, str], *options: str) -> str:
    """Start it, wait for its end, return what it said."""
    command = [sys.executable, "-m", "gunicorn", *options, "wsgi:app"]
    result = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode != 0
    return result.stderr


def test_ctrl_c_ends_it_within_three_seconds(environ: dict[str, str], tmp_path: Path) -> None:
    """Also with a connection open, as every live page has one."""
    port, log = int(environ["WEB_LISTEN"].rpartition(":")[2]), tmp_path / "web.log"
    with running([sys.executable, "-m", "gunicorn", "wsgi:app"], log, environ) as process:
        wait_for_port(port, process, log)
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=20) as answer:
            assert answer.read() == b"ok\n"
            begun = time.monotonic()
            process.send_signal(signal.SIGINT)
            process.wait(10)
        assert time.monotonic() - begun < 3
    assert log.read_text() == ""


def seconds_until_closed(port: int, half: bytes) -> float:
    """How long the server waits for the rest."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as half_sent:
        half_sent.sendall(half)
        while half_sent.recv(4096):
            pass
    return time.monotonic() - begun


def test_half_sent_requests_are_closed_in_time(environ: dict[str, str], tmp_path: Path) -> None:
    """A hundred half heads and half bodies at once; meanwhile others are served."""
    port, log = int(environ["WEB_LISTEN"].rpartition(":")[2]), tmp_path / "web.log"
    head = b"POST /programs/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    halves = [head, head + b"Content-Length: 500\r\n\r\n{"] * 50
    with running([sys.executable, "-m", "gunicorn", "wsgi:app"], log, environ) as process:
        wait_for_port(port, process, log)
        with ThreadPoolExecutor(len(halves)) as pool:
            waits = [pool.submit(seconds_until_closed, port, half) for half in halves]
            with urlopen(f"http://127.0.0.1:{port}/health", timeout=20) as answer:
                assert answer.read() == b"ok\n"
            assert max(wait.result() for wait in waits) < 14


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        ({}, ("-w", "2"), "2 workers need DATABASE_URL"),
        ({"WEB_WORKERS": "2"}, (), "WEB_WORKERS is 2"),
        ({"AUDIT_KEY": ""}, (), "AUDIT_KEY is missing"),
        ({"DATABASE_URL": "sqlite:////tmp/barohelp-nothing-here.sqlite3"}, (), "flask --app wsgi db upgrade"),
    ],
)
def test_it_refuses_in_one_sentence(
    environ, change: dict[str, str], options: tuple[str, ...], says: str
) -> None:
    said = start_and_fail({**environ, **change}, *options)
    Path("/tmp/barohelp-nothing-here.sqlite3").unlink(missing_ok=True)
    assert "BaroHelp cannot start: " in said
    assert says in said
    assert "Traceback" not in said
