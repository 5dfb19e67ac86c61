"""The programs' end of the signal socket: resume, gaps, acknowledgement, beat, commands. Sans-I/O, clock
passed in.

One SignalClient lives as long as the log-in; sockets come and go under it:

    client.connected(now)                     a socket opened (its address carried after=client.after)
    client.receive(text, now)                 one text message; ProtocolError -> close 4000, come back
    for event in client.events(): ...         Ready | Received | Answered | Broken
    for text in client.outgoing(): ...        to send now
    client.tick(now); client.next_due()       silence and acknowledgements
    client.disconnected()                     the socket is gone; unanswered commands go out again on the next

Decides what a program may believe: every durable message once and in order, or a snapshot that replaces the
model. Leaves sockets, tickets and pauses between tries to desktop/support_link.py.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from wire.errors import LimitExceeded, WrongState
from wire.limits import MAX_SIGNAL_MESSAGE, MAX_SIGNAL_QUEUE, SIGNAL_DEAD_S
from wire.record import load_object
from wire.signal.commands import (
    Ack,
    Answer,
    Command,
    LinkReport,
    Pong,
    TicketNeed,
    dump_command,
    is_answered,
    read_answer,
)
from wire.signal.messages import (
    AGENT_MESSAGES,
    CUSTOMER_MESSAGES,
    AgentSnapshot,
    CustomerSnapshot,
    Hello,
    Ping,
    Received,
    message_from_json,
)
from wire.terms import Side

__all__ = ["SUBPROTOCOL", "Answered", "Broken", "Ready", "SignalClient", "SignalEvent"]

SUBPROTOCOL: Final = "barohelp.signal.1"
ACK_INTERVAL_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Ready:
    """The socket said hello. `resumed` False: a snapshot came (as Received) just before this."""

    resumed: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """The web half answered a command of ours."""

    id: str
    command: Command
    answer: Answer


@dataclass(frozen=True, slots=True)
class Broken:
    """This socket is of no more use: close it and come back. `reason`: gap or silent."""

    reason: str


SignalEvent: TypeAlias = Ready | Received | Answered | Broken


class _State(Enum):
    AWAY = auto()
    HELLO = auto()  # connected, hello awaited
    SNAPSHOT = auto()  # hello said resumed=false, snapshot awaited
    LIVE = auto()
    BROKEN = auto()


class SignalClient:
    """One program's stream of signal messages and commands, over any number of sockets."""

    def __init__(self, role: Side, *, id_prefix: str | None = None) -> None:
        """`id_prefix` makes command ids unique in the stream; random unless a test gives it."""
        self._table = AGENT_MESSAGES if role == "agent" else CUSTOMER_MESSAGES
        self._prefix = secrets.token_hex(4) if id_prefix is None else id_prefix
        self._count = 0
        self._state = _State.AWAY
        self._stream: str | None = None
        self._seen = 0
        self._last = 0
        self._acked = 0
        self._ack_at = 0.0
        self._heard = 0.0
        self._events: deque[SignalEvent] = deque()
        self._out: deque[str] = deque()
        self._pending: dict[str, Command] = {}

    @property
    def after(self) -> int:
        """The `after` of the next socket's address: the newest n that was taken, 0 = no model yet."""
        return self._seen

    @property
    def is_live(self) -> bool:
        """Whether messages flow on the present socket."""
        return self._state is _State.LIVE

    def is_pending(self, id: str) -> bool:
        """Whether this command still waits for its answer."""
        return id in self._pending

    def connected(self, now: float) -> None:
        """A socket opened."""
        self._state = _State.HELLO
        self._heard = now
        self._out.clear()

    def disconnected(self) -> None:
        """The socket is gone. Commands without an answer stay, and go out again on the next socket."""
        self._state = _State.AWAY
        self._out.clear()

    def receive(self, text: str, now: float) -> None:
        """Take one text message. Raises ProtocolError: close with 4000 and come back."""
        if self._state in (_State.AWAY, _State.BROKEN):
            return
        self._heard = now
        data = load_object(text, MAX_SIGNAL_MESSAGE)
        answer = read_answer(data)
        if answer is not None:
            self._take_answer(answer)
            return
        received = message_from_json(data, self._table)
        if isinstance(received.message, Ping) and self._state is not _State.HELLO:
            self._out.append(dump_command(Pong()))
        elif self._state is _State.HELLO:
            self._take_hello(received)
        elif self._state is _State.SNAPSHOT:
            self._take_snapshot(received)
        else:
            self._take(received)
        self._acknowledge(now)

    def events(self) -> list[SignalEvent]:
        """Return what happened since the last call, in order."""
        events = list(self._events)
        self._events.clear()
        return events

    def outgoing(self) -> list[str]:
        """Return the text messages to send now, and forget them."""
        texts = list(self._out)
        self._out.clear()
        return texts

    def send(self, command: Command) -> str:
        """Queue a command and return its id; it goes out now, or when the socket is live again.

        An unanswered ticket.need or link of the same channel is replaced: only the newest one is true. Raises
        LimitExceeded when 256 commands wait for an answer.
        """
        if not is_answered(command):
            raise WrongState(f"{command.TYPE} is sent by itself")
        self._forget_older(command)
        if len(self._pending) >= MAX_SIGNAL_QUEUE:
            raise LimitExceeded("unanswered commands", len(self._pending) + 1, MAX_SIGNAL_QUEUE)
        self._count += 1
        id = f"{self._prefix}-{self._count}"
        text = dump_command(command, id=id)
        self._pending[id] = command
        if self._state is _State.LIVE:
            self._out.append(text)
        return id

    def tick(self, now: float) -> None:
        """Notice silence (Broken) and send what is due."""
        if self._state in (_State.AWAY, _State.BROKEN):
            return
        if now - self._heard >= SIGNAL_DEAD_S:
            self._break("silent")
            return
        self._acknowledge(now)

    def next_due(self) -> float | None:
        """Return when `tick` is due next, None while there is no socket."""
        if self._state in (_State.AWAY, _State.BROKEN):
            return None
        due = self._heard + SIGNAL_DEAD_S
        if self._seen > self._acked:
            due = min(due, self._ack_at + ACK_INTERVAL_S)
        return due

    def _take_hello(self, received: Received) -> None:
        hello = received.message
        if not isinstance(hello, Hello):
            raise WrongState(f"{received.type or received.message} before hello")
        known, self._stream = self._stream, hello.stream
        if not hello.resumed:
            self._last = hello.last
            self._state = _State.SNAPSHOT
            return
        if hello.stream != known or hello.last < self._seen:
            self._seen = self._acked = 0  # ask for a snapshot: what we have belongs to another stream
            raise WrongState("the stream was resumed at a place that we have not been to")
        self._go_live(resumed=True)

    def _take_snapshot(self, received: Received) -> None:
        if not isinstance(received.message, AgentSnapshot | CustomerSnapshot):
            raise WrongState(f"{received.type} before the snapshot")
        self._seen = self._acked = self._last
        self._events.append(received)
        self._go_live(resumed=False)

    def _go_live(self, *, resumed: bool) -> None:
        self._state = _State.LIVE
        self._out.extend(dump_command(command, id=id) for id, command in self._pending.items())
        self._events.append(Ready(resumed))

    def _take(self, received: Received) -> None:
        message = received.message
        if isinstance(message, Hello | AgentSnapshot | CustomerSnapshot):
            raise WrongState(f"a second {message.TYPE}")
        if received.n is None:
            if message is not None:
                self._events.append(received)
        elif received.n == self._seen + 1:
            self._seen = received.n
            if message is not None:
                self._events.append(received)
        elif received.n > self._seen:
            self._break("gap")

    def _take_answer(self, answer: Answer) -> None:
        command = self._pending.pop(answer.re, None)
        if command is not None:
            self._events.append(Answered(answer.re, command, answer))

    def _acknowledge(self, now: float) -> None:
        if self._state is _State.LIVE and self._seen > self._acked and now - self._ack_at >= ACK_INTERVAL_S:
            self._acked, self._ack_at = self._seen, now
            self._out.append(dump_command(Ack(self._seen)))

    def _break(self, reason: str) -> None:
        self._state = _State.BROKEN
        self._out.clear()
        self._events.append(Broken(reason))

    def _forget_older(self, command: Command) -> None:
        key = _replaces(command)
        if key is not None:
            for id in [id for id, other in self._pending.items() if _replaces(other) == key]:
                del self._pending[id]


def _replaces(command: Command) -> Hashable | None:
    if isinstance(command, TicketNeed | LinkReport):
        return (command.TYPE, command.participant, command.channel)
    return None
