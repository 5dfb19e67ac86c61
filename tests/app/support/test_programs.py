"""The customer program's part: join, started, consent, revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.errors import NotFound
from app.support import queries, rules
from app.support.actions import arrivals, programs, slots
from app.support.errors import CodeNotAccepted, JoinRefused
from app.support.models import Consent, ProgramCredential, SupportSession
from tenants.database import db, now_utc
from tests.cast import Cast
from tests.factories import support as make

pytestmark = pytest.mark.usefixtures("in_maru")


def session_of(waiting: make.Waiting) -> SupportSession:
    session = db.session.get(SupportSession, waiting.session_id, populate_existing=True)
    assert session is not None
    return session


def test_it_gives_the_program_a_credential_of_its_own(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    joined = make.join(make.admit(waiting))
    row = db.session.query(ProgramCredential).one()
    assert joined.session == waiting.session
    assert joined.credential.startswith("customer.maru.")
    assert joined.credential not in row.token_hash
    session = session_of(waiting)
    assert (session.arrival_step, session.pc_name, session.os) == ("started", "DAIN-PC", "Debian 12")


def test_it_refuses_a_token_that_nobody_gave(cast: Cast) -> None:
    with pytest.raises(JoinRefused):
        programs.join("0" * 26, machine=make.PC, visitor=make.CUSTOMER, now=now_utc())


def test_it_refuses_a_token_whose_ten_minutes_are_over(cast: Cast) -> None:
    admitted = make.admit(make.make_slot(cast.bora))
    with pytest.raises(JoinRefused):
        make.join(admitted, now=now_utc() + timedelta(minutes=10, seconds=1))


def test_it_refuses_the_token_of_a_customer_who_was_let_go(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    admitted = make.admit(waiting)
    slots.draw_new_code(waiting.slot, agent_id=cast.bora.id, by=cast.bora.actor, now=now_utc())
    with pytest.raises(JoinRefused):
        make.join(admitted)


def test_it_revokes_the_program_before_when_it_is_started_again(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    admitted = make.admit(waiting)
    make.join(admitted)
    make.join(admitted)
    rows = db.session.query(ProgramCredential).order_by(ProgramCredential.generation).all()
    assert [(row.generation, row.revoked_at is None) for row in rows] == [(1, False), (2, True)]


def test_it_asks_consent_anew_when_the_program_is_started_again(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    admitted = make.go_online(waiting)
    assert session_of(waiting).state == "online"
    make.join(admitted)
    session = session_of(waiting)
    assert (session.state, session.arrival_step) == ("offline", "started")


def test_it_lets_nobody_take_part_until_consent_is_given_again(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    stream = make.open_stream(cast.bora)
    admitted = make.go_online(waiting)
    from app.support.actions import channels

    channels.accept(waiting.session, agent=make.agent_row(cast.bora), stream_id=stream, now=now_utc())
    make.join(admitted)
    assert (session_of(waiting).state, session_of(waiting).link) == ("connected", "lost")
    assert queries.find_lead(waiting.session_id) is None
    programs.note_consent(waiting.session_id, {"view": "allowed"}, now=now_utc())
    lead = queries.find_lead(waiting.session_id)
    assert lead is not None
    assert lead.ordinal == 2
    assert session_of(waiting).link == "ok"


def test_it_ends_a_connected_support_session_when_consent_is_refused_again(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    stream = make.open_stream(cast.bora)
    make.connect(cast.bora, waiting, stream)
    make.join_again(waiting)
    programs.note_consent(waiting.session_id, {"view": "denied"}, now=now_utc())
    session = session_of(waiting)
    assert (session.state, session.ended_by, session.end_reason) == ("expired", "customer", "denied")


def test_it_joins_by_a_code_typed_into_the_program(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    joined = programs.join_by_code(waiting.code, machine=make.PC, visitor=make.CUSTOMER, now=now_utc())
    assert joined.session == waiting.session
    with pytest.raises(CodeNotAccepted):
        programs.join_by_code(waiting.code, machine=make.PC, visitor=make.CUSTOMER, now=now_utc())


def test_it_comes_online_when_the_customer_allows(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    stream = make.open_stream(cast.bora)
    make.go_online(waiting)
    session = session_of(waiting)
    assert (session.state, session.arrival_step) == ("online", "allowed")
    told = [(one["t"], one.get("step") or one.get("state")) for one in make.messages_of(stream)]
    assert told == [
        ("arrival", "page"), ("arrival", "started"), ("arrival", "asked"), ("rights.seen", None),
        ("arrival", "allowed"), ("session.state", "online"),
    ]  # fmt: skip
    assert db.session.query(Consent).count() == 3


@pytest.mark.parametrize("answer", ["denied", "timeout"])
def test_it_goes_back_to_offline_with_a_new_code_when_the_customer_does_not_allow(
    cast: Cast, answer: str
) -> None:
    waiting = make.make_slot(cast.bora)
    make.join(make.admit(waiting))
    programs.note_started(waiting.session_id, make.STARTED, now=now_utc())
    programs.note_consent(waiting.session_id, {"view": answer}, now=now_utc())
    session = session_of(waiting)
    assert (session.state, session.arrival_step) == ("offline", answer)
    assert rules.may_be_taken(session.state, session.arrival_step)
    assert queries.find_live_credential(waiting.session_id) is None
    assert make.admit(make.with_code(waiting)).session_id == waiting.session_id


def test_it_lets_the_next_customers_program_in_after_one_denied(cast: Cast) -> None:
    """The revoked credential of the one who denied has the first generation: the next one is the second."""
    waiting = make.make_slot(cast.bora)
    make.join(make.admit(waiting))
    programs.note_started(waiting.session_id, make.STARTED, now=now_utc())
    programs.note_consent(waiting.session_id, {"view": "denied"}, now=now_utc())
    make.join(make.admit(make.with_code(waiting)))
    rows = db.session.query(ProgramCredential).order_by(ProgramCredential.generation).all()
    assert [(row.generation, row.revoked_at is None) for row in rows] == [(1, False), (2, True)]


def test_it_connects_by_itself_where_the_slot_says_so(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    slots.set_auto_connect(waiting.slot, True, agent_id=cast.bora.id, by=cast.bora.actor, now=now_utc())
    make.open_stream(cast.bora)
    make.go_online(waiting)
    assert session_of(waiting).state == "connected"
    assert queries.find_lead(waiting.session_id) is not None


def test_it_waits_with_connecting_while_the_agent_is_away(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    slots.set_auto_connect(waiting.slot, True, agent_id=cast.bora.id, by=cast.bora.actor, now=now_utc())
    make.open_stream(cast.bora, present=False)
    make.go_online(waiting)
    assert session_of(waiting).state == "online"


def test_it_keeps_a_later_answer_without_ending_anything(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.connect(cast.bora, waiting, make.open_stream(cast.bora))
    programs.note_consent(waiting.session_id, {"mouse": "denied"}, now=now_utc())
    assert session_of(waiting).state == "connected"


def test_it_keeps_what_the_customer_took_back(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    stream = make.open_stream(cast.bora)
    participant = make.connect(cast.bora, waiting, stream)
    programs.note_revoked(waiting.session_id, participant.public_id, ("mouse",), now=now_utc())
    row = db.session.query(Consent).order_by(Consent.id.desc()).first()
    assert (row.right, row.answer, row.participant_id) == ("mouse", "revoked", participant.id)
    assert make.messages_of(stream)[-1]["rights"] == {"mouse": "revoked"}


def test_it_hides_participants_of_other_support_sessions(cast: Cast) -> None:
    first, second = make.make_slot(cast.bora), make.make_slot(cast.bora)
    participant = make.connect(cast.bora, first, make.open_stream(cast.bora))
    make.go_online(second)
    with pytest.raises(NotFound):
        programs.note_revoked(second.session_id, participant.public_id, ("view",), now=now_utc())
    assert db.session.query(Consent).filter_by(answer="revoked").count() == 0


def test_it_offers_the_same_token_after_a_reload(cast: Cast) -> None:
    admitted = make.admit(make.make_slot(cast.bora))
    assert arrivals.join_secret_of(admitted.token) == arrivals.join_secret_of(admitted.token)
