"""Reading who works for the open company and what they may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, case, false, func, literal, or_, select

from app.errors import NotFound
from app.team.models import Agent, Department, OptionForceOff, OptionValue
from app.team.options import Effective, effective_at
from app.team.rules import login_key
from tenants.database import current_tenant_id, db

__all__ = [
    "Seats",
    "count_seats",
    "effective_options",
    "find_agent",
    "forced_off",
    "get_agent",
    "get_department",
    "list_departments",
    "option_levels",
]


@dataclass(frozen=True, slots=True)
class Seats:
    """How many seats are taken: all of them, and those that may serve phones too."""

    taken: int
    taken_mobile: int


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


def count_seats() -> Seats:
    """The seats that the company's agents take; the admin takes none, a disabled agent keeps theirs."""
    taken, mobile = db.session.execute(
        select(func.count(), func.sum(case((Agent.seat == "pc_mobile", 1), else_=0))).where(
            Agent.deleted_at.is_(None), Agent.role == "agent"
        )
    ).one()
    return Seats(taken, mobile or 0)


def get_department(department: str, *, lock: bool = False) -> Department:
    """The department with this public id. Raises NotFound, also for another company's."""
    statement = select(Department).where(Department.public_id == department)
    row = db.session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound
    return row


def list_departments() -> Sequence[tuple[Department, int]]:
    """The company's departments by name, each with the number of its agents."""
    members = (
        select(Agent.department_id, func.count().label("members"))
        .where(Agent.deleted_at.is_(None))
        .group_by(Agent.department_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Department, func.coalesce(members.c.members, 0))
        .outerjoin(members, members.c.department_id == Department.id)
        .order_by(Department.name_key)
    )
    return [(department, count) for department, count in rows]


def effective_options(agent: Agent) -> dict[str, Effective]:
    """What holds for an agent, for every option key, in one query."""
    levels = option_levels(department_id=agent.department_id, agent_id=agent.id)
    return effective_at(levels, seat=agent.seat)


def option_levels(
    *, department_id: int | None = None, agent_id: int | None = None
) -> dict[str, dict[str, bool]]:
    """What is set at each level above a department or an agent, by scope and key, in one query.

    "platform" holds what the operator has switched off.
    """
    values = (
        select(OptionValue.scope, OptionValue.key, OptionValue.value)
        .where(
            or_(
                OptionValue.scope == "tenant",
                and_(OptionValue.scope == "department", OptionValue.department_id == department_id),
                and_(OptionValue.scope == "agent", OptionValue.agent_id == agent_id),
            )
        )
        .union_all(_forced_off())
    )
    by_scope: dict[str, dict[str, bool]] = {"platform": {}, "tenant": {}, "department": {}, "agent": {}}
    for scope, key, value in db.session.execute(values):
        by_scope[scope][key] = value
    return by_scope


def forced_off() -> dict[str, bool]:
    """What the operator has switched off for the open company, by key."""
    return {key: value for _scope, key, value in db.session.execute(_forced_off())}


def _forced_off() -> Select[str, str, bool]:
    return select(literal("platform"), OptionForceOff.key, false()).where(
        or_(OptionForceOff.tenant_id.is_(None), OptionForceOff.tenant_id == current_tenant_id())
    )
