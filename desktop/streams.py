"""The streams of a participant's channels: what one carries from an opening to a loss, whatever its way.

Decides when the owner hears of a beginning and an end, and counts the beginnings, so that bytes of a stream
that is over never follow a newer one.
"""

from __future__ import annotations

from typing import Final

from desktop.connection import LinkThread
from desktop.listeners import Listeners
from wire.terms import Channel

__all__ = ["Streams"]

_STREAM: Final = 32


class Streams:
    """Which channels' streams are under way, and the how manieth of its epoch each one is."""

    def __init__(self, link: LinkThread, tell: Listeners) -> None:
        self._link = link
        self._tell = tell
        self._counts: dict[Channel, int] = {}
        self._live: set[Channel] = set()
        self.opening: Channel | None = None
        """The channel whose beginning the owner hears of at this moment."""

    def number(self, channel: Channel, epoch: int) -> int:
        """The number of the channel's present stream in this epoch; from any thread."""
        return epoch + (max(0, self._counts.get(channel, 0) - 1) << _STREAM)

    def begin(self, name: Channel) -> None:
        """A new stream of the channel begins."""
        self._counts[name] = self._counts.get(name, 0) + 1
        self._live.add(name)
        self.opening = name
        if self._tell.channel_open is not None:
            self._link.guard(self._tell.channel_open, name)
        self.opening = None

    def end(self, name: Channel) -> None:
        """The channel's stream is over, if one was under way."""
        if name in self._live:
            self._live.discard(name)
            if self._tell.channel_lost is not None:
                self._link.guard(self._tell.channel_lost, name)

    def count_anew(self) -> None:
        """A new epoch."""
        self._counts.clear()
