"""Basic settings: what a company sets once for everybody."""

from __future__ import annotations

from typing import Final

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.errors import AppError
from app.manage.addresses import NeededAddress, list_needed_addresses
from app.manage.doer import doer
from app.manage.views import blueprint
from app.routes import admin_only, current_tenant
from app.team.settings import MAX_ABSENCE, MAX_HOURS, Settings, change_settings, read_settings
from config.settings import Settings as ServerSettings

__all__: list[str] = []

WEEKDAYS: Final = (
    _l("월요일"),
    _l("화요일"),
    _l("수요일"),
    _l("목요일"),
    _l("금요일"),
    _l("토요일"),
    _l("일요일"),
)


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
            report_after=form.get("report_after") == "yes",
            hours=form.get("hours", "")[:1000],
            absence=form.get("absence", "")[:1000],
            week=tuple(_hours_of(weekday) for weekday in range(7)),
            holidays=form.get("holidays", "")[:10_000],
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
        addresses=_needed_addresses(),
        weekdays=list(zip(WEEKDAYS, (text.partition("-")[::2] for text in found.week), strict=True)),
    )
    return page, status


def _needed_addresses() -> list[NeededAddress]:
    ours: ServerSettings = current_app.extensions["settings"]
    return list_needed_addresses(ours.public_url, [url for relay in ours.relays for url in relay.urls])


def _hours_of(weekday: int) -> str:
    """What was typed for one weekday, as "09:00-18:00"; empty where it is closed."""
    form = request.form
    if form.get(f"open_{weekday}") != "yes":
        return ""
    return f"{form.get(f'opens_{weekday}', '')[:8]}-{form.get(f'closes_{weekday}', '')[:8]}"


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
