"""Recognising an agent: by the browser's cookie or by the waiting program's bearer token."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, current_app, request

from app.accounts.endings import mark_seen
from app.accounts.policy import audience_of, is_allowed
from app.accounts.queries import find_live_log_in
from app.programs import bearer_text
from app.remote import caller_address
from app.routes import Caller, Identity, add_identifier
from config.settings import Settings
from tenants.bearer import parse_bearer
from tenants.database import now_utc, tenant_scope
from tenants.resolve import find_tenant
from tenants.rules import standing

__all__ = ["cookie_name", "forget_cookie", "init_app", "set_cookie"]

#: A log-in's use is written down at most this often, not at every click.
SEEN_EVERY = timedelta(seconds=60)


def init_app(app: Flask) -> None:
    """Tell the gate how agents are recognised."""
    add_identifier(app, Caller.AGENT, identify_browser)
    add_identifier(app, Caller.AGENT_PROGRAM, identify_program)


def identify_browser() -> Identity | None:
    """The agent behind the cookie, or None; also notes that the log-in is in use."""
    return _identify(request.cookies.get(cookie_name()), "web")


def identify_program() -> Identity | None:
    """The agent behind the bearer token, or None."""
    return _identify(bearer_text(), "program")


def cookie_name(purpose: str = "") -> str:
    """With TLS the `__Host-` prefix, which keeps other sites of the domain from setting it."""
    name = f"barohelp_{purpose}" if purpose else "barohelp"
    return f"__Host-{name}" if _settings().uses_tls else name


def set_cookie(response: Response, token: str, *, name: str = "", max_age_s: int | None = None) -> None:
    """Hand the browser its log-in; it lasts until the browser closes or the server ends it."""
    response.set_cookie(
        name or cookie_name(),
        token,
        max_age=max_age_s,
        httponly=True,
        secure=_settings().uses_tls,
        samesite="Lax",
        path="/",
    )


def forget_cookie(response: Response, *, name: str = "") -> None:
    """Take the log-in away from the browser."""
    response.delete_cookie(
        name or cookie_name(), httponly=True, secure=_settings().uses_tls, samesite="Lax", path="/"
    )


def _identify(text: str | None, kind: str) -> Identity | None:
    bearer = parse_bearer(text, kind)
    tenant = find_tenant(bearer.slug) if bearer else None
    if bearer is None or tenant is None:
        return None
    now = now_utc()
    with tenant_scope(tenant.id):
        found = find_live_log_in(bearer.hash, kind, now)
        if found is None:
            return None
        log_in, agent = found
        state = standing(tenant.state, tenant.expires_at, now)
        if state != "ok" and not (state == "expired" and kind == "web" and agent.is_admin):
            return None
        address = caller_address()
        if address != log_in.ip and not is_allowed(audience_of(is_admin=agent.is_admin), address):
            return None
        identity = Identity(
            caller=_caller(kind, agent.is_admin),
            tenant_id=tenant.id,
            agent_id=agent.id,
            login_session_id=log_in.id,
            csrf_secret=log_in.csrf_secret,
            duty=log_in.duty,
            idle_s=log_in.idle_s if kind == "web" else 0,
        )
        if kind == "web" and now - log_in.seen_at > SEEN_EVERY:
            mark_seen(log_in.id, idle_s=log_in.idle_s, now=now)
    return identity


def _caller(kind: str, is_admin: bool) -> Caller:
    if kind == "program":
        return Caller.AGENT_PROGRAM
    return Caller.ADMIN if is_admin else Caller.AGENT


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
