"""Logging operators in and out: a page and a cookie of their own."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.forms import CodeForm
from app.accounts.identity import cookie_name, forget_cookie, set_cookie
from app.errors import AppError, LogInNeeded
from app.operator import doors
from app.operator.doer import doer
from app.operator.identity import COOKIE, refuse_far_networks
from app.operator.views import blueprint
from app.pages import local_path
from app.remote import attempt_source, caller_address
from app.routes import current_identity, operator_only, public
from tenants.database import now_utc

__all__: list[str] = []


@blueprint.route("/operator/login", methods=["GET", "POST"])
@public
def log_in() -> ResponseReturnValue:
    """The log-in page of our own staff."""
    refuse_far_networks()
    login_id, refusal, status = request.form.get("login_id", "")[:64], "", 200
    if request.method == "POST":
        try:
            entered = doors.log_in(
                login_id=login_id,
                password=request.form.get("password", "")[:128],
                source=attempt_source(caller_address()),
                now=now_utc(),
            )
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
        else:
            target = url_for("operator.log_in_code", next=_next()) if entered.needs_code else _home()
            response = make_response(redirect(target))
            set_cookie(response, entered.token, name=cookie_name(COOKIE))
            return response
    page = render_template("operator/log_in.html", login_id=login_id, refusal=refusal)
    return page, status


@blueprint.route("/operator/login/code", methods=["GET", "POST"])
@public
def log_in_code() -> ResponseReturnValue:
    """The second step of a log-in whose password was right."""
    refuse_far_networks()
    token = request.cookies.get(cookie_name(COOKIE), "")
    form, refusal, status = CodeForm(), "", 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                doors.log_in_by_code(token, form.code.data, now=now_utc())
                return redirect(_home())
            except LogInNeeded:
                flash(_("시간이 지나 처음부터 다시 로그인해야 합니다."))
                return redirect(url_for("operator.log_in"))
            except AppError as error:
                refusal, status = str(error.for_reader), error.status
    elif doors.find_log_in(token, now_utc(), is_open=False) is None:
        return redirect(url_for("operator.log_in"))
    return render_template("operator/log_in_code.html", form=form, refusal=refusal), status


@blueprint.post("/operator/logout")
@operator_only
def log_out() -> ResponseReturnValue:
    """End this browser's log-in."""
    doors.end_log_in(current_identity().login_session_id or 0, by=doer(), now=now_utc())
    flash(_("로그아웃했습니다."))
    response = make_response(redirect(url_for("operator.log_in")))
    forget_cookie(response, name=cookie_name(COOKIE))
    return response


def _next() -> str | None:
    return local_path(request.args.get("next", ""))


def _home() -> str:
    return _next() or url_for("operator.list_companies")
