"""The doors: who may ask and command, and what comes of it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from relay.admission import Admission
from relay.doors import Doors
from relay.ledger import KEPT_MOST, KEPT_S, Ledger
from relay.rooms import Close, Leg, Over, Place, Rooms
from tests.relay.test_admission import KEY, KEYS, RELAY, START, FakeClock, order, ticket
from tests.relay.test_rooms import leg
from wire.errors import TicketRefused
from wire.frames import CloseCode
from wire.handshake import Head
from wire.ticket import make_order, sign_order


class Desk:
    """Doors with all that stands behind them."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.admission = Admission(KEYS, RELAY, self.clock)
        self.rooms = Rooms(wait_s=30)
        self.ledger = Ledger()
        self.doors = Doors(self.admission, self.rooms, self.ledger, self.clock)
        self.clock.now += 1

    def ask(self, method: str, name: str, body: str = "", **headers: str) -> tuple[int, Any]:
        answer = self.doors.answer(Head(method, f"/relay/-/{name}", {}, headers), body.encode())
        self.effects = answer.effects
        head, _, text = answer.response.partition(b"\r\n\r\n")
        is_json = b"application/json" in head
        return int(head.split()[1]), json.loads(text) if is_json else text.decode()

    def pair(self, **place: str) -> tuple[Leg, Leg]:
        agent, customer = leg("agent", **place), leg("customer", **place)
        self.rooms.join(agent, self.clock.monotonic())
        self.rooms.join(customer, self.clock.monotonic())
        return agent, customer


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_it_tells_everybody_that_it_is_well_and_nothing_else(desk: Desk) -> None:
    desk.pair()
    assert desk.ask("GET", "health") == (200, {"ok": True, "state": "up", "unix": 1_800_000_001.5})
    desk.doors.is_draining = True
    assert desk.ask("GET", "health") == (503, {"ok": False, "state": "draining", "unix": 1_800_000_001.5})


def test_it_reports_bytes_for_each_pair(desk: Desk) -> None:
    agent, customer = desk.pair()
    agent.received, customer.received = 10, 20_000
    desk.rooms.join(leg("customer", session="s2"), 0)
    desk.clock.now += 5
    status, figures = desk.ask("GET", "status", authorization=f"Bearer {order(desk.clock.now)}")
    assert status == 200
    assert (figures["relay"], figures["pairs"], figures["waiting"], figures["sessions"]) == (RELAY, 1, 1, 2)
    (row,) = figures["connections"]
    assert (row["session"], row["participant"], row["channel"], row["epoch"]) == ("s1", "p1", "screen", 1)
    assert (row["state"], row["age_s"]) == ("open", 5)
    assert (row["bytes_to_agent"], row["bytes_to_customer"]) == (20_000, 10)


def test_it_reports_pairs_that_ended_for_a_while(desk: Desk) -> None:
    over = Over(Place("maru", "s1", "p1", "files"), 2, CloseCode.NORMAL, 0, 5, 6)
    desk.ledger.note(over, now=desk.clock.monotonic(), unix=desk.clock.unix())
    desk.clock.now += KEPT_S - 1
    desk.ledger.forget(desk.clock.monotonic())
    _, figures = desk.ask("GET", "status", authorization=f"Bearer {order(desk.clock.now)}")
    (row,) = figures["connections"]
    assert (row["state"], row["close_code"], row["ended_at"]) == ("ended", 1000, START + 1)
    assert (row["bytes_to_agent"], row["bytes_to_customer"]) == (5, 6)
    desk.clock.now += 1
    desk.ledger.forget(desk.clock.monotonic())
    assert desk.ledger.as_json(desk.rooms, desk.clock.monotonic()) == "[]"


def test_it_answers_at_once_with_ten_thousand_pairs_that_ended(desk: Desk) -> None:
    over = Over(Place("maru", "s1", "p1", "files"), 2, CloseCode.NORMAL, 0, 5, 6)
    for _ in range(KEPT_MOST + 1):
        desk.ledger.note(over, now=desk.clock.monotonic(), unix=desk.clock.unix())
    began = time.perf_counter()
    text = desk.ledger.as_json(desk.rooms, desk.clock.monotonic())
    assert time.perf_counter() - began < 0.06
    assert text.count("ended_at") == KEPT_MOST


@pytest.mark.parametrize(
    ("scope", "closed"),
    [
        ({"tenant": "maru"}, 4),
        ({"tenant": "maru", "session": "s1"}, 2),
        ({"tenant": "maru", "session": "s1", "participant": "p2"}, 0),
        ({"tenant": "nuri"}, 0),
    ],
)
def test_it_closes_what_it_is_told_to(desk: Desk, scope: dict[str, str], closed: int) -> None:
    desk.pair(session="s1")
    desk.pair(session="s2")
    answer = desk.ask("POST", "command", order(desk.clock.now, do="close", **scope))
    assert answer == (200, {"ok": True, "closed": closed})
    closes = [effect for effect in desk.effects if isinstance(effect, Close)]
    assert [effect.code for effect in closes] == [CloseCode.ENDED] * closed


def test_it_voids_the_unspent_tickets_of_what_it_closes(desk: Desk) -> None:
    early = ticket(desk.clock.now)
    desk.ask("POST", "command", order(desk.clock.now, do="close", tenant="maru"))
    with pytest.raises(TicketRefused, match="voided"):
        desk.admission.redeem(early, session="s1", origin=None)
    desk.clock.now += 0.01
    assert desk.admission.redeem(ticket(desk.clock.now), session="s1", origin=None)


def test_it_voids_without_closing(desk: Desk) -> None:
    desk.pair()
    before_ms = int(desk.clock.now * 1000) + 1
    text = order(desk.clock.now, do="void", tenant="maru", before_ms=before_ms)
    assert desk.ask("POST", "command", text) == (200, {"ok": True, "closed": 0})
    with pytest.raises(TicketRefused, match="voided"):
        desk.admission.redeem(ticket(desk.clock.now), session="s1", origin=None)
    assert len(desk.rooms) == 1


def test_it_obeys_an_order_once(desk: Desk) -> None:
    text = order(desk.clock.now, do="close", tenant="maru")
    assert desk.ask("POST", "command", text)[0] == 200
    assert desk.ask("POST", "command", text) == (403, "Forbidden\n")


def test_it_obeys_nobody_else(desk: Desk) -> None:
    stranger = Ed25519PrivateKey.generate()
    now = desk.clock.now
    forged = sign_order(make_order(stranger, relay=RELAY, do="close", tenant="maru", now=now), stranger)
    elsewhere = sign_order(make_order(KEY, relay="other:1", do="close", tenant="maru", now=now), KEY)
    stale = order(now - 31, do="close", tenant="maru")
    early = order(now - 1, do="close", tenant="maru")
    for body in ["", "x", forged, elsewhere, stale, early, ticket(now), order(now, do="status"), "\xff" * 99]:
        assert desk.ask("POST", "command", body) == (403, "Forbidden\n")
    assert desk.effects == []


def test_it_shows_figures_to_nobody_else(desk: Desk) -> None:
    assert desk.ask("GET", "status")[0] == 401
    assert desk.ask("GET", "status", authorization="Basic eDp5")[0] == 401
    close = order(desk.clock.now, do="close", tenant="maru")
    for bearer in ["", "x", ticket(desk.clock.now), close]:
        assert desk.ask("GET", "status", authorization=f"Bearer {bearer}")[0] == 403


def test_it_has_no_other_doors(desk: Desk) -> None:
    assert desk.ask("GET", "")[0] == 404
    assert desk.ask("GET", "../etc/passwd")[0] == 404
    assert desk.ask("GET", "command")[0] == 405
    assert desk.ask("POST", "health")[0] == 405
