"""Admission: whether a ticket or an order is good here and now, exactly once.

wire/ticket.py proves who signed it and for whom; this keeps what only a process can know: the nonces spent in
the last minute, what the web half has voided, and when the door opened. Tickets issued before that moment
are refused, because an earlier process at this address may have accepted them (decision D3). Pure but for its
own memory: time comes from the clock it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from relay.clock import Clock
from wire.errors import LimitExceeded, TicketRefused
from wire.handshake import origin_fits
from wire.limits import TICKET_LIFETIME_S
from wire.ticket import CLOCK_SKEW_S, Order, Ticket, read_order, read_ticket

__all__ = ["Admission", "SpentNonces"]

# A ticket can be shown for its lifetime, from a clock that runs ahead by the skew; the rest is margin.
_MEMORY_S: Final = TICKET_LIFETIME_S + 2 * CLOCK_SKEW_S
MAX_VOIDS: Final = 10_000

_Scope = tuple[str, str, str]


class SpentNonces:
    """The nonces of at least the last `memory_s` seconds and at most twice that, in two generations."""

    def __init__(self, memory_s: float, now: float) -> None:
        self._memory_s: Final = memory_s
        self._since = now
        self._young: set[str] = set()
        self._old: set[str] = set()

    def spend(self, nonce: str, now: float) -> bool:
        """Whether this nonce is new; it is not from now on."""
        self.forget(now)
        if nonce in self._young or nonce in self._old:
            return False
        self._young.add(nonce)
        return True

    def forget(self, now: float) -> None:
        """Drop what is older than anybody may show again."""
        if now - self._since >= self._memory_s:
            self._old = self._young if now - self._since < 2 * self._memory_s else set()
            self._young = set()
            self._since = now

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


class Admission:
    """The guard at one relay's door. Make it when the listening address is its own: that is "start"."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey], relay: str, clock: Clock) -> None:
        self.relay: Final = relay
        self._keys: Final = keys
        self._clock: Final = clock
        self._opened_ms = int(clock.unix() * 1000)
        self._tickets = SpentNonces(_MEMORY_S, clock.monotonic())
        self._orders = SpentNonces(_MEMORY_S, clock.monotonic())
        self._voids: dict[_Scope, tuple[int, float]] = {}  # scope -> (before ms, monotonic s to forget at)

    def redeem(self, text: str, *, session: str, origin: str | None) -> Ticket:
        """The ticket, spent by this call; `session` is the one in the path. Raises TicketRefused."""
        ticket = read_ticket(text, self._keys, relay=self.relay, now=self._clock.unix())
        if ticket.session != session:
            raise TicketRefused("other-session")
        if not origin_fits(origin, ticket.via):
            raise TicketRefused("no-origin")
        if ticket.issued_at_ms <= self._opened_ms:
            raise TicketRefused("before-start")
        if ticket.issued_at_ms < self._voided_before(ticket):
            raise TicketRefused("voided")
        if not self._tickets.spend(ticket.nonce, self._clock.monotonic()):
            raise TicketRefused("spent")
        return ticket

    def redeem_order(self, text: str) -> Order:
        """The order, spent by this call; raises TicketRefused."""
        order = read_order(text, self._keys, relay=self.relay, now=self._clock.unix())
        if order.issued_ms <= self._opened_ms:
            raise TicketRefused("before-start")
        if not self._orders.spend(order.nonce, self._clock.monotonic()):
            raise TicketRefused("spent")
        return order

    def void(self, before_ms: int, tenant: str, session: str = "", participant: str = "") -> None:
        """Refuse the tickets of this scope that were issued before `before_ms`; empty ids mean all.

        Raises LimitExceeded rather than forget an older order that still counts.
        """
        now = self._clock.monotonic()
        scope = (tenant, session, participant)
        if scope not in self._voids and len(self._voids) >= MAX_VOIDS:
            self._voids = {key: value for key, value in self._voids.items() if value[1] > now}
            if len(self._voids) >= MAX_VOIDS:
                raise LimitExceeded("void orders", len(self._voids) + 1, MAX_VOIDS)
        known = self._voids.get(scope, (0, 0.0))[0]
        # Tickets of a moment still to come are voided too, so an order is kept until those have lapsed.
        ahead_s = max(0.0, before_ms / 1000 - self._clock.unix())
        self._voids[scope] = (max(before_ms, known), now + ahead_s + _MEMORY_S)

    def forget(self) -> None:
        """Drop what no longer counts; called now and then."""
        now = self._clock.monotonic()
        self._tickets.forget(now)
        self._orders.forget(now)
        self._voids = {scope: value for scope, value in self._voids.items() if value[1] > now}

    def _voided_before(self, ticket: Ticket) -> int:
        tenant, session, participant = ticket.tenant, ticket.session, ticket.participant
        scopes = (
            (tenant, "", ""),
            (tenant, session, ""),
            (tenant, session, participant),
            (tenant, "", participant),
        )
        return max(self._voids[scope][0] if scope in self._voids else 0 for scope in scopes)
