"""Words that the signal socket and the control channel share: who, which channel, which right, which screen.

Decides the spelling on the wire. Leaves what a right permits to customer_agent/rights.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from wire.limits import MAX_DESKTOP_SIDE, MAX_SCREENS
from wire.record import Between, Items, Pattern, Record, Text

__all__ = [
    "CHANNELS",
    "CONSENT_RIGHTS",
    "RIGHTS",
    "Channel",
    "ConsentRight",
    "Options",
    "PublicId",
    "Right",
    "RightsWanted",
    "Screen",
    "Screens",
    "Side",
]

Side: TypeAlias = Literal["agent", "customer"]
"""Which end of a participant's channels: the agent's program, or the customer program."""

Channel: TypeAlias = Literal["screen", "control", "files"]
CHANNELS: Final[tuple[Channel, ...]] = ("screen", "control", "files")

ConsentRight: TypeAlias = Literal["view", "mouse", "keyboard", "clipboard", "files", "record", "invite"]
"""What the customer is asked for, and what the server keeps as evidence."""
CONSENT_RIGHTS: Final[tuple[ConsentRight, ...]] = (
    "view",
    "mouse",
    "keyboard",
    "clipboard",
    "files",
    "record",
    "invite",
)

Right: TypeAlias = Literal[
    "view", "mouse", "keyboard", "clipboard_in", "clipboard_out", "files_in", "files_out", "draw", "record"
]
"""What the customer program enforces message by message."""
RIGHTS: Final[tuple[Right, ...]] = (
    "view",
    "mouse",
    "keyboard",
    "clipboard_in",
    "clipboard_out",
    "files_in",
    "files_out",
    "draw",
    "record",
)

PublicId: TypeAlias = Annotated[str, Pattern("[a-z0-9][a-z0-9_-]{0,63}")]
"""A public id: 26 characters of lower-case Crockford base32 in production, up to 64 are accepted."""

Options: TypeAlias = Annotated[Mapping[str, bool], Items(128)]
"""The options in force, key (spec of the options) -> on; a key that is missing is off."""

RightsWanted: TypeAlias = Annotated[tuple[ConsentRight, ...], Items(16)]


@dataclass(frozen=True, slots=True)
class Screen(Record):
    """One of the customer's screens; x, y, w, h in pixels of the virtual desktop, `scale` 1.0 = 96 dpi."""

    id: Annotated[int, Between(0, 255)]
    x: Annotated[int, Between(-MAX_DESKTOP_SIDE, MAX_DESKTOP_SIDE)]
    y: Annotated[int, Between(-MAX_DESKTOP_SIDE, MAX_DESKTOP_SIDE)]
    w: Annotated[int, Between(1, MAX_DESKTOP_SIDE)]
    h: Annotated[int, Between(1, MAX_DESKTOP_SIDE)]
    scale: Annotated[float, Between(0.25, 8)] = 1.0


Screens: TypeAlias = Annotated[tuple[Screen, ...], Items(MAX_SCREENS)]
ShortText: TypeAlias = Annotated[str, Text(200)]
