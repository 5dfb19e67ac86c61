"""How each server is started on a display, and how much CPU time a process has used."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ops.places import free_port


@dataclass(frozen=True)
class Server:
    """One VNC server under test; `command` holds {display} and {port}."""

    name: str
    command: tuple[str, ...]

    @property
    def is_installed(self) -> bool:
        """Whether its program is there."""
        return shutil.which(self.command[0]) is not None


SERVERS = (
    Server("ours", (sys.executable, "-m", "customer_agent", "--listen", "127.0.0.1:{port}")),
    Server(
        "x0vncserver",
        (
            # The program itself: Debian's x0vncserver is a script that starts it as a daemon, whose
            # CPU time nobody would count.
            "X0tigervnc",
            "-display",
            "{display}",
            "-rfbport",
            "{port}",
            "-SecurityTypes",
            "None",
            "-localhost",
        ),
    ),
    Server(
        "x11vnc",
        (
            "x11vnc",
            "-display",
            "{display}",
            "-rfbport",
            "{port}",
            "-localhost",
            "-forever",
            "-shared",
            "-nopw",
            "-q",
        ),
    ),
)


class Running:
    """A started server; `close` ends its whole process group by id."""

    def __init__(self, server: Server, display: str) -> None:
        self.port = free_port()
        self.option_line = (
            " ".join(server.command).format(display=display, port="PORT").replace(sys.executable, "python")
        )
        command = [part.format(display=display, port=self.port) for part in server.command]
        self.process = subprocess.Popen(
            command,
            env={**os.environ, "DISPLAY": display},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._wait_until_it_answers(server.name)

    def _wait_until_it_answers(self, name: str) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"{name} ended with {self.process.returncode} before it listened")
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                    probe.settimeout(3)
                    if probe.recv(4) == b"RFB ":
                        return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{name} did not listen within 20 s")

    def close(self) -> None:
        """End the server."""
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(5)


def cpu_seconds(pid: int) -> float:
    """CPU time that the living threads of the process and of its children have used, in seconds.

    The scheduler's own count in nanoseconds: the usual clock ticks of 10 ms are too coarse for a few glyphs.
    """
    total = 0
    for each in [pid, *_children(pid)]:
        for thread in Path(f"/proc/{each}/task").glob("*/schedstat"):
            with suppress(OSError):
                total += int(thread.read_text().split()[0])
    return total / 1e9


def _children(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [child for text in listed for child in (int(text), *_children(int(text)))]
