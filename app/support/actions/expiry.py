"""What time does to the open tenant: codes are redrawn, tries lapse, lost customers are given up.

Called by the jobs process every two seconds for each tenant that has something due (`due_tenants`, one look
at all of them); each function first looks, and opens a deed only for what is due, one deed a support
session. A repeat, or two processes at once, do no harm.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select

from app.accounts.models import LoginSession
from app.errors import NotFound
from app.support import queries, rules
from app.support.actions import codes
from app.support.actions.ending import end, let_go
from app.support.actions.sessions import close_socket
from app.support.actions.slots import remove_slot
from app.support.deed import deed
from app.support.errors import SlotInUse
from app.support.models import AccessCode, Arrival, ProgramCredential, Slot, SupportSession
from app.support.signal import streams
from app.support.signal.models import SignalStream, SignalTicket
from tenants.audit import SYSTEM
from tenants.database import db
from tenants.writing import writing

AT_ONCE = 200
TICKETS_KEPT = timedelta(minutes=10)
ABANDONED = timedelta(hours=12)


def due_tenants(now: datetime) -> list[int]:
    """Return the tenants that have something due; in an operator's scope, by the indexes of due times."""
    looks = (
        _codes_due(now).with_only_columns(AccessCode.tenant_id),
        _arrivals_due(now).with_only_columns(Arrival.tenant_id),
        _lost_due(now).with_only_columns(SupportSession.tenant_id),
        _sockets_due(now).with_only_columns(SignalStream.tenant_id),
    )
    found = {tenant_id for look in looks for tenant_id in db.session.scalars(look.distinct())}
    return sorted(found)


def _codes_due(now: datetime) -> Select[Any]:
    return select(AccessCode.support_session_id).where(
        AccessCode.used_at.is_(None), AccessCode.revoked_at.is_(None), AccessCode.expires_at <= now
    )


def _arrivals_due(now: datetime) -> Select[Any]:
    return (
        select(Arrival.support_session_id)
        .join(SupportSession, SupportSession.id == Arrival.support_session_id)
        .where(
            Arrival.ended_at.is_(None),
            Arrival.expires_at <= now,
            SupportSession.state == "offline",
            SupportSession.arrival_step.not_in(rules.FREE_STEPS),
        )
    )


def _lost_due(now: datetime) -> Select[Any]:
    return select(SupportSession.id).where(
        SupportSession.state != "expired", SupportSession.resume_until <= now
    )


def _sockets_due(now: datetime) -> Select[Any, Any, Any]:
    return (
        select(SignalStream.id, SignalStream.socket_id, ProgramCredential.support_session_id)
        .outerjoin(ProgramCredential, ProgramCredential.id == SignalStream.program_credential_id)
        .where(SignalStream.socket_id.is_not(None), SignalStream.seen_at <= now - rules.PRESENCE_LEASE)
    )


def run_due(now: datetime) -> int:
    """Do everything that is due at the open tenant; return how many deeds that were."""
    return redraw_codes(now) + lapse_arrivals(now) + give_up_lost(now) + note_dead_sockets(now)


def redraw_codes(now: datetime) -> int:
    """Give waiting support sessions whose code has expired a new one, and tell their agents."""
    due = db.session.scalars(_codes_due(now).limit(AT_ONCE)).all()
    for session_id in due:
        with deed(by=SYSTEM, now=now) as done:
            session = queries.lock_session(session_id)
            code = queries.find_live_code(session_id)
            if code is None or code.expires_at > now:
                continue
            if not rules.may_be_taken(session.state, session.arrival_step):
                codes.wipe(session_id, now=now)
                continue
            slot = db.session.get(Slot, session.slot_id)
            if slot is not None:
                codes.tell_new_code(done, slot, session, codes.draw(session, now=now), "expired")
    return len(due)


def lapse_arrivals(now: datetime) -> int:
    """Give the slots of customers who did not get as far as consenting in ten minutes to the next one."""
    due = db.session.scalars(_arrivals_due(now).limit(AT_ONCE)).all()
    for session_id in due:
        with deed(by=SYSTEM, now=now) as done:
            session = queries.lock_session(session_id)
            arrival = queries.find_live_arrival(session_id)
            if arrival is not None and arrival.expires_at <= now and session.state == "offline":
                let_go(done, session, step="none", reason="lapsed")
    return len(due)


def give_up_lost(now: datetime) -> int:
    """End what waited in vain for its customer to come back within the resume window."""
    due = db.session.scalars(_lost_due(now).limit(AT_ONCE)).all()
    for session_id in due:
        with deed(by=SYSTEM, now=now) as done:
            session = queries.lock_session(session_id)
            if session.resume_until is None or session.resume_until > now:
                continue
            if session.state == "connected":
                end(done, session, by_side="system", reason="link lost")
            elif session.state != "expired":
                let_go(done, session, step="none", reason="link lost")
    return len(due)


def note_dead_sockets(now: datetime) -> int:
    """Let go of the sockets whose web worker died and renews their lease no more."""
    due = db.session.execute(_sockets_due(now).limit(AT_ONCE)).all()
    for stream_id, socket_id, session_id in due:
        close_socket(stream_id, socket_id or "", session_id=session_id, now=now)
    return len(due)


def close_abandoned_slots(now: datetime) -> int:
    """Close the waiting slots of agents whose programs have all been logged out for twelve hours."""
    logged_in = select(LoginSession.agent_id).where(
        LoginSession.kind == "program",
        func.coalesce(LoginSession.ended_at, LoginSession.expires_at) > now - ABANDONED,
    )
    due = db.session.execute(
        select(Slot.public_id, Slot.agent_id)
        .where(Slot.closed_at.is_(None), Slot.opened_at <= now - ABANDONED, Slot.agent_id.not_in(logged_in))
        .limit(AT_ONCE)
    ).all()
    for slot_id, agent_id in due:
        with suppress(SlotInUse, NotFound):
            remove_slot(slot_id, agent_id=agent_id, by=SYSTEM, now=now)
    return len(due)


def forget_old(now: datetime) -> int:
    """Delete signal messages, answers and tickets that nobody will ask for; return how many messages."""
    with writing():
        db.session.execute(
            delete(SignalTicket)
            .where(SignalTicket.expires_at < now - TICKETS_KEPT)
            .execution_options(synchronize_session=False)
        )
        return streams.forget_old(now)
