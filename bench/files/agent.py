"""The agent's end in the bench: the real links and porter, a viewer that notes when each frame was first
seen.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.files.names import PARTICIPANT, SESSION
from bench.files.shared_line import SharedLine
from bench.line import Shape
from bench.screen.workloads import read_counter
from desktop.connection import LinkThread
from desktop.files.views import JobView
from desktop.support_link import ParticipantLink
from ops.places import ROOT, free_port
from relay.keys import load_signing_key, write_key_pair
from viewer.files.desk import AgentFiles
from wire.control import messages as control
from wire.rfb import events as e
from wire.rfb.decoding import FrameDecoder
from wire.rfb.viewer import ViewerProtocol, encodings_for
from wire.signal import messages as m
from wire.signal.commands import Command, TicketNeed
from wire.terms import Channel, Side
from wire.ticket import issue_ticket

__all__ = ["Scene"]


class _Sight:
    """Decodes on a thread of its own, as the viewer does, and notes when each frame stood there."""

    def __init__(self) -> None:
        self.first_seen: dict[int, float] = {}
        self.first_picture = threading.Event()
        self.protocol = ViewerProtocol(encodings=encodings_for(quality=8))
        self._decoder = FrameDecoder()
        self._frame = np.zeros((1, 1, 4), np.uint8)
        self._queue: queue.SimpleQueue[list[Any]] = queue.SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def take(self, data: bytes) -> bytes:
        """Bytes in, bytes out."""
        self.protocol.receive(data)
        self._queue.put(list(self.protocol.events()))
        return self.protocol.outgoing()

    def _run(self) -> None:
        while True:
            for event in self._queue.get():
                if isinstance(event, e.Ready | e.Resized):
                    self._frame = np.zeros((event.height, event.width, 4), np.uint8)
                elif isinstance(event, e.RectReceived):
                    self._decoder.apply(event, self._frame)
                elif isinstance(event, e.UpdateDone):
                    self.first_picture.set()
                    number = read_counter(self._frame)
                    if number is not None:
                        self.first_seen.setdefault(number, time.monotonic())


class Scene:
    """Relay, line, customer's process and agent's end; `close` ends all of it."""

    def __init__(self, display: str, shape: Shape | None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-files-")
        self.folder = Path(self._folder.name)
        write_key_pair(self.folder)
        self._key = load_signing_key(self.folder / "ticket_sign.pem")
        self._port = free_port()
        self._relay = self._start_relay()
        self._line = SharedLine(self._port, shape) if shape else None
        self._epoch = 0
        self.views: tuple[JobView, ...] = ()
        self.customer_done = 0
        self.sight = _Sight()
        self._thread = LinkThread("bench-agent")
        self._thread.start()
        self.link = ParticipantLink(
            self._thread,
            role="agent",
            session=SESSION,
            participant=PARTICIPANT,
            send_command=lambda command: self._take_command("agent", command),
            greeting=lambda: [control.Who("보라", "바로헬프")],
            on_channel_open=self._opened,
            on_plain=self._take,
            on_drained=lambda _channel: self.files.drained(),
            on_demand=("files",),
        )
        self.files = AgentFiles(
            self.link, on_views=self._show, on_refused=lambda _code: None, folder=self.folder / "agent"
        )
        command = [sys.executable, "-m", "bench.files.customer", str(self.folder / "customer")]
        self._customer = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_with(display)
        )
        self._is_ready = threading.Event()
        threading.Thread(target=self._read_customer, daemon=True).start()
        try:
            self._begin()
        except RuntimeError:
            self.close()
            raise

    def _begin(self) -> None:
        if not self._is_ready.wait(30):
            raise RuntimeError("the customer's end did not start")
        self._ask_keys()
        if not self.sight.first_picture.wait(60):
            raise RuntimeError("no picture came")

    def send_to_customer(self, path: Path) -> None:
        """Begin a file."""
        self.files.send([path])

    def send_to_agent(self, path: Path) -> None:
        """Begin a file at the customer's end."""
        self._tell_customer({"do": "send", "path": str(path)})

    def done_bytes(self) -> int:
        """How much of all files is stored."""
        return sum(view.done for view in self.views)

    def close(self) -> None:
        """End everything."""
        self.files.close()
        self.link.close()
        assert self._customer.stdin is not None
        self._customer.stdin.close()
        try:
            self._customer.wait(10)
        except subprocess.TimeoutExpired:
            self._customer.kill()
            self._customer.wait()
        self._thread.stop()
        if self._line is not None:
            self._line.close()
        self._relay.terminate()
        self._relay.wait()
        self._folder.cleanup()

    # -- the two programs

    def _show(self, views: tuple[JobView, ...]) -> None:
        self.views = views
        for view in views:
            if view.state == "asked":
                self.files.porter.answer(view.key, accepted=True)

    def _opened(self, channel: Channel) -> None:
        if channel == "files":
            self.files.opened()

    def _take(self, channel: Channel, data: bytes) -> None:
        if channel == "files":
            self.files.take(data)
            return
        self.files.screen_moved()
        out = self.sight.take(data)
        if out:
            self.link.send("screen", out)

    def _start_relay(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "relay", "--listen", f"127.0.0.1:{self._port}"]
        command += ["--verify-keys", str(self.folder / "ticket_verify")]
        relay = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert relay.stdout is not None
        relay.stdout.readline()
        return relay

    # -- the web half's part

    def _read_customer(self) -> None:
        assert self._customer.stdout is not None
        kinds = {"KeyCommit": m.KeyCommit, "KeyOpen": m.KeyOpen, "TicketNeed": TicketNeed}
        for line in self._customer.stdout:
            said = json.loads(line)
            if said["t"] == "ready":
                self._is_ready.set()
            elif said["t"] == "views":
                self.customer_done = sum(said["done"])
            elif said.get("kind") in kinds:
                self._take_command("customer", kinds[said["kind"]].from_json(said["command"]))

    def _tell_customer(self, message: dict[str, Any]) -> None:
        assert self._customer.stdin is not None
        self._customer.stdin.write(json.dumps(message) + "\n")
        self._customer.stdin.flush()

    def _take_command(self, side: Side, command: Command) -> None:
        if isinstance(command, m.KeyCommit | m.KeyOpen):
            if side == "agent":
                self._tell_customer(command.to_json())
            else:
                self.link.receive(command)
            if isinstance(command, m.KeyOpen) and side == "customer":
                self._epoch += 1
                self._offer(("screen", "control"))
        elif isinstance(command, TicketNeed) and command.channel == "files":
            self._offer(("files",))

    def _ask_keys(self) -> None:
        self._tell_customer(m.KeyAsk(SESSION, PARTICIPANT, 1, 1, "lead", "보라").to_json())

    def _offer(self, channels: tuple[Channel, ...]) -> None:
        for side in ("agent", "customer"):
            port = self._line.port if self._line is not None and side == "customer" else self._port
            tickets = {channel: self._ticket(side, channel) for channel in channels}
            address = f"ws://127.0.0.1:{port}"
            offer = m.Offer(
                SESSION, PARTICIPANT, 1, "lead", self._epoch, address, tickets, 60, (), {}, m.Peer()
            )
            if side == "agent":
                self.link.receive(offer)
            else:
                self._tell_customer(offer.to_json())

    def _ticket(self, side: str, channel: str) -> str:
        return issue_ticket(
            self._key,
            relay=f"127.0.0.1:{self._port}",
            tenant="bench",
            session=SESSION,
            participant=PARTICIPANT,
            channel=channel,
            role=side,
            via="program",
            epoch=self._epoch,
            now=time.time(),
        )


def _with(display: str) -> dict[str, str]:
    import os

    return {**os.environ, "DISPLAY": display, "XAUTHORITY": "/nonexistent"}
