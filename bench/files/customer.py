"""The customer's end as a process of its own: the real screen, links, seal, rights and porter, without
windows.

    python -m bench.files.customer FOLDER       (DISPLAY names the screen)

Reads JSON lines: a signal message of the web half, or {"do": "send", "path"}; writes its signal commands as
lines. The bench plays the web half.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

from bench.files.names import PARTICIPANT, SESSION
from customer_agent import rights as r
from customer_agent.files.desk import CustomerFiles
from customer_agent.gate import Gate
from customer_agent.peer import RfbPeer
from customer_agent.screen import open_screen
from customer_agent.screen.stream import ScreenStream
from customer_agent.screen.watcher import LineFacts, Watcher
from desktop.connection import LinkThread
from desktop.support_link import ParticipantLink
from wire.control import messages as control
from wire.signal.commands import Command
from wire.terms import Channel

_OPTIONS = {"send_file": True, "get_file": True, "two_way_files": True, "consent_to_files": False}
_lock = threading.Lock()


def say(message: dict[str, Any]) -> None:
    """One line to the bench."""
    with _lock:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


class Customer:
    """What customer_agent/link.py puts together, for one participant."""

    def __init__(self, folder: Path) -> None:
        self.gate = Gate()
        self.gate.set_options(_OPTIONS)
        self.gate.admit(PARTICIPANT, r.consented({"view": True}, _OPTIONS))
        self.thread = LinkThread()
        self.thread.start()
        self.stream = ScreenStream(open_screen, on_facts=self._facts)
        self.stream.open()
        self.peer: RfbPeer | None = None
        self.link = ParticipantLink(
            self.thread,
            role="customer",
            session=SESSION,
            participant=PARTICIPANT,
            send_command=self._send_command,
            greeting=lambda: [control.Machine("pc", "Debian 12", "ko", ()), self.gate.record(PARTICIPANT)],
            on_channel_open=self._opened,
            on_plain=self._take,
            on_channel_lost=self._lost,
            on_drained=self._drained,
            on_demand=("files",),
        )
        self.files = CustomerFiles(
            self.link,
            self.gate,
            PARTICIPANT,
            on_views=lambda views: say({"t": "views", "done": [view.done for view in views]}),
            on_want=lambda _request: None,
            send_note=lambda _note, done: done(),
            folder=folder,
        )

    def _send_command(self, command: Command) -> None:
        say({"t": "command", "kind": type(command).__name__, "command": command.to_json()})

    def _facts(self, _watcher: Watcher, facts: LineFacts) -> None:
        if facts.round_trip_s is not None:
            self.files.screen_trip(facts.round_trip_s)

    def _drained(self, _channel: Channel) -> None:
        self.stream.wake()
        self.files.drained()

    def _opened(self, channel: Channel) -> None:
        if channel == "files":
            self.files.opened()
        elif channel == "screen":
            number = self.link.number("screen")
            self.peer = RfbPeer(
                self.stream,
                name="pc",
                send=lambda data: self._send_picture(data, number),
                pending_bytes=lambda: self.link.pending_bytes("screen"),
                on_input=lambda _event: None,
            )

    def _send_picture(self, data: bytes, number: int) -> None:
        self.files.screen_moved()
        self.link.send("screen", data, epoch=number)

    def _take(self, channel: Channel, data: bytes) -> None:
        if channel == "files":
            self.files.take(data)
        elif self.peer is not None:
            self.peer.receive(data)

    def _lost(self, channel: Channel) -> None:
        if channel == "files":
            self.files.lost()
        elif channel == "screen" and self.peer is not None:
            self.peer.close()
            self.peer = None


def main() -> None:
    """Serve until standard input ends."""
    customer = Customer(Path(sys.argv[1]))
    say({"t": "ready"})
    for line in sys.stdin:
        message = json.loads(line)
        if message.get("do") == "send":
            customer.files.send([Path(message["path"])])
        else:
            customer.link.receive(message)
    customer.files.close()
    customer.link.close()
    customer.stream.stop()
    customer.thread.stop()


if __name__ == "__main__":
    main()
