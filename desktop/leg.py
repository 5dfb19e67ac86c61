"""One channel in one epoch on one way: its socket, its seal, and what waits for it."""

from __future__ import annotations

from typing import Final

from desktop.connection import Connection, Timer
from wire.channel import SealedChannel
from wire.direct import DirectChannel
from wire.terms import Channel

__all__ = ["Leg"]


class Leg:
    """One channel in one epoch: its socket, its seal, and what waits for it."""

    def __init__(self, name: Channel, channel: SealedChannel | DirectChannel) -> None:
        self.name: Channel = name
        self.channel: Final = channel
        self.connection: Connection | None = None
        self.is_open = False
        self.was_polite = False
        self.why = ""
        self.opened_at = 0.0
        self.queued = 0
        self.is_held = False
        self.heard_bytes = 0
        self.heard_at = 0.0
        self.patience: Timer | None = None

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye and let the socket finish by itself."""
        self.why = self.why or reason
        if self.patience is not None:
            self.patience.cancel()
        if self.connection is not None:
            self.channel.close(code, reason)
            self.connection.finish()
