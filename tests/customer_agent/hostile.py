"""A hostile viewer against the real program: `python -m tests.customer_agent.hostile`.

Each attack is a flood of well-formed messages into `python -m customer_agent --listen` on an Xvfb, while an
honest viewer asks for a corner of the screen again and again. Prints one JSON object a line: messages, bytes,
seconds the flood took, growth of the program's memory, the longest wait of the honest viewer, and whether the
hostile one was dropped.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tests import displays
from tests.customer_agent.serving import listening
from wire.limits import MAX_CUT_TEXT
from wire.rfb import messages as m
from wire.rfb.constants import ClipboardFlag
from wire.rfb.events import Ready, UpdateDone
from wire.rfb.pixels import BGRX
from wire.rfb.viewer import DEFAULT_ENCODINGS, ViewerProtocol

ATTACK_DEADLINE_S: Final = 30.0


def _encodings() -> bytes:
    rng = random.Random(1)
    return m.SetEncodings(tuple(rng.randrange(-(2**31), 2**31) for _ in range(16))).encode()


def _clipboard() -> bytes:
    """Ten megabytes of text, packed very small."""
    text = "가".encode() * (MAX_CUT_TEXT // 3)
    packed = zlib.compress((len(text) + 1).to_bytes(4, "big") + text + b"\0", 9)
    flags = (ClipboardFlag.PROVIDE | ClipboardFlag.TEXT).to_bytes(4, "big")
    return m.ClientCutText(flags + packed, True).encode()


ATTACKS: Final[dict[str, tuple[Callable[[], bytes], int]]] = {
    "SetEncodings": (_encodings, 1_000_000),
    "SetPixelFormat": (lambda: m.SetPixelFormat(BGRX).encode(), 1_000_000),
    "keys": (lambda: m.KeyEvent(True, 0xFFE1).encode() + m.KeyEvent(False, 0xFFE1).encode(), 1_000_000),
    "keys never released": (lambda: m.KeyEvent(True, 0xFFE1).encode(), 1_000_000),
    "Hangul keys": (lambda: m.KeyEvent(True, 0x0100AC00).encode(), 300_000),
    "pointer": (
        lambda: m.PointerEvent(0, 5, 5).encode() + m.PointerEvent(1, 70, 90).encode(),
        1_000_000,
    ),
    "requests for everything": (lambda: m.UpdateRequest(False, 0, 0, 800, 600).encode(), 1_000_000),
    "fences": (lambda: m.Fence(0x80000000, bytes(64)).encode(), 200_000),
    "answers to fences nobody sent": (lambda: m.Fence(0, bytes(4)).encode(), 1_000_000),
    "clipboard of ten megabytes": (_clipboard, 40),
    "requests for the clipboard": (
        lambda: m.ClientCutText((ClipboardFlag.REQUEST | 1).to_bytes(4, "big"), True).encode(),
        500_000,
    ),
}


class Viewer:
    """A connection that has shaken hands."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.protocol = ViewerProtocol(auto_request=False)
        self.until(Ready)
        self.protocol.send(m.SetEncodings(DEFAULT_ENCODINGS))
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.protocol.outgoing())

    def until(self, kind: type, within_s: float = 10.0) -> None:
        """Read until an event of that kind came."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            self.flush()
            self.socket.settimeout(max(0.01, until - time.monotonic()))
            data = self.socket.recv(1 << 18)
            if not data:
                raise ConnectionError("the program closed the honest viewer's connection")
            self.protocol.receive(data)
            if any(isinstance(event, kind) for event in self.protocol.events()):
                return
        raise TimeoutError("no answer")


class Honest(threading.Thread):
    """Asks for a corner of the screen until stopped; the longest wait in seconds."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._viewer = Viewer(port)
        self.longest_s = 0.0
        self.answers = 0
        self.failed = ""
        self.stopping = threading.Event()

    def run(self) -> None:
        try:
            while not self.stopping.wait(0.02):
                begin = time.monotonic()
                self._viewer.protocol.send(m.UpdateRequest(False, 0, 0, 16, 16))
                self._viewer.until(UpdateDone)
                self.longest_s = max(self.longest_s, time.monotonic() - begin)
                self.answers += 1
        except (OSError, TimeoutError) as error:
            self.failed = str(error)
        self._viewer.socket.close()


def _memory_kib(process: int, field: str) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1])
    return 0


def flood(port: int, message: bytes, times: int) -> tuple[int, bool]:
    """Send it so often, reading what comes; how many bytes were taken, and whether the program hung up."""
    viewer = Viewer(port)
    caps = (ClipboardFlag.CAPS | ClipboardFlag.PROVIDE | ClipboardFlag.TEXT).to_bytes(4, "big") + bytes(4)
    viewer.socket.sendall(m.ClientCutText(caps, True).encode())
    together = max(1, min(times, 60_000 // len(message)))
    data, rounds, sent = message * together, -(-times // together), 0
    until = time.monotonic() + ATTACK_DEADLINE_S
    viewer.socket.setblocking(False)
    view = memoryview(b"")
    while (rounds or view) and time.monotonic() < until:
        if not view:
            view, rounds = memoryview(data), rounds - 1
        try:
            taken = viewer.socket.send(view)
            view, sent = view[taken:], sent + taken
        except BlockingIOError:
            time.sleep(0.001)
        except OSError:
            return sent, True
        try:
            if viewer.socket.recv(1 << 20) == b"":
                return sent, True
        except BlockingIOError:
            pass
        except OSError:
            return sent, True
    viewer.socket.close()
    return sent, False


def measure(name: str, scale: float, port: int, pid: int) -> dict[str, Any]:
    """One attack on a running program."""
    make, times = ATTACKS[name]
    message = make()
    honest = Honest(port)
    honest.start()
    displays.wait_for(lambda: honest.answers > 3, what="the honest viewer")
    honest.longest_s, before = 0.0, _memory_kib(pid, "VmRSS")
    begin = time.monotonic()
    sent, was_dropped = flood(port, message, max(1, int(times * scale)))
    took = time.monotonic() - begin
    # What waited has to be over a moment later.
    answers = honest.answers
    displays.wait_for(lambda: honest.answers > answers + 3 or honest.failed, what="the next answers")
    honest.stopping.set()
    honest.join(10)
    return {
        "attack": name,
        "messages": sent // len(message),
        "sent_bytes": sent,
        "took_s": round(took, 2),
        "growth_mib": max(0, _memory_kib(pid, "VmHWM") - before) // 1024,
        "longest_wait_s": round(honest.longest_s, 3),
        "failed": honest.failed,
        "dropped": was_dropped,
    }


def main() -> int:
    """Run every attack, or those whose name holds a word, on one program after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--scale", type=float, default=1.0, help="0.1 sends a tenth of the messages")
    parser.add_argument("--together", action="store_true", help="all on one program")
    chosen = parser.parse_args()
    names = [name for name in ATTACKS if chosen.word in name]
    for group in [names] if chosen.together else [[name] for name in names]:
        with displays.xvfb(800, 600) as display, listening(display) as (port, process):
            for name in group:
                print(json.dumps(measure(name, chosen.scale, port, process.pid)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
