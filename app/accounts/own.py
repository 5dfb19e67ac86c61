"""What people change of themselves: how to reach them. Their password and second step stand elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.confirm import confirm_password
from app.accounts.models import LoginSession
from app.accounts.warnings import warn
from app.team.errors import AgentRejected
from app.team.queries import get_agent
from app.team.rules import is_valid_email, is_valid_phone
from tenants import audit
from tenants.audit import Actor
from tenants.database import db
from tenants.writing import writing

__all__ = ["OpenLogIn", "change_own_details", "list_open_log_ins"]

#: So much of a log-in's hash names it in an address: enough to be its own, and it opens nothing.
NAME_LENGTH = 20


@dataclass(frozen=True, slots=True)
class OpenLogIn:
    """One place where somebody is logged in."""

    id: int
    name: str
    kind: str
    device: str
    ip: str
    user_agent: str
    created_at: datetime
    seen_at: datetime


def change_own_details(
    agent_id: int, *, phone: str, email: str, password: str, by: Actor, now: datetime
) -> None:
    """Store one's phone and e-mail. Another e-mail needs the password: a forgotten one is mailed there.

    Raises AgentRejected, Refused and TooManyAttempts (wrong password).
    """
    phone, email = phone.strip(), email.strip()
    if not is_valid_phone(phone):
        raise AgentRejected(_l("전화번호를 다시 확인해 주십시오. 숫자와 - 로 적습니다."))
    if not is_valid_email(email):
        raise AgentRejected(_l("이메일 주소를 다시 확인해 주십시오."))
    if get_agent(agent_id).email != email:
        confirm_password(agent_id, password, now=now)
    with writing():
        agent = get_agent(agent_id)
        pairs = (("phone", phone, agent.phone), ("email", email, agent.email))
        changed = [name for name, new, old in pairs if new != old]
        if not changed:
            return
        if "email" in changed:
            warn("email_changed", agent, agent.email, now=now)
        agent.phone, agent.email, agent.version = phone, email, agent.version + 1
        audit.record("agent.own_changed", f"agent:{agent_id}", {"changed": changed}, by=by, at=now)


def list_open_log_ins(agent_id: int, now: datetime) -> Sequence[OpenLogIn]:
    """Where the agent is logged in now, the latest first."""
    rows = db.session.scalars(
        select(LoginSession)
        .where(
            LoginSession.agent_id == agent_id,
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > now,
        )
        .order_by(LoginSession.seen_at.desc())
    )
    return [
        OpenLogIn(
            row.id,
            row.handle_hash[:NAME_LENGTH],
            row.kind,
            row.device,
            row.ip,
            row.user_agent,
            row.created_at,
            row.seen_at,
        )
        for row in rows
    ]
