"""Reading log-ins and counted tries."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.accounts.models import Attempt, LoginSession
from app.accounts.rules import Limit, Tries, blocked_for_s
from app.team.models import Agent
from tenants.database import db

__all__ = ["blocked_seconds", "count_live_log_ins", "find_live_log_in", "read_tries"]


def find_live_log_in(handle_hash: str, kind: str, now: datetime) -> tuple[LoginSession, Agent] | None:
    """The open company's log-in behind a handle, with its agent, when both may still be used; else None."""
    found = db.session.execute(
        select(LoginSession, Agent)
        .join(Agent, Agent.id == LoginSession.agent_id)
        .where(
            LoginSession.handle_hash == handle_hash,
            LoginSession.kind == kind,
            LoginSession.ended_at.is_(None),
            LoginSession.expires_at > now,
        )
    ).one_or_none()
    if found is None or not found[1].may_work:
        return None
    return found[0], found[1]


def count_live_log_ins(agent_id: int, kind: str, now: datetime) -> int:
    """How many log-ins of an agent and kind are live; exclusive ones are one at most."""
    statement = select(func.count()).where(
        LoginSession.agent_id == agent_id,
        LoginSession.kind == kind,
        LoginSession.ended_at.is_(None),
        LoginSession.expires_at > now,
    )
    return db.session.scalar(statement) or 0


def read_tries(limit: Limit, source: str, tenant_id: int, now: datetime) -> Tries:
    """What was counted for a source within the limit's period."""
    count, oldest, last = db.session.execute(
        select(func.sum(Attempt.count), func.min(Attempt.window_start), func.max(Attempt.last_at)).where(
            Attempt.kind == limit.kind,
            Attempt.source == source,
            Attempt.tenant_id == tenant_id,
            Attempt.window_start > now - timedelta(seconds=limit.period_s + 60),
        )
    ).one()
    return Tries(count or 0, oldest, last)


def blocked_seconds(limit: Limit, source: str, tenant_id: int, now: datetime) -> int:
    """How long this source must still wait under this limit; 0 when it may try."""
    return blocked_for_s(limit, read_tries(limit, source, tenant_id, now), now)
