"""The straight way between the two programs: the agent's listens, the customer's dials.

Decides where to listen, whom to let in and what to try. The customer's PC never opens a port: a firewall's
question would frighten whoever is being helped. Leaves the bytes to wire/direct.py, and when a channel
changes its way to desktop/direct_way.py. All of it on the link thread.

Pre-auth work is bounded: at most MAX_DIRECT_STRANGERS connections without a token, each for DIRECT_TOKEN_S,
each costing one comparison; a token opens one connection.
"""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
import logging
import secrets
import selectors
import socket
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

from desktop.connection import Connection, LinkThread, Timer
from desktop.direct_places import forwarded_places, own_addresses
from desktop.leg import Leg
from wire.control.messages import Direct, Place
from wire.direct import DirectChannel
from wire.errors import LinkLost
from wire.limits import (
    DIRECT_SEALED_S,
    DIRECT_TOKEN_BYTES,
    DIRECT_TOKEN_S,
    MAX_DIRECT_PLACES,
    MAX_DIRECT_STRANGERS,
)
from wire.seal import SealedStream
from wire.terms import Channel

__all__ = ["DirectDial", "DirectDoor", "Gateway", "is_allowed"]

log = logging.getLogger(__name__)

_BACKLOG: Final = 8
_MAX_ATTEMPTS: Final = 32

MakeStream = Callable[[Channel], SealedStream]
OnEvent = Callable[[Leg, Any], None]
OnLost = Callable[[Leg, LinkLost], None]


class Gateway(Protocol):
    """A router that can be asked to let somebody in; both may block for seconds (desktop/upnp.py)."""

    def open(self, port: int) -> tuple[str, int] | None:
        """Pass a port of the router on to our `port`; return the address to dial, None where it will not."""

    def close(self) -> None:
        """Take that back."""


def is_allowed(host: str, *, relay_is_local: bool) -> bool:
    """Whether the customer program may dial this address: never a loopback one, unless all runs on one
    machine, and never a multicast or unspecified one.
    """
    address = ipaddress.ip_address(host)
    if address.is_loopback:
        return relay_is_local
    return not (address.is_multicast or address.is_unspecified or address.is_reserved)


class _Guest:
    """A connection at the door; a stranger until its token matched."""

    __slots__ = ("channel", "connection", "on_event", "on_lost", "patience")

    def __init__(self) -> None:
        self.channel: DirectChannel | None = None
        self.connection: Connection | None = None
        self.patience: Timer | None = None
        self.on_event: Callable[[Any], None] = lambda _event: None
        self.on_lost: Callable[[LinkLost], None] = lambda _lost: None


class DirectDoor:
    """The agent's side, for one participant: a listening socket and the tokens that open it."""

    def __init__(
        self, link: LinkThread, *, forwarded: str = "", gateway: Gateway | None = None, toward: str = ""
    ) -> None:
        """`forwarded` is what the router passes on by hand, `toward` the relay's host: the address that leads
        there comes first.
        """
        self._link = link
        self._forwarded = forwarded
        self._gateway = gateway
        self._toward = toward
        self._listener: socket.socket | None = None
        self._port = 0
        self._places: list[tuple[str, int]] = []
        self._tokens: dict[Channel, bytes] = {}
        self._make_stream: MakeStream | None = None
        self._on_leg: Callable[[Leg], tuple[OnEvent, OnLost]] | None = None
        self._strangers: list[_Guest] = []
        self._is_closed = False

    def offer(
        self,
        channels: Iterable[Channel],
        make_stream: MakeStream,
        on_leg: Callable[[Leg], tuple[OnEvent, OnLost]],
        say: Callable[[Direct], None],
    ) -> None:
        """Say where we are, with new tokens; earlier ones open nothing any more. `on_leg` gets each leg as
        soon as its token matched.
        """
        if self._is_closed or not (self._listener or self._open()):
            return
        self._make_stream, self._on_leg = make_stream, on_leg
        self._tokens = {name: secrets.token_bytes(DIRECT_TOKEN_BYTES) for name in channels}
        say(self._message())
        if self._gateway is not None and len(self._places) < MAX_DIRECT_PLACES:
            gateway, port, tokens = self._gateway, self._port, self._tokens
            self._link.run_aside(lambda: gateway.open(port), lambda found: self._opened(found, tokens, say))

    def forget_tokens(self) -> None:
        """Let nobody in until the next offer."""
        self._tokens = {}

    def close(self) -> None:
        """Listen no more."""
        self._is_closed = True
        self.forget_tokens()
        for guest in list(self._strangers):
            self._send_away(guest)
        if self._listener is not None:
            self._link.watch(self._listener, 0, self._ready)
            self._listener.close()
            self._listener = None
        if self._gateway is not None:
            self._link.run_aside(self._gateway.close, lambda _result: None)

    def _open(self) -> bool:
        try:
            forwarded = forwarded_places(self._forwarded) if self._forwarded else []
        except ValueError as error:
            log.warning("forwarded_address_ignored", extra={"reason": str(error)})
            forwarded = []
        places: list[tuple[str, int]] = []
        for place in [*forwarded, None]:
            try:
                self._listener = _listen(place[1] if place else 0)
            except OSError:
                continue  # another support window of this PC has that port
            places = [place] if place else []
            break
        if self._listener is None:
            log.warning("direct_not_listening")
            return False
        self._port = int(self._listener.getsockname()[1])
        self._link.watch(self._listener, selectors.EVENT_READ, self._ready)
        own = [(host, self._port) for host in own_addresses(self._toward)]
        self._places = [*own, *places][:MAX_DIRECT_PLACES]
        return True

    def _message(self) -> Direct:
        places = tuple(Place(host, port) for host, port in self._places)
        return Direct(places, {name: token.hex() for name, token in self._tokens.items()})

    def _opened(self, found: object, tokens: object, say: Callable[[Direct], None]) -> None:
        if isinstance(found, BaseException):
            log.info("gateway_failed", extra={"reason": str(found)})
        elif isinstance(found, tuple) and tokens is self._tokens and self._tokens and not self._is_closed:
            place = (str(found[0]), int(found[1]))
            if place not in self._places:
                self._places.append(place)
                say(self._message())

    # -- who comes

    def _ready(self, _mask: int) -> None:
        assert self._listener is not None
        try:
            sock, _address = self._listener.accept()
        except OSError:
            return
        if len(self._strangers) >= MAX_DIRECT_STRANGERS:
            self._send_away(self._strangers[0])
        guest = _Guest()
        guest.channel = DirectChannel(find=lambda token: self._match(guest, token))
        self._strangers.append(guest)
        guest.patience = self._link.call_later(DIRECT_TOKEN_S, lambda: self._send_away(guest))
        guest.connection = self._link.adopt(
            sock,
            guest.channel,
            lambda event: guest.on_event(event),  # noqa: PLW0108  # who it is for is known later
            lambda lost: self._lost(guest, lost),
        )

    def _match(self, guest: _Guest, token: bytes) -> SealedStream | None:
        known = [name for name, one in self._tokens.items() if hmac.compare_digest(one, token)]
        if not known or self._make_stream is None or self._on_leg is None:
            return None
        del self._tokens[known[0]]
        self._forget(guest)
        assert guest.channel is not None
        leg = Leg(known[0], guest.channel)
        leg.connection = guest.connection
        on_event, on_lost = self._on_leg(leg)
        guest.on_event = lambda event: on_event(leg, event)
        guest.on_lost = lambda lost: on_lost(leg, lost)
        return self._make_stream(known[0])

    def _lost(self, guest: _Guest, lost: LinkLost) -> None:
        self._forget(guest)
        guest.on_lost(lost)

    def _send_away(self, guest: _Guest) -> None:
        self._forget(guest)
        if guest.connection is not None:
            guest.connection.close()

    def _forget(self, guest: _Guest) -> None:
        if guest.patience is not None:
            guest.patience.cancel()
        with contextlib.suppress(ValueError):
            self._strangers.remove(guest)


def _listen(port: int) -> socket.socket:
    """Raises OSError: the port is taken."""
    if socket.has_dualstack_ipv6():
        with contextlib.suppress(OSError):
            made = socket.create_server(
                ("::", port), family=socket.AF_INET6, backlog=_BACKLOG, dualstack_ipv6=True
            )
            made.setblocking(False)
            return made
    made = socket.create_server(("", port), backlog=_BACKLOG)
    made.setblocking(False)
    return made


class DirectDial:
    """The customer's side, for one participant: tries every place at once, the first sealed leg wins."""

    def __init__(self, link: LinkThread, make_stream: MakeStream, on_event: OnEvent, on_lost: OnLost) -> None:
        self._link = link
        self._make_stream = make_stream
        self._on_event, self._on_lost = on_event, on_lost
        self._tried: set[tuple[str, str, int]] = set()
        self._racing: dict[Channel, list[Leg]] = {}

    def take(self, message: Direct, channels: Iterable[Channel], *, relay_is_local: bool) -> None:
        """Dial what is new in the message, for those of its channels that are wanted."""
        for name in channels:
            token = message.tokens.get(name)
            for place in message.places if token is not None else ():
                self._dial(name, place, token or "", relay_is_local)

    def won(self, leg: Leg) -> None:
        """This leg was sealed first: the others of its channel are let go."""
        for other in self._racing.pop(leg.name, []):
            if other is not leg:
                other.drop()

    def lost(self, leg: Leg) -> None:
        """This leg came to nothing."""
        racing = self._racing.get(leg.name, [])
        if leg in racing:
            racing.remove(leg)
        leg.end_patience()

    def stop(self) -> None:
        """Let everything go that is under way."""
        racing, self._racing = self._racing, {}
        for legs in racing.values():
            for leg in legs:
                leg.drop()
        self._tried.clear()

    def _dial(self, name: Channel, place: Place, token: str, relay_is_local: bool) -> None:
        key = (token, place.host, place.port)
        try:
            is_allowed_here = is_allowed(place.host, relay_is_local=relay_is_local)
        except ValueError:
            is_allowed_here = False
        if key in self._tried or not is_allowed_here or len(self._tried) >= _MAX_ATTEMPTS:
            return
        self._tried.add(key)
        leg = Leg(name, DirectChannel(stream=self._make_stream(name), token=bytes.fromhex(token)))
        self._racing.setdefault(name, []).append(leg)
        leg.connection = self._link.dial(
            place.host,
            place.port,
            leg.channel,
            lambda event: self._on_event(leg, event),
            lambda lost: self._on_lost(leg, lost),
        )
        leg.patience = self._link.call_later(DIRECT_SEALED_S, lambda: self._give_up(leg))

    def _give_up(self, leg: Leg) -> None:
        leg.drop()
        self._on_lost(leg, LinkLost("not sealed in time"))
