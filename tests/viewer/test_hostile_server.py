"""A server that sends work without end: the window answers, memory stays, closing is quick."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.customer_agent.serving import ROOT
from tests.displays import require_programs, wait_for, xvfb
from tests.wire.rfb.hostile import HEIGHT, WIDTH, whole, zrle
from wire.rfb import messages as m
from wire.rfb.constants import Encoding, Security
from wire.rfb.pixels import BGRX

pytestmark = [pytest.mark.slow, pytest.mark.display]

MAX_GROWTH_MIB = 64
FLOODS = {
    "runs": lambda: zrle(b"\x80" + b"abc\xff\x00" * 16),
    "copies": lambda: whole(Encoding.COPY_RECT, bytes(4)),
    "texts": lambda: m.ServerCutText(b"text" * 2000).encode() + m.Bell().encode(),
    "sizes": lambda: b"".join(
        m.FramebufferUpdate(1).encode() + m.RECTANGLE_HEAD.pack(0, 0, width, HEIGHT, Encoding.DESKTOP_SIZE)
        for width in (WIDTH - 8, WIDTH)
    ),
}


@pytest.fixture
def door() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)
        yield listening


def flood(door: socket.socket, message: bytes, stopping: threading.Event, sent: list[int]) -> None:
    """Shake hands, then send the same for ever, reading nothing."""
    with contextlib.suppress(OSError):
        connection, _ = door.accept()
        with connection:
            connection.settimeout(0.2)
            init = m.ServerInit(WIDTH, HEIGHT, BGRX, "pc").encode()
            connection.sendall(b"RFB 003.008\n")
            connection.sendall(m.SecurityTypes((Security.NONE,)).encode() + bytes(4) + init)
            data = message * max(1, 100_000 // len(message))
            while not stopping.is_set():
                with contextlib.suppress(TimeoutError):
                    sent[0] += connection.send(data)


def memory_mib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


@pytest.mark.parametrize("kind", FLOODS)
def test_it_stays_itself(door: socket.socket, tmp_path: Path, kind: str) -> None:
    require_programs("xdotool")
    stopping, sent = threading.Event(), [0]
    arguments = (door, FLOODS[kind](), stopping, sent)
    server = threading.Thread(target=flood, args=arguments, daemon=True)
    server.start()
    with xvfb(1280, 900, window_manager=True) as agent:
        log = tmp_path / "viewer.log"
        env = {"HOME": str(tmp_path), "BAROHELP_UI_MAP": str(tmp_path)}
        address = f"127.0.0.1:{door.getsockname()[1]}"
        with log.open("wb") as output:
            process = agent.start(
                sys.executable,
                "-m",
                "viewer",
                "--vnc",
                address,
                env=env,
                cwd=ROOT,
                stdout=output,
                stderr=output,
            )
            wait_for(lambda: sent[0] > 0 and list(tmp_path.glob("*-remote.json")), what="the window")
            time.sleep(3)  # the framebuffer and the scaled picture are there by now
            before = memory_mib(process.pid)
            time.sleep(6)
            assert memory_mib(process.pid) - before <= MAX_GROWTH_MIB
            window = agent.find_window("--name", "BaroHelp")
            agent.xdotool("windowactivate", "--sync", window, "key", "alt+F4")
            began = time.monotonic()
            wait_for(lambda: process.poll() is not None, what="the window to close", deadline_s=6)
            assert time.monotonic() - began < 4
    stopping.set()
    server.join(5)
    assert "Traceback" not in log.read_text()
