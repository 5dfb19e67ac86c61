"""What the programs say to the web half on the signal socket, and how it answers.

Decides fields and limits. A command has an `id` of the program's choosing and is answered once; the same id
again gets the same answer and is done once, so a program repeats an unanswered command after every
reconnect. `ack` and `pong` alone carry no id and get no answer.

    program    text = dump_command(SlotAdd(), id="c7")
    web half   id, command = read_command(text, AGENT_COMMANDS)   # command None = unknown t
               text = dump_answer(Answer("c7", ok=False, code="B-12", retry=False))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

from wire.errors import ProtocolError
from wire.limits import MAX_REPORT, MAX_SIGNAL_MESSAGE
from wire.record import MAX_EXACT, Between, Items, Pattern, Record, Text, dump_object, load_object
from wire.signal.messages import (
    AgentPresence,
    KeyCommit,
    KeyOpen,
    LinkQuality,
    Reason,
)
from wire.terms import Channel, ConsentRight, PublicId, Screens

__all__ = [
    "AGENT_COMMANDS",
    "CUSTOMER_COMMANDS",
    "Accept",
    "Ack",
    "AgentState",
    "Answer",
    "Command",
    "Consent",
    "EndOwnSession",
    "EndSession",
    "FileNote",
    "FilesNote",
    "LinkReport",
    "Pong",
    "Release",
    "Report",
    "Revoked",
    "SignalCommand",
    "SlotAdd",
    "SlotAuto",
    "SlotNewCode",
    "SlotRemove",
    "Started",
    "TicketNeed",
    "TokenRenew",
    "dump_answer",
    "dump_command",
    "read_answer",
    "read_command",
]

CommandId: TypeAlias = Annotated[str, Pattern("[A-Za-z0-9_-]{1,40}")]
ConsentReply: TypeAlias = Literal["allowed", "denied", "timeout"]
SupportResult: TypeAlias = Literal["unchecked", "solved", "hold", "visit"]


class SignalCommand(Record):
    """A command of a program; ANSWERED False for the two that carry no id."""

    __slots__ = ()
    ANSWERED: ClassVar[bool] = True


Command: TypeAlias = SignalCommand | KeyCommit | KeyOpen


# ------------------------------------------------------------------------------------------ both programs


@dataclass(frozen=True, slots=True)
class Pong(SignalCommand):
    """The answer to ping."""

    TYPE: ClassVar[str] = "pong"
    ANSWERED: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Ack(SignalCommand):
    """Everything up to and with `n` has arrived; at most one a second."""

    TYPE: ClassVar[str] = "ack"
    ANSWERED: ClassVar[bool] = False
    n: int


@dataclass(frozen=True, slots=True)
class TicketNeed(SignalCommand):
    """The channel of this participant broke in `epoch`: raise the epoch and send both ends a new offer.

    A request for an epoch below the current one is already served: answer ok and do nothing. `keys_lost`:
    this program started anew and has no keys; the web half sends the customer program `key.ask` with the
    raised epoch first, and the offer after both key.open. `unreachable`: the relay of this epoch does not
    answer; another one is offered where there is one, otherwise the tickets stay good.
    """

    TYPE: ClassVar[str] = "ticket.need"
    participant: PublicId
    channel: Channel
    epoch: Annotated[int, Between(0, 2**31)]
    keys_lost: bool = False
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class LinkReport(SignalCommand):
    """How the channel is, as this end sees it; on change only. `rtt_ms` None = not measured yet."""

    TYPE: ClassVar[str] = "link"
    participant: PublicId
    channel: Channel
    state: LinkQuality
    rtt_ms: Annotated[int, Between(0, 600_000)] | None = None


# ------------------------------------------------------------ the agent's program


@dataclass(frozen=True, slots=True)
class SlotAdd(SignalCommand):
    """One slot more, up to five. The answer carries `slot`."""

    TYPE: ClassVar[str] = "slot.add"


@dataclass(frozen=True, slots=True)
class SlotRemove(SignalCommand):
    """Take the slot away; its waiting support session ends."""

    TYPE: ClassVar[str] = "slot.remove"
    slot: PublicId


@dataclass(frozen=True, slots=True)
class SlotNewCode(SignalCommand):
    """Draw the slot's code anew."""

    TYPE: ClassVar[str] = "slot.new_code"
    slot: PublicId


@dataclass(frozen=True, slots=True)
class SlotAuto(SignalCommand):
    """Connect by itself when the customer has consented, or wait for the agent."""

    TYPE: ClassVar[str] = "slot.auto"
    slot: PublicId
    on: bool


@dataclass(frozen=True, slots=True)
class AgentState(SignalCommand):
    """The agent's own choice of presence."""

    TYPE: ClassVar[str] = "agent.state"
    state: AgentPresence


@dataclass(frozen=True, slots=True)
class Accept(SignalCommand):
    """Connect to the waiting customer. The answer carries `participant`."""

    TYPE: ClassVar[str] = "accept"
    session: PublicId


@dataclass(frozen=True, slots=True)
class Release(SignalCommand):
    """Let an arrival go that did not start: the slot draws a new code."""

    TYPE: ClassVar[str] = "release"
    session: PublicId


@dataclass(frozen=True, slots=True)
class EndSession(SignalCommand):
    """End the support session."""

    TYPE: ClassVar[str] = "end"
    session: PublicId
    reason: Reason = ""


@dataclass(frozen=True, slots=True)
class Report(SignalCommand):
    """What an ended support was about; said again, the last one stands. `issue_type` None = not chosen.

    Answered B-44 when the support session is another agent's or goes on, or the type was gone at its end.
    """

    TYPE: ClassVar[str] = "report"
    session: PublicId
    issue_type: PublicId | None = None
    result: SupportResult = "unchecked"
    content: Annotated[str, Text(MAX_REPORT, lines=True)] = ""


@dataclass(frozen=True, slots=True)
class TokenRenew(SignalCommand):
    """A fresh bearer token. The answer carries `token` and `expires_s`."""

    TYPE: ClassVar[str] = "token.renew"


# ------------------------------------------------------------ the customer program


@dataclass(frozen=True, slots=True)
class Started(SignalCommand):
    """The program runs; repeated after every new start. `ip_local` is the PC's own address."""

    TYPE: ClassVar[str] = "started"
    version: Annotated[str, Text(40)]
    os: Annotated[str, Text(120)]
    pc: Annotated[str, Text(120)]
    ip_local: Annotated[str, Text(45)]
    lang: Literal["ko", "en"]
    screens: Screens


@dataclass(frozen=True, slots=True)
class Consent(SignalCommand):
    """What the customer answered; `participant` None = for the support session (its lead agent)."""

    TYPE: ClassVar[str] = "consent"
    answers: Annotated[Mapping[str, ConsentReply], Items(16)]
    participant: PublicId | None = None


@dataclass(frozen=True, slots=True)
class Revoked(SignalCommand):
    """The customer took these rights back."""

    TYPE: ClassVar[str] = "revoked"
    participant: PublicId
    rights: Annotated[tuple[ConsentRight, ...], Items(16)]


@dataclass(frozen=True, slots=True)
class FileNote(Record):
    """What became of one file: `result` "stored", or the files channel's code; `sha256` in hexadecimal."""

    name: Annotated[str, Text(400)]
    size: Annotated[int, Between(0, MAX_EXACT)]
    sha256: Annotated[str, Pattern("([0-9a-f]{64})?")]
    result: Annotated[str, Pattern("[a-z_]{1,24}")]


@dataclass(frozen=True, slots=True)
class FilesNote(SignalCommand):
    """A transfer is over, for the support session's timeline; a large one comes in several notes."""

    TYPE: ClassVar[str] = "files"
    participant: PublicId
    way: Literal["to_customer", "to_agent"]
    name: Annotated[str, Text(255)]
    size: Annotated[int, Between(0, MAX_EXACT)]
    result: Annotated[str, Pattern("[a-z_]{1,24}")]
    files: Annotated[tuple[FileNote, ...], Items(8)]


@dataclass(frozen=True, slots=True)
class EndOwnSession(SignalCommand):
    """The customer ends the support session."""

    TYPE: ClassVar[str] = "end"
    reason: Reason = ""


# ------------------------------------------------------------ tables, reading, writing


def _table(*kinds: type[Command]) -> Mapping[str, type[Command]]:
    return {kind.TYPE: kind for kind in kinds}


AGENT_COMMANDS: Final = _table(
    Pong,
    Ack,
    TicketNeed,
    LinkReport,
    KeyOpen,
    SlotAdd,
    SlotRemove,
    SlotNewCode,
    SlotAuto,
    AgentState,
    Accept,
    Release,
    EndSession,
    Report,
    TokenRenew,
)
"""What the agent's program may send, by `t`."""

CUSTOMER_COMMANDS: Final = _table(
    Pong,
    Ack,
    TicketNeed,
    LinkReport,
    KeyCommit,
    KeyOpen,
    Started,
    Consent,
    Revoked,
    FilesNote,
    EndOwnSession,
)
"""What the customer program may send, by `t`."""


@dataclass(frozen=True, slots=True)
class _Envelope(Record):
    t: Annotated[str, Pattern("[a-z_.]{1,40}")]
    id: CommandId | None = None


def dump_command(command: Command, *, id: str | None = None) -> str:
    """Return the text of one command; every one but ack and pong needs an id. Raises LimitExceeded,
    ValueError.
    """
    if (id is not None) != is_answered(command):
        raise ValueError(f"{command.TYPE} goes {'with' if id is None else 'without'} an id")
    envelope = {} if id is None else {"id": id}
    return dump_object(envelope | command.to_json(), MAX_SIGNAL_MESSAGE)


def read_command(text: str | bytes, table: Mapping[str, type[Command]]) -> tuple[str | None, Command | None]:
    """Return (id, command) of a program's message; command None = a `t` that this web half does not know.

    Answer the unknown one with Answer(id, ok=False, code="unknown"). Raises ProtocolError (close 4000).
    """
    data = load_object(text, MAX_SIGNAL_MESSAGE)
    envelope = _Envelope.from_json(data)
    kind = table.get(envelope.t)
    if kind is None and envelope.id is not None:
        return envelope.id, None
    if kind is None or (envelope.id is not None) != is_answered(kind):
        raise ProtocolError(f"{envelope.t} comes {'without' if envelope.id is None else 'with'} an id")
    return envelope.id, kind.from_json(data)


def is_answered(command: Command | type[Command]) -> bool:
    """Return whether the command carries an id and gets an answer."""
    return getattr(command, "ANSWERED", True)


@dataclass(frozen=True, slots=True)
class Answer:
    """The web half's answer to command `re`: ok with `data`, or a code for the reader and whether to try
    again.
    """

    re: str
    ok: bool
    code: str | None = None
    retry: bool = False
    data: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _AnswerShape(Record):
    re: CommandId
    ok: bool
    code: Annotated[str, Text(40)] | None = None
    retry: bool = False


def dump_answer(answer: Answer) -> str:
    """Return the text of one answer."""
    body: dict[str, Any] = {"re": answer.re, "ok": answer.ok}
    if not answer.ok:
        body |= {"code": answer.code or "unknown", "retry": answer.retry}
    return dump_object(body | dict(answer.data or {}), MAX_SIGNAL_MESSAGE)


def read_answer(data: Mapping[str, Any]) -> Answer | None:
    """Return the answer in a decoded object, None when it is a message (it has no `re`). Raises
    ProtocolError.
    """
    if "re" not in data:
        return None
    shape = _AnswerShape.from_json(data)
    rest = {name: value for name, value in data.items() if name not in ("re", "ok", "code", "retry")}
    return Answer(shape.re, shape.ok, shape.code, shape.retry, rest)
