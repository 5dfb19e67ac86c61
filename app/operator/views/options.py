"""Options that are switched off above all companies, or above one."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.errors import AppError
from app.operator import options
from app.operator.companies import get_company
from app.operator.doer import doer
from app.operator.views import blueprint
from app.routes import operator_only
from app.team.options import OPTIONS
from tenants.database import now_utc

__all__: list[str] = []


@blueprint.route("/operator/options", methods=["GET", "POST"])
@operator_only
def list_options() -> ResponseReturnValue:
    """What is switched off for everybody; POST switches one off or on, for all or for `company`."""
    if request.method == "GET":
        return _page()
    slug, key = request.form.get("company", ""), request.form.get("key", "")
    tenant = get_company(slug) if slug else None
    try:
        if request.form.get("deed") == "release":
            options.release(key, tenant, by=doer(), now=now_utc())
            flash(_("옵션을 풀었습니다."))
        else:
            reason = request.form.get("reason", "")
            options.force_off(key, tenant, reason=reason, by=doer(), now=now_utc())
            flash(_("옵션을 막았습니다. 실행 중인 프로그램에도 바로 알립니다."))
    except AppError as error:
        return _page(str(error.for_reader)), error.status
    if slug:
        return redirect(url_for("operator.company", company=slug))
    return redirect(url_for("operator.list_options"))


def _page(refusal: str = "") -> str:
    return render_template(
        "operator/options.html", forced=options.list_forced_off(None), options=OPTIONS, refusal=refusal
    )
