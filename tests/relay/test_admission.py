"""Admission: once, here, now, and not what was voided."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from relay import admission as admissions
from relay.admission import Admission, SpentNonces
from relay.clock import Clock
from wire.errors import LimitExceeded, TicketRefused
from wire.ticket import Order, Ticket, issue_ticket, key_id, make_order, sign_order

RELAY = "127.0.0.1:8001"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEYS = {key_id(KEY.public_key()): KEY.public_key()}
START = 1_800_000_000.5


class FakeClock(Clock):
    """A clock whose two hands a test moves."""

    def __init__(self) -> None:
        self.now = START

    def unix(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now - 1_700_000_000


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def admission(clock: FakeClock) -> Admission:
    made = Admission(KEYS, RELAY, clock)
    clock.now += 1
    return made


def ticket(now: float, **changes: Any) -> str:
    wanted = {
        "relay": RELAY,
        "tenant": "maru",
        "session": "s1",
        "participant": "p1",
        "channel": "screen",
        "role": "agent",
        "via": "program",
        "epoch": 1,
    }
    return issue_ticket(KEY, **{**wanted, **changes}, now=now)


def redeem(admission: Admission, text: str, session: str = "s1", origin: str | None = None) -> Ticket:
    return admission.redeem(text, session=session, origin=origin)


def refused(admission: Admission, text: str, session: str = "s1", origin: str | None = None) -> str:
    with pytest.raises(TicketRefused) as caught:
        redeem(admission, text, session, origin)
    return caught.value.reason


def order(now: float, **wanted: Any) -> str:
    return sign_order(make_order(KEY, relay=RELAY, now=now, **{"do": "status", **wanted}), KEY)


def test_it_redeems_a_ticket_once(admission: Admission, clock: FakeClock) -> None:
    text = ticket(clock.now)
    assert redeem(admission, text).participant == "p1"
    assert refused(admission, text) == "spent"


def test_it_remembers_a_nonce_as_long_as_its_ticket_lives(admission: Admission, clock: FakeClock) -> None:
    ahead = ticket(clock.now + 4.9)  # by a web half whose clock runs ahead
    redeem(admission, ahead)
    for _ in range(70):
        clock.now += 0.99
        admission.forget()
        assert refused(admission, ahead) in {"spent", "expired"}


def test_it_refuses_another_session_than_the_paths(admission: Admission, clock: FakeClock) -> None:
    assert refused(admission, ticket(clock.now), session="s2") == "other-session"


def test_it_lets_only_programs_lack_an_origin(admission: Admission, clock: FakeClock) -> None:
    text = ticket(clock.now, via="browser")
    assert refused(admission, text) == "no-origin"
    assert redeem(admission, text, origin="http://127.0.0.1:8000")


@pytest.mark.parametrize(("late_ms", "accepted"), [(-5000, False), (0, False), (0.9, False), (1, True)])
def test_it_refuses_what_was_issued_before_it_started(
    clock: FakeClock, late_ms: float, accepted: bool
) -> None:
    started = clock.now
    admission = Admission(KEYS, RELAY, clock)
    clock.now += 1
    text = ticket(started + late_ms / 1000)
    if accepted:
        redeem(admission, text)
    else:
        assert refused(admission, text) == "before-start"


def test_it_takes_a_ticket_a_moment_after_its_start(clock: FakeClock) -> None:
    admission = Admission(KEYS, RELAY, clock)
    clock.now += 0.002
    assert redeem(admission, ticket(clock.now))


@pytest.mark.parametrize(
    ("scope", "hit"),
    [
        ({"tenant": "maru"}, True),
        ({"tenant": "maru", "session": "s1"}, True),
        ({"tenant": "maru", "session": "s1", "participant": "p1"}, True),
        ({"tenant": "maru", "participant": "p1"}, True),
        ({"tenant": "maru", "session": "s2"}, False),
        ({"tenant": "nuri"}, False),
    ],
)
def test_it_refuses_what_was_voided(
    admission: Admission, clock: FakeClock, scope: dict[str, str], hit: bool
) -> None:
    early = ticket(clock.now)
    clock.now += 1
    admission.void(int(clock.now * 1000), **scope)
    assert redeem(admission, ticket(clock.now))
    if hit:
        assert refused(admission, early) == "voided"
    else:
        assert redeem(admission, early)


def test_it_keeps_the_later_of_two_voids(admission: Admission, clock: FakeClock) -> None:
    text = ticket(clock.now)
    admission.void(int(clock.now * 1000) + 500, "maru")
    admission.void(1, "maru")
    assert refused(admission, text) == "voided"


def test_it_refuses_a_void_too_many_until_old_ones_lapse(
    admission: Admission, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admissions, "MAX_VOIDS", 2)
    for tenant in ("a", "b"):
        admission.void(1, tenant)
    admission.void(2, "a")
    with pytest.raises(LimitExceeded):
        admission.void(1, "c")
    clock.now += 100
    admission.void(1, "c")


def test_it_redeems_an_order_once(admission: Admission, clock: FakeClock) -> None:
    text = order(clock.now, do="close", tenant="maru")
    redeemed: Order = admission.redeem_order(text)
    assert (redeemed.do, redeemed.tenant) == ("close", "maru")
    with pytest.raises(TicketRefused, match="spent"):
        admission.redeem_order(text)


def test_it_refuses_an_order_from_before_its_start(admission: Admission) -> None:
    with pytest.raises(TicketRefused, match="before-start"):
        admission.redeem_order(order(START))


def test_it_bounds_the_memory_of_nonces() -> None:
    spent = SpentNonces(60, now=0)
    for second in range(600):
        assert spent.spend(f"nonce-{second}", now=second)
        assert not spent.spend(f"nonce-{second}", now=second)
    assert len(spent) <= 120
