"""The rows behind the REST interface: read by key, one statement a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, tuple_

from app.support.models import SupportSession, SurveyAnswer
from app.team.models import Agent, Department
from tenants.database import db

__all__ = ["SessionsAsked", "find_agent", "find_session", "list_agents", "list_departments", "list_sessions"]

#: Rows of (Agent, Department or None), or of (SupportSession, Agent, SurveyAnswer or None).
Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class SessionsAsked:
    """Which support sessions: of an agent, in a state, made within a time."""

    agent: str = ""
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None


def list_agents(after: str | None, limit: int) -> Rows:
    """Agents with their department, by id, after the id `after`."""
    statement = _agents().order_by(Agent.login_key).limit(limit)
    return db.session.execute(statement if after is None else statement.where(Agent.login_key > after)).all()


def find_agent(login_id: str) -> Any:
    """One agent with their department, or None."""
    return db.session.execute(_agents().where(Agent.login_key == login_id.casefold())).one_or_none()


def list_departments(after: str | None, limit: int) -> Sequence[Department]:
    """Departments by name, after the name `after` (without case)."""
    statement = select(Department).order_by(Department.name_key).limit(limit)
    return db.session.scalars(
        statement if after is None else statement.where(Department.name_key > after)
    ).all()


def list_sessions(asked: SessionsAsked, after: tuple[datetime, int] | None, limit: int) -> Rows:
    """Support sessions, the newest first, before the place `after`."""
    conditions: list[ColumnElement[bool]] = []
    if asked.agent:
        conditions.append(Agent.login_key == asked.agent.casefold())
    if asked.state:
        conditions.append(SupportSession.state == asked.state)
    if asked.since:
        conditions.append(SupportSession.created_at >= asked.since)
    if asked.until:
        conditions.append(SupportSession.created_at < asked.until)
    if after is not None:
        conditions.append(tuple_(SupportSession.created_at, SupportSession.id) < after)
    statement = (
        _sessions()
        .where(*conditions)
        .order_by(SupportSession.created_at.desc(), SupportSession.id.desc())
        .limit(limit)
    )
    return db.session.execute(statement).all()


def find_session(session: str) -> Any:
    """One support session, or None."""
    return db.session.execute(_sessions().where(SupportSession.public_id == session)).one_or_none()


def _agents() -> Any:
    return (
        select(Agent, Department)
        .outerjoin(Department, Department.id == Agent.department_id)
        .where(Agent.deleted_at.is_(None))
    )


def _sessions() -> Any:
    return (
        select(SupportSession, Agent, SurveyAnswer)
        .join(Agent, Agent.id == SupportSession.agent_id)
        .outerjoin(SurveyAnswer, SurveyAnswer.support_session_id == SupportSession.id)
    )
