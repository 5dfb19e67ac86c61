"""What time does: codes, arrivals, lost customers, dead sockets, old messages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.support import queries
from app.support.actions import channels, expiry, sessions
from app.support.models import AccessCode, Arrival, SupportSession
from app.support.signal import streams
from app.support.signal.models import SignalMessage, SignalStream
from tenants.database import db, now_utc
from tests.cast import Cast
from tests.factories import support as make
from wire.signal.commands import LinkReport

pytestmark = pytest.mark.usefixtures("in_maru")


def session_of(waiting: make.Waiting) -> SupportSession:
    session = db.session.get(SupportSession, waiting.session_id, populate_existing=True)
    assert session is not None
    return session


def test_it_redraws_a_code_when_its_time_is_over(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    later = now_utc() + timedelta(minutes=10)
    assert expiry.redraw_codes(later - timedelta(seconds=5)) == 0
    assert expiry.redraw_codes(later) == 1
    told = make.messages_of(stream)[-1]
    assert (told["t"], told["reason"], told["code"]) == (
        "slot.code",
        "expired",
        make.code_of(waiting.session_id),
    )
    assert db.session.query(AccessCode).count() == 2
    assert expiry.redraw_codes(later) == 0


def test_it_lets_an_arrival_lapse_that_did_not_start(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.admit(waiting)
    expiry.run_due(now_utc() + timedelta(minutes=10))
    assert (session_of(waiting).state, session_of(waiting).arrival_step) == ("offline", "none")
    assert db.session.query(Arrival).one().end_reason == "lapsed"
    assert make.admit(make.with_code(waiting), now=now_utc() + timedelta(minutes=10))


def test_it_gives_the_customer_ten_more_minutes_from_the_start(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    start = now_utc()
    make.join(make.admit(waiting, now=start), now=start + timedelta(minutes=9))
    expiry.run_due(start + timedelta(minutes=12))
    assert session_of(waiting).arrival_step == "started"


def test_it_never_lapses_somebody_who_allowed(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.go_online(waiting)
    expiry.run_due(now_utc() + timedelta(hours=1))
    assert session_of(waiting).state == "online"


def test_it_gives_up_a_waiting_customer_who_stays_away(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.go_online(waiting)
    stream = make.customer_stream(waiting.session_id)
    sessions.open_customer_socket(stream, "socket", waiting.session_id, now=now_utc())
    sessions.close_socket(stream, "socket", session_id=waiting.session_id, now=now_utc())
    expiry.run_due(now_utc() + timedelta(minutes=5, seconds=1))
    assert (session_of(waiting).state, session_of(waiting).arrival_step) == ("offline", "none")
    assert queries.find_live_credential(waiting.session_id) is None


def test_it_ends_a_connected_support_session_after_the_resume_window(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    said = LinkReport(participant.public_id, "control", "lost")
    channels.note_link(said, agent=make.agent_row(cast.bora), session_id=None, now=now_utc())
    expiry.give_up_lost(now_utc() + timedelta(minutes=4))
    assert session_of(waiting).state == "connected"
    expiry.give_up_lost(now_utc() + timedelta(minutes=5, seconds=1))
    assert (session_of(waiting).state, session_of(waiting).ended_by) == ("expired", "system")


def test_it_lets_go_of_sockets_whose_worker_died(cast: Cast) -> None:
    stream = make.open_stream(cast.bora)
    expiry.note_dead_sockets(now_utc() + timedelta(seconds=44))
    assert db.session.get(SignalStream, stream, populate_existing=True).socket_id == "socket"
    expiry.note_dead_sockets(now_utc() + timedelta(seconds=46))
    assert db.session.get(SignalStream, stream, populate_existing=True).socket_id is None


def test_it_forgets_messages_ten_minutes_after_they_were_acknowledged(cast: Cast) -> None:
    stream = make.open_stream(cast.bora)
    make.make_slot(cast.bora)
    make.make_slot(cast.bora)
    sessions.acknowledge(stream, 1, now=now_utc())
    expiry.forget_old(now_utc() + timedelta(minutes=11))
    assert [row.n for row in db.session.query(SignalMessage)] == [2]
    row = db.session.get(SignalStream, stream, populate_existing=True)
    assert streams.starting_point(row, 1).resumed
    assert not streams.starting_point(row, 0).resumed


def test_it_closes_the_slots_of_agents_who_are_long_gone(cast: Cast) -> None:
    make.make_slot(cast.bora)
    make.open_stream(cast.nari)
    make.make_slot(cast.nari)
    assert expiry.close_abandoned_slots(now_utc() + timedelta(hours=13)) == 1
    assert queries.list_slots(cast.bora.id) == []
    assert len(queries.list_slots(cast.nari.id)) == 1
