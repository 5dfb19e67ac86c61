"""Real servers for tests: gunicorn with the web half, redis-server; each ended by its process id."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ops.places import free_port

__all__ = ["ROOT", "START_S", "free_port", "running", "running_redis", "running_web", "wait_for_port"]

ROOT: Final = Path(__file__).resolve().parent.parent
START_S: Final = 40.0


@contextmanager
def running(command: list[str], log: Path, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run one program while the block lasts; its output goes to `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environ), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once somebody answers on the port; fail with the log when the program ended or is late."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(errors="replace")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing answers on {port}: {log.read_text(errors='replace')}")


@contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    """A redis-server of the test's own that stores nothing; its address."""
    assert shutil.which("redis-server"), "no redis-server on this machine"
    port, log = free_port(), folder / "redis.log"
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with running(command, log, os.environ) as process:
        wait_for_port(port, process, log)
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def running_web(folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """The web half under gunicorn with our own options; its address. `environ` is what settings.py reads."""
    port, log = free_port(), folder / "web.log"
    whole = {**os.environ, "STORAGE_DIR": str(folder), **environ, "WEB_LISTEN": f"127.0.0.1:{port}"}
    whole.pop("PUBLIC_URL", None)
    command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "wsgi:app"]
    with running(command, log, whole) as process:
        wait_for_port(port, process, log)
        yield f"http://127.0.0.1:{port}"
