"""Which relay is chosen, what is asked of them, and orders that never hold up a deed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.support import orders, relays
from app.support.actions import channels
from app.support.models import Connection, Participant, Relay, SupportSession
from app.support.orders import OrderDesk
from app.support.signal import outgoing
from app.support.signal.models import SignalMessage
from config.settings import RelayAddress
from relay.keys import write_key_pair
from tenants.database import db, now_utc
from tests.app.support.programs import until
from tests.cast import Cast
from tests.factories import support as make
from tests.relay.processes import RelayProcess
from wire.signal.commands import LinkReport, TicketNeed
from wire.ticket import key_id, read_order, read_ticket

ONE, TWO = (
    RelayAddress("one.example:8001", "ws://one.example:8001"),
    RelayAddress("two.example:8001", "ws://two.example:8001"),
)


@pytest.fixture
def two_relays(app: Flask, in_maru: None) -> Iterator[None]:
    """An installation with two relays."""
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(before, relays=(ONE, TWO))
    yield
    app.extensions["settings"] = before


class ToldDesk:
    """A desk whose relays say what the test wants."""

    def __init__(self, answers: dict[str, dict[str, Any] | None]) -> None:
        self.answers = answers
        self.ahead: dict[str, float] = {}

    def status(self, relay: RelayAddress) -> dict[str, Any] | None:
        return self.answers[relay.id]

    def ahead_s(self, relay: RelayAddress) -> float:
        return self.ahead.get(relay.id, 0.0)


def test_it_needs_no_news_with_one_relay(in_maru: None) -> None:
    assert relays.choose(now=now_utc()).id == "127.0.0.1:8001"


def test_it_chooses_the_relay_with_less_to_do(two_relays: None) -> None:
    told = ToldDesk({ONE.id: {"state": "up", "sessions": 7}, TWO.id: {"state": "up", "sessions": 2}})
    relays.note_health(told, now=now_utc())  # type: ignore[arg-type]
    assert relays.choose(now=now_utc()).id == TWO.id


def test_it_moves_a_support_session_whose_relay_does_not_answer(two_relays: None, cast: Cast) -> None:
    """One end's word counts for its own support session, and for one move only."""
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    make.exchange_keys(cast.bora, waiting, participant.public_id, stream)
    before = relay_and_epoch(waiting, participant.id)
    for _ in range(2):  # both ends say so
        need = TicketNeed(participant.public_id, "control", before[1], unreachable=True)
        channels.need_tickets(
            need, agent=make.agent_row(cast.bora), session_id=None, stream_id=stream, now=now_utc()
        )
    after = relay_and_epoch(waiting, participant.id)
    assert after == (TWO.id if before[0] == ONE.id else ONE.id, before[1] + 1)


def test_it_leaves_the_tickets_good_where_there_is_no_other_relay(two_relays: None, cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    make.exchange_keys(cast.bora, waiting, participant.public_id, stream)
    before = relay_and_epoch(waiting, participant.id)
    other = TWO if before[0] == ONE.id else ONE
    told = ToldDesk({before[0]: {"state": "up", "sessions": 1}, other.id: None})
    relays.note_health(told, now=now_utc())  # type: ignore[arg-type]
    need = TicketNeed(participant.public_id, "control", before[1], unreachable=True)
    channels.need_tickets(
        need, agent=make.agent_row(cast.bora), session_id=None, stream_id=stream, now=now_utc()
    )
    assert relay_and_epoch(waiting, participant.id) == before


def relay_and_epoch(waiting: make.Waiting, participant_id: int) -> tuple[str | None, int]:
    session = db.session.get(SupportSession, waiting.session_id, populate_existing=True)
    participant = db.session.get(Participant, participant_id, populate_existing=True)
    assert session is not None
    assert participant is not None
    return session.relay_id, participant.epoch


@pytest.mark.parametrize("trouble", [None, {"state": "draining", "sessions": 0}])
def test_it_passes_over_a_relay_in_trouble(two_relays: None, trouble: dict[str, Any] | None) -> None:
    told = ToldDesk({ONE.id: trouble, TWO.id: {"state": "up", "sessions": 99}})
    relays.note_health(told, now=now_utc())  # type: ignore[arg-type]
    assert relays.choose(now=now_utc()).id == TWO.id
    assert relays.choose(now=now_utc(), current=ONE.id).id == TWO.id
    assert db.session.get(Relay, ONE.id).state in ("down", "draining")


def test_it_leaves_a_support_session_where_it_is(two_relays: None) -> None:
    busy, idle = {"state": "up", "sessions": 50}, {"state": "up", "sessions": 0}
    told = ToldDesk({ONE.id: busy, TWO.id: idle})
    relays.note_health(told, now=now_utc())  # type: ignore[arg-type]
    assert relays.choose(now=now_utc(), current=ONE.id).id == ONE.id


def test_it_forgets_old_news(two_relays: None) -> None:
    told = ToldDesk({ONE.id: None, TWO.id: {"state": "up", "sessions": 0}})
    relays.note_health(told, now=now_utc())  # type: ignore[arg-type]
    assert relays.choose(now=now_utc() + timedelta(minutes=1), current=ONE.id).id == ONE.id


def test_it_writes_down_what_a_channel_carried(cast: Cast, in_maru: None) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    said = LinkReport(participant.public_id, "screen", "ok")
    channels.note_link(said, agent=make.agent_row(cast.bora), session_id=None, now=now_utc())
    row = {
        "tenant": "maru", "participant": participant.public_id, "channel": "screen", "epoch": 1,
        "state": "ended", "close_code": 4000, "bytes_to_agent": 123_456, "bytes_to_customer": 789,
    }  # fmt: skip
    told = ToldDesk({"127.0.0.1:8001": {"connections": [row, {"state": "ended"}, "nonsense"]}})
    assert relays.note_figures(told) == 1  # type: ignore[arg-type]
    assert relays.note_figures(told) == 0  # type: ignore[arg-type]
    kept = db.session.query(Connection).one()
    assert (kept.bytes_to_agent, kept.bytes_to_customer, kept.close_code) == (123_456, 789, 4000)


def test_it_sends_a_signed_order_after_the_commit(app: Flask, in_maru: None, cast: Cast) -> None:
    bodies: list[str] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Say nothing on the tests' terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        address = f"127.0.0.1:{server.server_port}"
        settings = replace(app.extensions["settings"], relays=(RelayAddress(address, f"ws://{address}"),))
        desk = OrderDesk(settings)
        desk.close(relay_id=address, tenant="maru", session="s" * 26)
        until(lambda: bodies, "the order")
        server.shutdown()
    public = desk.key.public_key()
    order = read_order(bodies[0], {key_id(public): public}, relay=address, now=now_utc().timestamp())
    assert (order.do, order.tenant, order.session) == ("close", "maru", "s" * 26)


def test_it_stamps_tickets_in_the_relays_time(app: Flask, in_maru: None, cast: Cast) -> None:
    (relay,) = app.extensions["settings"].relays
    told = ToldDesk({relay.id: {"state": "up"}})
    told.ahead[relay.id] = -86_400.0
    relays.note_health(told, now=now_utc())  # type: ignore[arg-type]
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    make.exchange_keys(cast.bora, waiting, participant.public_id, stream)
    stored = db.session.scalars(select(SignalMessage).where(SignalMessage.stream_id == stream)).all()
    offer = json.loads(outgoing.text_of(stored[-1], "agent", now=1_800_000_000.0))
    public = orders.desk().key.public_key()
    ticket = read_ticket(
        offer["tickets"]["screen"], {key_id(public): public}, relay=relay.id, now=1_800_000_000.0 - 86_400.0
    )
    assert ticket.issued_at_ms == (1_800_000_000 - 86_400) * 1000


def test_it_learns_a_relays_clock_when_its_order_is_refused(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_key_pair(tmp_path)
    with RelayProcess(tmp_path) as relay:
        address = RelayAddress(relay.relay, f"ws://{relay.relay}")
        key = tmp_path / "ticket_sign.pem"
        desk = OrderDesk(replace(app.extensions["settings"], relays=(address,), ticket_signing_key=key))
        assert desk.status(address) is not None
        monkeypatch.setattr(orders, "time", JumpedClock(86_400.0))
        assert desk.status(address) is not None
        assert desk.ahead_s(address) == pytest.approx(-86_400.0, abs=1.0)
        monkeypatch.setattr(orders, "time", JumpedClock(0.0))
        assert desk.status(address) is not None
        assert desk.ahead_s(address) == 0.0


class JumpedClock:
    """The system clock after somebody set it."""

    def __init__(self, jump_s: float) -> None:
        self._jump_s = jump_s

    def time(self) -> float:
        return time.time() + self._jump_s


def test_it_ends_support_sessions_while_every_relay_is_away(cast: Cast, in_maru: None) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    make.connect(cast.bora, waiting, stream)
    make.close(cast.bora, waiting)
    assert make.messages_of(stream)[-1]["t"] == "slot.closed"


def test_it_drops_orders_rather_than_grow(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "MAX_QUEUE", 2)
    monkeypatch.setattr(OrderDesk, "_post_all", lambda self: None)
    desk = OrderDesk(app.extensions["settings"])
    for _ in range(5):
        desk.close(relay_id=None, tenant="maru")
    assert desk._queue.qsize() == 2
