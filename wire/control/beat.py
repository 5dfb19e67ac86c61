"""Signs of life on the control channel: when to send one, and how the line is. Pure, the clock is passed in.

A beat goes out every 500 ms; 1.5 s of silence are shown as unstable, 8 s are the end of this connection
(docs/decisions: D20 of the design, repeated in docs/wire.md). Any record counts as a sign of life.
"""

from __future__ import annotations

from typing import Final

from wire.control.messages import Beat
from wire.limits import CONTROL_BEAT_S, CONTROL_DEAD_S, CONTROL_UNSTABLE_S
from wire.signal.messages import LinkQuality

__all__ = ["Heartbeat"]

# What is promised is when people see it; the last tenth is for the way to their screen.
_UNSTABLE_S: Final = CONTROL_UNSTABLE_S - 0.1
_DEAD_S: Final = CONTROL_DEAD_S - 0.1


class Heartbeat:
    """The beat of one control connection, from the moment the other side's hello has come."""

    def __init__(self, now: float) -> None:
        self.rtt_ms: int | None = None
        self._heard = now
        self._due = now
        self._peer_sent_ms: int | None = None
        self._peer_sent_at = now

    def heard(self, now: float) -> None:
        """Any record arrived."""
        self._heard = now

    def take(self, beat: Beat, now: float) -> None:
        """Take the other side's beat: remember what to echo, measure the round trip."""
        self._heard = now
        self._peer_sent_ms, self._peer_sent_at = beat.sent_ms, now
        if beat.echo_ms is not None:
            self.rtt_ms = min(max(0, int(now * 1000) - beat.echo_ms), 600_000)

    def due(self, now: float) -> Beat | None:
        """Return the beat to send now, None before its time."""
        if now < self._due:
            return None
        # After a sleep the missed beats are not made up for.
        self._due = max(self._due + CONTROL_BEAT_S, now + CONTROL_BEAT_S / 2)
        echo = None
        if self._peer_sent_ms is not None:
            echo = self._peer_sent_ms + int((now - self._peer_sent_at) * 1000)
        return Beat(int(now * 1000), echo)

    def next_due(self, now: float) -> float:
        """Return when to ask again for `due` and `quality`, seconds of the same clock."""
        changes = (self._heard + silence_s for silence_s in (_UNSTABLE_S, _DEAD_S))
        return min([self._due, *(at for at in changes if at > now)])

    def quality(self, now: float) -> LinkQuality:
        """Return ok, unstable after 1.5 s of silence, lost after 8 s."""
        if now >= self._heard + _DEAD_S:
            return "lost"
        return "unstable" if now >= self._heard + _UNSTABLE_S else "ok"
