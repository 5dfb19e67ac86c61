"""Setting options for the company, a department or an agent, and for many at once; each with its audit entry.

Which of several settings holds is decided in options.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, or_, select, true
from sqlalchemy.exc import IntegrityError

from app.errors import NotFound
from app.team.errors import ChangedElsewhere, OptionUnknown
from app.team.events import options_changed
from app.team.models import Agent, Department, OptionValue
from app.team.options import OPTIONS, effective_at
from app.team.queries import forced_off, get_agent
from tenants import audit
from tenants.audit import Actor
from tenants.database import db
from tenants.writing import writing

__all__ = ["Changes", "Shift", "apply_to_all", "plan_for_all", "set_option", "set_options"]

#: By key: on, off, or None to follow the level above.
Changes = Mapping[str, bool | None]


@dataclass(frozen=True, slots=True)
class Shift:
    """What would change for one agent: key → the value that would hold."""

    login_id: str
    name: str
    changes: dict[str, bool]


def set_option(key: str, value: bool, *, by: Actor, agent_id: int | None = None) -> None:
    """Set one option for one agent, or (no agent) for the whole company. Raises OptionUnknown, NotFound."""
    set_options({key: value}, by=by, agent_id=agent_id)


def set_options(
    changes: Changes, *, by: Actor, department_id: int | None = None, agent_id: int | None = None
) -> int:
    """Store what differs from what is stored at this level; return how many options that were.

    With neither id the level is the company. Raises OptionUnknown, NotFound, ChangedElsewhere.
    """
    _refuse_unknown(changes)
    try:
        with writing():
            if agent_id is not None:
                get_agent(agent_id)
            elif department_id is not None:
                _lock_department(department_id)
            done = _store(changes, department_id, agent_id)
            if done:
                level = _level(department_id, agent_id)
                audit.record("option.set", level, {"changes": done}, by=by)
                options_changed.send(department_id=department_id, agent_id=agent_id)
    except IntegrityError as error:  # two admins at once, on PostgreSQL
        raise ChangedElsewhere from error
    return len(done)


def plan_for_all(changes: Changes, *, department_id: int | None, also_own: bool) -> list[Shift]:
    """For whom something would change, by id, if `changes` were applied to the company or a department."""
    _refuse_unknown(changes)
    is_member = true() if department_id is None else Agent.department_id == department_id
    agents = db.session.execute(
        select(Agent.id, Agent.login_id, Agent.name, Agent.seat, Agent.department_id)
        .where(Agent.deleted_at.is_(None), is_member)
        .order_by(Agent.login_key)
    ).all()
    stored, platform = _stored(), forced_off()
    empty: dict[str, bool] = {}
    shifts = []
    for agent in agents:
        before = {
            "platform": platform,
            "tenant": stored.get(("tenant", 0), empty),
            "department": stored.get(("department", agent.department_id), empty),
            "agent": stored.get(("agent", agent.id), empty),
        }
        target = "tenant" if department_id is None else "department"
        after = {
            level: _changed(values, changes, level == target, also_own)
            if _is_touched(level, target)
            else values
            for level, values in before.items()
        }
        if before == after:
            continue
        now, then = effective_at(before, seat=agent.seat), effective_at(after, seat=agent.seat)
        differing = {key: then[key].value for key in OPTIONS if now[key].value != then[key].value}
        if differing:
            shifts.append(Shift(agent.login_id, agent.name, differing))
    return shifts


def apply_to_all(changes: Changes, *, department_id: int | None, also_own: bool, by: Actor) -> None:
    """Set options for the company or a department; with `also_own`, what stands below it follows again.

    Options that are not in `changes` stay as they are everywhere. Raises OptionUnknown, NotFound.
    """
    _refuse_unknown(changes)
    try:
        with writing():
            if department_id is not None:
                _lock_department(department_id)
            _store(changes, department_id, None)
            if also_own:
                _forget_below(list(changes), department_id)
            data = {"changes": dict(changes), "also_own": also_own}
            audit.record("option.applied", _level(department_id, None), data, by=by)
            options_changed.send(department_id=department_id, agent_id=None)
    except IntegrityError as error:
        raise ChangedElsewhere from error


def _store(changes: Changes, department_id: int | None, agent_id: int | None) -> dict[str, bool | None]:
    scope = "agent" if agent_id is not None else "department" if department_id is not None else "tenant"
    # SQLAlchemy writes `== None` as IS NULL.
    mine = (
        OptionValue.scope == scope,
        OptionValue.department_id == department_id,
        OptionValue.agent_id == agent_id,
    )
    rows = {row.key: row for row in db.session.scalars(select(OptionValue).where(*mine))}
    done: dict[str, bool | None] = {}
    for key, value in changes.items():
        row = rows.get(key)
        if (row.value if row else None) == value:
            continue
        done[key] = value
        if value is None and row is not None:
            db.session.delete(row)
        elif row is not None and value is not None:
            row.value = value
        elif value is not None:
            db.session.add(
                OptionValue(scope=scope, department_id=department_id, agent_id=agent_id, key=key, value=value)
            )
    return done


def _forget_below(keys: Sequence[str], department_id: int | None) -> None:
    """Remove what agents (and, below the company, departments) have set for these keys themselves."""
    members = select(Agent.id)
    if department_id is None:
        below = or_(OptionValue.scope == "agent", OptionValue.scope == "department")
    else:
        members = members.where(Agent.department_id == department_id)
        below = OptionValue.agent_id.in_(members)
    db.session.execute(
        delete(OptionValue).where(below, OptionValue.key.in_(keys)),
        execution_options={"synchronize_session": False},
    )


def _stored() -> dict[tuple[str, int | None], dict[str, bool]]:
    """Everything that is set in the company, by scope and id."""
    found: dict[tuple[str, int | None], dict[str, bool]] = {}
    rows = db.session.execute(
        select(
            OptionValue.scope,
            OptionValue.department_id,
            OptionValue.agent_id,
            OptionValue.key,
            OptionValue.value,
        )
    )
    for scope, department_id, agent_id, key, value in rows:
        found.setdefault((scope, department_id or agent_id or 0), {})[key] = value
    return found


def _is_touched(level: str, target: str) -> bool:
    order = ("platform", "tenant", "department", "agent")
    return order.index(level) >= order.index(target)


def _changed(values: dict[str, bool], changes: Changes, is_target: bool, also_own: bool) -> dict[str, bool]:
    if not is_target and not also_own:
        return values
    kept = {key: value for key, value in values.items() if key not in changes}
    return kept | {key: value for key, value in changes.items() if is_target and value is not None}


def _level(department_id: int | None, agent_id: int | None) -> str:
    if agent_id is not None:
        return f"agent:{agent_id}"
    return f"department:{department_id}" if department_id is not None else "tenant"


def _lock_department(department_id: int) -> None:
    if db.session.get(Department, department_id, with_for_update=True) is None:
        raise NotFound


def _refuse_unknown(changes: Changes) -> None:
    if not changes.keys() <= OPTIONS.keys():
        raise OptionUnknown(_l("없는 옵션입니다."))
