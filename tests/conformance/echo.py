"""What stands behind the sockets under test: an echo at the relay's other end, and a web worker that echoes.

The suite dials one address again and again; our relay wants a fresh ticket each time. `RelayFront` is a door
before it that writes the ticket into the first line of each request and touches nothing behind the head.
"""

from __future__ import annotations

import os
import selectors
import socket
import sys
import threading
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import CloseConnection, Message, Ping, Request
from wsproto.utilities import RemoteProtocolError

from ops.places import LOOPBACK, ROOT
from tests.displays import free_port, start_process
from tests.relay.processes import RelayProcess

WORKER = """
from gevent import monkey; monkey.patch_all()
from flask import Flask, request
from flask_sock import Sock
from simple_websocket import ConnectionClosed
from app.support.signal.whole_socket import WholeSocket
from wire.limits import MAX_FRAME

app = Flask(__name__)
app.config["SOCK_SERVER_OPTIONS"] = {"max_message_size": MAX_FRAME}
sock = Sock(app)

@app.before_request
def own_socket():
    request.environ["gunicorn.socket"] = WholeSocket(request.environ["gunicorn.socket"])

@sock.route("/")
def echo(ws):
    while True:
        ws.send(ws.receive())
"""


class RelayFront(threading.Thread):
    """Listens, and for each caller opens a support session at the relay with an echo at its other end."""

    def __init__(self, relay: RelayProcess) -> None:
        super().__init__(daemon=True)
        self._relay = relay
        self._listener = socket.create_server((LOOPBACK, 0))
        self.url = f"ws://{LOOPBACK}:{self._listener.getsockname()[1]}"
        self._numbers = count()

    def run(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self, caller: socket.socket) -> None:
        session = f"case-{next(self._numbers)}"
        ticket = self._relay.ticket("customer", session)
        target = f"/relay/{session}?ticket={ticket}"
        threading.Thread(target=_echo, args=(self._relay.dial(), target), daemon=True).start()
        head = b""
        while b"\r\n\r\n" not in head:
            head += caller.recv(4096)
        path = f"/relay/{session}?ticket={self._relay.ticket('agent', session)}"
        with self._relay.dial() as onward, caller:
            onward.sendall(b"GET " + path.encode() + b" HTTP/1.1\r\n" + head.partition(b"\r\n")[2])
            _carry(caller, onward)


def _carry(one: socket.socket, other: socket.socket) -> None:
    """Bytes both ways until either side is at its end and all was handed on."""
    peers = {one: other, other: one}
    with selectors.DefaultSelector() as selector, suppress(OSError):
        for sock in peers:
            sock.settimeout(None)
            selector.register(sock, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                assert isinstance(key.fileobj, socket.socket)
                data = key.fileobj.recv(1 << 16)
                if data:
                    peers[key.fileobj].sendall(data)
                else:
                    selector.unregister(key.fileobj)
                    peers[key.fileobj].shutdown(socket.SHUT_WR)


def _echo(sock: socket.socket, target: str) -> None:
    """An end that sends back what it gets, as it comes.

    Not by `websockets`: it answers a close amid a message (case 7.1.5) with 1002 where the suite wants 1000.
    """
    end = WSConnection(ConnectionType.CLIENT)
    sock.settimeout(None)
    with sock, suppress(OSError):
        sock.sendall(end.send(Request(host=LOOPBACK, target=target)))
        while data := sock.recv(1 << 16):
            try:
                end.receive_data(data)
                for event in end.events():
                    sock.sendall(_answer(end, event))
            except RemoteProtocolError as error:
                sock.sendall(end.send(error.event_hint))
                return


def _answer(end: WSConnection, event: Any) -> bytes:
    if isinstance(event, Message):
        return end.send(event)
    if isinstance(event, Ping | CloseConnection):
        return end.send(event.response())
    return b""


def start_worker(folder: Path) -> tuple[Any, str]:
    """One gunicorn worker with the web half's kind of socket; the process and its address."""
    (folder / "echo_worker.py").write_text(WORKER)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "/dev/null", "-k", "gevent", "--no-control-socket"]
    command += ["--chdir", str(folder), "--bind", f"{LOOPBACK}:{port}", "echo_worker:app"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return start_process(command, env=environment), f"ws://{LOOPBACK}:{port}"
