"""The programs' doors: join a support session, get a signal ticket, open the signal socket."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue
from flask_sock import Sock

from app.errors import BadRequest, NotFound
from app.extensions import language
from app.programs import answer, read_json, text_field
from app.remote import caller_address
from app.routes import COOKIE_CALLERS, Caller, callers, current_identity, enter_tenant, public
from app.support.actions import programs
from app.support.actions.arrivals import Visitor
from app.support.actions.programs import Machine
from app.support.errors import JoinRefused
from app.support.signal import door
from app.support.signal.commands import Owner
from app.support.signal.socket import serve
from app.support.signal.whole_socket import WholeSocket
from tenants.database import now_utc
from tenants.resolve import find_tenant
from wire.errors import ProtocolError
from wire.limits import TICKET_LIFETIME_S
from wire.signal.commands import Started

blueprint = Blueprint("support", __name__, template_folder="templates")
sock = Sock()
#: Where each server keeps the connection's socket, as simple-websocket looks for it.
_SOCKETS = ("werkzeug.socket", "gunicorn.socket")


@blueprint.post("/programs/join")
@public
def join() -> ResponseReturnValue:
    """Exchange {join_token, tenant?} or {tenant, code} for the credential of one support session."""
    body = read_json()
    token = text_field(body, "join_token", needed=False)
    kind, _, rest = token.partition(".")
    slug, _, secret = rest.partition(".") if kind == "join" else (text_field(body, "tenant"), "", token)
    tenant = find_tenant(slug)
    if tenant is None:
        raise JoinRefused if token else NotFound
    enter_tenant(tenant)
    now, visitor = now_utc(), _visitor()
    if token:
        joined = programs.join(secret, machine=_machine(body), visitor=visitor, now=now)
    else:
        typed = text_field(body, "code")
        joined = programs.join_by_code(typed, machine=_machine(body), visitor=visitor, now=now)
    return answer(credential=joined.credential, session=joined.session, wait=not joined.connected)


@blueprint.post("/signal/ticket")
@callers(Caller.AGENT_PROGRAM, Caller.CUSTOMER_PROGRAM, Caller.AGENT, Caller.ADMIN)
def signal_ticket() -> ResponseReturnValue:
    """A ticket for the caller's signal socket: once, within a minute. A browser's page says which: {page}."""
    identity = current_identity()
    is_browser = identity.caller in COOKIE_CALLERS
    page = text_field(read_json(), "page", max_length=26) if is_browser else ""
    text = door.make_ticket(identity, now=now_utc(), page=page)
    return answer(ticket=text, expires_s=TICKET_LIFETIME_S)


@blueprint.before_request
def check_socket() -> Response | None:
    """Refuse a signal socket before flask-sock accepts it, and put our own socket under it."""
    if request.endpoint != "support.signal":
        return None
    verdict = door.admit(request.environ, now=now_utc())
    if isinstance(verdict, Response):
        return verdict
    after = request.args.get("after", "0")
    key = next(name for name in _SOCKETS if name in request.environ)
    wire = request.environ[key] = WholeSocket(request.environ[key])
    g.signal = (wire, verdict, int(after) if after.isdecimal() and len(after) < 16 else 0)
    return None


@public
def signal(ws: Any) -> None:
    """The signal socket of a program."""
    wire, owner, after = g.signal
    assert isinstance(owner, Owner)
    serve(ws, wire, owner, after)


sock.route("/signal", bp=blueprint)(signal)


def _visitor() -> Visitor:
    return Visitor(caller_address(), request.headers.get("User-Agent", ""), language())


def _machine(body: dict[str, Any]) -> Machine:
    """What the program says of itself, by the same limits as on the signal socket. Raises BadRequest."""
    said = body.get("program")
    fields = said if isinstance(said, dict) else {}
    shape = {"ip_local": "", "lang": "ko", "screens": [], "version": "", "os": "", "pc": ""}
    try:
        checked = Started.from_json(shape | {name: fields.get(name, "") for name in ("version", "os", "pc")})
    except ProtocolError as error:
        raise BadRequest from error
    return Machine(checked.version, checked.os, checked.pc)


def settings_of_sockets() -> dict[str, Any]:
    """What flask-sock passes on to simple-websocket."""
    from wire.limits import MAX_SIGNAL_MESSAGE
    from wire.signal.client import SUBPROTOCOL

    return {"subprotocols": [SUBPROTOCOL], "max_message_size": MAX_SIGNAL_MESSAGE, "ping_interval": None}


__all__ = ["blueprint", "settings_of_sockets"]
