"""How a try or a support session ends, inside the deeds that end it: by a person, by refusal, by time.

`let_go` gives the slot back to the next customer; `end` closes the support session for good.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from flask import current_app
from sqlalchemy import update

from app.support import orders, queries, rules
from app.support.actions import codes
from app.support.actions.opening import open_session
from app.support.actions.reports import ask_for_report
from app.support.deed import Deed
from app.support.models import Arrival, Connection, Participant, ProgramCredential, Slot, SupportSession
from app.support.signal.hub import stream_topic
from app.support.signal.streams import find_for_credential, rows_of
from tenants.database import db
from wire.signal.messages import Arrival as ArrivalMessage
from wire.signal.messages import Ended, ParticipantLeft, SessionState

Side = Literal["agent", "customer", "system"]


def let_go(
    done: Deed,
    session: SupportSession,
    *,
    step: str,
    reason: str,
    by_side: Side = "system",
    code_reason: codes.Reason = "expired",
) -> None:
    """End the customer's try and give the slot a new code: nobody is on the way any more.

    `step` is what the agent sees from now on: none, denied or timeout. The program, if one runs, is told
    that it is over; the agent is not, because the support session waits on. Only for offline and online.
    """
    assert session.state in ("offline", "online"), session.state
    done.tell_customer(session, Ended(session=session.public_id, by=by_side, reason=reason[:80]))
    _end_arrival(done, session, reason)
    revoke_credential(done, session)
    end_participants(done, session, reason)
    had_customer = session.arrival_step not in rules.FREE_STEPS
    session.state, session.arrival_step, session.link = "offline", step, "ok"
    session.resume_until = session.online_at = None
    session.version += 1
    if had_customer:
        told_step = ArrivalMessage(session=session.public_id, step=step, at=int(done.now.timestamp()))  # type: ignore[arg-type]
        done.tell_agent(session.agent_id, told_step)
        done.tell_agent(session.agent_id, state_message(session, reason))
    slot = db.session.get(Slot, session.slot_id)
    assert slot is not None
    code = codes.draw(session, now=done.now)
    codes.tell_new_code(done, slot, session, code, code_reason)
    done.note(session, "let_go", step=step, reason=reason)
    done.wake_waiting()


def end(done: Deed, session: SupportSession, *, by_side: Side, reason: str) -> bool:
    """End the support session for good; False when somebody was first. The row is locked by the caller."""
    had_help = session.connected_at is not None
    won = db.session.execute(
        update(SupportSession)
        .where(SupportSession.id == session.id, SupportSession.state != "expired")
        .values(
            state="expired",
            ended_at=done.now,
            ended_by=by_side,
            end_reason=reason[:80],
            resume_until=None,
            version=SupportSession.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    if rows_of(won) != 1:
        return False
    db.session.refresh(session)
    asks_survey = had_help and queries.options_of(session.agent_id)["survey"]
    message = Ended(session=session.public_id, by=by_side, reason=reason[:80], survey=asks_survey)
    if had_help:
        ask_for_report(done, session)
    done.tell_agent(session.agent_id, message)
    done.tell_customer(session, message)
    end_participants(done, session, reason, tell=False)
    revoke_credential(done, session)
    _end_arrival(done, session, "ended")
    codes.wipe(session.id, now=done.now)
    orders.close_later(session)
    done.note(session, "ended", by=by_side, reason=reason[:80])
    done.audit("session.ended", f"session:{session.public_id}", by=by_side, reason=reason[:80])
    done.wake_waiting()
    _open_next(done, session, had_help=had_help)
    return True


def end_participants(done: Deed, session: SupportSession, reason: str, *, tell: bool = True) -> None:
    """Let everybody who takes part leave; their keys are forgotten and their tickets are made no more."""
    for participant in queries.list_participants([session.id]):
        participant.left_at = done.now
        participant.key_commit = participant.key_agent = participant.key_customer = participant.key_salt = (
            None
        )
        db.session.execute(
            update(Connection)
            .where(Connection.participant_id == participant.id, Connection.closed_at.is_(None))
            .values(closed_at=done.now)
            .execution_options(synchronize_session=False)
        )
        if tell:
            left = ParticipantLeft(participant=participant.public_id, reason=reason[:80])
            _tell_agent_of(done, participant, left)
            done.tell_customer(session, left)
            orders.close_later(session, participant)
    db.session.flush()


def revoke_credential(done: Deed, session: SupportSession) -> None:
    """Take the customer program's credential back; its socket closes when it has heard everything."""
    credential = queries.find_live_credential(session.id)
    if credential is None:
        return
    stream = find_for_credential(credential.id)
    db.session.execute(
        update(ProgramCredential)
        .where(ProgramCredential.id == credential.id, ProgramCredential.revoked_at.is_(None))
        .values(revoked_at=done.now)
        .execution_options(synchronize_session="fetch")
    )
    if stream is not None:
        stream.changed_at = done.now
        done.wake(stream_topic(stream.id))


def resume_deadline(now: datetime) -> datetime:
    """Return until when a support session whose link is lost waits for its customer."""
    return now + timedelta(seconds=current_app.extensions["settings"].resume_window_s)


def state_message(session: SupportSession, reason: str = "") -> SessionState:
    """Return what both programs are told when a support session moved."""
    return SessionState(
        session=session.public_id,
        state=session.state,  # type: ignore[arg-type]
        link=session.link,  # type: ignore[arg-type]
        version=session.version,
        reason=reason[:80],
    )


def tell_state(done: Deed, session: SupportSession, reason: str = "") -> None:
    """Tell both programs how the support session stands now."""
    message = state_message(session, reason)
    done.tell_agent(session.agent_id, message)
    done.tell_customer(session, message)


def _tell_agent_of(done: Deed, participant: Participant, message: ParticipantLeft) -> None:
    if participant.agent_id is not None:
        done.tell_agent(participant.agent_id, message)


def _end_arrival(done: Deed, session: SupportSession, reason: str) -> None:
    db.session.execute(
        update(Arrival)
        .where(Arrival.support_session_id == session.id, Arrival.ended_at.is_(None))
        .values(ended_at=done.now, end_reason=reason[:80])
        .execution_options(synchronize_session="fetch")
    )


def _open_next(done: Deed, session: SupportSession, *, had_help: bool) -> None:
    """Begin the next support session in the slot by itself, where the option says so."""
    if not had_help or not queries.options_of(session.agent_id)["auto_new_session"]:
        return
    slot = db.session.get(Slot, session.slot_id)
    if slot is not None and slot.closed_at is None:
        open_session(done, slot)


__all__ = [
    "Side",
    "end",
    "end_participants",
    "let_go",
    "resume_deadline",
    "revoke_credential",
    "state_message",
    "tell_state",
]
