"""FilesProtocol: one end of a participant's files channel, over all its connections. Sans-I/O, clock passed
in.

    protocol = FilesProtocol("agent")
    protocol.opened()                                  # a connection is there; closed() when it is gone
    protocol.receive(plain, now); for event in protocol.events(): ...
    read = protocol.outbox.next_read(now); protocol.outbox.feed(read.file, data, now)
    for record in protocol.outgoing(): link.send("files", record)

Decides hello, numbering, which side may name what, requests and the rate of records. Everything keeps its
place while no connection is there. Raises ProtocolError: close the channel; the other end broke the rules.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from wire.errors import BadVersion, LimitExceeded, ProtocolError, WrongState
from wire.files import events as e
from wire.files import messages as m
from wire.files.receiving import Inbox
from wire.files.sending import Outbox
from wire.limits import (
    CONTROL_DEAD_S,
    MAX_FILE_RECORD,
    MAX_FILE_RECORDS_PER_SECOND,
    MAX_OPEN_REQUESTS,
)
from wire.record import Pattern, Record, dump_object, load_object
from wire.terms import Side

__all__ = ["FilesProtocol"]

_BURST: Final = CONTROL_DEAD_S * MAX_FILE_RECORDS_PER_SECOND
_OPEN_BRACE: Final = 0x7B


@dataclass(frozen=True, slots=True)
class _Envelope(Record):
    t: Annotated[str, Pattern("[a-z_]{1,40}")]


class FilesProtocol:
    """Both directions; one object for the participant's life."""

    def __init__(self, side: Side) -> None:
        self.side: Side = side
        self._events: deque[e.FilesEvent] = deque()
        self._out: deque[bytes] = deque()
        self.outbox = Outbox(self._say, self._events.append)
        self.inbox = Inbox(self._say, self._events.append)
        self._numbers = itertools.count(1 if side == "agent" else 2, 2)
        self._requests: set[int] = set()
        self._last_request = 0
        self._is_greeted = False
        self._is_connected = False
        self._allowance = _BURST
        self._counted_at = 0.0

    # -- the connection

    def opened(self) -> None:
        """A connection is there: greet."""
        self._out.clear()
        self._is_connected, self._is_greeted = True, False
        self._allowance = _BURST
        paused = self.outbox.paused_jobs() + self.inbox.paused_jobs()
        self._say(m.Hello(m.FILES_VERSION, self.outbox.open_jobs(), self.inbox.open_jobs(), paused))

    def closed(self) -> None:
        """The connection is gone; everything keeps its place but open requests."""
        self._out.clear()
        self._is_connected = self._is_greeted = False
        self.outbox.closed()
        self.inbox.closed()
        requests, self._requests = self._requests, set()
        if self.side == "agent":
            self._events.extend(e.RequestRefused(number, "broken") for number in sorted(requests))

    @property
    def is_ready(self) -> bool:
        """Whether both have greeted on the present connection."""
        return self._is_greeted

    def next_number(self) -> int:
        """A number for a job, file or request of this side."""
        return next(self._numbers)

    def outgoing(self) -> list[bytes]:
        """Return the records to seal and send, and forget them."""
        records = list(self._out)
        self._out.clear()
        return records

    def events(self) -> Sequence[e.FilesEvent]:
        """Return what happened since the last call, in order."""
        events = list(self._events)
        self._events.clear()
        return events

    # -- receiving

    def read(self, plain: bytes, now: float) -> m.FileMessage | m.Chunk:
        """Return the message in a record, so that it can be judged; `accept` takes it. Raises
        ProtocolError.
        """
        if plain[:1] == bytes((m.Chunk.KIND,)):
            return m.Chunk.decode(plain)
        if not plain or plain[0] != _OPEN_BRACE:
            raise ProtocolError("a record that is neither JSON nor a chunk")
        self._count(now)
        data = load_object(plain, MAX_FILE_RECORD)
        kind = m.FILE_MESSAGES.get(_Envelope.from_json(data).t)
        if kind is None:
            raise ProtocolError("an unknown type of message")
        if kind.SENDER not in ("both", self._other):
            raise WrongState(f"{kind.TYPE} is not the {self._other}'s to send")
        return kind.from_json(data)

    def accept(self, message: m.FileMessage | m.Chunk, now: float) -> None:
        """Take a message. Raises ProtocolError: close the channel."""
        if isinstance(message, m.Hello):
            self._take_hello(message)
        elif not self._is_greeted:
            raise WrongState("a message before hello")
        elif isinstance(message, m.Chunk):
            self._check_owner(message.file, theirs=True)
            self.inbox.chunk(message)
        elif isinstance(message, m.Want | m.ListFolder | m.Get):
            self._take_request(message)
        elif isinstance(message, m.Listing | m.No):
            self._take_answer(message)
        else:
            self._route(message, now)

    def receive(self, plain: bytes, now: float) -> None:
        """Read and accept one record."""
        self.accept(self.read(plain, now), now)

    def _route(self, message: m.FileMessage, now: float) -> None:
        number: int = getattr(message, "file", 0) or getattr(message, "job", 0)
        if m.is_own(number, self.side):
            self.outbox.take(message, now)
            return
        if isinstance(message, m.Offer):
            self._check_owner(message.job, theirs=True)
        if isinstance(message, m.Job) and message.reply is not None:
            if message.reply not in self._requests or self.side != "agent":
                raise WrongState(f"job {message.job} answers request {message.reply}, which is not open")
            self._requests.discard(message.reply)
        self.inbox.receive(message)

    def _take_hello(self, hello: m.Hello) -> None:
        if self._is_greeted:
            raise WrongState("a second hello")
        if hello.version != m.FILES_VERSION:
            raise BadVersion(f"files version {hello.version}, ours is {m.FILES_VERSION}")
        self._is_greeted = True
        self.outbox.greeted(hello.receiving, hello.paused)
        self.inbox.greeted(hello.sending, hello.paused)

    def _check_owner(self, number: int, *, theirs: bool) -> None:
        if m.is_own(number, self.side) == theirs:
            raise WrongState(f"{number} is not the {self._other}'s number")

    # -- requests

    def ask(self, request: m.Want | m.ListFolder | m.Get) -> None:
        """Send a request (agent's side). Raises LimitExceeded: too many are open."""
        if len(self._requests) >= MAX_OPEN_REQUESTS:
            raise LimitExceeded("open requests", len(self._requests) + 1, MAX_OPEN_REQUESTS)
        self._requests.add(request.request)
        self._say(request)

    def list_folder(self, listing: m.Listing) -> None:
        """Answer a request for a folder (customer's side)."""
        self._answer(listing.request, listing)

    def say_no(self, request: int, code: str) -> None:
        """Refuse a request (customer's side)."""
        self._answer(request, m.No(request, code))

    def is_asked(self, request: int) -> bool:
        """Whether that request still waits for its answer."""
        return request in self._requests

    def answer_with_job(self, request: int) -> bool:
        """Whether a job may still name `request` as what it answers; it is closed by that (customer's
        side).
        """
        is_open = request in self._requests
        self._requests.discard(request)
        return is_open

    def _answer(self, request: int, message: m.Listing | m.No) -> None:
        if request in self._requests:
            self._requests.discard(request)
            self._say(message)

    def _take_request(self, message: m.Want | m.ListFolder | m.Get) -> None:
        self._check_owner(message.request, theirs=True)
        if message.request <= self._last_request:
            raise WrongState(f"request {message.request} comes after {self._last_request}")
        if len(self._requests) >= MAX_OPEN_REQUESTS:
            raise LimitExceeded("open requests", len(self._requests) + 1, MAX_OPEN_REQUESTS)
        self._last_request = message.request
        self._requests.add(message.request)
        if isinstance(message, m.Want):
            self._events.append(e.Wanted(message.request))
        elif isinstance(message, m.Get):
            self._events.append(e.PathAsked(message.request, message.path))
        else:
            self._events.append(e.FolderAsked(message.request, message.path, message.start))

    def _take_answer(self, message: m.Listing | m.No) -> None:
        if message.request not in self._requests:
            raise WrongState(f"an answer to request {message.request}, which is not open")
        self._requests.discard(message.request)
        if isinstance(message, m.No):
            self._events.append(e.RequestRefused(message.request, message.code))
        else:
            self._events.append(e.Listed(message.request, message.path, message.entries, message.next))

    # -- inside

    @property
    def _other(self) -> Side:
        return "customer" if self.side == "agent" else "agent"

    def _say(self, message: m.FileMessage | m.Chunk) -> None:
        if not self._is_connected:
            return
        if isinstance(message, m.Chunk):
            self._out.append(message.encode())
        else:
            self._out.append(dump_object(message.to_json(), MAX_FILE_RECORD).encode())

    def _count(self, now: float) -> None:
        gained = (now - self._counted_at) * MAX_FILE_RECORDS_PER_SECOND
        self._allowance = min(_BURST, self._allowance + max(0.0, gained)) - 1
        self._counted_at = now
        if self._allowance < 0:
            raise LimitExceeded(
                "file records a second", MAX_FILE_RECORDS_PER_SECOND + 1, MAX_FILE_RECORDS_PER_SECOND
            )
