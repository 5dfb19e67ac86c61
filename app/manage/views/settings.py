"""Basic settings: what a company sets once for everybody."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.errors import AppError
from app.manage.doer import doer
from app.manage.views import blueprint
from app.routes import admin_only, current_tenant
from app.team.settings import MAX_ABSENCE, MAX_HOURS, Settings, change_settings, read_settings

__all__: list[str] = []


@blueprint.route("/manage/settings", methods=["GET", "POST"])
@admin_only
def settings() -> ResponseReturnValue:
    """The company's settings; POST stores them."""
    found, refusal, status = read_settings(), "", 200
    if request.method == "POST":
        form = request.form
        found = Settings(
            code_required=form.get("code_required") == "yes",
            shows_addresses=form.get("shows_addresses") == "yes",
            hours=form.get("hours", "")[:1000],
            absence=form.get("absence", "")[:1000],
            version=_version(),
        )
        try:
            is_new = change_settings(found, by=doer())
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
        else:
            flash(_("기본 설정을 저장했습니다.") if is_new else _("바뀐 것이 없습니다."))
            return redirect(url_for("manage.settings"))
    page = render_template(
        "manage/settings.html",
        settings=found,
        version=read_settings().version,
        tenant=current_tenant(),
        refusal=refusal,
        longest_hours=MAX_HOURS,
        longest_absence=MAX_ABSENCE,
    )
    return page, status


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
