"""One program without a window in a process of its own, so that it can be put to sleep or killed.

    python -m tests.desktop.end_process URL BEARER agent|customer

Says what happens as JSON lines; on a line of its input it sends that text on the screen.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

from tests.desktop.test_links_and_web import Program
from wire.signal import commands as c
from wire.signal import messages as m
from wire.terms import Screen

_lock = threading.Lock()


def say(**what: Any) -> None:
    with _lock:
        print(json.dumps({**what, "at": time.monotonic()}, ensure_ascii=False), flush=True)


class Told(list[Any]):
    """A list that also says what is put into it."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def append(self, value: Any) -> None:
        super().append(value)
        say(t=self._kind, value=value if isinstance(value, str) else list(value))


class Talking(Program):
    """A program that says what it is told."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("quality", "words", "ends", "opened") and value == []:
            value = Told(name)
        super().__setattr__(name, value)

    def _take(self, received: m.Received) -> None:
        message = received.message
        if isinstance(message, m.SessionState | m.SlotOpened | m.Offer):
            found = {"t": message.TYPE, **message.to_json()}
            say(
                **{
                    key: found[key]
                    for key in ("t", "session", "state", "link", "code", "epoch")
                    if key in found
                }
            )
        super()._take(received)

    def _take_plain(self, channel: str, data: bytes) -> None:
        super()._take_plain(channel, data)
        say(t="plain", value=data.decode())


def main() -> None:
    url, bearer, side = sys.argv[1:4]
    program = Talking(url, bearer, side)  # type: ignore[arg-type]
    if side == "customer":
        while program.last(m.CustomerSnapshot) is None:
            time.sleep(0.01)
        program.signal.send(
            c.Started("0.1.0", "Debian 12", "pc", "127.0.0.1", "ko", (Screen(0, 0, 0, 8, 6),))
        )
        program.signal.send(c.Consent({"view": "allowed", "mouse": "allowed", "keyboard": "allowed"}))
    for line in sys.stdin:
        command, _, rest = line.rstrip("\n").partition(" ")
        if command == "say":
            link = program.participant
            while link is None or not link.send("screen", rest.encode(), epoch=link.number("screen")):
                time.sleep(0.01)
                link = program.participant
        elif command == "slot":
            program.signal.send(c.SlotAdd())
        elif command == "accept":
            program.signal.send(c.Accept(rest))


if __name__ == "__main__":
    main()
