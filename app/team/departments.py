"""Making, renaming and deleting departments; each one whole, with its audit entry."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from app.team.errors import ChangedElsewhere, DepartmentRejected
from app.team.events import options_changed
from app.team.models import Agent, Department, OptionValue
from app.team.queries import get_department
from app.team.rules import MAX_NAME
from tenants import audit
from tenants.audit import Actor
from tenants.database import db
from tenants.writing import writing

__all__ = ["create_department", "delete_department", "rename_department"]


def create_department(name: str, *, by: Actor) -> Department:
    """Make a department of the open company and return it. Raises DepartmentRejected: name empty or taken."""
    name = _checked_name(name)
    try:
        with writing():
            _refuse_taken(name)
            department = Department(name=name, name_key=name.casefold())
            db.session.add(department)
            db.session.flush()
            audit.record("department.created", _named(department), {"name": name}, by=by)
    except IntegrityError as error:  # two at once, on PostgreSQL
        raise _taken() from error
    return department


def rename_department(department: str, name: str, *, version: int, by: Actor) -> None:
    """Give a department another name. Raises NotFound, DepartmentRejected, ChangedElsewhere."""
    name = _checked_name(name)
    try:
        with writing():
            row = get_department(department, lock=True)
            if row.version != version:
                raise ChangedElsewhere
            _refuse_taken(name, but=row.id)
            before = row.name
            row.name, row.name_key, row.version = name, name.casefold(), row.version + 1
            audit.record("department.renamed", _named(row), {"from": before, "to": name}, by=by)
    except IntegrityError as error:
        raise _taken() from error


def delete_department(department: str, *, move_to: str | None, by: Actor) -> int:
    """Delete a department and its options; return how many agents were moved first.

    `move_to` is another department's public id, "" for no department, None to refuse while it has agents.
    Raises NotFound, DepartmentRejected.
    """
    with writing():
        row = get_department(department, lock=True)
        target = get_department(move_to, lock=True) if move_to else None
        agents = Agent.department_id == row.id
        count = db.session.scalar(select(func.count()).where(agents, Agent.deleted_at.is_(None))) or 0
        if count and (move_to is None or target is row):
            raise DepartmentRejected(
                _l("상담원이 있는 부서는 그냥 지울 수 없습니다. 상담원이 옮겨 갈 부서를 골라 주십시오.")
            )
        db.session.execute(
            update(Agent).where(agents).values(department_id=target.id if target else None),
            execution_options={"synchronize_session": False},
        )
        db.session.execute(delete(OptionValue).where(OptionValue.department_id == row.id))
        moved = {"moved": count, "to": target.name if target else ""} if count else {}
        audit.record("department.deleted", _named(row), {"name": row.name, **moved}, by=by)
        if count:
            options_changed.send(department_id=target.id if target else None, agent_id=None)
        db.session.delete(row)
    return count


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= MAX_NAME:
        raise DepartmentRejected(_l("부서 이름을 1~40자로 적어 주십시오."))
    return name


def _refuse_taken(name: str, *, but: int = 0) -> None:
    same = select(Department.id).where(Department.name_key == name.casefold(), Department.id != but)
    if db.session.scalar(same):
        raise _taken()


def _taken() -> DepartmentRejected:
    return DepartmentRejected(_l("같은 이름의 부서가 있습니다. 다른 이름을 써 주십시오."))


def _named(department: Department) -> str:
    return f"department:{department.public_id}"
