"""Reading who works for the open company and what they may do."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, or_, select

from app.errors import NotFound
from app.team.models import Agent, OptionValue
from app.team.options import Effective, effective
from app.team.rules import login_key
from tenants.database import db

__all__ = ["effective_options", "find_agent", "get_agent", "list_agents"]


def find_agent(login_id: str) -> Agent | None:
    """The agent with this id, whatever its case, or None; deleted ones are not found."""
    statement = select(Agent).where(Agent.login_key == login_key(login_id), Agent.deleted_at.is_(None))
    return db.session.scalar(statement)


def get_agent(agent_id: int) -> Agent:
    """The agent with this database id. Raises NotFound, also for an agent of another company."""
    agent = db.session.scalar(select(Agent).where(Agent.id == agent_id, Agent.deleted_at.is_(None)))
    if agent is None:
        raise NotFound
    return agent


def list_agents() -> Sequence[Agent]:
    """The company's agents by id, the admin first."""
    statement = select(Agent).where(Agent.deleted_at.is_(None)).order_by(Agent.role, Agent.login_key)
    return db.session.scalars(statement).all()


def effective_options(agent: Agent) -> dict[str, Effective]:
    """What holds for an agent, for every option key, in one query."""
    values = db.session.scalars(
        select(OptionValue).where(
            or_(
                OptionValue.scope == "tenant",
                and_(OptionValue.scope == "department", OptionValue.department_id == agent.department_id),
                and_(OptionValue.scope == "agent", OptionValue.agent_id == agent.id),
            )
        )
    ).all()
    by_scope: dict[str, dict[str, bool]] = {"tenant": {}, "department": {}, "agent": {}}
    for row in values:
        by_scope[row.scope][row.key] = row.value
    return effective(
        seat=agent.seat,
        tenant=by_scope["tenant"],
        department=by_scope["department"],
        agent=by_scope["agent"],
    )
