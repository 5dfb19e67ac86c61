"""Who may open a signal socket: tickets of a minute, used once, for the stream of a log-in or credential.

The socket's request is checked by the one handshake function (wire/handshake.py) and its ticket is spent
before flask-sock says 101; a refusal is a plain HTTP answer that explains nothing (security rules 4 and 5).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Response, current_app, request
from sqlalchemy import update

from app.accounts.models import LoginSession
from app.errors import BadRequest
from app.programs import bearer_text
from app.routes import COOKIE_CALLERS, Caller, Identity, is_our_origin
from app.support import queries
from app.support.errors import SessionOver, TenantStopped
from app.support.models import ProgramCredential
from app.support.signal import streams
from app.support.signal.commands import Owner
from app.support.signal.models import BOARD, SignalStream, SignalTicket
from app.team.option_places import refuse_when_off
from config.settings import Settings
from tenants.bearer import make_bearer, parse_bearer
from tenants.database import current_tenant_id, db, now_utc, tenant_scope
from tenants.resolve import find_tenant, get_tenant
from tenants.rules import standing
from tenants.writing import writing
from wire.handshake import Accept, HandshakePolicy, Head, Refuse, check_upgrade
from wire.limits import TICKET_LIFETIME_S
from wire.signal.client import SUBPROTOCOL

log = structlog.get_logger()


def make_ticket(identity: Identity, *, now: datetime, page: str = "") -> str:
    """Return a ticket for the caller's stream; the stream is made at an agent's first ticket.

    A browser says which of its pages asks: BOARD, or the public id of the agent's support session that it
    shows. Raises BadRequest, NotFound (a support session of somebody else), TenantStopped, Refused.
    """
    _check_page(identity, page, now)
    text, ticket_hash = make_bearer("signal", get_tenant(identity.tenant_id).slug)
    with writing():
        stream = _stream_of(identity, page, now)
        db.session.add(
            SignalTicket(
                hash=ticket_hash, stream_id=stream.id, expires_at=now + timedelta(seconds=TICKET_LIFETIME_S)
            )
        )
    return text


def identify_customer_program() -> Identity | None:
    """Return the customer program behind the bearer credential, or None.

    Raises SessionOver for a credential that was good once: the program then knows that it may stop trying.
    """
    bearer = parse_bearer(bearer_text(), "customer")
    tenant = find_tenant(bearer.slug) if bearer else None
    if bearer is None or tenant is None:
        return None
    with tenant_scope(tenant.id):
        credential = queries.find_credential(bearer.hash)
        if credential is None:
            return None
        if (
            credential.revoked_at is not None
            or standing(tenant.state, tenant.expires_at, now_utc()) == "suspended"
        ):
            raise SessionOver
        return Identity(
            caller=Caller.CUSTOMER_PROGRAM,
            tenant_id=tenant.id,
            credential_id=credential.id,
            support_session_id=credential.support_session_id,
        )


def admit(environ: dict[str, Any], *, now: datetime) -> Owner | Response:
    """Check the running request for a signal socket and spend its ticket; a Response is the refusal."""
    decision = check_upgrade(_head(), _policy())
    if isinstance(decision, Refuse):
        log.info("signal_refused", reason=decision.reason)
        return Response("", decision.status, dict(decision.headers))
    owner = _spend(decision, now)
    if owner is None:
        log.info("signal_refused", reason="ticket")
        return Response("", 403)
    # Deflate costs memory for each socket and lets a small message grow into a large one.
    environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
    return owner


def _spend(decision: Accept, now: datetime) -> Owner | None:
    """Return whose socket this is, once for each ticket: the UPDATE lets one of many replays through."""
    bearer = parse_bearer(decision.ticket, "signal")
    tenant = find_tenant(bearer.slug) if bearer else None
    if bearer is None or tenant is None:
        return None
    with tenant_scope(tenant.id):
        with writing():
            stream_id = db.session.scalar(
                update(SignalTicket)
                .where(
                    SignalTicket.hash == bearer.hash,
                    SignalTicket.used_at.is_(None),
                    SignalTicket.expires_at > now,
                )
                .values(used_at=now)
                .returning(SignalTicket.stream_id)
                .execution_options(synchronize_session=False)
            )
        return _owner_of(stream_id, now) if stream_id is not None else None


def _owner_of(stream_id: int, now: datetime) -> Owner | None:
    stream = db.session.get(SignalStream, stream_id)
    tenant = get_tenant(current_tenant_id())
    if stream is None or standing(tenant.state, tenant.expires_at, now) == "suspended":
        return None
    if stream.login_session_id is not None:
        log_in = db.session.get(LoginSession, stream.login_session_id)
        if log_in is None or log_in.ended_at is not None or log_in.expires_at <= now:
            return None
        return Owner(
            tenant.id,
            stream.id,
            agent_id=log_in.agent_id,
            login_session_id=log_in.id,
            is_page=log_in.kind == "web",
        )
    credential = db.session.get(ProgramCredential, stream.program_credential_id)
    if credential is None or credential.revoked_at is not None:
        return None
    return Owner(tenant.id, stream.id, session_id=credential.support_session_id, credential_id=credential.id)


def _check_page(identity: Identity, page: str, now: datetime) -> None:
    """Refuse pages that do not exist, and programs that call themselves one."""
    if identity.caller not in COOKIE_CALLERS:
        if page:
            raise BadRequest
        return
    tenant = get_tenant(identity.tenant_id)
    if standing(tenant.state, tenant.expires_at, now) != "ok":
        raise TenantStopped
    if not page:
        raise BadRequest
    assert identity.agent_id is not None
    if page != BOARD:
        queries.get_session(page, agent_id=identity.agent_id)
        refuse_when_off("web_viewer", identity.agent_id)


def _stream_of(identity: Identity, page: str, now: datetime) -> SignalStream:
    if identity.login_session_id is not None:
        stream = streams.find_for_login(identity.login_session_id, page)
        if stream is None:
            stream = SignalStream(
                owner_kind="agent", login_session_id=identity.login_session_id, page=page, changed_at=now
            )
            db.session.add(stream)
            db.session.flush()
        return stream
    stream = streams.find_for_credential(identity.credential_id or 0)
    if stream is None:
        raise SessionOver
    return stream


def _head() -> Head:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Head(request.method, request.path, request.args.to_dict(), headers)


def _policy() -> HandshakePolicy:
    settings: Settings = current_app.extensions["settings"]
    origin = request.headers.get("Origin")
    origins = {settings.public_url}
    if origin and is_our_origin(origin):
        origins.add(origin)
    return HandshakePolicy(frozenset(origins), (SUBPROTOCOL,))


__all__ = ["admit", "identify_customer_program", "make_ticket"]
