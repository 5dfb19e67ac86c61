"""Notices: what companies' people are told at the top of their consoles."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.errors import AppError
from app.operator import notices
from app.operator.companies import get_company
from app.operator.doer import doer
from app.operator.views import blueprint
from app.routes import operator_only
from tenants.database import now_utc

__all__: list[str] = []


@blueprint.route("/operator/notices", methods=["GET", "POST"])
@operator_only
def list_notices() -> ResponseReturnValue:
    """The notices; POST puts one up, for everybody or for one company."""
    typed = {"company": request.args.get("company", ""), "kind": "info", "days": "7"}
    typed |= request.form.to_dict()
    refusal, status = "", 200
    if request.method == "POST":
        try:
            slug, days = typed["company"].strip(), typed["days"]
            notices.put_notice(
                text_ko=typed.get("text_ko", ""),
                text_en=typed.get("text_en", ""),
                kind=typed["kind"],
                days=int(days) if days.isascii() and days.isdecimal() and len(days) < 5 else 0,
                tenant=get_company(slug) if slug else None,
                by=doer(),
                now=now_utc(),
            )
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
        else:
            flash(_("공지를 올렸습니다."))
            return redirect(url_for("operator.list_notices"))
    page = render_template(
        "operator/notices.html", rows=notices.list_notices(), typed=typed, refusal=refusal, now=now_utc()
    )
    return page, status


@blueprint.post("/operator/notices/<notice>/withdraw")
@operator_only
def notice_withdraw(notice: str) -> ResponseReturnValue:
    """Show a notice no more."""
    notices.withdraw_notice(notice, by=doer(), now=now_utc())
    flash(_("공지를 내렸습니다."))
    return redirect(url_for("operator.list_notices"))
