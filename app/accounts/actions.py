"""Logging in, whole, with its audit entry. How log-ins end stands in endings.py, the rules in policy.py.

In this order: may this address log in at all, is the password right (without a transaction), then one
transaction that reads the count of wrong tries, looks at the second step, gives the verdict and stores it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from flask import current_app
from sqlalchemy import select, update

from app.accounts.actors import agent_actor
from app.accounts.attempts import count_attempt, forgive_attempts, lock_attempts, too_many
from app.accounts.credentials import set_password
from app.accounts.endings import end_log_in, end_log_ins_of, end_where, live_of, mark_seen, renew_log_in
from app.accounts.errors import (
    AlreadyLoggedIn,
    CodeNeeded,
    LogInRefused,
    SecondStepFirst,
    TenantStopped,
    TenantUnknown,
)
from app.accounts.models import LoginSession, LogInStep
from app.accounts.policy import audience_of, read_policy, refuse_address
from app.accounts.queries import blocked_seconds, count_live_log_ins
from app.accounts.rules import LOGIN_BY_AGENT, LOGIN_BY_SOURCE, Policy
from app.accounts.second_factor import find_second_factor, take_code
from app.errors import AppError, LogInNeeded
from app.passwords import is_right_password, waste_time
from app.team.models import Agent
from app.team.queries import effective_options, find_agent
from app.team.rules import login_key
from config.settings import Settings
from tenants import audit
from tenants.bearer import make_bearer, parse_bearer
from tenants.database import db, now_utc, tenant_scope
from tenants.models import Tenant
from tenants.resolve import find_tenant
from tenants.rules import standing
from tenants.writing import writing

__all__ = [
    "LoggedIn",
    "Visit",
    "count_attempt",
    "end_log_in",
    "end_log_ins_of",
    "forgive_attempts",
    "log_in",
    "log_in_again",
    "log_in_by_code",
    "mark_seen",
    "renew_log_in",
    "set_password",
]

Kind = Literal["web", "program"]
ADMIN_LOGIN: Final = "admin"
#: How long a browser may take to find the phone.
STEP_LASTS: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a log-in comes from: counted source, address, program and device as they call themselves."""

    source: str
    ip: str
    user_agent: str = ""
    device: str = ""
    #: The program's own address in its network; browsers do not tell theirs.
    ip_local: str = ""


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


@dataclass(frozen=True, slots=True)
class _Ask:
    """One try to log in, as it stands before the verdict."""

    tenant: Tenant
    kind: Kind
    visit: Visit
    remember: bool
    policy: Policy
    now: datetime
    code: str = field(repr=False, default="")


def log_in(
    *,
    slug: str,
    login_id: str,
    password: str,
    kind: Kind,
    visit: Visit,
    remember: bool = False,
    code: str = "",
    now: datetime | None = None,
) -> LoggedIn:
    """Log an agent in and return the secrets; their other log-in of this kind ends where the option says so.

    Raises TenantUnknown, TenantStopped, AddressRefused, LogInRefused (wrong id, wrong password, disabled),
    TooManyAttempts, AlreadyLoggedIn; with a second step CodeNeeded (a browser then goes on with its `step`
    in `log_in_by_code`, a program asks again with `code`), CodeRefused and SecondStepFirst.
    """
    now = now or now_utc()
    tenant = find_tenant(slug)
    if tenant is None:
        raise _count_stranger(visit, now, password)
    with tenant_scope(tenant.id):
        agent = find_agent(login_id)
        # The id `admin` alone is an administrator's: the list is chosen without telling who exists.
        is_admin = agent.is_admin if agent else login_key(login_id) == ADMIN_LOGIN
        refuse_address(audience_of(is_admin=is_admin), visit.ip)
        ask = _Ask(tenant, kind, visit, remember, read_policy(), now, code)
        # The connection goes back before argon2, which takes longer than all the queries together.
        db.session.close()
        if agent is None:
            waste_time(password)
            is_right = False
        else:
            is_right = is_right_password(agent.password_hash, password) and agent.may_work
        outcome = _decide(ask, agent, is_right=is_right)
    if isinstance(outcome, AppError):
        raise outcome
    return outcome


def log_in_by_code(*, step: str, code: str, visit: Visit, now: datetime | None = None) -> LoggedIn:
    """Go on with a browser's log-in whose password was right. Raises as log_in, LogInNeeded for a step
    that is wrong, used or five minutes old."""
    now = now or now_utc()
    bearer = parse_bearer(step, "step")
    tenant = find_tenant(bearer.slug) if bearer else None
    if bearer is None or tenant is None:
        raise LogInNeeded
    with tenant_scope(tenant.id), writing():
        outcome = _go_on(tenant, bearer.hash, code, visit, now)
    if isinstance(outcome, AppError):
        raise outcome
    return outcome


def log_in_again(
    *, refresh: str, visit: Visit, remember: bool = True, now: datetime | None = None
) -> LoggedIn:
    """Log a remembering program in by its refresh token, which is spent by that. Raises like log_in.

    A token of a log-in that was ended (elsewhere, log-out, disabled) is worth nothing. A second step was
    shown when the token was first asked for, and is not asked for again.
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
        refuse_address(audience_of(is_admin=agent.is_admin), visit.ip)
        ask = _Ask(tenant, "program", visit, remember, read_policy(), now)
        if _lacks_second_step(agent, ask.policy):
            raise SecondStepFirst
        end_where(live_of(agent.id, "program"), "renewed", now)
        return _grant(ask, agent)


# The parts of a log-in.


def _decide(ask: _Ask, claimed: Agent | None, *, is_right: bool) -> LoggedIn | AppError:
    """Give the verdict and store it, in one transaction; an error is returned so that its count stays."""
    by_agent, checked_hash = (f"agent:{claimed.id}", claimed.password_hash) if claimed else ("", "")
    source, tenant_id, now = ask.visit.source, ask.tenant.id, ask.now
    of_source, of_agent = ask.policy.limit(LOGIN_BY_SOURCE), ask.policy.limit(LOGIN_BY_AGENT)
    with writing():
        wait_s = lock_attempts(of_source, source, tenant_id, now=now)
        if claimed is not None and claimed.last_ip_public != ask.visit.ip:
            # A stranger cannot lock an agent out of the address that they work from.
            wait_s = max(wait_s, lock_attempts(of_agent, by_agent, tenant_id, now=now))
        if wait_s:
            return too_many(wait_s)
        if claimed is None or not is_right:
            count_attempt(of_source, source, tenant_id, now=now)
            if claimed is not None:
                count_attempt(of_agent, by_agent, tenant_id, now=now)
                _note_refusal(claimed, ask, "password")
            return LogInRefused()
        agent = db.session.get(Agent, claimed.id, with_for_update=True, populate_existing=True)
        if agent is None or not agent.may_work or agent.password_hash != checked_hash:
            return LogInRefused()
        forgive_attempts(of_source, source, tenant_id)
        forgive_attempts(of_agent, by_agent, tenant_id)
        return _ask_second_step(ask, agent) or _let_in(ask, agent)


def _ask_second_step(ask: _Ask, agent: Agent) -> AppError | None:
    """What stands between a right password and the log-in; None when nothing does."""
    factor = find_second_factor(agent.id)
    if factor is None:
        is_missing = ask.kind == "program" and _lacks_second_step(agent, ask.policy)
        return SecondStepFirst() if is_missing else None
    if not ask.code:
        return CodeNeeded(_make_step(ask, agent) if ask.kind == "web" else "")
    refusal = take_code(factor, ask.code, now=ask.now)
    if refusal is not None:
        _note_refusal(agent, ask, "code")
    return refusal


def _go_on(tenant: Tenant, step_hash: str, code: str, visit: Visit, now: datetime) -> LoggedIn | AppError:
    step = db.session.scalar(
        select(LogInStep)
        .where(LogInStep.token_hash == step_hash, LogInStep.used_at.is_(None), LogInStep.expires_at > now)
        .with_for_update()
    )
    agent = db.session.get(Agent, step.agent_id, with_for_update=True) if step else None
    if step is None or agent is None or not agent.may_work or find_second_factor(agent.id) is None:
        return LogInNeeded()
    refuse_address(audience_of(is_admin=agent.is_admin), visit.ip)
    ask = _Ask(tenant, "web", visit, False, read_policy(), now, code or "-")
    refusal = _ask_second_step(ask, agent)
    if refusal is not None:
        return refusal
    step.used_at = now
    return _let_in(ask, agent)


def _let_in(ask: _Ask, agent: Agent) -> LoggedIn | AppError:
    try:
        _refuse_stopped(ask.tenant, agent, ask.kind, ask.now)
        _make_room(agent, ask.kind, ask.now)
    except AppError as error:
        return error
    return _grant(ask, agent)


def _count_stranger(visit: Visit, now: datetime, password: str) -> AppError:
    """The answer for a company that does not exist; counted like a wrong password."""
    waste_time(password)
    with writing():
        wait_s = blocked_seconds(LOGIN_BY_SOURCE, visit.source, 0, now)
        if wait_s:
            return too_many(wait_s)
        count_attempt(LOGIN_BY_SOURCE, visit.source, now=now)
    return TenantUnknown()


def _note_refusal(agent: Agent, ask: _Ask, why: str) -> None:
    data = {"kind": ask.kind} if why == "password" else {"kind": ask.kind, "reason": why}
    audit.record("log_in.refused", f"agent:{agent.id}", data, by=agent_actor(agent), at=ask.now)


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
    end_where(live_of(agent.id, kind), "elsewhere", now)


def _lacks_second_step(agent: Agent, policy: Policy) -> bool:
    return policy.needs_two_step(is_admin=agent.is_admin) and find_second_factor(agent.id) is None


def _make_step(ask: _Ask, agent: Agent) -> str:
    token, token_hash = make_bearer("step", ask.tenant.slug)
    db.session.execute(
        update(LogInStep)
        .where(LogInStep.agent_id == agent.id, LogInStep.used_at.is_(None), LogInStep.expires_at <= ask.now)
        .values(used_at=ask.now)
    )
    db.session.add(LogInStep(agent_id=agent.id, token_hash=token_hash, expires_at=ask.now + STEP_LASTS))
    return token


def _grant(ask: _Ask, agent: Agent) -> LoggedIn:
    settings, visit, now = _settings(), ask.visit, ask.now
    idle_s = ask.policy.idle_s
    lifetime_s = idle_s if ask.kind == "web" else settings.log_in_lifetime_s
    token, handle_hash = make_bearer(ask.kind, ask.tenant.slug)
    refresh, refresh_hash = make_bearer("refresh", ask.tenant.slug) if ask.remember else (None, None)
    row = LoginSession(
        kind=ask.kind,
        agent_id=agent.id,
        handle_hash=handle_hash,
        refresh_hash=refresh_hash,
        refresh_expires_at=now + timedelta(seconds=settings.refresh_lifetime_s) if ask.remember else None,
        csrf_secret=secrets.token_urlsafe(32),
        device=visit.device[:200],
        ip=visit.ip,
        user_agent=visit.user_agent[:300],
        created_at=now,
        seen_at=now,
        expires_at=now + timedelta(seconds=lifetime_s),
        idle_s=idle_s,
        duty="two_step" if ask.kind == "web" and _lacks_second_step(agent, ask.policy) else "",
    )
    db.session.add(row)
    agent.last_access_at, agent.last_ip_public = now, visit.ip
    if visit.ip_local:
        agent.last_ip_private = visit.ip_local
    db.session.flush()
    audit.record("log_in.granted", f"agent:{agent.id}", {"kind": ask.kind}, by=agent_actor(agent), at=now)
    return LoggedIn(ask.tenant.id, agent.id, agent.name, row.id, lifetime_s, token, refresh)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
