"""Simulated ends of support sessions: the programs' own links, keys, seals and tickets, without windows.

`python -m bench.ends agent|customer URL` runs one side as a process of its own (so that it can sleep):
it reads lines of JSON on standard input, does what they say, and writes a line for everything that happens,
with the machine's monotonic time. Every end sends a stamped block on the screen channel ten times a second;
the other end checks whose it is, its epoch, its number and its content.

    in    {"do": "log_in", "tenant", "id", "password", "slots"}      {"do": "join", "tenant", "code"}
    out   {"t", "side", "session", "what": "code"|"open"|"ok"|"unstable"|"lost"|"ended"|"bad"|"signal", …}
"""

from __future__ import annotations

import hashlib
import json
import queue
import struct
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from desktop.connection import LinkThread
from desktop.signal_link import SignalLink
from desktop.support_link import ParticipantLink
from desktop.web import WebRefused, post_json
from wire.control import messages as control
from wire.errors import LinkLost
from wire.signal import commands as sc
from wire.signal import messages as sm
from wire.terms import Channel, Side

BEAT_S: Final = 0.1
_HEAD: Final = struct.Struct(">8sIQd")  # whose, epoch, number, when it was sent
BLOCK: Final = 512

Report = Callable[..., None]


def block_of(session: str, side: Side, epoch: int, number: int, now: float) -> bytes:
    """A block of BLOCK bytes that nobody else would send."""
    whose = hashlib.sha256(f"{session} {side}".encode()).digest()[:8]
    head = _HEAD.pack(whose, epoch, number, now)
    body = hashlib.shake_128(head[:-8]).digest(BLOCK - _HEAD.size)
    return head + body


class Stream:
    """One end's side of the stamped stream."""

    def __init__(self, link: ParticipantLink, side: Side, report: Report) -> None:
        self._link, self._side, self._report = link, side, report
        self._other: Side = "customer" if side == "agent" else "agent"
        self._sent = self._expected = self._epoch = 0
        self._buffer = b""
        self.received = 0
        self.worst_lag_s = 0.0

    def begin(self) -> None:
        """The channel is open and empty."""
        self._sent = self._expected = 0
        self._buffer = b""
        self._epoch = self._link.epoch

    def beat(self) -> None:
        """Send the next block."""
        data = block_of(self._link.session, self._side, self._epoch, self._sent, time.monotonic())
        if self._link.pending_bytes("screen") < 64 * BLOCK and self._link.send(
            "screen", data, epoch=self._epoch
        ):
            self._sent += 1

    def take(self, data: bytes) -> None:
        """Check what came."""
        self._buffer += data
        while len(self._buffer) >= BLOCK:
            block, self._buffer = self._buffer[:BLOCK], self._buffer[BLOCK:]
            sent_at = _HEAD.unpack_from(block)[3]
            wanted = block_of(self._link.session, self._other, self._link.epoch, self._expected, sent_at)
            if block != wanted:
                self._report("bad", number=self._expected)
            self._expected += 1
            self.received += 1
            self.worst_lag_s = max(self.worst_lag_s, time.monotonic() - sent_at)


class End:
    """One program with one signal socket and any number of participants."""

    side: Side

    def __init__(self, server: str, report: Report) -> None:
        self.server, self.report = server, report
        self.thread = LinkThread(f"{self.side}-ends")
        self.links: dict[str, ParticipantLink] = {}
        self.streams: dict[str, Stream] = {}
        self.signal: SignalLink | None = None
        self.thread.start()

    def open_signal(self, bearer: str, name: str) -> None:
        self.signal = SignalLink(
            self.thread,
            self.server,
            bearer,
            role=self.side,
            on_message=self._received,
            on_state=lambda state, why: self.report("signal", session=name, state=state, why=why),
        )
        self.signal.start()

    def _received(self, received: sm.Received) -> None:
        if received.message is not None:
            self.take(received.message)

    def take(self, message: sm.SignalMessage) -> None:
        raise NotImplementedError

    def send(self, command: sc.Command) -> None:
        assert self.signal is not None
        self.signal.send(command)

    def meet(self, session: str, participant: str, **more: Any) -> None:
        """Begin with a participant, unless it is known."""
        if participant in self.links:
            return
        report = _about(self.report, session)
        link = self.links[participant] = ParticipantLink(
            self.thread,
            role=self.side,
            session=session,
            participant=participant,
            send_command=self.send,
            on_channel_open=lambda channel: self._opened(participant, channel, report),
            on_plain=lambda _channel, data: self.streams[participant].take(data),
            on_state=lambda state, _rtt: report(state),
            on_end=lambda by, reason: report("ended", by=by, reason=reason),
            **more,
        )
        self.streams[participant] = Stream(link, self.side, report)
        assert self.signal is not None
        self.signal.set_connected(True)
        link.start()
        self._beat(participant)

    def _opened(self, participant: str, channel: Channel, report: Report) -> None:
        if channel == "screen":
            self.streams[participant].begin()
            report("open", epoch=self.links[participant].epoch)

    def _beat(self, participant: str) -> None:
        self.streams[participant].beat()
        self.thread.call_later(BEAT_S, lambda: self._beat(participant))

    def tell_all(self, message: sm.SignalMessage) -> None:
        """Every link picks what is its own."""
        for link in list(self.links.values()):
            link.receive(message)


class AgentEnd(End):
    """An agent with slots, who accepts whoever comes."""

    side: Side = "agent"

    def log_in(self, tenant: str, login_id: str, password: str, slots: int) -> None:
        """Raises WebRefused or LinkLost."""
        body = {"tenant": tenant, "id": login_id, "password": password, "device": "bench", "remember": False}
        answer = post_json(f"{self.server}/programs/login", body)
        self._slots, self._seen, self._ready = slots, 0, set[str]()
        self._name, self._company = answer["agent"]["name"], ""
        self.open_signal(answer["token"], login_id)

    def take(self, message: sm.SignalMessage) -> None:
        if isinstance(message, sm.AgentSnapshot):
            self._company = message.tenant.company
            for slot in message.slots:
                self._tell_code(slot.session, slot.code)
            for _ in range(self._slots - max(len(message.slots), self._seen)):
                self.send(sc.SlotAdd())
            for session in message.sessions:
                self._accept(session.session, session.state)
        elif isinstance(message, sm.SlotOpened | sm.SlotCode):
            self._tell_code(message.session, message.code)
        elif isinstance(message, sm.SessionState):
            self._accept(message.session, message.state)
        elif isinstance(message, sm.KeyAsk | sm.Offer):
            who = control.Who(self._name, self._company)
            self.meet(message.session, message.participant, greeting=lambda: [who])
        self.tell_all(message)

    def _tell_code(self, session: str, code: str | None) -> None:
        if code is not None:
            self._seen += 1
            self.report("code", session=session, code=code)

    def _accept(self, session: str, state: str) -> None:
        if state == "online" and session not in self._ready:
            self._ready.add(session)
            self.send(sc.Accept(session))


class CustomerEnd(End):
    """A customer who allows everything."""

    side: Side = "customer"

    def join(self, tenant: str, code: str) -> None:
        """Raises WebRefused or LinkLost."""
        program = {"version": "0", "os": "bench", "pc": "bench"}
        answer = post_json(
            f"{self.server}/programs/join", {"tenant": tenant, "code": code, "program": program}
        )
        self._session, self._has_answered = answer["session"], False
        self.open_signal(answer["credential"], self._session)

    def take(self, message: sm.SignalMessage) -> None:
        if isinstance(message, sm.CustomerSnapshot) and not self._has_answered:
            self._has_answered = True
            self.send(sc.Started("0", "bench", "bench", "", "ko", ()))
            self.send(sc.Consent(dict.fromkeys(message.consent.ask, "allowed")))
        elif isinstance(message, sm.KeyAsk):
            self.meet(self._session, message.participant)
        elif isinstance(message, sm.Ended):
            self.report("ended", session=self._session, by=message.by, reason=message.reason)
        self.tell_all(message)


def _about(report: Report, session: str) -> Report:
    return lambda what, **more: report(what, **{"session": session, **more})


def main(side: str, server: str) -> int:
    """Do what standard input says until it ends."""
    lines: queue.Queue[dict[str, Any]] = queue.Queue()

    def report(what: str, **more: Any) -> None:
        lines.put({"t": time.monotonic(), "side": side, "what": what, **more})

    def write() -> None:
        while True:
            print(json.dumps(lines.get()), flush=True)

    threading.Thread(target=write, daemon=True).start()
    ends: list[End] = []
    for line in sys.stdin:
        order = json.loads(line)
        try:
            ends += _obey(order, server, report, ends)
        except (WebRefused, LinkLost) as error:
            report("refused", order=order.get("do"), why=str(error))
    return 0


def _obey(order: dict[str, Any], server: str, report: Report, ends: list[End]) -> list[End]:
    if order["do"] == "log_in":
        agent = AgentEnd(server, report)
        agent.log_in(order["tenant"], order["id"], order["password"], order["slots"])
        return [agent]
    if order["do"] == "join":
        customer = CustomerEnd(server, report)
        customer.join(order["tenant"], order["code"])
        return [customer]
    streams = [stream for end in ends for stream in end.streams.values()]
    received = sum(stream.received for stream in streams)
    worst = max((stream.worst_lag_s for stream in streams), default=0.0)
    for stream in streams:
        stream.worst_lag_s = 0.0
    report("count", received=received, worst_lag_s=worst)
    return []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
