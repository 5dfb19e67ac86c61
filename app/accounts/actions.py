"""Logging in and out, and counting wrong tries; each one whole, with its audit entry.

The secret is checked first, without a transaction; then one transaction reads the count, gives the verdict
and stores it. So of a hundred guesses sent at once only the first five learn whether they were right.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.accounts import events
from app.accounts.actors import agent_actor
from app.accounts.errors import AlreadyLoggedIn, LogInRefused, TenantStopped, TenantUnknown
from app.accounts.models import Attempt, LoginSession
from app.accounts.queries import blocked_seconds, count_live_log_ins, read_tries
from app.accounts.rules import LOGIN_BY_AGENT, LOGIN_BY_SOURCE, Limit, Tries, window_of
from app.errors import AppError, LogInNeeded, TooManyAttempts
from app.passwords import hash_password, is_right_password, waste_time
from app.team.actions import check_password
from app.team.models import Agent
from app.team.queries import effective_options, find_agent, get_agent
from config.settings import Settings
from tenants import audit
from tenants.audit import Actor
from tenants.bearer import make_bearer, parse_bearer
from tenants.database import db, now_utc, tenant_scope
from tenants.models import Tenant
from tenants.resolve import find_tenant
from tenants.rules import standing
from tenants.writing import after_commit, writing

__all__ = [
    "LoggedIn",
    "count_attempt",
    "end_log_in",
    "end_log_ins_of",
    "forgive_attempts",
    "log_in",
    "log_in_again",
    "mark_seen",
    "renew_log_in",
    "set_password",
]

Kind = Literal["web", "program"]


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a log-in comes from: counted source, address, program and device as they call themselves."""

    source: str
    ip: str
    user_agent: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A log-in that was granted. The secrets in it exist here and at the caller's, nowhere else."""

    tenant_id: int
    agent_id: int
    agent_name: str
    login_session_id: int
    expires_s: int
    token: str = field(repr=False)
    refresh: str | None = field(repr=False, default=None)


def log_in(
    *,
    slug: str,
    login_id: str,
    password: str,
    kind: Kind,
    visit: Visit,
    remember: bool = False,
    now: datetime | None = None,
) -> LoggedIn:
    """Log an agent in and return the secrets; their other log-in of this kind ends where the option says so.

    Raises TenantUnknown, TenantStopped, LogInRefused (wrong id, wrong password, disabled), AlreadyLoggedIn,
    TooManyAttempts (five wrong tries, then 30 s after each further one).
    """
    now = now or now_utc()
    tenant = find_tenant(slug)
    if tenant is None:
        raise _count_stranger(visit, now, password)
    with tenant_scope(tenant.id):
        agent = find_agent(login_id)
        # The connection goes back before argon2, which takes longer than all the queries together.
        db.session.close()
        if agent is None:
            waste_time(password)
            is_right = False
        else:
            is_right = is_right_password(agent.password_hash, password) and agent.may_work
        outcome = _decide(
            tenant, agent, is_right=is_right, kind=kind, visit=visit, remember=remember, now=now
        )
    if isinstance(outcome, AppError):
        raise outcome
    return outcome


def log_in_again(
    *, refresh: str, visit: Visit, remember: bool = True, now: datetime | None = None
) -> LoggedIn:
    """Log a remembering program in by its refresh token, which is spent by that. Raises like log_in.

    A token of a log-in that was ended (elsewhere, log-out, disabled) is worth nothing.
    """
    now = now or now_utc()
    bearer = parse_bearer(refresh, "refresh")
    tenant = find_tenant(bearer.slug) if bearer else None
    if bearer is None or tenant is None:
        raise LogInNeeded
    with tenant_scope(tenant.id), writing():
        _refuse_stopped(tenant, None, "program", now)
        old = db.session.scalar(
            select(LoginSession)
            .where(
                LoginSession.refresh_hash == bearer.hash,
                LoginSession.ended_at.is_(None),
                LoginSession.refresh_expires_at > now,
            )
            .with_for_update()
        )
        agent = db.session.get(Agent, old.agent_id, with_for_update=True) if old else None
        if old is None or agent is None or not agent.may_work:
            raise LogInNeeded
        _end(_live_of(agent.id, "program"), "renewed", now)
        return _grant(tenant, agent, "program", visit, remember=remember, now=now)


def end_log_in(login_session_id: int, reason: str, *, now: datetime | None = None) -> None:
    """End one log-in of the open company; its secret opens nothing from here on. A repeat does nothing."""
    now = now or now_utc()
    with writing():
        ended = _end(LoginSession.id == login_session_id, reason, now)
        for agent_id in ended:
            agent = db.session.get(Agent, agent_id)
            if agent is not None:
                audit.record(
                    "log_in.ended", f"agent:{agent_id}", {"reason": reason}, by=agent_actor(agent), at=now
                )


def end_log_ins_of(agent_id: int, reason: str, *, now: datetime | None = None) -> None:
    """End every log-in of an agent: disabled, deleted, password changed. Part of the caller's action."""
    with writing():
        _end(LoginSession.agent_id == agent_id, reason, now or now_utc())


def set_password(agent_id: int, password: str, *, by: Actor) -> None:
    """Give an agent another password and end all their log-ins. Raises AgentRejected: too weak; NotFound."""
    check_password(password)
    password_hash = hash_password(password)
    with writing():
        agent = get_agent(agent_id)
        agent.password_hash = password_hash
        agent.version += 1
        end_log_ins_of(agent_id, "password")
        audit.record("agent.password_set", f"agent:{agent_id}", by=by)


def renew_log_in(login_session_id: int, *, now: datetime | None = None) -> int:
    """Push the end of a live log-in to a full lifetime from now; return it in seconds. Raises LogInNeeded."""
    now = now or now_utc()
    lifetime_s = _settings().log_in_lifetime_s
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


def mark_seen(login_session_id: int, *, now: datetime) -> None:
    """Note that a web log-in is in use, which pushes its end by the idle time."""
    idle = timedelta(seconds=_settings().web_idle_s)
    with writing():
        db.session.execute(
            update(LoginSession)
            .where(LoginSession.id == login_session_id, LoginSession.ended_at.is_(None))
            .values(seen_at=now, expires_at=now + idle)
        )


# Counting wrong tries. Shared with access codes: same table, other limits.


def count_attempt(
    limit: Limit, source: str, tenant_id: int = 0, *, now: datetime, wrong: bool = True
) -> Tries:
    """Count one wrong try of `source` under `limit` and return the sum; inside `writing()`.

    With `wrong=False` nothing is added, but the count is locked and read just the same: every verdict for
    one source is given one after the other, on both databases.
    """
    row = {
        "kind": limit.kind,
        "source": source,
        "tenant_id": tenant_id,
        "window_start": window_of(now),
        "count": int(wrong),
        "last_at": now,
    }
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(
            select(func.pg_advisory_xact_lock(func.hashtext(f"{limit.kind} {source} {tenant_id}")))
        )
        insert = postgresql.insert(Attempt)
    else:
        insert = sqlite.insert(Attempt)  # type: ignore[assignment]
    if wrong:
        db.session.execute(
            insert.values(row).on_conflict_do_update(
                index_elements=["kind", "source", "tenant_id", "window_start"],
                set_={"count": Attempt.count + 1, "last_at": now},
            )
        )
    return read_tries(limit, source, tenant_id, now)


def forgive_attempts(limit: Limit, source: str, tenant_id: int = 0) -> None:
    """Forget the wrong tries of a source that has now been right; inside `writing()`."""
    db.session.execute(
        delete(Attempt).where(
            Attempt.kind == limit.kind, Attempt.source == source, Attempt.tenant_id == tenant_id
        )
    )


# The parts of a log-in.


def _decide(
    tenant: Tenant,
    claimed: Agent | None,
    *,
    is_right: bool,
    kind: Kind,
    visit: Visit,
    remember: bool,
    now: datetime,
) -> LoggedIn | AppError:
    """Give the verdict and store it, in one transaction; an error is returned so that its count stays."""
    by_agent, checked_hash = (f"agent:{claimed.id}", claimed.password_hash) if claimed else ("", "")
    with writing():
        count_attempt(LOGIN_BY_SOURCE, visit.source, tenant.id, now=now, wrong=False)
        wait_s = blocked_seconds(LOGIN_BY_SOURCE, visit.source, tenant.id, now)
        if claimed is not None and claimed.last_ip_public != visit.ip:
            # A stranger cannot lock an agent out of the address that they work from.
            count_attempt(LOGIN_BY_AGENT, by_agent, tenant.id, now=now, wrong=False)
            wait_s = max(wait_s, blocked_seconds(LOGIN_BY_AGENT, by_agent, tenant.id, now))
        if wait_s:
            return _too_many(wait_s)
        if claimed is None or not is_right:
            count_attempt(LOGIN_BY_SOURCE, visit.source, tenant.id, now=now)
            if claimed is not None:
                count_attempt(LOGIN_BY_AGENT, by_agent, tenant.id, now=now)
                audit.record(
                    "log_in.refused", f"agent:{claimed.id}", {"kind": kind}, by=agent_actor(claimed), at=now
                )
            return LogInRefused()
        agent = db.session.get(Agent, claimed.id, with_for_update=True, populate_existing=True)
        if agent is None or not agent.may_work or agent.password_hash != checked_hash:
            return LogInRefused()
        forgive_attempts(LOGIN_BY_SOURCE, visit.source, tenant.id)
        forgive_attempts(LOGIN_BY_AGENT, by_agent, tenant.id)
        try:
            _refuse_stopped(tenant, agent, kind, now)
            _make_room(agent, kind, now)
        except AppError as error:
            return error
        return _grant(tenant, agent, kind, visit, remember=remember, now=now)


def _count_stranger(visit: Visit, now: datetime, password: str) -> AppError:
    """The answer for a company that does not exist; counted like a wrong password."""
    waste_time(password)
    with writing():
        wait_s = blocked_seconds(LOGIN_BY_SOURCE, visit.source, 0, now)
        if wait_s:
            return _too_many(wait_s)
        count_attempt(LOGIN_BY_SOURCE, visit.source, now=now)
    return TenantUnknown()


def _too_many(wait_s: int) -> TooManyAttempts:
    text = _l("여러 번 틀렸습니다. %(seconds)s초 뒤에 다시 시도해 주십시오.", seconds=wait_s)
    return TooManyAttempts(text, retry_after_s=wait_s)


def _refuse_stopped(tenant: Tenant, agent: Agent | None, kind: Kind, now: datetime) -> None:
    """Refuse when the company is stopped; after the end of the term its admin may still come to renew it."""
    state = standing(tenant.state, tenant.expires_at, now)
    may_renew = state == "expired" and kind == "web" and agent is not None and agent.is_admin
    if state != "ok" and not may_renew:
        raise TenantStopped(state)


def _make_room(agent: Agent, kind: Kind, now: datetime) -> None:
    """End the agent's other log-in of this kind, or refuse this one, as the option `force_login` says."""
    is_forced = effective_options(agent)["force_login"].value
    if not is_forced and count_live_log_ins(agent.id, kind, now):
        raise AlreadyLoggedIn
    _end(_live_of(agent.id, kind), "elsewhere", now)


def _grant(
    tenant: Tenant, agent: Agent, kind: Kind, visit: Visit, *, remember: bool, now: datetime
) -> LoggedIn:
    settings = _settings()
    lifetime_s = settings.web_idle_s if kind == "web" else settings.log_in_lifetime_s
    token, handle_hash = make_bearer(kind, tenant.slug)
    refresh, refresh_hash = make_bearer("refresh", tenant.slug) if remember else (None, None)
    row = LoginSession(
        kind=kind,
        agent_id=agent.id,
        handle_hash=handle_hash,
        refresh_hash=refresh_hash,
        refresh_expires_at=now + timedelta(seconds=settings.refresh_lifetime_s) if remember else None,
        csrf_secret=secrets.token_urlsafe(32),
        device=visit.device[:200],
        ip=visit.ip,
        user_agent=visit.user_agent[:300],
        created_at=now,
        seen_at=now,
        expires_at=now + timedelta(seconds=lifetime_s),
    )
    db.session.add(row)
    agent.last_access_at, agent.last_ip_public = now, visit.ip
    db.session.flush()
    audit.record("log_in.granted", f"agent:{agent.id}", {"kind": kind}, by=agent_actor(agent), at=now)
    return LoggedIn(tenant.id, agent.id, agent.name, row.id, lifetime_s, token, refresh)


def _live_of(agent_id: int, kind: Kind):  # type: ignore[no-untyped-def]  # a column expression
    return (LoginSession.agent_id == agent_id) & (LoginSession.kind == kind)


def _end(condition, reason: str, now: datetime) -> list[int]:  # type: ignore[no-untyped-def]
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


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
