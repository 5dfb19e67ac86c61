"""Reads of remote support. `get_…` raises NotFound, also for another agent's; `find_…` returns None.

`lock_…` is for actions: on PostgreSQL the row stays locked until the commit; on SQLite there is one writer
anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.accounts.models import LoginSession
from app.errors import NotFound
from app.support import rules
from app.support.models import (
    AccessCode,
    Arrival,
    Connection,
    JoinToken,
    Participant,
    ProgramCredential,
    Slot,
    SupportSession,
    SurveyAnswer,
)
from app.support.signal.models import WAITING_PAGES, SignalStream
from app.support.signal.streams import list_of_agent
from app.team.models import Agent
from app.team.queries import effective_options
from app.team.settings import shows_addresses
from tenants.database import db


@dataclass(frozen=True, slots=True)
class WaitingNumber:
    """A number that a customer may click now."""

    number: int
    session_id: int


def options_of(agent_id: int) -> dict[str, bool]:
    """Return the options that hold for an agent, every key there is."""
    agent = db.session.get(Agent, agent_id)
    if agent is None:
        raise NotFound
    return {key: found.value for key, found in effective_options(agent).items()}


def shown_address(session: SupportSession) -> str | None:
    """Return the customer's address as the session's agent may see it; the admin always sees it (A6)."""
    address = session.ip_browser or session.ip_program
    if address is None or shows_addresses():
        return address
    agent = db.session.get(Agent, session.agent_id)
    return address if agent is not None and agent.is_admin else None


# --- slots ------------------------------------------------------------------------------------------------


def get_slot(public_id: str, *, agent_id: int, lock: bool = False) -> Slot:
    """Return an open slot of the agent. Raises NotFound."""
    wanted = select(Slot).where(
        Slot.public_id == public_id, Slot.agent_id == agent_id, Slot.closed_at.is_(None)
    )
    slot = db.session.scalar(wanted.with_for_update() if lock else wanted)
    if slot is None:
        raise NotFound
    return slot


def list_slots(agent_id: int) -> Sequence[Slot]:
    """Return the agent's open slots by position."""
    return db.session.scalars(
        select(Slot).where(Slot.agent_id == agent_id, Slot.closed_at.is_(None)).order_by(Slot.position)
    ).all()


def list_unfree_numbers(agent_id: int, now: datetime) -> set[int]:
    """Return the numbers this agent cannot have: shown now, or resting since another agent closed them."""
    rows = db.session.execute(
        select(Slot.number).where(
            Slot.closed_at.is_(None) | ((Slot.number_free_at > now) & (Slot.agent_id != agent_id))
        )
    )
    return {number for (number,) in rows}


def list_waiting(now: datetime) -> list[WaitingNumber]:
    """Return the open tenant's numbers that wait, in order: agent present and online, nobody on the way."""
    present = (
        select(LoginSession.agent_id)
        .join(SignalStream, SignalStream.login_session_id == LoginSession.id)
        .where(
            LoginSession.ended_at.is_(None),
            SignalStream.socket_id.is_not(None),
            SignalStream.seen_at > now - rules.PRESENCE_LEASE,
            SignalStream.agent_state == "online",
            SignalStream.page.in_(WAITING_PAGES),
        )
    )
    rows = db.session.execute(
        select(Slot.number, SupportSession.id)
        .join(SupportSession, SupportSession.slot_id == Slot.id)
        .where(
            Slot.closed_at.is_(None),
            SupportSession.state == "offline",
            SupportSession.arrival_step.in_(rules.FREE_STEPS),
            Slot.agent_id.in_(present),
        )
        .order_by(Slot.number)
    )
    return [WaitingNumber(number, session_id) for number, session_id in rows]


# --- support sessions -------------------------------------------------------------------------------------


def get_session(public_id: str, *, agent_id: int, lock: bool = False) -> SupportSession:
    """Return a support session of the agent. Raises NotFound."""
    wanted = select(SupportSession).where(
        SupportSession.public_id == public_id, SupportSession.agent_id == agent_id
    )
    session = db.session.scalar(wanted.with_for_update() if lock else wanted)
    if session is None:
        raise NotFound
    return session


def lock_session(session_id: int) -> SupportSession:
    """Return a support session by its row id, as it is now, locked for this action."""
    session = db.session.get(SupportSession, session_id, with_for_update=True, populate_existing=True)
    if session is None:
        raise NotFound
    return session


def find_live_session(slot_id: int) -> SupportSession | None:
    """Return the one support session of the slot that has not ended."""
    return db.session.scalar(
        select(SupportSession).where(SupportSession.slot_id == slot_id, SupportSession.state != "expired")
    )


def list_latest_sessions(slot_ids: Sequence[int]) -> dict[int, SupportSession]:
    """Return the newest support session of each slot, ended or not, by slot id."""
    newest = (
        select(func.max(SupportSession.id))
        .where(SupportSession.slot_id.in_(slot_ids))
        .group_by(SupportSession.slot_id)
    )
    rows = db.session.scalars(select(SupportSession).where(SupportSession.id.in_(newest)))
    return {session.slot_id: session for session in rows}


def find_survey(session_id: int) -> SurveyAnswer | None:
    """Return the customer's grade, or None."""
    return db.session.scalar(select(SurveyAnswer).where(SurveyAnswer.support_session_id == session_id))


# --- codes ------------------------------------------------------------------------------------------------


def find_code(code_hmac: str, now: datetime) -> AccessCode | None:
    """Return the live code with this look-up value."""
    return db.session.scalar(
        select(AccessCode).where(
            AccessCode.code_hmac == code_hmac,
            AccessCode.used_at.is_(None),
            AccessCode.revoked_at.is_(None),
            AccessCode.expires_at > now,
        )
    )


def find_live_code(session_id: int) -> AccessCode | None:
    """Return the code that leads to the support session now, expired or not yet redrawn."""
    return db.session.scalar(
        select(AccessCode).where(
            AccessCode.support_session_id == session_id,
            AccessCode.used_at.is_(None),
            AccessCode.revoked_at.is_(None),
        )
    )


def list_live_codes(session_ids: Sequence[int]) -> dict[int, AccessCode]:
    """Return the live codes of support sessions, by session id."""
    rows = db.session.scalars(
        select(AccessCode).where(
            AccessCode.support_session_id.in_(session_ids),
            AccessCode.used_at.is_(None),
            AccessCode.revoked_at.is_(None),
        )
    )
    return {code.support_session_id: code for code in rows}


def list_coded_sessions() -> list[tuple[SupportSession, Slot]]:
    """Return the support sessions of the open tenant that a live code leads to, with their slots."""
    rows = db.session.execute(
        select(SupportSession, Slot)
        .join(AccessCode, AccessCode.support_session_id == SupportSession.id)
        .join(Slot, Slot.id == SupportSession.slot_id)
        .where(AccessCode.used_at.is_(None), AccessCode.revoked_at.is_(None))
        .order_by(SupportSession.id)
        .with_for_update(of=SupportSession)
    )
    return [(session, slot) for session, slot in rows]


def count_live_codes() -> int:
    """Return how many codes lead somewhere at the open tenant."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(AccessCode)
            .where(AccessCode.used_at.is_(None), AccessCode.revoked_at.is_(None))
        )
        or 0
    )


# --- arrivals and programs --------------------------------------------------------------------------------


def find_arrival(token_hash: str) -> Arrival | None:
    """Return the arrival of a browser's cookie."""
    return db.session.scalar(select(Arrival).where(Arrival.token_hash == token_hash))


def find_live_arrival(session_id: int) -> Arrival | None:
    """Return the customer who is on the way to, or in, the support session."""
    return db.session.scalar(
        select(Arrival).where(Arrival.support_session_id == session_id, Arrival.ended_at.is_(None))
    )


def count_unstarted(ip: str, now: datetime) -> int:
    """How many numbers wait for a customer program that somebody at this address has not started yet."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Arrival)
            .join(SupportSession, SupportSession.id == Arrival.support_session_id)
            .where(
                Arrival.ip == ip,
                Arrival.ended_at.is_(None),
                Arrival.expires_at > now,
                SupportSession.arrival_step.in_(("page", "downloaded")),
            )
        )
        or 0
    )


def find_join_token(token_hash: str) -> JoinToken | None:
    """Return the join token a program brought."""
    return db.session.scalar(select(JoinToken).where(JoinToken.token_hash == token_hash))


def find_credential(token_hash: str) -> ProgramCredential | None:
    """Return the credential a customer program brought, revoked or not."""
    return db.session.scalar(select(ProgramCredential).where(ProgramCredential.token_hash == token_hash))


def last_generation(session_id: int) -> int:
    """Return the generation of the newest credential of the support session, revoked or not; 0 for none.

    A customer who denied leaves a revoked one behind, and the next customer of the slot counts on from it.
    """
    newest = select(func.max(ProgramCredential.generation)).where(
        ProgramCredential.support_session_id == session_id
    )
    return db.session.scalar(newest) or 0


def find_live_credential(session_id: int) -> ProgramCredential | None:
    """Return the credential that speaks for the support session now."""
    return db.session.scalar(
        select(ProgramCredential).where(
            ProgramCredential.support_session_id == session_id, ProgramCredential.revoked_at.is_(None)
        )
    )


# --- participants -----------------------------------------------------------------------------------------


def find_participant(
    public_id: str, *, session_id: int | None = None, agent_id: int | None = None
) -> Participant:
    """Return a participant who has not left, of this support session or agent. Raises NotFound."""
    wanted = select(Participant).where(Participant.public_id == public_id, Participant.left_at.is_(None))
    if session_id is not None:
        wanted = wanted.where(Participant.support_session_id == session_id)
    if agent_id is not None:
        wanted = wanted.where(Participant.agent_id == agent_id)
    participant = db.session.scalar(wanted)
    if participant is None:
        raise NotFound
    return participant


def find_lead(session_id: int) -> Participant | None:
    """Return the leading agent's participant of the support session, or None."""
    return db.session.scalar(
        select(Participant).where(
            Participant.support_session_id == session_id,
            Participant.role == "lead",
            Participant.left_at.is_(None),
        )
    )


def find_last_lead(session_id: int) -> Participant | None:
    """Return the leading agent's participant that joined last, whether it has left or not."""
    return db.session.scalar(
        select(Participant)
        .where(Participant.support_session_id == session_id, Participant.role == "lead")
        .order_by(Participant.ordinal.desc())
        .limit(1)
    )


def live_agent_stream(agent_id: int, stream_id: int | None) -> int | None:
    """Return `stream_id` while its log-in lives, else the agent's newest that waits, or None without any."""
    live = list_of_agent(agent_id)
    if stream_id in [stream.id for stream in live]:
        return stream_id
    return next((stream.id for stream in live if stream.page in WAITING_PAGES), None)


def list_waiting_for_agent(agent_id: int) -> Sequence[int]:
    """Return the agent's support sessions whose customer consented, in slots that connect by themselves."""
    return db.session.scalars(
        select(SupportSession.id)
        .join(Slot, Slot.id == SupportSession.slot_id)
        .where(SupportSession.agent_id == agent_id, SupportSession.state == "online", Slot.auto_connect)
        .order_by(SupportSession.id)
    ).all()


def list_participants(session_ids: Sequence[int]) -> Sequence[Participant]:
    """Return everybody who takes part in these support sessions now."""
    return db.session.scalars(
        select(Participant)
        .where(Participant.support_session_id.in_(session_ids), Participant.left_at.is_(None))
        .order_by(Participant.id)
    ).all()


def next_ordinal(session_id: int) -> int:
    """Return the number of the next participant of the support session, those who left counted."""
    highest = db.session.scalar(
        select(func.max(Participant.ordinal)).where(Participant.support_session_id == session_id)
    )
    return (highest or 0) + 1


def find_connection(participant_id: int, channel: str, epoch: int) -> Connection | None:
    """Return one opening of one channel."""
    return db.session.scalar(
        select(Connection).where(
            Connection.participant_id == participant_id,
            Connection.channel == channel,
            Connection.epoch == epoch,
        )
    )


def count_sessions_by_relay() -> dict[str, int]:
    """Return how many support sessions of the open tenant each relay carries now."""
    rows = db.session.execute(
        select(SupportSession.relay_id, func.count())
        .where(SupportSession.state == "connected", SupportSession.relay_id.is_not(None))
        .group_by(SupportSession.relay_id)
    )
    return {relay_id: count for relay_id, count in rows if relay_id is not None}
