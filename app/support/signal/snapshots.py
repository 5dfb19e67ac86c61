"""The whole model of a program, for one that starts or that has missed too much. Reads only.

The caller takes it in one transaction with the stream's last number, so that nothing falls between the two.
"""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from app.support import queries
from app.support.actions import codes
from app.support.models import AccessCode, Participant, Slot, SupportSession
from app.support.rules import consent_question
from app.support.signal.models import SignalStream
from app.team.models import Agent
from app.team.queries import effective_options
from config.settings import Settings
from tenants.database import current_tenant_id, db
from tenants.resolve import get_tenant
from wire.signal.messages import Agent as AgentRecord
from wire.signal.messages import (
    AgentSnapshot,
    ConsentAsked,
    CustomerSnapshot,
    ParticipantState,
    SessionInfo,
    SlotInfo,
    Tenant,
)

CONSENT_TIMEOUT_S = 60


def agent_snapshot(stream: SignalStream, agent: Agent) -> AgentSnapshot:
    """Return everything the agent's program shows."""
    tenant = get_tenant(current_tenant_id())
    settings: Settings = current_app.extensions["settings"]
    slots = queries.list_slots(agent.id)
    sessions = queries.list_latest_sessions([slot.id for slot in slots])
    live_codes = queries.list_live_codes([session.id for session in sessions.values()])
    shown = [slot for slot in slots if slot.id in sessions]
    options = {key: (found.value, found.origin) for key, found in effective_options(agent).items()}
    return AgentSnapshot(
        tenant=Tenant(
            title=tenant.title,
            url=f"{settings.public_url}/{tenant.slug}",
            expires_at=int(tenant.expires_at.timestamp()),
            company=tenant.company,
        ),
        agent=AgentRecord(id=_agent_id(agent), name=agent.name, state=stream.agent_state),  # type: ignore[arg-type]
        options=options,
        slots=tuple(
            _slot_info(slot, sessions[slot.id], live_codes.get(sessions[slot.id].id)) for slot in shown
        ),
        sessions=tuple(_session_info(slot, sessions[slot.id]) for slot in shown),
        participants=_participants(list(sessions.values()), agent.id),
    )


def customer_snapshot(session: SupportSession, now: datetime) -> CustomerSnapshot:
    """Return everything the customer program shows and asks; `company` is the registered name."""
    tenant = get_tenant(current_tenant_id())
    agent = db.session.get(Agent, session.agent_id)
    options = queries.options_of(session.agent_id)
    return CustomerSnapshot(
        session=session.public_id,
        company=tenant.company,
        title=tenant.title,
        agent_name=agent.name if agent else "",
        number=session.number,
        lang="en" if session.lang == "en" else "ko",
        consent=ConsentAsked(ask=consent_question(options).ask, timeout_s=CONSENT_TIMEOUT_S),  # type: ignore[arg-type]
        options=options,
        participants=_participants([session], None),
        state=session.state,  # type: ignore[arg-type]
    )


def _agent_id(agent: Agent) -> str:
    """The log-in id in the shape of a public id; an agent has no other one that may leave the house."""
    return agent.login_key.lstrip("_-") or "agent"


def _slot_info(slot: Slot, session: SupportSession, code: AccessCode | None) -> SlotInfo:
    return SlotInfo(
        slot=slot.public_id,
        position=slot.position,
        number=slot.number,
        session=session.public_id,
        auto_connect=slot.auto_connect,
        code=codes.read(code) if code else None,
        code_expires_at=int(code.expires_at.timestamp()) if code else None,
    )


def _session_info(slot: Slot, session: SupportSession) -> SessionInfo:
    return SessionInfo(
        session=session.public_id,
        slot=slot.public_id,
        number=session.number,
        state=session.state,  # type: ignore[arg-type]
        link=session.link,  # type: ignore[arg-type]
        version=session.version,
        arrival_step=session.arrival_step,  # type: ignore[arg-type]
        ip=queries.shown_address(session),
        pc=session.pc_name,
        os=session.os,
    )


def _participants(sessions: list[SupportSession], agent_id: int | None) -> tuple[ParticipantState, ...]:
    by_id = {session.id: session.public_id for session in sessions}
    rows = queries.list_participants(list(by_id))
    return tuple(
        ParticipantState(
            participant=row.public_id,
            session=by_id[row.support_session_id],
            ordinal=row.ordinal,
            role=row.role,  # type: ignore[arg-type]
            epoch=row.epoch,
            name=_name_of(row),
        )
        for row in rows
        if agent_id is None or row.agent_id == agent_id
    )


def _name_of(participant: Participant) -> str:
    agent = db.session.get(Agent, participant.agent_id) if participant.agent_id else None
    return agent.name if agent else ""
