"""Rooms: which two legs belong together, who has to go, and who has waited long enough. Pure.

A *leg* is one end's connection. A *room* is one channel of one participant of one support session:

    EMPTY --join--> WAITING --join of the other role--> PAIRED --leave, order, newer ticket--> EMPTY
                    WAITING --wait_s over, leave, order, newer ticket--> EMPTY

Both legs of a room have the same epoch, because the keys of the channel depend on it. A newer ticket (higher
epoch; same epoch, issued later) of either role ends what was there. A room keeps nothing when it is empty:
coming back is a new ticket. Every call returns effects that the server carries out; legs are opaque here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from wire.frames import CloseCode
from wire.limits import MAX_WAITING_LEGS
from wire.ticket import Role, Ticket

__all__ = ["Close", "Effect", "Leg", "Over", "Pair", "Place", "Room", "Rooms", "Seat"]

Refusal = Literal["stale", "full"]


@dataclass(frozen=True, slots=True)
class Place:
    """The name of a room."""

    tenant: str
    session: str
    participant: str
    channel: str


@dataclass(frozen=True, slots=True)
class Seat:
    """What a ticket gives: a place, a role in it, and how new it is."""

    place: Place
    role: Role
    epoch: int
    issued_at_ms: int

    @classmethod
    def of(cls, ticket: Ticket) -> Seat:
        """The seat of a ticket that was redeemed."""
        place = Place(ticket.tenant, ticket.session, ticket.participant, ticket.channel)
        return cls(place, ticket.role, ticket.epoch, ticket.issued_at_ms)


class Leg:
    """One end's connection as rooms see it; `received` counts the bytes read from it."""

    __slots__ = ("received", "seat")

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.received = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """Forward between these two from now on."""

    agent: Leg
    customer: Leg


@dataclass(frozen=True, slots=True)
class Close:
    """Say goodbye to this leg with this code."""

    leg: Leg
    code: CloseCode


@dataclass(frozen=True, slots=True)
class Over:
    """A pair is no more; what it carried, for the log and the web half's records."""

    place: Place
    epoch: int
    code: CloseCode
    since: float
    bytes_to_agent: int
    bytes_to_customer: int


Effect = Pair | Close | Over


class Room:
    """The legs of one place at one epoch; `since` is the monotonic second of its last change."""

    __slots__ = ("agent", "customer", "since")

    def __init__(self, leg: Leg, now: float) -> None:
        self.agent: Leg | None = None
        self.customer: Leg | None = None
        self.since = now
        self.seat(leg)

    def seat(self, leg: Leg) -> None:
        if leg.seat.role == "agent":
            self.agent = leg
        else:
            self.customer = leg

    def legs(self) -> list[Leg]:
        return [leg for leg in (self.agent, self.customer) if leg is not None]

    def occupant(self, role: Role) -> Leg | None:
        return self.agent if role == "agent" else self.customer

    @property
    def is_paired(self) -> bool:
        return self.agent is not None and self.customer is not None


class Rooms:
    """All rooms of one relay process; times are monotonic seconds passed in."""

    def __init__(self, *, wait_s: float, max_waiting: int = MAX_WAITING_LEGS) -> None:
        self._wait_s: Final = wait_s
        self._max_waiting: Final = max_waiting
        self._rooms: dict[Place, Room] = {}
        self._waiting: dict[Place, Room] = {}  # in the order they began to wait

    def __iter__(self) -> Iterator[tuple[Place, Room]]:
        return iter(self._rooms.items())

    def __len__(self) -> int:
        return len(self._rooms)

    @property
    def waiting(self) -> int:
        """How many legs wait for their peer."""
        return len(self._waiting)

    def refusal(self, seat: Seat) -> Refusal | None:
        """Why nobody may take this seat now; None when `join` would be right."""
        room = self._rooms.get(seat.place)
        if room is None:
            return "full" if len(self._waiting) >= self._max_waiting else None
        newest = room.occupant(seat.role) or room.legs()[0]
        if newest.seat.epoch > seat.epoch:
            return "stale"
        if newest.seat.role == seat.role and _age(newest.seat) >= _age(seat):
            return "stale"
        return None

    def join(self, leg: Leg, now: float) -> list[Effect]:
        """Seat a leg for which `refusal` is None."""
        effects: list[Effect] = []
        place = leg.seat.place
        room = self._rooms.get(place)
        if room is not None and not _fits(room, leg):
            effects = [Close(old, _why_replaced(old, leg)) for old in room.legs()]
            effects += self._remove(place, CloseCode.REPLACED)
            room = None
        if room is None:
            self._rooms[place] = self._waiting[place] = Room(leg, now)
            return effects
        room.seat(leg)
        room.since = now
        del self._waiting[place]
        assert room.agent is not None
        assert room.customer is not None
        return [*effects, Pair(room.agent, room.customer)]

    def leave(self, leg: Leg, code: CloseCode) -> list[Effect]:
        """A leg ended; its peer, if still here, hears `code`. One that left before changes nothing."""
        room = self._rooms.get(leg.seat.place)
        if room is None or room.occupant(leg.seat.role) is not leg:
            return []
        farewells = [Close(other, code) for other in room.legs() if other is not leg]
        return [*farewells, *self._remove(leg.seat.place, code)]

    def expire(self, now: float) -> list[Effect]:
        """Send away those who have waited for `wait_s`."""
        effects: list[Effect] = []
        while self._waiting:
            place, room = next(iter(self._waiting.items()))
            if now - room.since < self._wait_s:
                break
            self._remove(place, CloseCode.PEER_ABSENT)
            effects += [Close(leg, CloseCode.PEER_ABSENT) for leg in room.legs()]
        return effects

    def close_matching(
        self, code: CloseCode, tenant: str = "", session: str = "", participant: str = ""
    ) -> list[Effect]:
        """Empty all rooms that match every id given; no id at all means every room."""
        found = [
            place
            for place in self._rooms
            if tenant in ("", place.tenant)
            and session in ("", place.session)
            and participant in ("", place.participant)
        ]
        effects: list[Effect] = []
        for place in found:
            effects += [Close(leg, code) for leg in self._rooms[place].legs()]
            effects += self._remove(place, code)
        return effects

    def _remove(self, place: Place, code: CloseCode) -> list[Over]:
        room = self._rooms.pop(place)
        self._waiting.pop(place, None)
        if room.agent is None or room.customer is None:
            return []
        epoch = room.agent.seat.epoch
        return [Over(place, epoch, code, room.since, room.customer.received, room.agent.received)]


def _age(seat: Seat) -> tuple[int, int]:
    return seat.epoch, seat.issued_at_ms


def _fits(room: Room, leg: Leg) -> bool:
    """Whether the leg completes the room: its seat is free and the other end is of the same epoch."""
    other = room.legs()[0]
    return not room.is_paired and other.seat.role != leg.seat.role and other.seat.epoch == leg.seat.epoch


def _why_replaced(old: Leg, new: Leg) -> CloseCode:
    """The same end came again; or the other end moved on without this one, which then asks for a ticket."""
    return CloseCode.REPLACED if old.seat.role == new.seat.role else CloseCode.PEER_LOST
