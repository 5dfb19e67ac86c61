"""The control channel while it is open: what is said and heard on it, and its signs of life.

Decides when a beat goes out and when silence is the end of this connection. Leaves the rules to
wire/control, and what the messages mean to desktop/support_link.py. All of it on the link thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from desktop.connection import LinkThread, Timer
from desktop.leg import Leg
from wire.control.beat import Heartbeat
from wire.control.messages import Beat, ControlMessage
from wire.control.protocol import ControlProtocol
from wire.errors import ProtocolError
from wire.signal.messages import LinkQuality
from wire.terms import Right, Side

__all__ = ["BAD_CONTROL", "ControlTalk"]

log = logging.getLogger(__name__)

BAD_CONTROL: Final = 4032
"""Close code of a control channel on which the other end broke the rules."""


class ControlTalk:
    """One participant's control channel, over all its connections."""

    def __init__(
        self,
        link: LinkThread,
        role: Side,
        participant: str,
        *,
        on_message: Callable[[int, ControlMessage], None],
        on_bad: Callable[[Leg], None],
        on_dead: Callable[[str], None],
        on_sign: Callable[[], None],
    ) -> None:
        """`on_bad`: the other end broke the rules, the leg is closed. `on_dead`: the line is, with the
        reason. `on_sign`: judge the line anew.
        """
        self._link = link
        self._role: Side = role
        self._participant = participant
        self._on_message, self._on_bad = on_message, on_bad
        self._on_dead, self._on_sign = on_dead, on_sign
        self._leg: Leg | None = None
        self._protocol: ControlProtocol | None = None
        self._beat: Heartbeat | None = None
        self._beat_timer: Timer | None = None

    @property
    def is_open(self) -> bool:
        """Whether something may be said."""
        return self._protocol is not None

    @property
    def rtt_ms(self) -> int | None:
        """The newest round trip, None before the first; from any thread."""
        beat = self._beat
        return beat.rtt_ms if beat is not None else None

    def quality(self) -> LinkQuality:
        """How the line is by its signs of life."""
        return self._beat.quality(self._link.clock()) if self._beat is not None else "unstable"

    def open(self, leg: Leg) -> None:
        """Begin on a leg that was sealed."""
        self._leg = leg
        self._protocol = ControlProtocol(self._role)
        self._beat = Heartbeat(self._link.clock())

    def close(self) -> None:
        """The leg is gone."""
        self._leg = self._protocol = self._beat = None
        if self._beat_timer is not None:
            self._beat_timer.cancel()

    def say(self, message: ControlMessage) -> None:
        """Send a message, if the channel is open."""
        if self._protocol is None:
            return
        try:
            self._protocol.send(message, self._link.clock())
        except ProtocolError as error:
            log.warning("control_not_sent", extra={"type": message.TYPE, "reason": str(error)})
            return
        self._flush()

    def refuse(self, i: int, code: str, option: str | None, right: Right | None) -> None:
        """Answer record `i` with `refused`, if the channel is open."""
        if self._protocol is not None:
            self._protocol.refuse(i, code, option=option, right=right)
            self._flush()

    def take(self, leg: Leg, plain: bytes) -> None:
        """Take a record of the other end."""
        if self._protocol is None or self._beat is None:
            return
        now = self._link.clock()
        self._beat.heard(now)
        try:
            self._protocol.receive(plain, now)
        except ProtocolError as error:
            log.warning("control_broken", extra={"participant": self._participant, "reason": str(error)})
            self._flush()
            leg.close(BAD_CONTROL, "control rules broken")
            self._on_bad(leg)
            return
        self._flush()
        for event in self._protocol.events():
            if not isinstance(event.message, Beat):
                self._on_message(event.i, event.message)
            elif self._beat is not None:
                self._beat.take(event.message, now)
        self._on_sign()

    def tick(self) -> None:
        """Send the beat that is due, look for silence, and come again when there is something to do."""
        leg = self._leg
        if self._beat is None or leg is None:
            return
        now = self._link.clock()
        quality = self._beat.quality(now)
        if quality == "lost":
            log.info("channel_silent", extra={"participant": self._participant})
            self._on_dead("silent")
            return
        if quality != "ok" and leg.connection is not None and leg.connection.has_lost_address():
            log.info("address_lost", extra={"participant": self._participant})
            self._on_dead("address lost")
            return
        beat = self._beat.due(now)
        if beat is not None:
            self.say(beat)
        self._on_sign()
        if self._beat is not None:
            wait_s = max(0.0, self._beat.next_due(now) - now)
            self._beat_timer = self._link.call_later(wait_s, self.tick)

    def _flush(self) -> None:
        leg = self._leg
        if self._protocol is None or leg is None or leg.connection is None or not leg.channel.is_open:
            return
        for plain in self._protocol.outgoing():
            leg.channel.send(plain)
        leg.connection.flush()
