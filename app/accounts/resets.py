"""A forgotten password: a link by mail that is good once, for half an hour.

Whoever asks gets the same answer, known or not, with an address or without. The link does not log in and does
not take a second step away: it lets its owner choose another password, and ends every log-in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from flask import current_app
from sqlalchemy import select, update

from app.accounts.actors import agent_actor
from app.accounts.attempts import count_attempt, lock_attempts, too_many
from app.accounts.credentials import store_password
from app.accounts.errors import LinkIsOver
from app.accounts.models import PasswordReset
from app.accounts.rules import RESET_BY_AGENT, RESET_BY_SOURCE
from app.mail.outbox import put_letter
from app.passwords import hash_password
from app.team.actions import check_password
from app.team.models import Agent
from app.team.queries import find_agent
from config.settings import Settings
from tenants import audit
from tenants.bearer import make_bearer, parse_bearer
from tenants.database import current_tenant_id, db, tenant_scope
from tenants.models import Tenant
from tenants.resolve import find_tenant, get_tenant
from tenants.rules import standing
from tenants.writing import writing

__all__ = ["INVITATION_LASTS", "LIFETIME", "ask_for_reset", "check_link", "invite", "reset_password"]

LIFETIME: Final = timedelta(minutes=30)
#: A first password may wait for somebody's holiday.
INVITATION_LASTS: Final = timedelta(days=7)


def ask_for_reset(*, slug: str, login_id: str, source: str, language: str, now: datetime) -> None:
    """Mail a link to the agent, if there is one with an address; tell the caller nothing either way.

    Raises TooManyAttempts for a source that asks too often; an agent gets three letters an hour at most.
    """
    with writing():
        wait_s = lock_attempts(RESET_BY_SOURCE, source, now=now)
        if not wait_s:
            count_attempt(RESET_BY_SOURCE, source, now=now)
    if wait_s:
        raise too_many(wait_s)
    tenant = find_tenant(slug)
    if tenant is None or standing(tenant.state, tenant.expires_at, now) == "suspended":
        return
    with tenant_scope(tenant.id):
        agent = find_agent(login_id)
        if agent is not None and agent.may_work and agent.email:
            _mail_link(tenant, agent, language, now)


def check_link(token: str, *, now: datetime) -> tuple[Tenant, Agent]:
    """Whose link this is. Looking does not use it up: mail programs look too. Raises LinkIsOver."""
    bearer = parse_bearer(token, "reset")
    tenant = find_tenant(bearer.slug) if bearer else None
    if bearer is None or tenant is None or standing(tenant.state, tenant.expires_at, now) == "suspended":
        raise LinkIsOver
    with tenant_scope(tenant.id):
        row = db.session.scalar(
            select(PasswordReset).where(
                PasswordReset.token_hash == bearer.hash,
                PasswordReset.used_at.is_(None),
                PasswordReset.expires_at > now,
            )
        )
        agent = db.session.get(Agent, row.agent_id) if row else None
        if agent is None or not agent.may_work:
            raise LinkIsOver
    return tenant, agent


def reset_password(token: str, password: str, *, now: datetime) -> Tenant:
    """Use a link up and store the password; of many who send the same link exactly one does.

    Raises LinkIsOver, AgentRejected (too weak; the link stays good).
    """
    tenant, agent = check_link(token, now=now)
    check_password(password, agent.login_id)
    password_hash = hash_password(password)
    bearer = parse_bearer(token, "reset")
    assert bearer is not None, "check_link has read it"
    with tenant_scope(tenant.id), writing():
        won = db.session.execute(
            update(PasswordReset)
            .where(
                PasswordReset.token_hash == bearer.hash,
                PasswordReset.used_at.is_(None),
                PasswordReset.expires_at > now,
            )
            .values(used_at=now)
        )
        if won.rowcount != 1:  # type: ignore[attr-defined]
            raise LinkIsOver
        store_password(agent.id, password_hash, now=now)
        audit.record("agent.password_reset", f"agent:{agent.id}", by=agent_actor(agent), at=now)
    return tenant


def _mail_link(tenant: Tenant, agent: Agent, language: str, now: datetime) -> None:
    settings: Settings = current_app.extensions["settings"]
    token, token_hash = make_bearer("reset", tenant.slug)
    with writing():
        source = f"agent:{agent.id}"
        if lock_attempts(RESET_BY_AGENT, source, tenant.id, now=now):
            return
        count_attempt(RESET_BY_AGENT, source, tenant.id, now=now)
        db.session.add(
            PasswordReset(agent_id=agent.id, token_hash=token_hash, created_at=now, expires_at=now + LIFETIME)
        )
        put_letter(
            agent.email,
            "password_reset",
            {
                "name": agent.name,
                "company": tenant.title,
                "login_id": agent.login_id,
                "link": f"{settings.public_url}/manage/reset/{token}",
                "minutes": int(LIFETIME.total_seconds() // 60),
            },
            language=language,
            now=now,
            expires_at=now + LIFETIME,
        )
        audit.record("agent.reset_asked", f"agent:{agent.id}", by=agent_actor(agent), at=now)


def invite(agents: Sequence[Agent], *, language: str, now: datetime) -> None:
    """Mail new agents of the open company a link by which they choose their first password; an action."""
    settings: Settings = current_app.extensions["settings"]
    tenant = get_tenant(current_tenant_id())
    with writing():
        for agent in agents:
            token, token_hash = make_bearer("reset", tenant.slug)
            expires_at = now + INVITATION_LASTS
            db.session.add(
                PasswordReset(agent_id=agent.id, token_hash=token_hash, created_at=now, expires_at=expires_at)
            )
            values = {
                "name": agent.name,
                "company": tenant.title,
                "login_id": agent.login_id,
                "link": f"{settings.public_url}/manage/reset/{token}",
                "days": INVITATION_LASTS.days,
            }
            put_letter(agent.email, "invitation", values, language=language, now=now, expires_at=expires_at)
