"""Real proxies on loopback: tinyproxy with Basic log-in, microsocks with a password; a fake SOCKS4a."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.desktop.servers import TcpServer
from tests.servers import free_port, running, wait_for_port

USER, PASSWORD = "da-in", "비밀 pass:word"


@contextmanager
def tinyproxy(folder: Path, login: tuple[str, str] | None = None, *more: str) -> Iterator[int]:
    """A real HTTP proxy; its port."""
    if shutil.which("tinyproxy") is None:
        pytest.skip("no tinyproxy on this machine")
    port, log = free_port(), folder / "tinyproxy.log"
    lines = [f"Port {port}", "Listen 127.0.0.1", "Allow 127.0.0.1", "Timeout 60", "MaxClients 50", *more]
    if login:
        lines.append("BasicAuth {} {}".format(*login))
    (folder / "tinyproxy.conf").write_text("\n".join(lines) + "\n")
    command = ["tinyproxy", "-d", "-c", str(folder / "tinyproxy.conf")]
    with running(command, log, os.environ) as process:
        wait_for_port(port, process, log)
        yield port


@contextmanager
def microsocks(folder: Path, login: tuple[str, str] | None = None) -> Iterator[int]:
    """A real SOCKS5 proxy; its port."""
    if shutil.which("microsocks") is None:
        pytest.skip("no microsocks on this machine")
    port, log = free_port(), folder / "microsocks.log"
    command = ["microsocks", "-i", "127.0.0.1", "-p", str(port)]
    if login:
        command += ["-u", login[0], "-P", login[1]]
    with running(command, log, os.environ) as process:
        wait_for_port(port, process, log)
        yield port


class FakeSocks4(TcpServer):
    """A SOCKS4a proxy of ours: no package of Debian offers one that runs as it is. `users` may come in."""

    def __init__(self, *users: str) -> None:
        self.users = users
        super().__init__()

    def serve(self, sock: socket.socket) -> None:
        _, command, port, place = struct.unpack("!BBH4s", _exactly(sock, 8))
        user = _until_zero(sock)
        is_name = place[:3] == b"\0\0\0" and place[3]
        host = _until_zero(sock) if is_name else socket.inet_ntoa(place)
        if command != 1 or (self.users and user not in self.users):
            sock.sendall(b"\x00\x5d" + bytes(6))
            return
        with socket.create_connection((host, port)) as there:
            sock.sendall(b"\x00\x5a" + bytes(6))
            back = threading.Thread(target=_pass_on, args=(there, sock), daemon=True)
            back.start()
            _pass_on(sock, there)
            back.join()


def _exactly(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += sock.recv(1)
    return data


def _until_zero(sock: socket.socket) -> str:
    data = b""
    while not data.endswith(b"\0"):
        data += sock.recv(1)
    return data[:-1].decode()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
