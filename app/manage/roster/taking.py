"""Taking a roster over: every line or none, in one transaction, for exactly the plan that was looked at.

Passwords are hashed before the transaction, rows go in by hundreds, and the audit log gets one entry for each
hundred agents, so that the write lock is held for a second or two even with ten thousand.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from app.accounts.endings import end_log_ins_of
from app.accounts.resets import invite
from app.manage.roster.queries import room_left
from app.manage.roster.rules import Changed, New, Plan
from app.manage.roster.upload import plan_upload
from app.passwords import hash_password
from app.sheets import SheetRejected
from app.team.errors import AgentRejected, ChangedElsewhere
from app.team.events import options_changed
from app.team.models import Agent, Department
from app.team.rules import login_key
from tenants import audit
from tenants.audit import Actor
from tenants.database import current_tenant_id, db, now_utc
from tenants.models import Tenant
from tenants.writing import writing

__all__ = ["invite_new", "take_over", "take_over_upload"]

ENTRY_HOLDS: Final = 100


def take_over_upload(params: Mapping[str, Any], _path: Path) -> dict[str, Any]:
    """The maker of "roster" documents: carry out the plan that was looked at. Raises AppError."""
    plan = plan_upload(params["what"], params["upload"], agent_id=params["agent_id"])
    if plan.digest() != params["digest"] or plan.problems:
        raise SheetRejected(_l("그사이 상담원이나 부서가 바뀌었습니다. 파일을 다시 올려 확인해 주십시오."))
    take_over(plan, by=Actor(**params["by"]))
    invite_new([one.login_id for one in plan.new if not one.password], language=params["language"])
    return {
        "new": len(plan.new),
        "changed": len(plan.changed),
        "departments": len(plan.departments),
        "invited": plan.invited,
    }


def take_over(plan: Plan, *, by: Actor) -> None:
    """Store everything that the plan says. Raises ChangedElsewhere, AgentRejected; then nothing is stored."""
    db.session.rollback()
    hashes = {one.login_id: hash_password(one.password or secrets.token_urlsafe(32)) for one in plan.new}
    new_passwords = {
        one.known.id: hash_password(one.values["password"])
        for one in plan.changed
        if "password" in one.values
    }
    try:
        with writing():
            _check_room_again(plan)
            departments = _make_departments(plan.departments, by)
            _make_agents(plan.new, departments, hashes, by)
            _change_agents(plan.changed, departments, new_passwords, by)
    except IntegrityError as error:  # somebody made the same agent or department meanwhile
        raise ChangedElsewhere from error


def invite_new(login_ids: Sequence[str], *, language: str) -> None:
    """Write to the new agents who have no password yet, by hundreds: each hundred is an action of its own."""
    for start in range(0, len(login_ids), ENTRY_HOLDS):
        keys = [login_key(login_id) for login_id in login_ids[start : start + ENTRY_HOLDS]]
        agents = db.session.scalars(
            select(Agent).where(Agent.login_key.in_(keys), Agent.deleted_at.is_(None))
        ).all()
        invite(agents, language=language, now=now_utc())


def _check_room_again(plan: Plan) -> None:
    db.session.get(Tenant, current_tenant_id(), with_for_update={"key_share": True})
    room = room_left()
    mobile = sum(1 for one in plan.new if one.seat == "pc_mobile")
    if len(plan.new) > room.agents or mobile > room.mobile:
        raise AgentRejected(_l("남은 상담원 수가 없습니다. 상담원 수를 늘린 뒤 다시 시도해 주십시오."))


def _make_departments(names: Sequence[str], by: Actor) -> dict[str, int]:
    """Make the missing ones; return all of them, from name to id."""
    for name in names:
        row = Department(name=name, name_key=name.casefold())
        db.session.add(row)
        db.session.flush()
        audit.record("department.created", f"department:{row.public_id}", {"name": name}, by=by)
    return {name: key for key, name in db.session.execute(select(Department.id, Department.name))}


def _make_agents(
    new: Sequence[New], departments: Mapping[str, int], hashes: Mapping[str, str], by: Actor
) -> None:
    rows = [
        {
            "login_id": one.login_id,
            "login_key": login_key(one.login_id),
            "name": one.name,
            "role": "agent",
            "seat": one.seat,
            "department_id": departments[one.department] if one.department else None,
            "phone": one.phone,
            "email": one.email,
            "password_hash": hashes[one.login_id],
        }
        for one in new
    ]
    for start in range(0, len(rows), ENTRY_HOLDS):
        piece = rows[start : start + ENTRY_HOLDS]
        db.session.execute(insert(Agent), piece)
        _note("agent.created", [str(row["login_id"]) for row in piece], by)


def _change_agents(
    changed: Sequence[Changed], departments: Mapping[str, int], hashes: Mapping[int, str], by: Actor
) -> None:
    for start in range(0, len(changed), ENTRY_HOLDS):
        piece = changed[start : start + ENTRY_HOLDS]
        wanted = select(Agent).where(
            Agent.id.in_([one.known.id for one in piece]), Agent.deleted_at.is_(None)
        )
        rows = {row.id: row for row in db.session.scalars(wanted.with_for_update())}
        for one in piece:
            row = rows.get(one.known.id)
            if row is None or row.version != one.known.version:
                raise ChangedElsewhere
            _change(row, one, departments, hashes)
        db.session.flush()  # one statement for all that change alike
        _note("agent.changed", [one.known.login_id for one in piece], by)
    if any({"department", "seat"} & one.values.keys() for one in changed):
        options_changed.send(department_id=None, agent_id=None)


def _change(row: Agent, one: Changed, departments: Mapping[str, int], hashes: Mapping[int, str]) -> None:
    for key, value in one.values.items():
        if key == "department":
            row.department_id = departments[value]
        elif key != "password":
            setattr(row, key, value)
    row.version += 1
    if row.id in hashes:
        row.password_hash = hashes[row.id]
        end_log_ins_of(row.id, "password")


def _note(action: str, login_ids: Sequence[str], by: Actor) -> None:
    data = {"login_id": list(login_ids), "from_file": True}
    audit.record(action, f"agents:{len(login_ids)}", data, by=by)
