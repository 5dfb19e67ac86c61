"""API keys: the list, a form for a new one, its secret once, and revoking."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.api import keys
from app.api.rules import KEY_DAYS, MAX_KEYS, MAX_NAME, SCOPES
from app.errors import AppError
from app.manage.doer import doer
from app.manage.views import blueprint
from app.routes import admin_only
from tenants.database import now_utc

__all__: list[str] = []


@blueprint.route("/manage/api-keys", methods=["GET", "POST"])
@admin_only
def list_api_keys() -> ResponseReturnValue:
    """The keys; POST makes one and shows its secret, this once."""
    name, chosen, refusal, secret, status = "", list(SCOPES), "", "", 200
    if request.method == "POST":
        name, chosen = request.form.get("name", ""), request.form.getlist("scope")
        days = request.form.get("days", "")
        try:
            _key, secret = keys.create_key(
                name, chosen, days=int(days) if days.isdecimal() else -1, by=doer(), now=now_utc()
            )
            name = ""
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
    page = render_template(
        "manage/api_keys.html",
        rows=keys.list_keys(),
        scopes=SCOPES,
        chosen=chosen,
        days=KEY_DAYS,
        most=MAX_KEYS,
        longest=MAX_NAME,
        name=name,
        refusal=refusal,
        secret=secret,
        now=now_utc(),
    )
    return page, status


@blueprint.post("/manage/api-keys/<key>/revoke")
@admin_only
def api_key_revoke(key: str) -> ResponseReturnValue:
    """Revoke a key at once."""
    name = keys.revoke_key(key, by=doer(), now=now_utc())
    flash(_("%(name)s 키를 끊었습니다. 이 키로는 더 읽을 수 없습니다.", name=name))
    return redirect(url_for("manage.list_api_keys"))
