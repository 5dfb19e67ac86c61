"""What a ParticipantLink tells its owner, and the words for it. Each may be None: nobody listens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from wire.control.messages import ControlMessage
from wire.terms import Channel

__all__ = ["LinkState", "Listeners", "Way"]

LinkState: TypeAlias = Literal["ok", "unstable", "lost"]
Way: TypeAlias = Literal["direct", "relay"]


@dataclass(slots=True)
class Listeners:
    """All are called on the link thread; hand what they get to a queue.Queue."""

    words: Callable[[tuple[str, ...]], None] | None = None
    """The six words, once after each key exchange (a second time only if an end lost its keys)."""
    channel_open: Callable[[Channel], None] | None = None
    """The channel is sealed and empty: begin anew (a new RFB protocol object for "screen"). Read `link.epoch`
    here and give it to `send`, so that bytes of an older stream never follow it.
    """
    plain: Callable[[Channel, bytes], None] | None = None
    """Bytes of "screen" or "files"; RFB is a byte stream, borders mean nothing."""
    control: Callable[[int, ControlMessage], None] | None = None
    """(i, message) of "control", checked by ControlProtocol; beats are not passed on."""
    channel_lost: Callable[[Channel], None] | None = None
    """The channel closed; it comes back by itself through `channel_open`."""
    drained: Callable[[Channel], None] | None = None
    """pending_bytes(channel) has become small: go on encoding."""
    state: Callable[[LinkState, int | None], None] | None = None
    """(ok | unstable | lost, round trip in ms or None) on every change."""
    end: Callable[[str, str], None] | None = None
    """(by, reason), once: the other end or the system ended, or B-31 / B-32 broke the trust. Not after our
    own end() or close().
    """
    way: Callable[[Way], None] | None = None
    """How the screen goes now, on every change."""
