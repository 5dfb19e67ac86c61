"""Making and changing agents; each deed whole, with its audit entry.

Departments stand in departments.py, options in option_settings.py; what also ends log-ins or support
sessions, in app/manage/actions.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update

from app.errors import NotFound
from app.passwords import hash_password
from app.team.errors import AgentRejected, ChangedElsewhere
from app.team.events import options_changed
from app.team.models import Agent, Department
from app.team.option_settings import set_option
from app.team.queries import find_agent, get_agent
from app.team.rules import (
    MAX_NAME,
    is_common_password,
    is_valid_email,
    is_valid_login_id,
    is_valid_phone,
    login_key,
    missing_in_password,
)
from tenants import audit
from tenants.audit import Actor
from tenants.database import current_tenant_id, db
from tenants.models import Tenant
from tenants.writing import writing

__all__ = [
    "AgentDetails",
    "change_agent",
    "check_password",
    "create_agent",
    "set_option",
]

ADMIN_LOGIN = "admin"


@dataclass(frozen=True, slots=True)
class AgentDetails:
    """What an administrator may change of an agent; the id never changes."""

    name: str
    seat: str = "pc"
    department_id: int | None = None
    phone: str = ""
    email: str = ""


def create_agent(
    *,
    login_id: str,
    name: str,
    password: str,
    by: Actor,
    seat: str = "pc",
    department_id: int | None = None,
    phone: str = "",
    email: str = "",
) -> Agent:
    """Make an agent of the open company and return the stored row; the id `admin` makes its administrator.

    Raises AgentRejected: id or password of the wrong shape, id taken, no seat left.
    """
    is_admin = login_key(login_id) == ADMIN_LOGIN
    login_id, details = login_id.strip(), AgentDetails(name, seat, department_id, phone, email)
    if not is_valid_login_id(login_id):
        raise AgentRejected(_l("아이디는 영문, 숫자, -, _ 4~12자로 정해 주십시오."))
    _check_details(details)
    check_password(password, login_id)
    password_hash = hash_password(password)
    with writing():
        if find_agent(login_id) is not None:
            raise AgentRejected(_l("이미 쓰고 있는 아이디입니다. 다른 아이디를 써 주십시오."))
        if not is_admin:
            _check_seat(seat)
        if department_id is not None and db.session.get(Department, department_id) is None:
            raise NotFound
        agent = Agent(
            login_id=login_id,
            login_key=login_key(login_id),
            name=name.strip(),
            role="admin" if is_admin else "agent",
            seat=seat,
            department_id=department_id,
            phone=phone.strip(),
            email=email.strip(),
            password_hash=password_hash,
        )
        db.session.add(agent)
        db.session.flush()
        audit.record("agent.created", f"agent:{agent.id}", {"login_id": agent.login_id, "seat": seat}, by=by)
    return agent


def change_agent(
    agent_id: int, details: AgentDetails, *, version: int, by: Actor, password_hash: str | None = None
) -> None:
    """Store an agent's details (and password, where a hash is given); the caller then ends their log-ins.

    Raises NotFound, AgentRejected, and ChangedElsewhere when `version` is not the stored one any more.
    """
    _check_details(details)
    with writing():
        agent = get_agent(agent_id)
        if not agent.is_admin and details.seat != agent.seat and details.seat == "pc_mobile":
            _check_seat(details.seat, is_new=False)
        if details.department_id is not None and db.session.get(Department, details.department_id) is None:
            raise NotFound
        before = AgentDetails(agent.name, agent.seat, agent.department_id, agent.phone, agent.email)
        values = {key: getattr(details, key) for key in AgentDetails.__slots__}
        changed = sorted(key for key in values if values[key] != getattr(before, key))
        if password_hash is not None:
            values["password_hash"] = password_hash
            changed.append("password")
        won = db.session.execute(
            update(Agent)
            .where(Agent.id == agent_id, Agent.version == version)
            .values(**values, version=version + 1),
            execution_options={"synchronize_session": "fetch"},
        )
        if won.rowcount != 1:  # type: ignore[attr-defined]
            raise ChangedElsewhere
        audit.record(
            "agent.changed", f"agent:{agent_id}", {"login_id": agent.login_id, "changed": changed}, by=by
        )
        if {"department_id", "seat"} & set(changed):  # other levels stand above them now
            options_changed.send(department_id=None, agent_id=agent_id)


_MISSING: Final = {
    "length": _l("여덟 글자"),
    "lower": _l("소문자"),
    "upper": _l("대문자"),
    "digit": _l("숫자"),
}


def check_password(password: str, login_id: str = "") -> None:
    """Raises AgentRejected when a new password is too weak, common, or holds the id."""
    missing = missing_in_password(password)
    if missing:
        words = ", ".join(str(_MISSING[name]) for name in missing)
        raise AgentRejected(
            _l(
                "비밀번호는 영문 대·소문자와 숫자를 섞어 8자 이상으로 정합니다. 더 필요한 것: %(missing)s",
                missing=words,
            )
        )
    if is_common_password(password, login_id):
        raise AgentRejected(
            _l("흔히 쓰이는 비밀번호이거나 아이디가 들어 있습니다. 다른 비밀번호를 정해 주십시오.")
        )


def _check_details(details: AgentDetails) -> None:
    if not 1 <= len(details.name.strip()) <= MAX_NAME:
        raise AgentRejected(_l("이름을 1~40자로 적어 주십시오."))
    if details.seat not in ("pc", "pc_mobile"):
        raise AgentRejected(_l("이용 방식을 골라 주십시오."))
    if not is_valid_phone(details.phone.strip()):
        raise AgentRejected(_l("전화번호를 다시 확인해 주십시오. 숫자와 - 로 적습니다."))
    if not is_valid_email(details.email.strip()):
        raise AgentRejected(_l("이메일 주소를 다시 확인해 주십시오."))


def _check_seat(seat: str, *, is_new: bool = True) -> None:
    """Refuse an agent beyond the seats; the company's row stays locked until the agent is stored."""
    tenant = db.session.get(Tenant, current_tenant_id(), with_for_update={"key_share": True})
    assert tenant is not None
    taken = select(func.count()).select_from(Agent).where(Agent.deleted_at.is_(None), Agent.role == "agent")
    if is_new and (db.session.scalar(taken) or 0) >= tenant.seats_pc:
        raise AgentRejected(_l("남은 상담원 수가 없습니다. 상담원 수를 늘린 뒤 다시 시도해 주십시오."))
    taken_mobile = taken.where(Agent.seat == "pc_mobile")
    if seat == "pc_mobile" and (db.session.scalar(taken_mobile) or 0) >= tenant.seats_mobile:
        raise AgentRejected(_l("남은 모바일 상담원 수가 없습니다. 상담원 수를 늘린 뒤 다시 시도해 주십시오."))
