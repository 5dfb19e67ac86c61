"""The agent list (one statement for the page, one for the count, however many agents) and the usage log.

The log is read backwards by number and never counted: its first page costs the same with a million entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, false, func, or_, select

from app.accounts.models import LoginSession
from app.manage.rules import KIND_PREFIXES, LOG_PAGE, PAGE_SIZE, AgentsAsked, LogAsked, count_pages
from app.support.models import Participant, SupportSession
from app.support.signal.models import SignalStream
from app.team.models import Agent, Department
from tenants.audit import AuditEntry
from tenants.database import db

__all__ = ["AgentPage", "AgentRow", "find_agents", "find_entries", "is_in_support", "list_live_sessions"]


@dataclass(frozen=True, slots=True)
class AgentRow:
    """A line of the list. `presence` is session, online, busy, connecting, away or offline."""

    login_id: str
    name: str
    department: str | None
    role: str
    seat: str
    state: str
    presence: str
    last_access_at: datetime | None
    last_ip_public: str | None
    last_ip_private: str | None


@dataclass(frozen=True, slots=True)
class AgentPage:
    """One page of the list."""

    rows: list[AgentRow]
    total: int
    page: int
    pages: int


def find_agents(asked: AgentsAsked) -> AgentPage:
    """The page of agents that was asked for; the last one when there are fewer."""
    here, busy = _programs(), _in_support()
    presence = case((busy.c.agent_id.is_not(None), "session"), else_=func.coalesce(here.c.state, "offline"))

    def joined(statement: Select[Any]) -> Select[Any]:
        return (
            statement.select_from(Agent)
            .outerjoin(Department, Department.id == Agent.department_id)
            .outerjoin(here, here.c.agent_id == Agent.id)
            .outerjoin(busy, busy.c.agent_id == Agent.id)
            .where(*_conditions(asked, presence))
        )

    total = db.session.scalar(joined(select(func.count()))) or 0
    pages = count_pages(total)
    page = min(asked.page, pages)
    rows = db.session.execute(
        joined(
            select(
                Agent.login_id,
                Agent.name,
                Department.name,
                Agent.role,
                Agent.seat,
                Agent.state,
                presence,
                Agent.last_access_at,
                Agent.last_ip_public,
                Agent.last_ip_private,
            )
        )
        .order_by(*_order(asked, presence))
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return AgentPage([AgentRow(*row) for row in rows], total, page, pages)


def is_in_support(agent_id: int) -> bool:
    """Whether the agent takes part in a connected support session, as lead or as guest."""
    busy = _in_support()
    return db.session.scalar(select(busy.c.agent_id).where(busy.c.agent_id == agent_id)) is not None


def list_live_sessions(agent_id: int) -> list[str]:
    """Public ids of the agent's own support sessions that have not ended."""
    statement = select(SupportSession.public_id).where(
        SupportSession.agent_id == agent_id, SupportSession.state != "expired"
    )
    return list(db.session.scalars(statement))


def find_entries(asked: LogAsked, *, size: int = LOG_PAGE) -> tuple[Sequence[AuditEntry], bool]:
    """A page of the usage log, the newest entry first, and whether there are older ones."""
    conditions: list[ColumnElement[bool]] = []
    if asked.before is not None:
        conditions.append(AuditEntry.n < asked.before)
    if asked.kind:
        prefixes = KIND_PREFIXES[asked.kind]
        conditions.append(or_(*(AuditEntry.action.startswith(begin, autoescape=True) for begin in prefixes)))
    if asked.who:
        by_name = func.lower(AuditEntry.actor_name).contains(asked.who.lower(), autoescape=True)
        conditions.append(or_(by_name, AuditEntry.ip == asked.who))
    conditions += _days(asked)
    statement = select(AuditEntry).where(*conditions).order_by(AuditEntry.n.desc()).limit(size + 1)
    rows = db.session.scalars(statement).all()
    return rows[:size], len(rows) > size


def _days(asked: LogAsked) -> list[ColumnElement[bool]]:
    """The days as numbers: entries are numbered in the order of time, and a page is read by number.

    Asked for by time, a database would sort all that the days hold, however much that is.
    """
    found: list[ColumnElement[bool]] = []
    if asked.since_at:
        first = select(AuditEntry.n).where(AuditEntry.at >= asked.since_at).order_by(AuditEntry.at)
        number = db.session.scalar(first.limit(1))
        found.append(AuditEntry.n >= number if number is not None else false())
    if asked.until_at:
        last = (
            select(AuditEntry.n).where(AuditEntry.at < asked.until_at).order_by(AuditEntry.at.desc()).limit(1)
        )
        number = db.session.scalar(last)
        found.append(AuditEntry.n <= number if number is not None else false())
    return found


def _programs() -> Subquery:
    """The agents whose waiting program has a socket now, with the state they chose."""
    return (
        select(LoginSession.agent_id, func.max(SignalStream.agent_state).label("state"))
        .join(SignalStream, SignalStream.login_session_id == LoginSession.id)
        .where(LoginSession.ended_at.is_(None), SignalStream.socket_id.is_not(None))
        .group_by(LoginSession.agent_id)
        .subquery("programs")
    )


def _in_support() -> Subquery:
    return (
        select(Participant.agent_id)
        .join(SupportSession, SupportSession.id == Participant.support_session_id)
        .where(
            SupportSession.state == "connected",
            SupportSession.ended_at.is_(None),
            Participant.left_at.is_(None),
            Participant.agent_id.is_not(None),
        )
        .distinct()
        .subquery("in_support")
    )


def _conditions(asked: AgentsAsked, presence: ColumnElement[str]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Agent.deleted_at.is_(None)]
    if asked.text:
        found.append(
            or_(
                Agent.login_key.contains(asked.text.casefold(), autoescape=True),
                func.lower(Agent.name).contains(asked.text.lower(), autoescape=True),
            )
        )
    if asked.department == "none":
        found.append(Agent.department_id.is_(None))
    elif asked.department:
        found.append(Department.public_id == asked.department)
    if asked.state == "disabled":
        found.append(Agent.state == "disabled")
    elif asked.state == "online":
        found.append(presence.not_in(("offline", "session")))
    elif asked.state:
        found.append(presence == asked.state)
    return found


def _order(asked: AgentsAsked, presence: ColumnElement[str]) -> list[Any]:
    columns: dict[str, Any] = {
        "login_id": Agent.login_key,
        "name": Agent.name,
        "department": Department.name_key,
        "presence": case(
            (presence == "session", 0),
            (presence == "online", 1),
            (presence == "offline", 9),
            else_=2,
        ),
        "seat": Agent.seat,
        "access": Agent.last_access_at,
        "ip_public": Agent.last_ip_public,
        "ip_private": Agent.last_ip_private,
    }
    column = columns[asked.sort]
    first = column.desc() if asked.is_descending else column.asc()
    if asked.sort in ("department", "access", "ip_public", "ip_private"):
        first = first.nulls_last()
    return [first] if asked.sort == "login_id" else [first, Agent.login_key]
