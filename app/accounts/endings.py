"""How log-ins end and how they are kept alive. Who hears of an end listens to `events.login_ended`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, Final

from flask import current_app
from sqlalchemy import update

from app.accounts import events
from app.accounts.actors import agent_actor
from app.accounts.models import LoginSession, LogInStep
from app.errors import LogInNeeded, NotFound
from app.team.models import Agent
from tenants import audit
from tenants.audit import Actor
from tenants.database import db, now_utc
from tenants.writing import after_commit, writing

__all__ = [
    "end_every_log_in",
    "end_log_in",
    "end_log_ins_of",
    "end_own_log_in",
    "end_where",
    "live_of",
    "mark_seen",
    "renew_log_in",
]

_NAME: Final = re.compile(r"[0-9a-f]{20}")


def end_log_in(login_session_id: int, reason: str, *, now: datetime | None = None) -> None:
    """End one log-in of the open company; its secret opens nothing from here on. A repeat does nothing."""
    now = now or now_utc()
    with writing():
        ended = end_where(LoginSession.id == login_session_id, reason, now)
        for agent_id in ended:
            agent = db.session.get(Agent, agent_id)
            if agent is not None:
                audit.record(
                    "log_in.ended", f"agent:{agent_id}", {"reason": reason}, by=agent_actor(agent), at=now
                )


def end_own_log_in(agent_id: int, name: str, *, by: Actor, now: datetime) -> None:
    """End another log-in of one's own, named by the beginning of its hash. Raises NotFound."""
    if _NAME.fullmatch(name) is None:
        raise NotFound
    with writing():
        ended = end_where(
            (LoginSession.agent_id == agent_id) & LoginSession.handle_hash.startswith(name, autoescape=True),
            "logout",
            now,
        )
        if not ended:
            raise NotFound
        audit.record("log_in.ended", f"agent:{agent_id}", {"reason": "logout there"}, by=by, at=now)


def end_log_ins_of(
    agent_id: int, reason: str, *, but: int | None = None, now: datetime | None = None
) -> None:
    """End every log-in of an agent (`but` one): disabled, deleted, password changed. Part of an action."""
    now = now or now_utc()
    with writing():
        condition = LoginSession.agent_id == agent_id
        end_where(condition if but is None else condition & (LoginSession.id != but), reason, now)
        db.session.execute(
            update(LogInStep)
            .where(LogInStep.agent_id == agent_id, LogInStep.used_at.is_(None))
            .values(used_at=now)
        )


def end_every_log_in(reason: str, *, now: datetime) -> int:
    """End every log-in of the open company and return how many there were. Part of the caller's action."""
    with writing():
        db.session.execute(update(LogInStep).where(LogInStep.used_at.is_(None)).values(used_at=now))
        return len(end_where(LoginSession.id > 0, reason, now))


def renew_log_in(login_session_id: int, *, now: datetime | None = None) -> int:
    """Push the end of a live log-in to a full lifetime from now; return it in seconds. Raises LogInNeeded."""
    now = now or now_utc()
    lifetime_s: int = current_app.extensions["settings"].log_in_lifetime_s
    with writing():
        renewed = db.session.execute(
            update(LoginSession)
            .where(
                LoginSession.id == login_session_id,
                LoginSession.ended_at.is_(None),
                LoginSession.expires_at > now,
            )
            .values(seen_at=now, expires_at=now + timedelta(seconds=lifetime_s))
        )
        if renewed.rowcount != 1:  # type: ignore[attr-defined]
            raise LogInNeeded
    return lifetime_s


def mark_seen(login_session_id: int, *, idle_s: int, now: datetime) -> None:
    """Note that a web log-in is in use, which pushes its end by the idle time."""
    with writing():
        db.session.execute(
            update(LoginSession)
            .where(LoginSession.id == login_session_id, LoginSession.ended_at.is_(None))
            .values(seen_at=now, expires_at=now + timedelta(seconds=idle_s))
        )


def live_of(agent_id: int, kind: str) -> Any:
    """The condition that holds for an agent's log-ins of a kind."""
    return (LoginSession.agent_id == agent_id) & (LoginSession.kind == kind)


def end_where(condition: Any, reason: str, now: datetime) -> list[int]:
    """End the live log-ins that meet the condition; listeners hear it after the commit. Returns agent ids."""
    rows = db.session.execute(
        update(LoginSession)
        .where(condition, LoginSession.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason)
        .returning(LoginSession.id, LoginSession.kind, LoginSession.tenant_id, LoginSession.agent_id)
        .execution_options(synchronize_session=False)
    ).all()
    for row in rows:
        after_commit(lambda row=row: _announce_end(row.kind, row.tenant_id, row.id, reason))  # type: ignore[misc]
    return [row.agent_id for row in rows]


def _announce_end(kind: str, tenant_id: int, login_session_id: int, reason: str) -> None:
    events.login_ended.send(kind, tenant_id=tenant_id, login_session_id=login_session_id, reason=reason)
