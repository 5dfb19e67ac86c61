"""Rooms: who meets whom, who replaces whom, and who goes; on plain values."""

from __future__ import annotations

from typing import Any

import pytest

from relay.rooms import Close, Leg, Over, Pair, Place, Rooms, Seat
from wire.frames import CloseCode

WAIT_S = 30.0


def leg(role: Any = "agent", epoch: int = 1, issued_at_ms: int = 1000, **place: str) -> Leg:
    values = {"tenant": "maru", "session": "s1", "participant": "p1", "channel": "screen", **place}
    return Leg(Seat(Place(**values), role, epoch, issued_at_ms))


@pytest.fixture
def rooms() -> Rooms:
    return Rooms(wait_s=WAIT_S, max_waiting=3)


def test_it_lets_the_first_wait_and_pairs_the_second(rooms: Rooms) -> None:
    customer, agent = leg("customer"), leg("agent")
    assert rooms.join(customer, now=0) == []
    assert rooms.waiting == 1
    assert rooms.join(agent, now=1) == [Pair(agent, customer)]
    assert (rooms.waiting, len(rooms)) == (0, 1)


@pytest.mark.parametrize("other", ["tenant", "session", "participant", "channel"])
def test_it_never_pairs_across_places(rooms: Rooms, other: str) -> None:
    rooms.join(leg("customer"), now=0)
    assert rooms.join(leg("agent", **{other: "else"}), now=0) == []
    assert rooms.waiting == 2


def test_it_never_pairs_two_of_one_role(rooms: Rooms) -> None:
    first, second = leg("agent", issued_at_ms=1000), leg("agent", issued_at_ms=1001)
    rooms.join(first, now=0)
    assert rooms.join(second, now=0) == [Close(first, CloseCode.REPLACED)]


def test_it_never_pairs_different_epochs(rooms: Rooms) -> None:
    customer, agent = leg("customer", epoch=1), leg("agent", epoch=2)
    rooms.join(customer, now=0)
    assert rooms.join(agent, now=0) == [Close(customer, CloseCode.PEER_LOST)]
    assert rooms.refusal(leg("customer", epoch=1, issued_at_ms=9999).seat) == "stale"
    newer = leg("customer", epoch=2)
    assert rooms.join(newer, now=0) == [Pair(agent, newer)]


def test_it_ends_the_old_pair_for_a_higher_epoch(rooms: Rooms) -> None:
    agent, customer, newer = leg("agent"), leg("customer"), leg("agent", epoch=2)
    rooms.join(agent, now=0)
    rooms.join(customer, now=0)
    assert rooms.join(newer, now=1) == [
        Close(agent, CloseCode.REPLACED),
        Close(customer, CloseCode.PEER_LOST),
        Over(agent.seat.place, 1, CloseCode.REPLACED, 0, 0, 0),
    ]
    assert rooms.waiting == 1


@pytest.mark.parametrize(("epoch", "issued_at_ms"), [(1, 9999), (2, 1000), (2, 999)])
def test_it_refuses_a_ticket_that_is_not_newer(rooms: Rooms, epoch: int, issued_at_ms: int) -> None:
    rooms.join(leg("agent", epoch=2), now=0)
    assert rooms.refusal(leg("agent", epoch=epoch, issued_at_ms=issued_at_ms).seat) == "stale"


def test_it_bounds_who_waits_but_lets_their_peers_in(rooms: Rooms) -> None:
    for number in range(3):
        rooms.join(leg("customer", session=f"s{number}"), now=0)
    assert rooms.refusal(leg("customer", session="s9").seat) == "full"
    assert rooms.refusal(leg("agent", session="s1").seat) is None


def test_it_sends_away_who_waited_too_long_and_nobody_else(rooms: Rooms) -> None:
    early, late = leg("customer", session="s1"), leg("customer", session="s2")
    rooms.join(early, now=0)
    rooms.join(late, now=5)
    for role in ("agent", "customer"):
        rooms.join(leg(role, session="s3"), now=0)
    assert rooms.expire(WAIT_S - 0.01) == []
    assert rooms.expire(WAIT_S) == [Close(early, CloseCode.PEER_ABSENT)]
    assert rooms.expire(WAIT_S + 5) == [Close(late, CloseCode.PEER_ABSENT)]
    assert len(rooms) == 1


def test_it_tells_the_peer_of_who_left(rooms: Rooms) -> None:
    agent, customer = leg("agent"), leg("customer")
    rooms.join(agent, now=0)
    rooms.join(customer, now=7)
    agent.received, customer.received = 10, 20000
    over = Over(agent.seat.place, 1, CloseCode.PEER_LOST, since=7, bytes_to_agent=20000, bytes_to_customer=10)
    assert rooms.leave(agent, CloseCode.PEER_LOST) == [Close(customer, CloseCode.PEER_LOST), over]
    assert rooms.leave(customer, CloseCode.PEER_LOST) == []
    assert len(rooms) == 0


def test_it_ignores_the_end_of_a_leg_that_was_replaced(rooms: Rooms) -> None:
    old, new = leg("agent"), leg("agent", epoch=2)
    rooms.join(old, now=0)
    rooms.join(new, now=0)
    assert rooms.leave(old, CloseCode.PEER_LOST) == []
    assert rooms.waiting == 1


@pytest.mark.parametrize(
    ("ids", "left"),
    [
        ({"tenant": "maru"}, 1),
        ({"tenant": "maru", "session": "s1"}, 2),
        ({"tenant": "maru", "session": "s1", "participant": "p2"}, 3),
        ({"tenant": "maru", "session": "unknown"}, 4),
        ({}, 0),
    ],
)
def test_it_closes_what_matches_every_id(ids: dict[str, str], left: int) -> None:
    rooms = Rooms(wait_s=WAIT_S)
    for place in [("maru", "s1", "p1"), ("maru", "s1", "p2"), ("maru", "s2", "p1"), ("nuri", "s3", "p1")]:
        rooms.join(leg(tenant=place[0], session=place[1], participant=place[2]), now=0)
    effects = rooms.close_matching(CloseCode.ENDED, **ids)
    assert len(effects) == 4 - left
    assert (len(rooms), rooms.waiting) == (left, left)
