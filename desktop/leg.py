"""One channel in one epoch on one way: its socket, its seal, and what waits for it."""

from __future__ import annotations

import logging
from typing import Final

from desktop.connection import Connection, Timer
from wire.channel import SealedChannel
from wire.direct import DirectChannel
from wire.terms import Channel

__all__ = ["Leg"]

log = logging.getLogger(__name__)


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
        self.end_patience()
        if self.connection is not None:
            self.channel.close(code, reason)
            self.connection.finish()

    def drop(self) -> None:
        """Close the socket without a word."""
        self.end_patience()
        if self.connection is not None:
            self.connection.close()

    def end_patience(self) -> None:
        """It is sealed, or it is over: nobody waits any more."""
        if self.patience is not None:
            self.patience.cancel()

    def log_end(self, epoch: int, now: float, *, was_open: bool) -> None:
        """Write down how it ended and what it carried."""
        facts: dict[str, object] = {"channel": self.name, "epoch": epoch, "reason": self.why}
        if was_open and self.connection is not None:
            facts["duration_s"] = round(now - self.opened_at, 1)
            facts["sent_bytes"] = self.connection.sent_bytes
            facts["received_bytes"] = self.connection.received_bytes
        log.info("channel_closed", extra=facts)
