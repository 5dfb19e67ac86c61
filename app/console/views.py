"""The pages under /console, and the small things they fetch. Everything live goes over the signal socket."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.console import sentences
from app.errors import NotFound
from app.extensions import LANGUAGES, language
from app.routes import agent_only, current_identity, current_tenant, public
from app.support import queries
from app.support.errors import TenantStopped
from config.settings import Settings
from tenants.database import now_utc
from tenants.rules import standing
from wire.words import words_of

__all__ = ["blueprint"]

blueprint = Blueprint("console", __name__, template_folder="templates")
WORDS_KEPT_S = 30 * 86_400


@blueprint.get("/console")
@agent_only
def slots() -> ResponseReturnValue:
    """The agent's slots with their codes, and who is on the way."""
    _refuse_stopped()
    settings: Settings = current_app.extensions["settings"]
    page = {
        "sentences": sentences.of_board(),
        "codes": sentences.of_codes(),
        "view_url": url_for("console.view", session="SESSION"),
        **_addresses(),
    }
    customer_url = f"{settings.public_url}/{current_tenant().slug}"
    return render_template("console/board.html", page=page, customer_url=customer_url)


@blueprint.get("/console/view/<session>")
@agent_only
def view(session: str) -> ResponseReturnValue:
    """The customer's desktop. Another agent's support session is not found."""
    agent_id = current_identity().agent_id
    assert agent_id is not None, "an agent is logged in"
    found = queries.get_session(session, agent_id=agent_id)
    _refuse_stopped()
    page = {
        "session": found.public_id,
        "state": found.state,
        "title": _("%(number)s번 고객 – 바로헬프", number=found.number),
        "sentences": sentences.of_view(found.number),
        "codes": sentences.of_codes(),
        "words_urls": {code: _words_address(code) for code in LANGUAGES},
        **_addresses(),
    }
    return render_template("console/view.html", page=page, session=found)


@blueprint.get("/console/words/<language_code>")
@public
def words(language_code: str) -> ResponseReturnValue:
    """The 2,048 words of a language, in their order. They are no secret; which six are shown is."""
    if language_code not in LANGUAGES:
        raise NotFound
    response = jsonify(words_of(language_code))
    if request.args.get("v"):
        response.headers["Cache-Control"] = f"public, max-age={WORDS_KEPT_S}"
    return response


@blueprint.get("/console/alive")
@agent_only
def alive() -> ResponseReturnValue:
    """Asked now and then by an open page of an agent at work: the log-in is in use."""
    return Response(status=204)


def _addresses() -> dict[str, Any]:
    return {
        "language": language(),
        "ticket_url": url_for("support.signal_ticket"),
        "alive_url": url_for("console.alive"),
    }


def _words_address(code: str) -> str:
    return url_for("console.words", language_code=code, v=_words_version(code))


@cache
def _words_version(code: str) -> str:
    return hashlib.sha256("\n".join(words_of(code)).encode()).hexdigest()[:8]


def _refuse_stopped() -> None:
    tenant = current_tenant()
    if standing(tenant.state, tenant.expires_at, now_utc()) != "ok":
        raise TenantStopped
