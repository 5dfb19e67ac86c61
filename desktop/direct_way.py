"""Which way a participant's channels go: straight between the two programs, or through the relay.

Decides when the straight way is offered or dialled, when a channel changes to it, when it is left, and when
it is tried again. Leaves listening and dialling to desktop/direct.py. The relay's leg waits all the while: a
mark on it says that the channel's stream begins anew there.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from desktop.connection import LinkThread, Timer
from desktop.control_talk import ControlTalk
from desktop.direct import DirectDial, DirectDoor
from desktop.leg import Leg
from desktop.listeners import Listeners, Way
from desktop.participant_keys import ParticipantKeys
from desktop.streams import Streams
from wire.channel import Closed, Opened, PlainReceived
from wire.control.messages import Direct
from wire.errors import LinkLost
from wire.limits import DIRECT_BEAT_S, DIRECT_DEAD_S, DIRECT_SEALED_S
from wire.seal import SealedStream
from wire.signal.messages import Offer
from wire.terms import Channel

__all__ = ["DIRECT", "DirectWay"]

log = logging.getLogger(__name__)

DIRECT: Final = "direct"
"""The feature in `hello` of an end that knows the straight way."""
_AGAIN_S: Final = (30.0, 120.0, 600.0)


class DirectWay:
    """The straight way of one participant; `legs` are those that carry. All of it on the link thread."""

    def __init__(
        self,
        link: LinkThread,
        wanted: tuple[Channel, ...],
        *,
        tell: Listeners,
        keys: ParticipantKeys,
        control: ControlTalk,
        streams: Streams,
        relayed: Mapping[Channel, Leg],
        make_door: Callable[[str], DirectDoor] | None,
        may_dial: bool,
        on_drained: Callable[[Leg], None],
    ) -> None:
        """`relayed` are the relay's legs, which their owner goes on changing."""
        self._link = link
        self._wanted = wanted
        self._tell = tell
        self._keys = keys
        self._control = control
        self._streams = streams
        self._relayed = relayed
        self._make_door, self._may_dial = make_door, may_dial
        self._on_drained = on_drained
        self._door: DirectDoor | None = None
        self._dial = DirectDial(link, self._stream, self._take_event, self._lose)
        self.legs: dict[Channel, Leg] = {}
        # Channels whose relay leg still holds bytes of an old stream.
        self._skipping: set[Channel] = set()
        self._epoch = 0
        self._options: Mapping[str, bool] = {}
        self._relay_host = ""
        self._tries = 0
        self._again: Timer | None = None
        self._beat_timer: Timer | None = None
        self._ticked = 0.0
        self._is_over = False

    @property
    def is_known(self) -> bool:
        """Whether this end takes part."""
        return self._make_door is not None or self._may_dial

    @property
    def way(self) -> Way:
        """How the screen goes now; from any thread."""
        return "direct" if "screen" in self.legs else "relay"

    def is_between(self, name: Channel) -> bool:
        """Whether what comes on the relay's leg of this channel is of a stream that is over."""
        return name in self.legs or name in self._skipping

    def take_offer(self, offer: Offer) -> None:
        """A new epoch begins: what it allows, and where its relay is."""
        self._epoch, self._options = offer.epoch, offer.options
        self._relay_host = urlsplit(offer.relay_url).hostname or ""

    def offer(self) -> None:
        """The agent's end: say where it can be reached, once control works."""
        wanted = self._missing()
        if self._make_door is None or self._options.get("always_relay") or not wanted or self._is_over:
            return
        if self._door is None:
            self._door = self._make_door(self._relay_host)
        self._door.offer(wanted, self._stream, self._welcome, self._control.say)

    def take(self, i: int, message: Direct) -> None:
        """The customer's end: try what the agent's end named; the relay carries until one of it works."""
        if self._options.get("always_relay"):
            self._control.refuse(i, "option", "always_relay", None)
        elif self._may_dial:
            self._dial.take(message, self._missing(), relay_is_local=_is_loopback(self._relay_host))

    def take_mark(self, name: Channel) -> None:
        """On the relay's leg: the other end begins the channel's stream anew there."""
        if name in self._skipping:
            self._skipping.discard(name)
        elif self.is_known:
            self._fall_back(name, was_told=True)

    def drop(self) -> None:
        """Leave the straight way altogether: a new epoch, or the end."""
        self._dial.stop()
        if self._door is not None:
            self._door.forget_tokens()
        for timer in (self._again, self._beat_timer):
            if timer is not None:
                timer.cancel()
        self._again = self._beat_timer = None
        self._skipping.clear()
        for name in list(self.legs):
            self._streams.end(name)
            self._let_go(self.legs[name])
            self._tell_way(name)

    def stop(self) -> None:
        """The link is over."""
        self._is_over = True
        self.drop()
        if self._door is not None:
            self._door.close()

    # -- a leg of it

    def _missing(self) -> list[Channel]:
        return [name for name in self._wanted if name != "control" and name not in self.legs]

    def _stream(self, name: Channel) -> SealedStream:
        return self._keys.stream(name, self._epoch, "direct")

    def _welcome(self, leg: Leg) -> tuple[Callable[[Leg, Any], None], Callable[[Leg, LinkLost], None]]:
        leg.patience = self._link.call_later(DIRECT_SEALED_S, leg.drop)
        return self._take_event, self._lose

    def _take_event(self, leg: Leg, event: object) -> None:
        if isinstance(event, Opened):
            self._begin(leg)
        elif isinstance(event, PlainReceived):
            if self.legs.get(leg.name) is leg and self._tell.plain is not None:
                self._tell.plain(leg.name, event.data)
        elif isinstance(event, Closed):
            leg.why = event.reason

    def _begin(self, leg: Leg) -> None:
        if leg.name in self.legs or not self._control.is_open or self._is_over:
            leg.drop()
            return
        self._dial.won(leg)
        leg.end_patience()
        now = self._link.clock()
        leg.is_open, leg.opened_at, leg.heard_at = True, now, now
        assert leg.connection is not None
        leg.connection.on_drained = lambda: self._on_drained(leg)
        log.info("direct_opened", extra={"channel": leg.name, "epoch": self._epoch})
        self._streams.end(leg.name)
        self.legs[leg.name] = leg
        self._streams.begin(leg.name)
        self._tell_way(leg.name)
        if self._beat_timer is None:
            self._beat()

    def _lose(self, leg: Leg, lost: LinkLost) -> None:
        self._dial.lost(leg)
        leg.why = leg.why or str(lost)
        if self.legs.get(leg.name) is leg:
            self._fall_back(leg.name)

    def _let_go(self, leg: Leg) -> None:
        del self.legs[leg.name]
        leg.is_open = False
        leg.drop()
        leg.log_end(self._epoch, self._link.clock(), was_open=True)

    def _fall_back(self, name: Channel, *, was_told: bool = False) -> None:
        """Go on through the relay, whose leg has been waiting: the stream begins anew behind a mark there."""
        leg = self.legs.get(name)
        self._streams.end(name)
        if leg is not None:
            self._let_go(leg)
        relayed = self._relayed.get(name)
        if relayed is not None and relayed.is_open and relayed.connection is not None:
            if not was_told:
                self._skipping.add(name)
            relayed.channel.mark()
            relayed.connection.flush()
            self._streams.begin(name)
        self._tell_way(name)
        if self._again is None and self._make_door is not None and not self._is_over:
            wait_s = _AGAIN_S[min(self._tries, len(_AGAIN_S) - 1)]
            self._tries += 1
            self._again = self._link.call_later(wait_s, self._try_again)

    def _try_again(self) -> None:
        self._again = None
        if self._control.is_open:
            self.offer()

    def _beat(self) -> None:
        """A sign of life a second; a way that is silent for DIRECT_DEAD_S is left."""
        now = self._link.clock()
        # After our own sleep the other end's silence is not its fault.
        slept = self._ticked and now - self._ticked > DIRECT_DEAD_S
        self._ticked = now
        for leg in list(self.legs.values()):
            assert leg.connection is not None
            if leg.connection.received_bytes != leg.heard_bytes or leg.is_held or slept:
                leg.heard_bytes, leg.heard_at = leg.connection.received_bytes, now
            if now - leg.heard_at > DIRECT_DEAD_S:
                leg.why = "silent"
                self._fall_back(leg.name)
            elif leg.channel.is_open:
                leg.channel.mark()
                leg.connection.flush()
        self._beat_timer = self._link.call_later(DIRECT_BEAT_S, self._beat) if self.legs else None

    def _tell_way(self, name: Channel) -> None:
        if name == "screen" and self._tell.way is not None:
            self._link.guard(self._tell.way, self.way)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
