"""Making and changing departments, agents and options; each one whole, with its audit entry."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.errors import NotFound
from app.passwords import hash_password
from app.team.errors import AgentRejected, OptionUnknown
from app.team.models import Agent, Department, OptionValue
from app.team.options import OPTIONS
from app.team.queries import find_agent, get_agent
from app.team.rules import is_strong_password, is_valid_login_id, login_key
from tenants import audit
from tenants.audit import Actor
from tenants.database import current_tenant_id, db
from tenants.models import Tenant
from tenants.writing import writing

__all__ = ["check_password", "create_agent", "create_department", "set_option"]

ADMIN_LOGIN = "admin"


def create_department(name: str, *, by: Actor) -> Department:
    """Make a department of the open company and return it. Raises AgentRejected when the name is taken."""
    key = name.strip().casefold()
    with writing():
        if not key or db.session.scalar(select(Department.id).where(Department.name_key == key)):
            raise AgentRejected(_l("같은 이름의 부서가 있습니다. 다른 이름을 써 주십시오."))
        department = Department(name=name.strip(), name_key=key)
        db.session.add(department)
        db.session.flush()
        audit.record("department.created", f"department:{department.id}", {"name": department.name}, by=by)
    return department


def create_agent(
    *,
    login_id: str,
    name: str,
    password: str,
    by: Actor,
    seat: str = "pc",
    department_id: int | None = None,
) -> Agent:
    """Make an agent of the open company and return the stored row; the id `admin` makes its administrator.

    Raises AgentRejected: id or password of the wrong shape, id taken, no seat left.
    """
    is_admin = login_key(login_id) == ADMIN_LOGIN
    _check_shape(login_id, name, password)
    password_hash = hash_password(password)
    with writing():
        if find_agent(login_id) is not None:
            raise AgentRejected(_l("이미 쓰고 있는 아이디입니다. 다른 아이디를 써 주십시오."))
        if not is_admin:
            _check_seat(seat)
        if department_id is not None and db.session.get(Department, department_id) is None:
            raise NotFound
        agent = Agent(
            login_id=login_id.strip(),
            login_key=login_key(login_id),
            name=name.strip(),
            role="admin" if is_admin else "agent",
            seat=seat,
            department_id=department_id,
            password_hash=password_hash,
        )
        db.session.add(agent)
        db.session.flush()
        audit.record("agent.created", f"agent:{agent.id}", {"login_id": agent.login_id, "seat": seat}, by=by)
    return agent


def set_option(key: str, value: bool, *, by: Actor, agent_id: int | None = None) -> None:
    """Set one option for one agent, or (no agent) for the whole company. Raises OptionUnknown, NotFound."""
    if key not in OPTIONS:
        raise OptionUnknown(_l("없는 옵션입니다."))
    scope = "tenant" if agent_id is None else "agent"
    with writing():
        if agent_id is not None:
            get_agent(agent_id)
        # SQLAlchemy writes `== None` as IS NULL.
        mine = (OptionValue.scope == scope, OptionValue.key == key, OptionValue.agent_id == agent_id)
        row = db.session.scalar(select(OptionValue).where(*mine))
        if row is None:
            db.session.add(OptionValue(scope=scope, agent_id=agent_id, key=key, value=value))
        else:
            row.value = value
        audit.record("option.set", f"option:{key}", {"value": value, "agent_id": agent_id}, by=by)


def _check_shape(login_id: str, name: str, password: str) -> None:
    if not is_valid_login_id(login_id.strip()):
        raise AgentRejected(_l("아이디는 영문, 숫자, -, _ 4~12자로 정해 주십시오."))
    if not name.strip():
        raise AgentRejected(_l("이름을 적어 주십시오."))
    check_password(password)


def check_password(password: str) -> None:
    """Raises AgentRejected when a new password is too weak."""
    if not is_strong_password(password):
        raise AgentRejected(_l("비밀번호는 영문 대문자와 소문자, 숫자를 섞어 8자 이상으로 정해 주십시오."))


def _check_seat(seat: str) -> None:
    """Refuse an agent beyond the seats; the company's row stays locked until the agent is stored."""
    tenant = db.session.get(Tenant, current_tenant_id(), with_for_update=True)
    assert tenant is not None
    taken = select(func.count()).select_from(Agent).where(Agent.deleted_at.is_(None), Agent.role == "agent")
    if (db.session.scalar(taken) or 0) >= tenant.seats_pc:
        raise AgentRejected(_l("남은 상담원 수가 없습니다. 상담원 수를 늘린 뒤 다시 시도해 주십시오."))
    taken_mobile = taken.where(Agent.seat == "pc_mobile")
    if seat == "pc_mobile" and (db.session.scalar(taken_mobile) or 0) >= tenant.seats_mobile:
        raise AgentRejected(_l("남은 모바일 상담원 수가 없습니다. 상담원 수를 늘린 뒤 다시 시도해 주십시오."))
