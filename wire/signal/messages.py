"""What the web half says to the programs on the signal socket. The web half and the programs both use it.

Decides the fields and their limits. Leaves the order of messages to client.py and to the web half.
A *durable* message has a gap-free `n` in its stream and is replayed at a resume; an *ephemeral* one has none.

    web half   text = dump_message(SlotOpened(...), n=12, at=now_unix_s)
    program    received = read_message(text, AGENT_MESSAGES)      # received.n, received.at, received.message

Times are whole Unix seconds, UTC. `at` in the envelope is the server's time, so that a program with a wrong
clock still counts down `code_expires_at - at`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

from wire.errors import ProtocolError
from wire.limits import MAX_SIGNAL_MESSAGE, MAX_TICKET
from wire.record import Between, Items, Pattern, Record, Size, Text, dump_object, load_object
from wire.terms import Channel, Options, PublicId, RightsWanted

__all__ = [
    "AGENT_MESSAGES",
    "CLOSE",
    "CUSTOMER_MESSAGES",
    "AgentSnapshot",
    "Arrival",
    "ConsentAsked",
    "CustomerSnapshot",
    "Ended",
    "Hello",
    "KeyAsk",
    "KeyCommit",
    "KeyOpen",
    "LoginEnded",
    "Notice",
    "Offer",
    "ParticipantAsked",
    "ParticipantLeft",
    "ParticipantState",
    "Peer",
    "Ping",
    "Received",
    "ReportAsked",
    "ReportType",
    "RightsSeen",
    "SessionInfo",
    "SessionState",
    "SignalMessage",
    "SlotClosed",
    "SlotCode",
    "SlotInfo",
    "SlotOpened",
    "Survey",
    "Tenant",
    "channel_url",
    "dump_message",
    "message_from_json",
    "read_message",
]


class CLOSE:
    """Close codes of the signal socket; FINAL ones end the link, after all others the program comes back."""

    BAD_MESSAGE: Final = 4000
    REPLACED: Final = 4001
    REFUSED: Final = 4003
    TOO_SLOW: Final = 4008
    LOGIN_ENDED: Final = 4010
    TENANT_STOPPED: Final = 4011
    SESSION_OVER: Final = 4012
    RESTART: Final = 1012

    FINAL: Final = frozenset({REPLACED, REFUSED, LOGIN_ENDED, TENANT_STOPPED, SESSION_OVER})


ParticipantRole: TypeAlias = Literal["lead", "invited", "recorder"]
AgentPresence: TypeAlias = Literal["online", "busy", "connecting", "away", "offline"]
SupportState: TypeAlias = Literal["offline", "online", "connected", "expired"]
LinkQuality: TypeAlias = Literal["ok", "unstable", "lost"]
ArrivalStep: TypeAlias = Literal[
    "none", "page", "downloaded", "started", "asked", "allowed", "denied", "timeout"
]
ConsentAnswer: TypeAlias = Literal["allowed", "denied", "timeout", "revoked"]
EndedBy: TypeAlias = Literal["agent", "customer", "system"]
Grade: TypeAlias = Literal["satisfied", "neutral", "dissatisfied"]
OptionSource: TypeAlias = Literal["platform", "tenant", "department", "agent", "default"]

Name: TypeAlias = Annotated[str, Text(120)]
Title: TypeAlias = Annotated[str, Text(120)]
Reason: TypeAlias = Annotated[str, Text(80)]
Url: TypeAlias = Annotated[str, Text(500)]
Code: TypeAlias = Annotated[str, Pattern("[0-9]{6,9}")]
Time: TypeAlias = int
Epoch: TypeAlias = Annotated[int, Between(1, 2**31)]
Position: TypeAlias = Annotated[int, Between(1, 5)]
Number: TypeAlias = Annotated[int, Between(1, 1_000_000)]
Ordinal: TypeAlias = Annotated[int, Between(1, 1000)]
RelayUrl: TypeAlias = Annotated[str, Pattern("wss?://[^/?#@\\s]{1,255}(/[^?#\\s]{0,200})?")]
TicketText: TypeAlias = Annotated[str, Text(MAX_TICKET, least=1)]


class SignalMessage(Record):
    """A message of the web half; DURABLE tells whether it takes an `n`."""

    __slots__ = ()
    DURABLE: ClassVar[bool] = True


# ------------------------------------------------------------------------------------------ both programs


@dataclass(frozen=True, slots=True)
class Hello(SignalMessage):
    """The first message of every socket.

    `resumed` true: the durable messages after the program's `after` follow. False: one snapshot follows,
    then the durable messages from `last`+1. `last` is the newest n of the stream at this moment. `after=0`
    means that the program has no model: the web half answers with resumed=false and a snapshot.
    """

    TYPE: ClassVar[str] = "hello"
    DURABLE: ClassVar[bool] = False
    stream: PublicId
    last: int
    resumed: bool


@dataclass(frozen=True, slots=True)
class Ping(SignalMessage):
    """Every 4 s; the program answers with `pong`."""

    TYPE: ClassVar[str] = "ping"
    DURABLE: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Peer(Record):
    """Who is at the other end: `name` of the agent, or `pc` and `os` of the customer's PC."""

    name: Name | None = None
    pc: Name | None = None
    os: Name | None = None


@dataclass(frozen=True, slots=True)
class Offer(SignalMessage):
    """Open the channels of `participant` at `relay_url` now, each with its ticket, valid `ttl_s` seconds.

    Durable as a fact; the tickets are made at the moment of sending and never replayed from the log. A
    program drops an offer whose epoch is not above the one it has. Channel address:
    `<relay_url>/relay/<session>?ticket=…`. `more_urls`: other addresses of the same relay, for networks that
    let not every port out.
    """

    TYPE: ClassVar[str] = "offer"
    session: PublicId
    participant: PublicId
    ordinal: Ordinal
    role: ParticipantRole
    epoch: Epoch
    relay_url: RelayUrl
    tickets: Annotated[Mapping[str, TicketText], Items(3)]
    ttl_s: Annotated[int, Between(1, 600)]
    rights_wanted: RightsWanted
    options: Options
    peer: Peer
    more_urls: Annotated[tuple[RelayUrl, ...], Items(7)] = ()


@dataclass(frozen=True, slots=True)
class KeyAsk(SignalMessage):
    """To the customer program: begin the key exchange with this participant (answer: command `key.commit`).

    The agent's program gets it too, to learn which participant belongs to which session; it only waits.
    Sent when the web half made the participant, and again with a higher epoch when one end lost its keys
    (ticket.need with `keys_lost`). The words change only then, and both programs show them anew.
    """

    TYPE: ClassVar[str] = "key.ask"
    session: PublicId
    participant: PublicId
    epoch: Epoch
    ordinal: Ordinal
    role: ParticipantRole
    agent_name: Name


@dataclass(frozen=True, slots=True)
class KeyCommit(SignalMessage):
    """Command of the customer program, passed on unchanged to the agent's: SHA-256(pub || salt), 32 bytes."""

    TYPE: ClassVar[str] = "key.commit"
    participant: PublicId
    epoch: Epoch
    commit: Annotated[bytes, Size(32, 32)]


@dataclass(frozen=True, slots=True)
class KeyOpen(SignalMessage):
    """Command of either program, passed on unchanged to the other: the agent's first, without salt, then the
    customer's with the salt of its commitment. `pub` is an uncompressed P-256 point, 65 bytes.
    """

    TYPE: ClassVar[str] = "key.open"
    participant: PublicId
    epoch: Epoch
    pub: Annotated[bytes, Size(65, 65)]
    salt: Annotated[bytes, Size(32, 32)] | None = None


@dataclass(frozen=True, slots=True)
class SessionState(SignalMessage):
    """The support session moved; `version` rises with every change, an older one is ignored."""

    TYPE: ClassVar[str] = "session.state"
    session: PublicId
    state: SupportState
    link: LinkQuality
    version: int
    reason: Reason = ""


@dataclass(frozen=True, slots=True)
class Ended(SignalMessage):
    """The support session is over; `survey` tells whether the customer will be asked."""

    TYPE: ClassVar[str] = "ended"
    session: PublicId
    by: EndedBy
    reason: Reason = ""
    survey: bool = False


@dataclass(frozen=True, slots=True)
class ParticipantState(Record):
    """A participant in a snapshot; `name` is the agent's."""

    participant: PublicId
    session: PublicId
    ordinal: Ordinal
    role: ParticipantRole
    epoch: Annotated[int, Between(0, 2**31)]
    name: Name


Participants: TypeAlias = Annotated[tuple[ParticipantState, ...], Items(64)]


# ------------------------------------------------------------ the agent's program


@dataclass(frozen=True, slots=True)
class Tenant(Record):
    """The company; `url` is the customer page's full address, `expires_at` None = no end. `company` is its
    registered name, which the agent's program says in `who` (a difference closes, B-32).
    """

    title: Title
    url: Url
    expires_at: Time | None = None
    company: Name = ""


@dataclass(frozen=True, slots=True)
class Agent(Record):
    """Who is logged in."""

    id: PublicId
    name: Name
    state: AgentPresence


@dataclass(frozen=True, slots=True)
class SlotInfo(Record):
    """A slot in a snapshot; `code` None = used or none at the moment."""

    slot: PublicId
    position: Position
    number: Number
    session: PublicId
    auto_connect: bool
    code: Code | None = None
    code_expires_at: Time | None = None


@dataclass(frozen=True, slots=True)
class SessionInfo(Record):
    """A live support session in a snapshot."""

    session: PublicId
    slot: PublicId
    number: Number
    state: SupportState
    link: LinkQuality
    version: int
    arrival_step: ArrivalStep = "none"
    ip: Annotated[str, Text(45)] | None = None
    pc: Name | None = None
    os: Name | None = None


@dataclass(frozen=True, slots=True)
class AgentSnapshot(SignalMessage):
    """Replaces the whole model of the agent's program. `options`: key -> [value, where it was set]."""

    TYPE: ClassVar[str] = "snapshot"
    DURABLE: ClassVar[bool] = False
    tenant: Tenant
    agent: Agent
    options: Annotated[Mapping[str, tuple[bool, OptionSource]], Items(128)]
    slots: Annotated[tuple[SlotInfo, ...], Items(5)]
    sessions: Annotated[tuple[SessionInfo, ...], Items(32)]
    participants: Participants = ()


@dataclass(frozen=True, slots=True)
class AgentOptions(SignalMessage):
    """The options in force have changed: key -> [value, where it was set], complete, as in the snapshot.

    Durable as a fact; the values are filled in at the moment of sending, so that of several changes in a row
    each message tells the newest.
    """

    TYPE: ClassVar[str] = "options"
    options: Annotated[Mapping[str, tuple[bool, OptionSource]], Items(128)] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SlotOpened(SignalMessage):
    """A slot was added, or a new support session stands in it."""

    TYPE: ClassVar[str] = "slot.opened"
    slot: PublicId
    position: Position
    number: Number
    session: PublicId
    code: Code | None
    code_expires_at: Time | None
    auto_connect: bool


@dataclass(frozen=True, slots=True)
class SlotCode(SignalMessage):
    """The slot's code was drawn anew."""

    TYPE: ClassVar[str] = "slot.code"
    slot: PublicId
    session: PublicId
    code: Code
    code_expires_at: Time
    reason: Literal["asked", "expired", "alarm"]


@dataclass(frozen=True, slots=True)
class SlotClosed(SignalMessage):
    """The slot is gone."""

    TYPE: ClassVar[str] = "slot.closed"
    slot: PublicId
    reason: Reason = ""


@dataclass(frozen=True, slots=True)
class ArrivalDetail(Record):
    """What is known of the customer so far."""

    ip: Annotated[str, Text(45)] | None = None
    os: Name | None = None
    pc: Name | None = None


@dataclass(frozen=True, slots=True)
class Arrival(SignalMessage):
    """A step of the customer's way in, for the agent to watch. `at` is this step's time (and the
    envelope's).
    """

    TYPE: ClassVar[str] = "arrival"
    session: PublicId
    step: ArrivalStep
    at: Time
    detail: ArrivalDetail = field(default_factory=ArrivalDetail)


@dataclass(frozen=True, slots=True)
class RightsSeen(SignalMessage):
    """What the server saw the customer answer: evidence to show, never permission."""

    TYPE: ClassVar[str] = "rights.seen"
    session: PublicId
    participant: PublicId | None
    rights: Annotated[Mapping[str, ConsentAnswer], Items(16)]


@dataclass(frozen=True, slots=True)
class Survey(SignalMessage):
    """The customer answered the satisfaction question."""

    TYPE: ClassVar[str] = "survey"
    session: PublicId
    grade: Grade


@dataclass(frozen=True, slots=True)
class ReportType(Record):
    """One of the company's issue types, as it is called now."""

    id: PublicId
    name: Annotated[str, Text(40)]


@dataclass(frozen=True, slots=True)
class ReportAsked(SignalMessage):
    """The support that just ended may be described (command `report`), by its lead agent alone.

    `types` in the company's order; empty where it has none. `opens`: show the form without being asked.
    """

    TYPE: ClassVar[str] = "report.asked"
    session: PublicId
    types: Annotated[tuple[ReportType, ...], Items(30)] = ()
    opens: bool = True


@dataclass(frozen=True, slots=True)
class LoginEnded(SignalMessage):
    """The log-in ended; the socket closes with 4010 next."""

    TYPE: ClassVar[str] = "login.ended"
    reason: Literal["elsewhere", "disabled", "expired", "operator"]


@dataclass(frozen=True, slots=True)
class Notice(SignalMessage):
    """A notice of the operator."""

    TYPE: ClassVar[str] = "notice"
    text_ko: Annotated[str, Text(1000, lines=True)]
    text_en: Annotated[str, Text(1000, lines=True)]


# ------------------------------------------------------------ the customer program


@dataclass(frozen=True, slots=True)
class ConsentAsked(Record):
    """What to ask the customer for, and after how many seconds without an answer the answer is no."""

    ask: RightsWanted
    timeout_s: Annotated[int, Between(5, 600)] = 60


@dataclass(frozen=True, slots=True)
class CustomerSnapshot(SignalMessage):
    """Replaces the whole model of the customer program. `company` is the registered name, `title` the
    page's.
    """

    TYPE: ClassVar[str] = "snapshot"
    DURABLE: ClassVar[bool] = False
    session: PublicId
    company: Name
    title: Title
    agent_name: Name
    number: Number
    lang: Literal["ko", "en"]
    consent: ConsentAsked
    options: Options
    participants: Participants = ()
    state: SupportState = "offline"


@dataclass(frozen=True, slots=True)
class CustomerOptions(SignalMessage):
    """The options in force have changed, complete; the customer program withdraws at once what is off now.

    Durable as a fact, filled in at the moment of sending, like the agent's.
    """

    TYPE: ClassVar[str] = "options"
    options: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParticipantAsked(SignalMessage):
    """Someone more wants to take part (second agent, recorder): consent first, answered with `consent`."""

    TYPE: ClassVar[str] = "participant.asked"
    participant: PublicId
    agent_name: Name
    company: Name
    role: ParticipantRole


@dataclass(frozen=True, slots=True)
class ParticipantLeft(SignalMessage):
    """The participant is gone: close its channels."""

    TYPE: ClassVar[str] = "participant.left"
    participant: PublicId
    reason: Reason = ""


def _table(*kinds: type[SignalMessage]) -> Mapping[str, type[SignalMessage]]:
    return {kind.TYPE: kind for kind in kinds}


_BOTH: Final = (Hello, Ping, Offer, KeyCommit, KeyOpen, SessionState, Ended, Notice)

AGENT_MESSAGES: Final = _table(
    *_BOTH,
    AgentSnapshot,
    AgentOptions,
    SlotOpened,
    SlotCode,
    SlotClosed,
    Arrival,
    RightsSeen,
    Survey,
    ReportAsked,
    LoginEnded,
    KeyAsk,
    ParticipantLeft,
)
"""What the agent's program may receive, by `t`."""

CUSTOMER_MESSAGES: Final = _table(
    *_BOTH, CustomerSnapshot, CustomerOptions, KeyAsk, ParticipantAsked, ParticipantLeft
)
"""What the customer program may receive, by `t`."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message with its envelope; `message` is None for a `t` of a newer web half, which is skipped but
    counted.
    """

    message: SignalMessage | None
    n: int | None = None
    at: int | None = None
    type: str = ""


@dataclass(frozen=True, slots=True)
class _Envelope(Record):
    t: Annotated[str, Pattern("[a-z_.]{1,40}")]
    n: Annotated[int, Between(1, 2**53 - 1)] | None = None
    at: Time | None = None


def dump_message(message: SignalMessage, *, n: int | None = None, at: int | None = None) -> str:
    """Return the text of one WebSocket message; a durable one needs its `n` and the server's time `at`.

    Raises LimitExceeded above 16 KiB, ValueError when n does not fit the message's kind.
    """
    if (n is not None) != message.DURABLE:
        raise ValueError(f"{message.TYPE} is {'durable' if message.DURABLE else 'ephemeral'}")
    envelope: dict[str, Any] = {}
    if n is not None:
        envelope["n"] = n
    body = message.to_json()
    if at is not None:
        body.setdefault("at", at)
    return dump_object(envelope | body, MAX_SIGNAL_MESSAGE)


def read_message(text: str | bytes, table: Mapping[str, type[SignalMessage]]) -> Received:
    """Return one message of the web half, checked. An answer to a command is not one: see
    commands.read_answer.

    Raises ProtocolError: not JSON, over 16 KiB, a bad field, a durable message without n or the reverse.
    """
    return message_from_json(load_object(text, MAX_SIGNAL_MESSAGE), table)


def message_from_json(data: Mapping[str, Any], table: Mapping[str, type[SignalMessage]]) -> Received:
    """As read_message, from a decoded object."""
    envelope = _Envelope.from_json(data)
    kind = table.get(envelope.t)
    if kind is None:
        return Received(None, envelope.n, envelope.at, envelope.t)
    if (envelope.n is not None) != kind.DURABLE:
        raise ProtocolError(f"{envelope.t} comes {'without' if kind.DURABLE else 'with'} an n")
    return Received(kind.from_json(data), envelope.n, envelope.at, envelope.t)


def channel_url(offer: Offer, channel: Channel) -> str:
    """Return the relay's address for `channel` of this offer; raises ProtocolError when it holds no ticket
    for it.
    """
    ticket = offer.tickets.get(channel)
    if ticket is None:
        raise ProtocolError(f"the offer of epoch {offer.epoch} has no ticket for {channel}")
    return f"{offer.relay_url.rstrip('/')}/relay/{offer.session}?ticket={ticket}"
