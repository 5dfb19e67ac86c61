"""Another password: set by an administrator, changed by its owner, or chosen anew through a mailed link."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from app.accounts.confirm import confirm_password
from app.accounts.endings import end_log_ins_of
from app.accounts.models import PasswordReset
from app.accounts.warnings import warn
from app.passwords import hash_password, is_right_password
from app.team.actions import check_password
from app.team.errors import AgentRejected
from app.team.queries import get_agent
from tenants import audit
from tenants.audit import Actor
from tenants.database import db, now_utc
from tenants.writing import writing

__all__ = ["change_own_password", "set_password", "store_password"]


def set_password(agent_id: int, password: str, *, by: Actor) -> None:
    """Give an agent another password and end all their log-ins. Raises AgentRejected: too weak; NotFound."""
    check_password(password, get_agent(agent_id).login_id)
    password_hash = hash_password(password)
    with writing():
        store_password(agent_id, password_hash, now=now_utc())
        audit.record("agent.password_set", f"agent:{agent_id}", by=by)


def change_own_password(
    agent_id: int, *, current: str, password: str, keep: int | None, by: Actor, now: datetime
) -> None:
    """Give oneself another password; every other log-in than `keep` ends.

    Raises Refused and TooManyAttempts (the current one was wrong), AgentRejected (the new one is too weak).
    """
    confirm_password(agent_id, current, now=now)
    agent = get_agent(agent_id)
    check_password(password, agent.login_id)
    if is_right_password(agent.password_hash, password):
        raise AgentRejected(_l("지금 쓰는 비밀번호와 다른 것으로 정해 주십시오."))
    password_hash = hash_password(password)
    with writing():
        store_password(agent_id, password_hash, keep=keep, now=now)
        audit.record("agent.password_changed", f"agent:{agent_id}", by=by, at=now)


def store_password(agent_id: int, password_hash: str, *, keep: int | None = None, now: datetime) -> None:
    """Store a new hash; log-ins (but `keep`) and mailed links of the old password end. Part of an action."""
    with writing():
        agent = get_agent(agent_id)
        agent.password_hash = password_hash
        agent.version += 1
        end_log_ins_of(agent_id, "password", but=keep, now=now)
        warn("password_changed", agent, agent.email, now=now)
        db.session.execute(
            update(PasswordReset)
            .where(PasswordReset.agent_id == agent_id, PasswordReset.used_at.is_(None))
            .values(used_at=now)
        )
