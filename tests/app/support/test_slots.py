"""The agent's slots, as actions on the database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.errors import NotFound
from app.support import queries
from app.support.actions import slots
from app.support.errors import CustomerComing, SlotInUse, SlotsFull
from app.support.models import AccessCode, Slot, SupportSession
from tenants.audit import AuditEntry
from tenants.database import db, now_utc
from tests.cast import Cast
from tests.factories import support as make

pytestmark = pytest.mark.usefixtures("in_maru")


def test_it_opens_a_slot_with_a_number_and_a_code(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    session = db.session.get(SupportSession, waiting.session_id, populate_existing=True)
    assert (waiting.number, len(waiting.code), session.state, session.arrival_step) == (
        1,
        6,
        "offline",
        "none",
    )
    entry = db.session.query(AuditEntry).order_by(AuditEntry.n.desc()).first()
    assert (entry.action, entry.actor_name) == ("slot.opened", "보라")
    assert waiting.code not in entry.data


def test_it_keeps_no_code_in_the_clear(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    row = queries.find_live_code(waiting.session_id)
    assert waiting.code not in row.code_hmac
    assert waiting.code.encode() not in row.code_sealed


def test_it_gives_five_slots_and_no_sixth(cast: Cast) -> None:
    numbers = [make.make_slot(cast.bora).number for _ in range(5)]
    assert numbers == [1, 2, 3, 4, 5]
    with pytest.raises(SlotsFull):
        make.make_slot(cast.bora)
    assert len(queries.list_slots(cast.bora.id)) == 5


def test_it_numbers_the_slots_of_all_agents_together(cast: Cast) -> None:
    assert make.make_slot(cast.bora).number == 1
    assert make.make_slot(cast.nari).number == 2


def test_it_lets_a_removed_number_rest_for_other_agents(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    now = now_utc()
    slots.remove_slot(waiting.slot, agent_id=cast.bora.id, by=cast.bora.actor, now=now)
    assert make.make_slot(cast.nari).number == 2
    assert make.make_slot(cast.bora).number == 1
    assert make.make_slot(cast.nari, now=now + timedelta(minutes=11)).number == 3


def test_it_ends_the_waiting_support_session_of_a_removed_slot(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    slots.remove_slot(waiting.slot, agent_id=cast.bora.id, by=cast.bora.actor, now=now_utc())
    session = db.session.get(SupportSession, waiting.session_id, populate_existing=True)
    assert (session.state, session.ended_by) == ("expired", "agent")
    assert queries.find_live_code(waiting.session_id) is None
    assert db.session.query(Slot).filter(Slot.closed_at.is_(None)).count() == 0


def test_it_never_removes_a_slot_whose_customer_is_connected(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.connect(cast.bora, waiting, make.open_stream(cast.bora))
    with pytest.raises(SlotInUse):
        slots.remove_slot(waiting.slot, agent_id=cast.bora.id, by=cast.bora.actor, now=now_utc())
    assert db.session.get(SupportSession, waiting.session_id, populate_existing=True).state == "connected"


def test_it_draws_a_new_code_and_wipes_the_old_one(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    slots.draw_new_code(waiting.slot, agent_id=cast.bora.id, by=cast.bora.actor, now=now_utc())
    rows = db.session.query(AccessCode).order_by(AccessCode.id).all()
    assert [row.revoked_at is None for row in rows] == [False, True]
    assert (rows[0].code_hmac, rows[0].code_sealed) == (None, None)


def test_it_begins_the_next_support_session_with_the_new_code(cast: Cast) -> None:
    from app.support.actions import sessions

    waiting = make.make_slot(cast.bora)
    make.connect(cast.bora, waiting, make.open_stream(cast.bora))
    sessions.end_by_agent(waiting.session, "", agent=make.agent_row(cast.bora), now=now_utc())
    slots.draw_new_code(waiting.slot, agent_id=cast.bora.id, by=cast.bora.actor, now=now_utc())
    slot = queries.get_slot(waiting.slot, agent_id=cast.bora.id)
    assert make.live_session(slot).public_id != waiting.session


def test_it_never_draws_a_code_over_a_running_program(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    make.join(make.admit(waiting))
    with pytest.raises(CustomerComing):
        slots.draw_new_code(waiting.slot, agent_id=cast.bora.id, by=cast.bora.actor, now=now_utc())


def test_it_keeps_the_choice_of_connecting_by_itself(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    slots.set_auto_connect(waiting.slot, True, agent_id=cast.bora.id, by=cast.bora.actor, now=now_utc())
    assert db.session.query(Slot).one().auto_connect is True


def test_it_hides_the_slots_of_other_agents(cast: Cast) -> None:
    waiting = make.make_slot(cast.bora)
    with pytest.raises(NotFound):
        slots.remove_slot(waiting.slot, agent_id=cast.nari.id, by=cast.nari.actor, now=now_utc())
    assert db.session.query(Slot).one().closed_at is None
