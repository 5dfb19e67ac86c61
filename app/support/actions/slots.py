"""The agent's places to receive customers: open, close, new code, connect by itself."""

from __future__ import annotations

from datetime import datetime

from app.support import queries, rules
from app.support.actions.ending import end, let_go
from app.support.actions.opening import open_session
from app.support.deed import Deed, again_on_conflict, deed
from app.support.errors import CustomerComing, SlotInUse, SlotsFull
from app.support.models import Slot
from app.team.models import Agent
from tenants.audit import Actor
from tenants.database import db
from wire.signal.messages import SlotClosed


def add_slot(agent_id: int, *, by: Actor, now: datetime) -> Slot:
    """Open one more slot for the agent, with a support session and a code. Raises SlotsFull."""

    def add() -> Slot:
        with deed(by=by, now=now) as done:
            return open_slot(done, agent_id)

    return again_on_conflict(add)


def welcome(agent_id: int, *, by: Actor, now: datetime) -> None:
    """Give an agent who has just logged in something to wait with: a first slot, and a code in every slot.

    A slot whose support session ended while they were away, or before, begins the next one.
    """
    open_slots = queries.list_slots(agent_id)
    if not open_slots:
        add_slot(agent_id, by=by, now=now)
        return
    latest = queries.list_latest_sessions([slot.id for slot in open_slots])
    if all(session.state != "expired" for session in latest.values()):
        return
    with deed(by=by, now=now) as done:
        for slot in queries.list_slots(agent_id):
            if queries.find_live_session(slot.id) is None:
                open_session(done, slot)


def open_slot(done: Deed, agent_id: int) -> Slot:
    """Open a slot inside a deed."""
    _lock_agent(agent_id)
    position = rules.next_position({slot.position for slot in queries.list_slots(agent_id)})
    if position is None:
        raise SlotsFull
    number = rules.next_number(queries.list_unfree_numbers(agent_id, done.now))
    slot = Slot(agent_id=agent_id, position=position, number=number, opened_at=done.now)
    db.session.add(slot)
    db.session.flush()
    session = open_session(done, slot)
    done.audit("slot.opened", f"slot:{slot.public_id}", number=number, session=session.public_id)
    return slot


def remove_slot(slot_id: str, *, agent_id: int, by: Actor, now: datetime) -> None:
    """Close a slot; its waiting support session ends. Raises NotFound, SlotInUse."""
    with deed(by=by, now=now) as done:
        slot = queries.get_slot(slot_id, agent_id=agent_id, lock=True)
        live = queries.find_live_session(slot.id)
        if live is not None:
            session = queries.lock_session(live.id)
            if session.state == "connected":
                raise SlotInUse
            end(done, session, by_side="agent", reason="slot removed")
        slot.closed_at = now
        slot.number_free_at = now + rules.NUMBER_REST
        done.tell_agent(agent_id, SlotClosed(slot=slot.public_id, reason="removed"))
        done.audit("slot.closed", f"slot:{slot.public_id}", number=slot.number)
        done.wake_waiting()


def draw_new_code(slot_id: str, *, agent_id: int, by: Actor, now: datetime) -> None:
    """Draw the slot's code anew; in a slot whose support session has ended, begin the next one.

    A customer who has not started the program yet is let go. Raises NotFound, CustomerComing.
    """
    with deed(by=by, now=now) as done:
        slot = queries.get_slot(slot_id, agent_id=agent_id, lock=True)
        live = queries.find_live_session(slot.id)
        if live is None:
            open_session(done, slot)
        else:
            session = queries.lock_session(live.id)
            if not rules.may_draw_code(session.state, session.arrival_step):
                raise CustomerComing
            let_go(done, session, step="none", reason="new code", code_reason="asked")
        done.audit("slot.code_drawn", f"slot:{slot.public_id}")


def set_auto_connect(slot_id: str, on: bool, *, agent_id: int, by: Actor, now: datetime) -> None:
    """Choose whether a customer who consented is connected at once. Raises NotFound."""
    with deed(by=by, now=now) as done:
        slot = queries.get_slot(slot_id, agent_id=agent_id, lock=True)
        if slot.auto_connect != on:
            slot.auto_connect = on
            done.audit("slot.auto_connect_set", f"slot:{slot.public_id}", on=on)


def _lock_agent(agent_id: int) -> None:
    """Let two commands of one agent open slots one after the other."""
    db.session.get(Agent, agent_id, with_for_update=True)
