"""The addresses that belong to no domain: front door, language switch, health, what crawlers ask for."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.extensions import LANGUAGE_COOKIE, LANGUAGES
from app.routes import public
from tenants.database import db
from tenants.models import Tenant
from tenants.resolve import find_tenant

__all__ = ["init_app"]

blueprint = Blueprint("pages", __name__)
_YEAR_S = 365 * 86_400


@blueprint.get("/")
@public
def front() -> ResponseReturnValue:
    """The product's own door: customers type their company's id, agents find the log-in."""
    asked = request.args.get("tenant", "").strip().lower()[:31]
    if asked and find_tenant(asked) is not None:
        return redirect(f"/{asked}")
    refusal = _("고객사 아이디를 찾을 수 없습니다. 안내받은 아이디를 다시 확인해 주십시오.") if asked else ""
    return render_template("front.html", asked=asked, refusal=refusal)


@blueprint.post("/language")
@public
def choose_language() -> ResponseReturnValue:
    """Keep the reader's language on this computer and go back to where they were."""
    chosen = request.form.get("language", "")
    response = redirect(local_path(request.form.get("next", "")) or url_for("pages.front"))
    if chosen in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=_YEAR_S, httponly=True, samesite="Lax")
    return response


@blueprint.get("/health")
@public
def health() -> ResponseReturnValue:
    """200 when this worker can ask the database, else 503 by way of app/errors.py."""
    db.session.execute(select(Tenant.id).limit(1))
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


@blueprint.get("/robots.txt")
@public
def robots() -> ResponseReturnValue:
    """Customer pages are for people who were told the address."""
    return Response("User-agent: *\nAllow: /$\nDisallow: /\n", mimetype="text/plain")


def local_path(target: str) -> str | None:
    """`target` when it is a path of this site, else None: a redirect never leaves it."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or any(ord(c) < 32 for c in target):
        return None
    return target


def init_app(app: Flask) -> None:
    """Register the addresses."""
    app.register_blueprint(blueprint)
