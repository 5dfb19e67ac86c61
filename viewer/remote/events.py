"""What a link tells the window, beside the RFB events of wire.rfb.events: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from wire.control.messages import ControlMessage
from wire.rfb.events import ViewerEvent

__all__ = [
    "ControlReceived",
    "Ended",
    "LinkChanged",
    "WayChanged",
    "LinkEvent",
    "ScreenLost",
    "ScreenOpened",
    "Words",
]


@dataclass(frozen=True, slots=True)
class ScreenOpened:
    """The screen channel is there and new: a picture will follow."""


@dataclass(frozen=True, slots=True)
class ScreenLost:
    """The screen channel closed. `comes_back`: the link tries again by itself; else `text` says why not."""

    text: str = ""
    comes_back: bool = True


@dataclass(frozen=True, slots=True)
class Words:
    """The six words of this participant."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """How the line is; `rtt_ms` None = not measured."""

    state: Literal["ok", "unstable", "lost"]
    rtt_ms: int | None = None


@dataclass(frozen=True, slots=True)
class WayChanged:
    """How the screen comes: straight, or through the relay."""

    way: Literal["direct", "relay"]


@dataclass(frozen=True, slots=True)
class ControlReceived:
    """A message of the control channel and its number."""

    i: int
    message: ControlMessage


@dataclass(frozen=True, slots=True)
class Ended:
    """It is over, for good."""

    by: str
    reason: str = ""


LinkEvent: TypeAlias = (
    ViewerEvent | ScreenOpened | ScreenLost | Words | LinkChanged | WayChanged | ControlReceived | Ended
)
