"""Options that change while programs run: whom they concern is told within the change's own transaction.

The agent's program greys what is off, the customer's withdraws it, which is what counts. The message says
only that something changed; its values are read when it is sent (`fill`), for the one who gets it.
Source: docs/decisions/0078-options-at-once.md.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, select, true

from app.accounts.models import LoginSession
from app.support.deed import hub
from app.support.models import ProgramCredential, SupportSession
from app.support.signal import streams
from app.support.signal.hub import stream_topic
from app.support.signal.models import SignalStream
from app.team.models import Agent
from app.team.queries import effective_options
from tenants.database import db
from tenants.writing import after_commit
from wire.signal.messages import AgentOptions, CustomerOptions

__all__ = ["fill", "tell_programs"]


def tell_programs(*, department_id: int | None = None, agent_id: int | None = None, now: datetime) -> int:
    """Tell the running programs of an agent, a department or the whole company; return how many.

    Runs inside the action that changes the options; the programs are woken after its commit.
    """
    concerned: ColumnElement[bool] = true()
    if agent_id is not None:
        concerned = Agent.id == agent_id
    elif department_id is not None:
        concerned = Agent.department_id == department_id
    agents = db.session.scalars(
        select(SignalStream.id)
        .join(LoginSession, LoginSession.id == SignalStream.login_session_id)
        .join(Agent, Agent.id == LoginSession.agent_id)
        .where(LoginSession.ended_at.is_(None), LoginSession.expires_at > now, concerned)
    ).all()
    customers = db.session.scalars(
        select(SignalStream.id)
        .join(ProgramCredential, ProgramCredential.id == SignalStream.program_credential_id)
        .join(SupportSession, SupportSession.id == ProgramCredential.support_session_id)
        .join(Agent, Agent.id == SupportSession.agent_id)
        .where(ProgramCredential.revoked_at.is_(None), SupportSession.state != "expired", concerned)
    ).all()
    streams.append_to_all(agents, AgentOptions(), now=now)
    streams.append_to_all(customers, CustomerOptions(), now=now)
    topics, wakes = [stream_topic(one) for one in (*agents, *customers)], hub()
    if topics:
        after_commit(lambda: wakes.wake(topics))
    return len(topics)


def fill(message: AgentOptions | CustomerOptions, stream_id: int) -> AgentOptions | CustomerOptions:
    """The message with the options that hold now for the owner of the stream."""
    if isinstance(message, AgentOptions):
        agent = db.session.scalar(
            select(Agent)
            .join(LoginSession, LoginSession.agent_id == Agent.id)
            .join(SignalStream, SignalStream.login_session_id == LoginSession.id)
            .where(SignalStream.id == stream_id)
        )
        found = effective_options(agent) if agent else {}
        return replace(message, options={key: (one.value, one.origin) for key, one in found.items()})
    agent = db.session.scalar(
        select(Agent)
        .join(SupportSession, SupportSession.agent_id == Agent.id)
        .join(ProgramCredential, ProgramCredential.support_session_id == SupportSession.id)
        .join(SignalStream, SignalStream.program_credential_id == ProgramCredential.id)
        .where(SignalStream.id == stream_id)
    )
    found = effective_options(agent) if agent else {}
    return replace(message, options={key: one.value for key, one in found.items()})
