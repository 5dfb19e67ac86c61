"""Where one installation keeps its things and on which ports it listens; the environment of its programs.

Read from BAROHELP_VAR, WEB_PORT, RELAY_PORT and DEMO_PORT, so that a second installation (the story, a test)
can run beside the first. Standard library only.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ops.say import CannotStart

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Places:
    """One installation on one machine, loopback only."""

    var: Path
    web_port: int
    relay_port: int
    demo_port: int

    @property
    def public_url(self) -> str:
        return f"http://{LOOPBACK}:{self.web_port}"

    @property
    def relay_url(self) -> str:
        return f"ws://{LOOPBACK}:{self.relay_port}"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def database(self) -> Path:
        return self.var / "barohelp.sqlite3"

    @property
    def demo_logins(self) -> Path:
        return self.var / "demo-logins.txt"

    @property
    def downloads(self) -> Path:
        return self.var / "downloads"

    def environment(self, **more: str) -> dict[str, str]:
        """What every program of this installation gets; the newcomer's own DISPLAY and language stay."""
        ours = {
            "BAROHELP_VAR": str(self.var),
            "BAROHELP_SERVER": self.public_url,
            "STORAGE_DIR": str(self.var),
            "WEB_LISTEN": f"{LOOPBACK}:{self.web_port}",
            "PUBLIC_URL": self.public_url,
            "RELAYS": f"r1={self.relay_url}",
            "TICKET_SIGNING_KEY": str(self.var / "keys" / "ticket_sign.pem"),
            "TICKET_VERIFY_KEYS": str(self.var / "keys" / "ticket_verify"),
            "PYTHONUNBUFFERED": "1",
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}",
        }
        chosen = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
        return {**os.environ, **ours, **chosen, **more}


def read_places(environ: Mapping[str, str] = os.environ) -> Places:
    """Raises CannotStart when a port is not a number."""
    return Places(
        var=Path(environ.get("BAROHELP_VAR") or ROOT / "var").resolve(),
        web_port=_port(environ, "WEB_PORT", 8000),
        relay_port=_port(environ, "RELAY_PORT", 8001),
        demo_port=_port(environ, "DEMO_PORT", 8002),
    )


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65_536:
        raise CannotStart(
            f"{name}={text}: 1부터 65535까지의 숫자여야 합니다.",
            f"{name}={text} is not a port from 1 to 65535.",
        )
    return int(text)


def check_folder(var: Path) -> None:
    """Raises CannotStart unless files can be made in `var`."""
    probe = var / ".write-test"
    try:
        var.mkdir(parents=True, exist_ok=True)
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise CannotStart(
            f"{var} 폴더에 쓸 수 없습니다 ({error.strerror}). BAROHELP_VAR로 다른 폴더를 정해 주십시오.",
            f"The folder {var} cannot be written to ({error.strerror}); choose another with BAROHELP_VAR.",
        ) from error


def check_port(name: str, port: int) -> None:
    """Raises CannotStart when something else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError as error:
            raise CannotStart(
                f"포트 {port}번을 다른 프로그램이 쓰고 있습니다. 예: make run {name}={port + 100}",
                f"Port {port} is taken by another program; try: make run {name}={port + 100}",
            ) from error


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
