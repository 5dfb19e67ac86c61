"""Who may call which address: each view declares it, one gate enforces it, a silent view stops the start.

    @bp.get("/manage")
    @agent_only
    def home(): ...

Decides, in this order and before any view runs: foreign Origin, the body in time, the company in the address,
who is calling, the company's scope, CSRF. How a caller proves who they are is told by the domains
(`add_identifier`); what they may do with a row is decided by the wall, so another company's id is not found.
Source: docs/decisions/0027-the-gate.md.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.bodies import read_in_time
from app.errors import LogInNeeded, NotFound, Refused, wants_json
from config.settings import Settings
from tenants.database import no_scope, tenant_scope
from tenants.models import Tenant
from tenants.resolve import find_tenant, get_tenant

__all__ = [
    "Caller",
    "Identity",
    "add_identifier",
    "admin_only",
    "agent_only",
    "callers",
    "csrf_token",
    "current_identity",
    "current_tenant",
    "declared_callers",
    "during_duty",
    "enter_tenant",
    "init_app",
    "operator_only",
    "program",
    "public",
    "refuse_undeclared",
]

View = TypeVar("View", bound=Callable[..., Any])
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Caller(StrEnum):
    """Every kind of caller there is."""

    PUBLIC = "public"
    AGENT = "agent"
    ADMIN = "admin"
    AGENT_PROGRAM = "agent_program"
    CUSTOMER_PROGRAM = "customer_program"
    OPERATOR = "operator"
    API_KEY = "api_key"


#: A company's people in a browser: one cookie for both, and one page to log in.
CONSOLE_CALLERS = frozenset({Caller.AGENT, Caller.ADMIN})
#: Callers that a browser proves by a cookie, and that therefore need a CSRF token.
COOKIE_CALLERS = CONSOLE_CALLERS | {Caller.OPERATOR}
#: Where somebody is led who has to do something before anything else.
DUTIES = {"two_step": "manage.own_two_step"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is calling, as proved by a cookie or a bearer secret. Ids only: rows belong to one session.

    An operator belongs to no company: their `tenant_id` is 0, and no scope is opened for them.
    """

    caller: Caller
    tenant_id: int
    agent_id: int | None = None
    login_session_id: int | None = None
    credential_id: int | None = None
    support_session_id: int | None = None
    csrf_secret: str = field(default="", repr=False)
    operator_id: int | None = None
    #: What has to be done first (a key of DUTIES), and after how much stillness a browser is logged out.
    duty: str = ""
    idle_s: int = 0


Identifier = Callable[[], Identity | None]


def callers(*allowed: Caller) -> Callable[[View], View]:
    """Declare who may call a view."""

    def declare(view: View) -> View:
        view.__callers__ = frozenset(allowed)  # type: ignore[attr-defined]
        return view

    return declare


public = callers(Caller.PUBLIC)
agent_only = callers(Caller.AGENT, Caller.ADMIN)
admin_only = callers(Caller.ADMIN)
operator_only = callers(Caller.OPERATOR)


def during_duty(view: View) -> View:
    """Declare a view that may be called although something else has to be done first."""
    view.__during_duty__ = True  # type: ignore[attr-defined]
    return view


def program(*kinds: str) -> Callable[[View], View]:
    """Declare a view for programs that bring a bearer secret: "agent", "customer" or both."""
    return callers(*(Caller(f"{kind}_program") for kind in kinds))


def declared_callers(app: Flask, endpoint: str) -> frozenset[Caller] | None:
    """Who may call an endpoint, or None when its view does not say."""
    return getattr(app.view_functions[endpoint], "__callers__", None)


def add_identifier(app: Flask, caller: Caller, identifier: Identifier) -> None:
    """Tell the gate how one kind of caller is recognised; called by the domain that keeps the secrets."""
    app.extensions["identifiers"][caller] = identifier


def init_app(app: Flask) -> None:
    """Put the gate before every view."""
    app.extensions["identifiers"] = {}
    app.before_request(_gate)
    app.teardown_request(_leave)
    callers(Caller.PUBLIC)(app.view_functions["static"])
    app.jinja_env.globals["csrf_token"] = csrf_token


def refuse_undeclared(app: Flask) -> None:
    """Stop the start when a view does not declare its callers; the message names each of them."""
    silent = sorted(name for name in app.view_functions if declared_callers(app, name) is None)
    if silent:
        raise RuntimeError(
            f"These views do not declare who may call them (app/routes.py): {', '.join(silent)}"
        )


def current_identity() -> Identity:
    """The caller of the running request. Raises LogInNeeded in a public view that was reached without one."""
    identity: Identity | None = g.get("identity")
    if identity is None:
        raise LogInNeeded
    return identity


def current_tenant() -> Tenant:
    """The company of the running request: the caller's, or the one in the address."""
    tenant: Tenant | None = g.get("tenant")
    if tenant is None:
        raise NotFound
    return tenant


def enter_tenant(tenant: Tenant) -> None:
    """Open a company's scope for the rest of the running request, where a secret in the body named it."""
    g.request_stack.enter_context(tenant_scope(tenant.id))
    g.tenant = tenant


def csrf_token() -> str:
    """What forms and scripts of the logged-in caller send back; empty when nobody is logged in."""
    identity: Identity | None = g.get("identity")
    return _csrf_of(identity.csrf_secret) if identity and identity.csrf_secret else ""


def _gate() -> ResponseReturnValue | None:
    g.request_stack = ExitStack()
    g.request_stack.enter_context(no_scope())
    g.identity = g.tenant = None
    if request.endpoint is None:
        return None  # Flask answers 404 or 405 itself.
    allowed: frozenset[Caller] = request_callers()
    _refuse_foreign_origin()
    read_in_time()
    _open_addressed_tenant()
    if Caller.PUBLIC in allowed:
        return None
    identity = _identify(allowed)
    if identity is None:
        return _send_to_log_in(allowed)
    if g.tenant is not None and g.tenant.id != identity.tenant_id:
        raise NotFound
    if g.tenant is None and identity.caller is not Caller.OPERATOR:
        enter_tenant(get_tenant(identity.tenant_id))
    g.identity = identity
    if identity.caller not in allowed:
        raise Refused
    if identity.caller in COOKIE_CALLERS:
        _check_csrf(identity)
    return _lead_to_duty(identity)


def request_callers() -> frozenset[Caller]:
    """Who may call the address that is being asked for."""
    allowed = declared_callers(current_app._get_current_object(), request.endpoint or "")  # type: ignore[attr-defined]
    if allowed is None:
        raise RuntimeError(f"{request.endpoint} does not declare who may call it")
    return allowed


def _leave(_error: BaseException | None) -> None:
    stack: ExitStack | None = g.pop("request_stack", None)
    if stack is not None:
        stack.close()


def _open_addressed_tenant() -> None:
    slug = (request.view_args or {}).get("slug")
    if slug is None:
        return
    tenant = find_tenant(slug)
    if tenant is None:
        raise NotFound
    enter_tenant(tenant)


def _identify(allowed: frozenset[Caller]) -> Identity | None:
    """Ask the identifiers of the allowed kinds; an agent's page is asked for by an admin's cookie as well."""
    identifiers: dict[Caller, Identifier] = current_app.extensions["identifiers"]
    wanted = allowed | CONSOLE_CALLERS if allowed & CONSOLE_CALLERS else allowed
    for caller in sorted(wanted):
        identifier = identifiers.get(caller)
        identity = identifier() if identifier else None
        if identity is not None:
            return identity
    return None


def _send_to_log_in(allowed: frozenset[Caller]) -> ResponseReturnValue:
    if not allowed & COOKIE_CALLERS or wants_json() or request.method not in _SAFE:
        raise LogInNeeded
    door = "operator.log_in" if Caller.OPERATOR in allowed else "accounts.log_in"
    return redirect(url_for(door, next=request.full_path.rstrip("?")))


def _lead_to_duty(identity: Identity) -> ResponseReturnValue | None:
    view = current_app.view_functions[request.endpoint or ""]
    if not identity.duty or getattr(view, "__during_duty__", False):
        return None
    if wants_json() or request.method not in _SAFE:
        raise Refused(_l("먼저 해야 할 일이 있습니다. 페이지를 새로 고쳐 주십시오."))
    return redirect(url_for(DUTIES[identity.duty]))


def _refuse_foreign_origin() -> None:
    """Refuse what another site makes a browser send; a program sends no Origin and brings no cookie."""
    if request.method in _SAFE:
        return
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "none")
    is_ours = site in ("same-origin", "none") if origin is None else is_our_origin(origin)
    if not is_ours:
        raise Refused(
            _l("다른 사이트에서 보낸 요청은 받지 않습니다. 이 페이지에서 다시 시도해 주십시오."), code="B-45"
        )


def is_our_origin(origin: str) -> bool:
    """Whether a browser's Origin is PUBLIC_URL; on one's own machine every name of loopback is the same."""
    settings: Settings = current_app.extensions["settings"]
    if origin == settings.public_url:
        return True
    ours, theirs = urlsplit(settings.public_url), urlsplit(origin)
    try:
        same_door = (ours.scheme, ours.port) == (theirs.scheme, theirs.port)
    except ValueError:
        return False
    return same_door and ours.hostname in _LOOPBACK and theirs.hostname in _LOOPBACK


def _check_csrf(identity: Identity) -> None:
    if request.method in _SAFE:
        return
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if not hmac.compare_digest(given.encode(), _csrf_of(identity.csrf_secret).encode()):
        raise Refused(_l("페이지가 오래되었습니다. 새로 고친 뒤 다시 시도해 주십시오."), code="B-45")


def _csrf_of(secret: str) -> str:
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()
