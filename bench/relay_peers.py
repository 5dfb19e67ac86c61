"""The relays that are compared: ours, a node `ws` pairing relay, nginx stream (raw TCP, the practical limit).

Each is one process on core 0; what it costs is read from the scheduler (`/proc/PID/task/*/schedstat`, ns),
what it holds from `/proc/PID/smaps_rollup`. A peer gives pairs of connected sockets: (one end, other end).
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Final

from ops.places import free_port
from relay.keys import load_signing_key, write_key_pair
from wire.ticket import issue_ticket
from wire.transform import compiled

ROOT: Final = Path(__file__).parents[1]
NODE_FOLDER: Final = ROOT / ".cache" / "bench"
NODE_PACKAGES: Final = ("ws@8.23.0", "bufferutil@4.0.9")
RELAY_CORE: Final = 0

Pair = tuple[socket.socket, socket.socket]


class Peer(ABC):
    """A relay under test."""

    name: str
    is_websocket = True

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bench-relay-"))
        self.process = self.start()
        self.pid = self.process.pid
        self._pairs = 0

    @abstractmethod
    def start(self) -> subprocess.Popen[str]:
        """Start the process; it is ready when this returns."""

    @abstractmethod
    def connect(self, number: int) -> Pair:
        """A fresh pair; `number` was never given before."""

    def pairs(self, count: int) -> list[Pair]:
        made = []
        for _ in range(count):
            self._pairs += 1
            made.append(self.connect(self._pairs))
        return made

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def cpu_s(self) -> float:
        """CPU seconds of all threads so far."""
        total = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def memory_kib(self) -> int:
        """Private memory of the process."""
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return sum(int(size) for size in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.MULTILINE))


class Ours(Peer):
    """`python -m relay`."""

    name = "ours"
    arguments: tuple[str, ...] = ()

    def start(self) -> subprocess.Popen[str]:
        write_key_pair(self.folder)
        self._key = load_signing_key(self.folder / "ticket_sign.pem")
        command = [sys.executable, "-m", "relay", "--listen", "127.0.0.1:0", *self.arguments, "--verify-keys"]
        process = _start([*command, str(self.folder / "ticket_verify")], self.folder)
        assert process.stdout is not None
        self._port = int(process.stdout.readline().rsplit(":", 1)[1])
        return process

    def connect(self, number: int) -> Pair:
        session = f"bench-{number}"
        agent, customer = (self._leg(session, role) for role in ("agent", "customer"))
        return agent, customer

    def _leg(self, session: str, role: str) -> socket.socket:
        ticket = issue_ticket(
            self._key,
            relay=f"127.0.0.1:{self._port}",
            tenant="bench",
            session=session,
            participant="1",
            channel="screen",
            role=role,
            via="program",
            epoch=1,
            now=time.time(),
        )
        return upgraded(self._port, f"/relay/{session}?ticket={ticket}")


class OursInPython(Ours):
    """The same without the compiled inner loop."""

    name = "ours, Python loop"
    arguments = ("--python-only",)


class Node(Peer):
    """A pairing relay on node `ws`, as one writes it in 20 lines."""

    name = "node ws"
    without_bufferutil = "1"

    def start(self) -> subprocess.Popen[str]:
        environment = {**os.environ, "NODE_PATH": str(NODE_FOLDER / "node_modules")}
        environment["WS_NO_BUFFER_UTIL"] = self.without_bufferutil
        script = str(Path(__file__).with_name("peers") / "ws_relay.js")
        process = _start(["node", script], self.folder, environment)
        assert process.stdout is not None
        self._port = int(process.stdout.readline())
        return process

    def connect(self, number: int) -> Pair:
        first, second = (upgraded(self._port, f"/s{number}") for _ in range(2))
        return first, second


class NodeCompiled(Node):
    """The same with bufferutil, whose compiled part takes the masking keys off."""

    name = "node ws + bufferutil"
    without_bufferutil = ""


class Nginx(Peer):
    """nginx stream: it dials the second end for every connection of the first."""

    name = "nginx stream"
    is_websocket = False

    def start(self) -> subprocess.Popen[str]:
        self._behind = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._port = free_port()
        configuration = self.folder / "nginx.conf"
        configuration.write_text(
            f"load_module {_STREAM_MODULE};\n"
            f"daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/error.log;\n"
            "events { worker_connections 20000; }\n"
            "stream {\n"
            "  proxy_buffer_size 64k; tcp_nodelay on;\n"
            f"  server {{ listen 127.0.0.1:{self._port} backlog=1024;"
            f" proxy_pass 127.0.0.1:{self._behind.getsockname()[1]}; }}\n"
            "}\n"
        )
        process = _start(["nginx", "-c", str(configuration), "-e", f"{self.folder}/error.log"], self.folder)
        self.master = process.pid
        return process

    def __init__(self) -> None:
        super().__init__()
        self.pid = _wait_for_child(self.master)
        self.pairs(1)  # the worker accepts

    def connect(self, number: int) -> Pair:
        until = time.monotonic() + 5
        while True:
            try:
                first = socket.create_connection(("127.0.0.1", self._port))
                break
            except ConnectionRefusedError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)
        second, _ = self._behind.accept()
        for sock in (first, second):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return first, second

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self._behind.close()
        shutil.rmtree(self.folder, ignore_errors=True)


_STREAM_MODULE: Final = "/usr/lib/nginx/modules/ngx_stream_module.so"


def available() -> tuple[list[type[Peer]], list[str]]:
    """The peers that can run here, and one sentence for each that cannot."""
    peers: list[type[Peer]] = [Ours, OursInPython]
    missing = ["MeshCentral: not installed here"]
    if compiled() is None:
        missing.append("the compiled inner loop was not built here: both columns of ours are the Python loop")
    if shutil.which("node") and _install_ws():
        peers += [Node, NodeCompiled]
    else:
        missing.append("node ws: node or the package ws is missing")
    if shutil.which("nginx") and Path(_STREAM_MODULE).exists():
        peers.append(Nginx)
    else:
        missing.append("nginx stream: nginx or libnginx-mod-stream is missing")
    return peers, missing


def _install_ws() -> bool:
    if all((NODE_FOLDER / "node_modules" / name.partition("@")[0]).exists() for name in NODE_PACKAGES):
        return True
    NODE_FOLDER.mkdir(parents=True, exist_ok=True)
    # Its own package.json: npm would otherwise walk up and change the project's.
    (NODE_FOLDER / "package.json").write_text('{"name": "bench-peers", "private": true}\n')
    command = ["npm", "install", "--prefix", str(NODE_FOLDER), "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run([*command, *NODE_PACKAGES], cwd=NODE_FOLDER, capture_output=True, check=False)
    return done.returncode == 0


def _start(
    command: list[str], folder: Path, environment: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
    os.sched_setaffinity(process.pid, {RELAY_CORE})
    return process


def _wait_for_child(parent: int) -> int:
    children = Path(f"/proc/{parent}/task/{parent}/children")
    until = time.monotonic() + 5
    while time.monotonic() < until:
        found = children.read_text().split()
        if found:
            os.sched_setaffinity(int(found[0]), {RELAY_CORE})
            return int(found[0])
        time.sleep(0.02)
    raise RuntimeError("nginx started no worker")


def upgraded(port: int, target: str) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall(
        f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        more = sock.recv(1)
        if not more:
            break
        head += more
    if b" 101 " not in head.partition(b"\r\n")[0]:
        raise RuntimeError(f"no upgrade: {head[:100]!r}")
    return sock
