"""A real relay process on loopback, and raw ends that may misbehave."""

from __future__ import annotations

import base64
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from websockets.frames import Close, Frame, Opcode
from websockets.streams import StreamReader

from relay.keys import load_signing_key
from wire.ticket import issue_ticket, make_order, sign_order

ROOT = Path(__file__).parents[2]
PAGE = "https://help.example"
DEADLINE_S = 10.0


def wait_until(holds: Callable[[], Any], deadline_s: float = DEADLINE_S) -> None:
    """Fails the test when the condition does not come true in time."""
    until = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


class RelayProcess:
    """`python -m relay` with the keys of a folder; `port` 0 lets the kernel choose."""

    def __init__(self, keys: Path, *arguments: str, port: int = 0, log: Path | None = None) -> None:
        self._key = load_signing_key(keys / "ticket_sign.pem")
        self._log = (log or keys / "relay.log").open("ab")
        command = [sys.executable, "-m", "relay", "--listen", f"127.0.0.1:{port}"]
        command += ["--verify-keys", str(keys / "ticket_verify"), "--origins", PAGE, *arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"relay (\S+) listens on 127\.0\.0\.1:(\d+)", line)
        assert found, f"the relay said {line!r}"
        self.relay, self.port = found[1], int(found[2])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(DEADLINE_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._log.close()

    def ticket(self, role: str, session: str = "s1", **changes: Any) -> str:
        wanted = {"tenant": "maru", "participant": "p1", "channel": "screen", "via": "program", "epoch": 1}
        wanted |= {"relay": self.relay, "session": session, "role": role, "now": time.time(), **changes}
        return issue_ticket(self._key, **wanted)

    def order(self, **wanted: Any) -> str:
        return sign_order(make_order(self._key, relay=self.relay, now=time.time(), **wanted), self._key)

    def dial(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def end(self, role: str, session: str = "s1", **changes: Any) -> End:
        """An end that holds its 101."""
        end = End(self.dial())
        end.sock.sendall(request(session, self.ticket(role, session, **changes)))
        assert end.read_status() == 101
        return end

    def pair(self, session: str = "s1", **changes: Any) -> tuple[End, End]:
        return self.end("agent", session, **changes), self.end("customer", session, **changes)

    def status_of(self, session: str, ticket: str, origin: str | None = None) -> int:
        """What a single request gets."""
        with End(self.dial()) as end:
            end.sock.sendall(request(session, ticket, origin))
            return end.read_status()

    def memory_kib(self) -> int:
        """Resident memory of the process."""
        return self._status_kib("VmRSS")

    def _status_kib(self, name: str) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)[1])  # type: ignore[index]


class End:
    """A raw end: it sends what a test wants and reads frames."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._reader = StreamReader()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def read_status(self) -> int:
        """The status of the HTTP answer; what follows its head is kept."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            more = self.sock.recv(1)
            if not more:
                return 0
            head += more
        return int(head.split()[1])

    def send(self, payload: bytes, opcode: Opcode = Opcode.BINARY, *, fin: bool = True) -> None:
        self.sock.sendall(Frame(opcode, payload, fin).serialize(mask=True))

    def read(self) -> Frame:
        """The next frame; EOFError at the end of the connection."""
        parser = Frame.parse(self._reader.read_exact, mask=False, max_size=None)
        try:
            next(parser)
            while True:
                try:
                    data = self.sock.recv(1 << 18)
                except ConnectionResetError as error:
                    raise EOFError from error
                if not data:
                    raise EOFError
                self._reader.feed_data(data)
                next(parser)
        except StopIteration as stop:
            return stop.value

    def read_close(self) -> int | None:
        """The code of the next close frame, whatever comes before it; None when there is none."""
        try:
            while (frame := self.read()).opcode is not Opcode.CLOSE:
                pass
        except EOFError:
            return None
        return Close.parse(bytes(frame.data)).code


def request(session: str, ticket: str, origin: str | None = None) -> bytes:
    """An upgrade request as a client sends it."""
    lines = [
        f"GET /relay/{session}?ticket={ticket} HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        *([] if origin is None else [f"Origin: {origin}"]),
    ]
    return "\r\n".join([*lines, "", ""]).encode()
