"""Deeds on an agent that reach beyond the team: their log-ins and support sessions end with them."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l

from app.accounts.actions import end_log_ins_of
from app.accounts.confirm import confirm_password
from app.manage.queries import is_in_support, list_live_sessions
from app.passwords import hash_password
from app.support import queries as support
from app.support.actions.sessions import end_by_agent
from app.support.actions.slots import remove_slot
from app.team.actions import AgentDetails, change_agent, check_password
from app.team.errors import AgentRejected
from app.team.models import Agent
from app.team.queries import get_agent
from tenants import audit
from tenants.audit import Actor
from tenants.database import db
from tenants.writing import writing

__all__ = ["delete_agent", "edit_agent", "set_agent_state"]


def edit_agent(agent_id: int, details: AgentDetails, *, password: str, version: int, by: Actor) -> None:
    """Store an agent's details; an empty password stays as it is, another one ends their log-ins.

    Raises NotFound, AgentRejected, ChangedElsewhere.
    """
    password_hash = None
    if password:
        check_password(password, get_agent(agent_id).login_id)
        password_hash = hash_password(password)
    with writing():
        change_agent(agent_id, details, version=version, by=by, password_hash=password_hash)
        if password_hash is not None:
            end_log_ins_of(agent_id, "password")


def set_agent_state(agent_id: int, *, is_active: bool, by: Actor, now: datetime) -> None:
    """Let an agent work again, or stop them at once: log-ins, support sessions and waiting numbers end.

    Raises AgentRejected for the admin, NotFound.
    """
    with writing():
        agent = _locked(agent_id)
        if agent.is_admin:
            raise AgentRejected(_l("관리자 계정은 막을 수 없습니다."))
        state = "active" if is_active else "disabled"
        if agent.state == state:
            return
        agent.state, agent.version = state, agent.version + 1
        if not is_active:
            for session in list_live_sessions(agent_id):
                end_by_agent(session, "agent disabled", agent=agent, now=now)
            _leave(agent_id, by=by, now=now)
        deed = "agent.enabled" if is_active else "agent.disabled"
        audit.record(deed, f"agent:{agent_id}", {"login_id": agent.login_id}, by=by, at=now)


def delete_agent(agent_id: int, *, admin_id: int, password: str, by: Actor, now: datetime) -> None:
    """Delete an agent; records keep their name. `password` is that of the admin who asks.

    Raises NotFound, Refused, TooManyAttempts (password), AgentRejected (the admin, or in a support session).
    """
    if get_agent(agent_id).is_admin:
        raise AgentRejected(_l("관리자 계정은 지울 수 없습니다."))
    confirm_password(admin_id, password, now=now)
    with writing():
        agent = _locked(agent_id)
        if is_in_support(agent_id):
            raise AgentRejected(
                _l("지금 원격지원 중인 상담원은 지울 수 없습니다. 지원이 끝난 뒤 다시 시도해 주십시오.")
            )
        _leave(agent_id, by=by, now=now)
        agent.deleted_at, agent.version = now, agent.version + 1
        data = {"login_id": agent.login_id, "name": agent.name}
        audit.record("agent.deleted", f"agent:{agent_id}", data, by=by, at=now)


def _locked(agent_id: int) -> Agent:
    get_agent(agent_id)
    agent = db.session.get(Agent, agent_id, with_for_update=True, populate_existing=True)
    assert agent is not None
    return agent


def _leave(agent_id: int, *, by: Actor, now: datetime) -> None:
    """Close the agent's waiting numbers and end their log-ins; the programs hear why."""
    for slot in support.list_slots(agent_id):
        remove_slot(slot.public_id, agent_id=agent_id, by=by, now=now)
    end_log_ins_of(agent_id, "disabled", now=now)
