"""What is there, for a plan, and the rows of an export; each in one or two statements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.manage.roster.rules import COLUMN_NAMES, Known, Room
from app.team.models import Agent, Department
from app.team.queries import count_seats, list_departments
from app.team.rules import login_key
from tenants.database import current_tenant_id, db
from tenants.resolve import get_tenant

__all__ = [
    "AGENT_HEADER",
    "DEPARTMENT_HEADER",
    "agent_rows",
    "department_names",
    "department_rows",
    "known_agents",
    "room_left",
]

AGENT_HEADER: Final[tuple[Any, ...]] = (
    *(COLUMN_NAMES[key] for key in ("login_id", "name", "department", "seat", "phone", "email")),
    _l("상태"),
    _l("권한"),
    _l("마지막 접속"),
    _l("공인 IP"),
    _l("사설 IP"),
)
DEPARTMENT_HEADER: Final[tuple[Any, ...]] = (COLUMN_NAMES["department"], _l("상담원 수"))


def known_agents() -> dict[str, Known]:
    """Every agent of the open company, by id without case."""
    rows = db.session.execute(
        select(Agent, Department.name)
        .outerjoin(Department, Department.id == Agent.department_id)
        .where(Agent.deleted_at.is_(None))
    )
    return {
        login_key(agent.login_id): Known(
            agent.id,
            agent.version,
            agent.login_id,
            agent.name,
            department or "",
            agent.seat,
            agent.phone,
            agent.email,
            agent.is_admin,
        )
        for agent, department in rows
    }


def department_names() -> dict[str, str]:
    """The departments, from name without case to name."""
    return {key: name for key, name in db.session.execute(select(Department.name_key, Department.name))}  # noqa: C416


def room_left() -> Room:
    """How many agents the open company may still make."""
    tenant, taken = get_tenant(current_tenant_id()), count_seats()
    return Room(tenant.seats_pc - taken.taken, tenant.seats_mobile - taken.taken_mobile)


def agent_rows() -> Iterator[tuple[str | datetime | None, ...]]:
    """The lines of the agent export, by id, in the order of AGENT_HEADER."""
    rows = db.session.execute(
        select(Agent, Department.name)
        .outerjoin(Department, Department.id == Agent.department_id)
        .where(Agent.deleted_at.is_(None))
        .order_by(Agent.login_key)
    )
    for agent, department in rows:
        yield (
            agent.login_id,
            agent.name,
            department or "",
            "PC + 모바일" if agent.seat == "pc_mobile" else "PC",
            agent.phone,
            agent.email,
            str(_l("막힘") if agent.state == "disabled" else _l("사용 중")),
            str(_l("관리자") if agent.is_admin else _l("상담원")),
            agent.last_access_at,
            agent.last_ip_public,
            agent.last_ip_private,
        )


def department_rows() -> Iterator[tuple[str | int, ...]]:
    """The lines of the department export, in the order of DEPARTMENT_HEADER."""
    for department, members in list_departments():
        yield department.name, members
