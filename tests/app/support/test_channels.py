"""Accepting, the key exchange, epochs and how the channels are."""

from __future__ import annotations

import pytest

from app.errors import NotFound
from app.support import queries
from app.support.actions import channels, programs
from app.support.errors import KeysOutOfTurn, NotWaiting
from app.support.models import Connection, Participant, SupportSession
from tenants.database import db, now_utc
from tests.cast import Cast
from tests.factories import support as make
from wire.signal.commands import LinkReport, TicketNeed
from wire.signal.messages import KeyCommit, KeyOpen

pytestmark = pytest.mark.usefixtures("in_maru")


def kinds(stream: int) -> list[object]:
    return [one["t"] for one in make.messages_of(stream)]


def need(participant: Participant, epoch: int, cast: Cast, stream: int, *, keys_lost: bool = False) -> None:
    channels.need_tickets(
        TicketNeed(participant.public_id, "screen", epoch, keys_lost),
        agent=make.agent_row(cast.bora),
        session_id=None,
        stream_id=stream,
        now=now_utc(),
    )


def epoch_of(participant: Participant) -> int:
    return db.session.get(Participant, participant.id, populate_existing=True).epoch


def report(participant: Participant, waiting: make.Waiting, state: str, channel: str = "control") -> None:
    said = LinkReport(participant.public_id, channel, state)
    channels.note_link(said, agent=None, session_id=waiting.session_id, now=now_utc())


def test_it_connects_the_agent_who_accepts(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    session = db.session.get(SupportSession, waiting.session_id, populate_existing=True)
    assert (session.state, session.relay_id) == ("connected", "127.0.0.1:8001")
    assert (participant.role, participant.ordinal, participant.epoch) == ("lead", 1, 1)


def test_it_accepts_once_however_often_it_is_asked(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    first = make.connect(cast.bora, waiting, stream)
    again = channels.accept(waiting.session, agent=make.agent_row(cast.bora), stream_id=stream, now=now_utc())
    assert again.public_id == first.public_id
    assert db.session.query(Participant).count() == 1


def test_it_accepts_nobody_before_consent(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    make.join(make.admit(waiting))
    with pytest.raises(NotWaiting):
        channels.accept(waiting.session, agent=make.agent_row(cast.bora), stream_id=stream, now=now_utc())
    assert db.session.query(Participant).count() == 0


def test_it_hides_support_sessions_of_other_agents(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.nari)
    make.go_online(waiting)
    with pytest.raises(NotFound):
        channels.accept(waiting.session, agent=make.agent_row(cast.nari), stream_id=stream, now=now_utc())


def test_it_offers_channels_only_after_both_keys_are_open(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    assert "offer" not in kinds(stream)
    make.exchange_keys(cast.bora, waiting, participant.public_id, stream)
    customer = make.customer_stream(waiting.session_id)
    assert [kind for kind in kinds(stream) if kind in ("key.ask", "key.commit", "key.open", "offer")] == [
        "key.ask",
        "key.commit",
        "key.open",
        "offer",
    ]
    assert [kind for kind in kinds(customer) if kind != "session.state"] == ["key.ask", "key.open", "offer"]


def test_it_keeps_no_ticket_in_the_log(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    make.exchange_keys(cast.bora, waiting, participant.public_id, stream)
    assert make.messages_of(stream)[-1]["tickets"] == {}


def test_it_refuses_the_agents_key_before_the_customers_commitment(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    opened = KeyOpen(participant.public_id, 1, make.AGENT_PUB)
    with pytest.raises(KeysOutOfTurn):
        channels.pass_agent_key(opened, agent=make.agent_row(cast.bora), stream_id=stream, now=now_utc())


def test_it_refuses_a_second_commitment(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    commit = KeyCommit(participant.public_id, 1, make.COMMIT)
    channels.pass_commit(waiting.session_id, commit, now=now_utc())
    channels.pass_commit(waiting.session_id, commit, now=now_utc())
    other = KeyCommit(participant.public_id, 1, b"x" * 32)
    with pytest.raises(KeysOutOfTurn):
        channels.pass_commit(waiting.session_id, other, now=now_utc())
    assert kinds(stream).count("key.commit") == 1


def test_it_raises_the_epoch_once_for_both_ends(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    make.exchange_keys(cast.bora, waiting, participant.public_id, stream)
    need(participant, 1, cast, stream)
    said = TicketNeed(participant.public_id, "control", 1)
    customer = make.customer_stream(waiting.session_id)
    channels.need_tickets(said, agent=None, session_id=waiting.session_id, stream_id=customer, now=now_utc())
    assert epoch_of(participant) == 2
    offers = [one["epoch"] for one in make.messages_of(stream) if one["t"] == "offer"]
    assert offers == [1, 2]


def test_it_exchanges_keys_anew_for_an_end_that_lost_its_own(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    make.exchange_keys(cast.bora, waiting, participant.public_id, stream)
    new_stream = make.open_stream(cast.bora)
    need(participant, 1, cast, new_stream, keys_lost=True)
    assert kinds(new_stream) == ["key.ask"]
    make.exchange_keys(cast.bora, waiting, participant.public_id, new_stream, epoch=2)
    assert kinds(new_stream)[-1] == "offer"
    assert kinds(stream).count("offer") == 1


def test_it_gives_no_tickets_after_the_end(cast: Cast) -> None:
    from app.support.actions import sessions

    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    make.exchange_keys(cast.bora, waiting, participant.public_id, stream)
    sessions.end_by_agent(waiting.session, "", agent=make.agent_row(cast.bora), now=now_utc())
    with pytest.raises(NotFound):
        need(participant, 1, cast, stream)


def test_it_notes_connections_and_a_lost_link(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    report(participant, waiting, "ok", "screen")
    report(participant, waiting, "lost", "screen")
    session = db.session.get(SupportSession, waiting.session_id, populate_existing=True)
    row = db.session.query(Connection).one()
    assert (row.channel, row.closed_at is None) == ("screen", False)
    assert (session.link, session.resume_until is None) == ("lost", False)
    assert make.messages_of(stream)[-1]["link"] == "lost"


def test_it_ends_the_resume_window_when_the_link_is_back(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    report(participant, waiting, "lost")
    report(participant, waiting, "ok")
    session = db.session.get(SupportSession, waiting.session_id, populate_existing=True)
    assert (session.link, session.resume_until) == ("ok", None)


def test_it_wants_only_to_see_where_control_is_off(cast: Cast) -> None:
    from app.team.actions import set_option

    set_option("view_only", True, by=cast.hana.actor)
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    make.exchange_keys(cast.bora, waiting, participant.public_id, stream)
    assert make.messages_of(stream)[-1]["rights_wanted"] == ["view"]


def test_it_gives_a_waiting_customer_to_the_program_that_comes(cast: Cast) -> None:
    from app.support.actions import slots

    waiting = make.make_slot(cast.bora)
    slots.set_auto_connect(waiting.slot, True, agent_id=cast.bora.id, by=cast.bora.actor, now=now_utc())
    make.go_online(waiting)
    stream = make.open_stream(cast.bora)
    channels.accept_waiting(make.agent_row(cast.bora), stream_id=stream, now=now_utc())
    lead = queries.find_lead(waiting.session_id)
    assert lead is not None
    assert lead.agent_stream_id == stream


def test_it_renews_the_lead_only_by_consent(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    first = make.connect(cast.bora, waiting, stream)
    make.join_again(waiting)
    with pytest.raises(NotWaiting):
        channels.accept(waiting.session, agent=make.agent_row(cast.bora), stream_id=stream, now=now_utc())
    programs.note_consent(waiting.session_id, {"view": "allowed"}, now=now_utc())
    lead = queries.find_lead(waiting.session_id)
    assert lead is not None
    assert lead.public_id != first.public_id
