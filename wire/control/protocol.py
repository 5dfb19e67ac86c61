"""The control channel's rules: order, numbering, senders, limits. Sans-I/O, the clock is passed in.

    protocol = ControlProtocol("agent")
    protocol.send(Hello(...), now); for plain in protocol.outgoing(): channel.send(plain)
    protocol.receive(plain, now); for event in protocol.events(): ...

Decides what closes the channel (ProtocolError: wrong sender, wrong order, a limit) and what is answered
with `refused` (an unknown type, by itself; anything else by the owner through `refuse`). Leaves the beat to
beat.py and the rights to customer_agent/rights.py. A plain record is one JSON object `{"t":…,"i":n}`, `i`
rising per direction.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from wire.control.messages import (
    CONTROL_MESSAGES,
    CONTROL_VERSION,
    Answer,
    Ask,
    AskShare,
    ControlMessage,
    Hello,
    Refused,
    Rights,
    Sender,
)
from wire.errors import BadVersion, LimitExceeded, WrongState
from wire.limits import CONTROL_DEAD_S, MAX_CONTROL_PER_SECOND, MAX_CONTROL_QUEUE, MAX_CONTROL_RECORD
from wire.record import MAX_EXACT, Between, Pattern, Record, dump_object, load_object
from wire.terms import Right, Side

__all__ = ["ASK_INTERVAL_S", "ControlProtocol", "MessageReceived"]

ASK_INTERVAL_S: Final = 5.0
# The asker's five seconds may arrive as a little less: lines hold records back unevenly.
_ASK_TOLERANCE_S: Final = 1.0
# A line that stalls delivers all it held back at once, at most what fits before it counts as dead.
_BURST: Final = int(CONTROL_DEAD_S * MAX_CONTROL_PER_SECOND)
_DROPPABLE: Final = frozenset({"pointer", "line", "beat"})


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A checked message of the other side and its number there, for `refuse`."""

    i: int
    message: ControlMessage


@dataclass(frozen=True, slots=True)
class _Envelope(Record):
    t: Annotated[str, Pattern("[a-z_.]{1,40}")]
    i: Annotated[int, Between(1, MAX_EXACT)]


class ControlProtocol:
    """One end of a control channel, for one epoch; a new epoch takes a new object."""

    def __init__(
        self, sender: Side, *, messages: Mapping[str, type[ControlMessage]] = CONTROL_MESSAGES
    ) -> None:
        """`sender` is this end. `messages` is the table of known types, for features that add some."""
        self.side: Side = sender
        self.peer_hello: Hello | None = None
        self._messages = messages
        self._sent_hello = False
        self._sent_i = 0
        self._seen_i = 0
        self._events: deque[MessageReceived] = deque()
        self._queue: deque[tuple[str, bytes]] = deque()
        self._allowance = float(_BURST)
        self._counted_at = 0.0
        self._asks = _Asks()
        self._rights_serial = -1

    def receive(self, plain: bytes, now: float) -> None:
        """Take one plain record; `now` in seconds of any steady clock. Raises ProtocolError: close the
        channel.
        """
        self._count(now)
        data = load_object(plain, MAX_CONTROL_RECORD)
        envelope = _Envelope.from_json(data)
        if envelope.i <= self._seen_i:
            raise WrongState(f"record {envelope.i} comes after record {self._seen_i}")
        self._seen_i = envelope.i
        kind = self._messages.get(envelope.t)
        if self.peer_hello is None and kind is not Hello:
            raise WrongState(f"{envelope.t} comes before hello")
        if kind is None:
            self.refuse(envelope.i, "unknown")
            return
        self._check_sender(kind, "customer" if self.side == "agent" else "agent")
        message = kind.from_json(data)
        self._check_state(message, envelope.i, now)
        self._events.append(MessageReceived(envelope.i, message))

    def events(self) -> list[MessageReceived]:
        """Return the messages received since the last call, in order."""
        events = list(self._events)
        self._events.clear()
        return events

    def send(self, message: ControlMessage, now: float) -> None:
        """Queue a message. Raises WrongState for one that this side may not send now, LimitExceeded when
        256 wait that may not be dropped ("too slow": close the channel).
        """
        self._check_sender(type(message), self.side)
        if isinstance(message, Hello):
            if self._sent_hello:
                raise WrongState("hello was sent already")
            self._sent_hello = True
        elif not self._sent_hello:
            raise WrongState(f"{message.TYPE} before our hello")
        if isinstance(message, Ask | AskShare):
            self._asks.open(message, now, ASK_INTERVAL_S)
        elif isinstance(message, Answer):
            self._asks.close(message)
        self._push(message)

    def refuse(self, i: int, code: str, *, option: str | None = None, right: Right | None = None) -> None:
        """Answer the other side's record `i` with `refused`."""
        self._push(Refused(i, code, option, right))

    def outgoing(self) -> list[bytes]:
        """Return the plain records to seal and send, and forget them."""
        records = [plain for _, plain in self._queue]
        self._queue.clear()
        return records

    def _push(self, message: ControlMessage) -> None:
        if len(self._queue) >= MAX_CONTROL_QUEUE:
            self._drop_oldest(message.TYPE)
        self._sent_i += 1
        head = {"t": message.TYPE, "i": self._sent_i}
        self._queue.append((message.TYPE, dump_object(head | message.to_json(), MAX_CONTROL_RECORD).encode()))

    def _drop_oldest(self, adding: str) -> None:
        for index, (kind, _) in enumerate(self._queue):
            if kind in _DROPPABLE:
                del self._queue[index]
                return
        raise LimitExceeded(f"control queue, too slow for {adding}", len(self._queue) + 1, MAX_CONTROL_QUEUE)

    def _count(self, now: float) -> None:
        gained = (now - self._counted_at) * MAX_CONTROL_PER_SECOND
        self._allowance = min(_BURST, self._allowance + max(0.0, gained)) - 1
        self._counted_at = now
        if self._allowance < 0:
            raise LimitExceeded(
                "control records a second", MAX_CONTROL_PER_SECOND + 1, MAX_CONTROL_PER_SECOND
            )

    @staticmethod
    def _check_sender(kind: type[ControlMessage], sender: Sender) -> None:
        if kind.SENDER not in ("both", sender):
            raise WrongState(f"{kind.TYPE} is not the {sender}'s to send")

    def _check_state(self, message: ControlMessage, i: int, now: float) -> None:
        if isinstance(message, Hello):
            self._take_hello(message, i)
        elif isinstance(message, Rights):
            if message.serial <= self._rights_serial:
                raise WrongState(f"rights {message.serial} come after rights {self._rights_serial}")
            self._rights_serial = message.serial
        elif isinstance(message, Ask | AskShare):
            self._asks.open(message, now, ASK_INTERVAL_S - _ASK_TOLERANCE_S)
        elif isinstance(message, Answer):
            self._asks.close(message)

    def _take_hello(self, hello: Hello, i: int) -> None:
        if self.peer_hello is not None:
            raise WrongState("a second hello")
        if hello.version != CONTROL_VERSION:
            self.refuse(i, "version")
            raise BadVersion(f"control version {hello.version}, ours is {CONTROL_VERSION}")
        self.peer_hello = hello


class _Asks:
    """One open ask per right, and one for what is shown, at least so many seconds apart; answers match an
    open ask.
    """

    def __init__(self) -> None:
        self._open: dict[str, str] = {}
        self._asked_at: dict[str, float] = {}

    def open(self, ask: Ask | AskShare, now: float, interval_s: float) -> None:
        wanted = ask.right if isinstance(ask, Ask) else "share"
        if wanted in self._open.values() or ask.ask_id in self._open:
            raise WrongState(f"an ask for {wanted} is open already")
        if now - self._asked_at.get(wanted, -interval_s) < interval_s:
            raise LimitExceeded(f"asks for {wanted} in {interval_s:g} s", 2, 1)
        self._open[ask.ask_id] = wanted
        self._asked_at[wanted] = now

    def close(self, answer: Answer) -> None:
        if self._open.pop(answer.ask_id, None) is None:
            raise WrongState(f"an answer to {answer.ask_id}, which is not open")
