"""What the link tells the model: frozen values, put into one queue by any thread, handled on the Tk
thread.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from customer_agent.rights import Hand
from customer_agent.screen.share import ShareState
from desktop.files.views import JobView
from wire.control.messages import ControlMessage
from wire.signal.messages import SignalMessage
from wire.terms import Channel


@dataclass(frozen=True, slots=True)
class Joined:
    """The web half let us in; the signal socket is being opened."""

    session: str


@dataclass(frozen=True, slots=True)
class JoinFailed:
    """The web half said no (`text` in the reader's language) or could not be reached (`text` empty)."""

    code: str
    text: str = ""
    may_retry: bool = False


@dataclass(frozen=True, slots=True)
class SignalChanged:
    """connecting, online, offline, or ended with `why`."""

    state: Literal["connecting", "online", "offline", "ended"]
    why: str = ""


@dataclass(frozen=True, slots=True)
class SignalReceived:
    """A message of the web half."""

    message: SignalMessage


@dataclass(frozen=True, slots=True)
class WordsAgreed:
    """The six words of a participant."""

    participant: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChannelOpened:
    """A channel of a participant is sealed and runs."""

    participant: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """How the line to a participant is; `rtt_ms` None = not measured."""

    participant: str
    state: Literal["ok", "unstable", "lost"]
    rtt_ms: int | None = None


@dataclass(frozen=True, slots=True)
class WayChanged:
    """How the screen goes to a participant: straight, or through the relay."""

    participant: str
    way: Literal["direct", "relay"]


@dataclass(frozen=True, slots=True)
class ControlReceived:
    """A control message that the link left to the model."""

    participant: str
    i: int
    message: ControlMessage = field(repr=True)


@dataclass(frozen=True, slots=True)
class ParticipantEnded:
    """A participant's link is over for good."""

    participant: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class HandTaken:
    """The customer's own hand took control from somebody."""

    by: Hand


@dataclass(frozen=True, slots=True)
class ClipboardGiven:
    """An agent who may copied `text`; it is the customer's to paste."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SharingChanged:
    """What is shown has changed, by the customer's choice or by itself."""

    state: ShareState


@dataclass(frozen=True, slots=True)
class FilesChanged:
    """What comes from and goes to a participant, as it stands."""

    participant: str
    views: tuple[JobView, ...]


@dataclass(frozen=True, slots=True)
class FilesWanted:
    """An agent asks the customer to choose files."""

    participant: str
    request: int


@dataclass(frozen=True, slots=True)
class ScreenFailed:
    """The screen cannot be shared (any more): `lacking` names what is missing, where it is known."""

    lacking: str = ""


Event = (
    Joined
    | JoinFailed
    | SignalChanged
    | SignalReceived
    | WordsAgreed
    | ChannelOpened
    | LinkChanged
    | WayChanged
    | ControlReceived
    | ParticipantEnded
    | HandTaken
    | ClipboardGiven
    | FilesChanged
    | FilesWanted
    | ScreenFailed
    | SharingChanged
)
