"""What the two ends of a participant say on its control channel.

Decides the fields, who may send each message (SENDER), which option must be on (OPTION) and which right the
customer must have given (RIGHT). Leaves numbering and limits to protocol.py, and whether the right is given
to customer_agent/rights.py: the customer program refuses, whatever the viewer shows. Sizes and places are
pixels, times milliseconds, as the field names say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from wire.limits import MAX_DESKTOP_SIDE, MAX_DIRECT_PLACES, MAX_SCREENS
from wire.record import MAX_EXACT, Between, Items, Pattern, Record, Text
from wire.terms import PublicId, Right, Screens

__all__ = [
    "CONTROL_MESSAGES",
    "CONTROL_VERSION",
    "Answer",
    "Ask",
    "AskShare",
    "Beat",
    "ControlMessage",
    "Direct",
    "End",
    "Hello",
    "InputMode",
    "Line",
    "Machine",
    "Monitor",
    "Notice",
    "Pause",
    "People",
    "Person",
    "Place",
    "Pointer",
    "Quality",
    "Refused",
    "Release",
    "Rights",
    "ShareKind",
    "Sharing",
    "ShowMonitor",
    "TakenBack",
    "Who",
    "WhyNot",
    "WhySharing",
]

CONTROL_VERSION: Final = 1

Sender: TypeAlias = Literal["agent", "customer", "both"]
WhyNot: TypeAlias = Literal["option", "consent", "paused", "taken_back", "revoked"]
ShareKind: TypeAlias = Literal["all", "monitor", "region", "window", "nothing"]
WhySharing: TypeAlias = Literal[
    "", "choosing", "minimised", "closed", "off_screen", "monitor_gone", "too_large", "failed"
]
Milliseconds: TypeAlias = Annotated[int, Between(0, MAX_EXACT)]
Coordinate: TypeAlias = Annotated[int, Between(-MAX_DESKTOP_SIDE, 2 * MAX_DESKTOP_SIDE)]
Code: TypeAlias = Annotated[str, Pattern("[A-Za-z0-9_.-]{1,40}")]
Name: TypeAlias = Annotated[str, Text(120)]


class ControlMessage(Record):
    """A message of the control channel. Each kind says its OPTION itself (None: always there; a test finds a
    silent one). RIGHT None: needs no right.
    """

    __slots__ = ()
    SENDER: ClassVar[Sender] = "both"
    OPTION: ClassVar[str | None] = None
    RIGHT: ClassVar[Right | None] = None


@dataclass(frozen=True, slots=True)
class Hello(ControlMessage):
    """The first message of each side. No common version: `refused` with code "version", then close."""

    TYPE: ClassVar[str] = "hello"
    OPTION: ClassVar[str | None] = None
    version: Annotated[int, Between(1, 1000)]
    program: Name
    features: Annotated[tuple[Code, ...], Items(64)] = ()


@dataclass(frozen=True, slots=True)
class Who(ControlMessage):
    """Who helps. The customer program shows the names of the signal socket; a difference closes (B-32)."""

    TYPE: ClassVar[str] = "who"
    SENDER: ClassVar[Sender] = "agent"
    OPTION: ClassVar[str | None] = None
    agent_name: Name
    company: Name
    case: Name = ""


@dataclass(frozen=True, slots=True)
class Machine(ControlMessage):
    """The customer's PC; sent again when its screens change."""

    TYPE: ClassVar[str] = "machine"
    SENDER: ClassVar[Sender] = "customer"
    OPTION: ClassVar[str | None] = None
    pc: Name
    os: Name
    lang: Literal["ko", "en"]
    screens: Screens


@dataclass(frozen=True, slots=True)
class Rights(ControlMessage):
    """What the agent may do now: the only truth, complete each time, `serial` rises.

    `why` names the reason for each right that is off; `until_ms` says how long a taken_back lasts at most.
    """

    TYPE: ClassVar[str] = "rights"
    SENDER: ClassVar[Sender] = "customer"
    OPTION: ClassVar[str | None] = None
    serial: int
    view: bool = False
    mouse: bool = False
    keyboard: bool = False
    clipboard_in: bool = False
    clipboard_out: bool = False
    files_in: bool = False
    files_out: bool = False
    draw: bool = False
    record: bool = False
    why: Annotated[Mapping[str, WhyNot], Items(16)] = field(default_factory=dict)
    until_ms: Milliseconds | None = None


@dataclass(frozen=True, slots=True)
class Ask(ControlMessage):
    """Ask the customer for a right; one open ask per right, at least 5 s apart."""

    TYPE: ClassVar[str] = "ask"
    SENDER: ClassVar[Sender] = "agent"
    OPTION: ClassVar[str | None] = None
    ask_id: Code
    right: Right
    reason_code: Code = "none"


@dataclass(frozen=True, slots=True)
class Answer(ControlMessage):
    """The customer's answer; a `rights` message follows."""

    TYPE: ClassVar[str] = "answer"
    SENDER: ClassVar[Sender] = "customer"
    OPTION: ClassVar[str | None] = None
    ask_id: Code
    answer: Literal["allowed", "denied", "timeout"]


@dataclass(frozen=True, slots=True)
class Pause(ControlMessage):
    """The screen is frozen (on) or moves again; while on no update leaves and input is refused."""

    TYPE: ClassVar[str] = "pause"
    SENDER: ClassVar[Sender] = "customer"
    OPTION: ClassVar[str | None] = None
    on: bool


@dataclass(frozen=True, slots=True)
class TakenBack(ControlMessage):
    """The customer took control. By mouse or keyboard it returns after 3 s of stillness, by button on
    `ask`.
    """

    TYPE: ClassVar[str] = "taken_back"
    SENDER: ClassVar[Sender] = "customer"
    OPTION: ClassVar[str | None] = None
    by: Literal["mouse", "keyboard", "button"]
    for_ms: Milliseconds


@dataclass(frozen=True, slots=True)
class Release(ControlMessage):
    """All keys and buttons up. Needs no right: it only ever takes pressure away."""

    TYPE: ClassVar[str] = "release"
    SENDER: ClassVar[Sender] = "agent"
    OPTION: ClassVar[str | None] = None


@dataclass(frozen=True, slots=True)
class InputMode(ControlMessage):
    """How the viewer sends keys; `hangul` True, False, or None = not known."""

    TYPE: ClassVar[str] = "input_mode"
    SENDER: ClassVar[Sender] = "agent"
    OPTION: ClassVar[str | None] = None
    RIGHT: ClassVar[Right | None] = "keyboard"
    mode: Literal["unicode", "scancode"]
    hangul: bool | None = None


@dataclass(frozen=True, slots=True)
class Quality(ControlMessage):
    """What the agent prefers: automatic, for the network, or for speed; `depth` in bits a pixel."""

    TYPE: ClassVar[str] = "quality"
    SENDER: ClassVar[Sender] = "agent"
    OPTION: ClassVar[str | None] = None
    RIGHT: ClassVar[Right | None] = "view"
    mode: Literal["auto", "network", "speed"]
    depth: Literal[8, 16, 24] = 24
    max_fps: Annotated[int, Between(1, 60)] = 60


@dataclass(frozen=True, slots=True)
class Line(ControlMessage):
    """How the screen is being sent, at most once a second; `lossy` False = the agent sees exact pixels."""

    TYPE: ClassVar[str] = "line"
    SENDER: ClassVar[Sender] = "customer"
    OPTION: ClassVar[str | None] = None
    encoder: Name
    kbps: Annotated[int, Between(0, 100_000_000)]
    rtt_ms: Annotated[int, Between(0, 600_000)]
    lossy: bool


@dataclass(frozen=True, slots=True)
class Pointer(ControlMessage):
    """Where the customer's pointer is, while it is tracked; at most 30 a second."""

    TYPE: ClassVar[str] = "pointer"
    SENDER: ClassVar[Sender] = "customer"
    OPTION: ClassVar[str | None] = "mouse_tracking"
    RIGHT: ClassVar[Right | None] = "view"
    x: Coordinate
    y: Coordinate


@dataclass(frozen=True, slots=True)
class ShowMonitor(ControlMessage):
    """Show one of the customer's monitors by its id in `sharing`, or (None) all of them."""

    TYPE: ClassVar[str] = "show_monitor"
    SENDER: ClassVar[Sender] = "agent"
    OPTION: ClassVar[str | None] = None
    RIGHT: ClassVar[Right | None] = "view"
    monitor: Annotated[int, Between(0, 255)] | None = None


@dataclass(frozen=True, slots=True)
class AskShare(ControlMessage):
    """Ask the customer to show one window or one region only, or everything again; an `answer` follows.
    Which window or region it is, is the customer's to choose.
    """

    TYPE: ClassVar[str] = "ask_share"
    SENDER: ClassVar[Sender] = "agent"
    OPTION: ClassVar[str | None] = "partial_share"
    RIGHT: ClassVar[Right | None] = "view"
    ask_id: Code
    what: Literal["window", "region", "all"]


@dataclass(frozen=True, slots=True)
class Monitor(Record):
    """One of the customer's monitors; x, y, w, h in px of the desktop over all of them."""

    id: Annotated[int, Between(0, 255)]
    x: Coordinate
    y: Coordinate
    w: Annotated[int, Between(1, MAX_DESKTOP_SIDE)]
    h: Annotated[int, Between(1, MAX_DESKTOP_SIDE)]
    name: Name = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Sharing(ControlMessage):
    """What the customer shows now, complete each time. `why` tells what is unusual about it; with kind
    "nothing" no picture leaves. `monitors` is empty while only a part of the desktop may be seen.
    """

    TYPE: ClassVar[str] = "sharing"
    SENDER: ClassVar[Sender] = "customer"
    OPTION: ClassVar[str | None] = None
    kind: ShareKind
    why: WhySharing = ""
    monitor: Annotated[int, Between(0, 255)] | None = None
    title: Name = ""
    monitors: Annotated[tuple[Monitor, ...], Items(MAX_SCREENS)] = ()


@dataclass(frozen=True, slots=True)
class Place(Record):
    """An address and port of the agent's PC or of its router; an address, never a name."""

    host: Annotated[str, Pattern("[0-9A-Fa-f:.]{2,45}")]
    port: Annotated[int, Between(1, 65_535)]


@dataclass(frozen=True, slots=True)
class Direct(ControlMessage):
    """Where the agent's program can be reached straight, and the token to show there for each channel.

    Complete each time; a later one adds places (the router's answer takes a while). The customer program
    dials, and stays on the relay where nothing answers. With the option always_relay it is refused.
    """

    TYPE: ClassVar[str] = "direct"
    SENDER: ClassVar[Sender] = "agent"
    OPTION: ClassVar[str | None] = None  # always_relay, while it is on, refuses it: desktop/support_link.py
    places: Annotated[tuple[Place, ...], Items(MAX_DIRECT_PLACES)]
    tokens: Annotated[Mapping[str, Annotated[str, Pattern("[0-9a-f]{32}")]], Items(2)]


@dataclass(frozen=True, slots=True)
class Person(Record):
    """One who is here."""

    participant: PublicId
    name: Name
    role: Literal["lead", "invited", "recorder"]
    recording: bool = False


@dataclass(frozen=True, slots=True)
class People(ControlMessage):
    """Who is here, complete each time, on every change."""

    TYPE: ClassVar[str] = "people"
    SENDER: ClassVar[Sender] = "customer"
    OPTION: ClassVar[str | None] = None
    people: Annotated[tuple[Person, ...], Items(64)]


@dataclass(frozen=True, slots=True)
class Beat(ControlMessage):
    """A sign of life every 500 ms. `sent_ms` is the sender's own clock; `echo_ms` is the newest `sent_ms` of
    the other side plus the time it was held here, so that the other side's clock minus `echo_ms` is the round
    trip alone.
    """

    TYPE: ClassVar[str] = "beat"
    OPTION: ClassVar[str | None] = None
    sent_ms: Milliseconds
    echo_ms: Milliseconds | None = None


@dataclass(frozen=True, slots=True)
class Notice(ControlMessage):
    """Something to show: a code of docs/codes.md; its words are made at the reader's end, in their
    language.
    """

    TYPE: ClassVar[str] = "notice"
    OPTION: ClassVar[str | None] = None
    code: Code
    args: Annotated[Mapping[str, Annotated[str, Text(200)]], Items(16)] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused(ControlMessage):
    """The message numbered `re_i` was refused, and by which option or right, so that the viewer can
    explain.
    """

    TYPE: ClassVar[str] = "refused"
    OPTION: ClassVar[str | None] = None
    re_i: Annotated[int, Between(1, MAX_EXACT)]
    code: Code
    option: Code | None = None
    right: Right | None = None


@dataclass(frozen=True, slots=True)
class End(ControlMessage):
    """Over: both ends close all channels and tell the signal socket. A repeat is harmless."""

    TYPE: ClassVar[str] = "end"
    OPTION: ClassVar[str | None] = None
    by: Literal["agent", "customer", "system"]
    reason: Annotated[str, Text(80)] = ""


CONTROL_MESSAGES: Final[Mapping[str, type[ControlMessage]]] = {
    kind.TYPE: kind
    for kind in (
        Hello,
        Who,
        Machine,
        Rights,
        Ask,
        Answer,
        Pause,
        TakenBack,
        Release,
        InputMode,
        Quality,
        Line,
        Pointer,
        ShowMonitor,
        AskShare,
        Sharing,
        Direct,
        People,
        Beat,
        Notice,
        Refused,
        End,
    )
}
"""Every message of the channel, by `t`."""
