"""A forgotten password: asking for a link, and choosing another password with it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import resets
from app.accounts.errors import LinkIsOver
from app.accounts.forms import AskResetForm, NewPasswordForm
from app.accounts.views import blueprint
from app.errors import AppError
from app.extensions import language
from app.remote import attempt_source, caller_address
from app.routes import public
from tenants.database import now_utc

__all__: list[str] = []


@blueprint.route("/manage/reset", methods=["GET", "POST"])
@public
def ask_reset() -> ResponseReturnValue:
    """Ask for a link by mail; the answer says nothing about who exists."""
    form = AskResetForm()
    if request.method == "GET":
        form.tenant.data = form.tenant.data or request.args.get("tenant", "")
        return render_template("accounts/reset_ask.html", form=form, refusal="", is_sent=False)
    if not form.validate():
        return render_template("accounts/reset_ask.html", form=form, refusal="", is_sent=False), 422
    try:
        resets.ask_for_reset(
            slug=form.tenant.data.strip(),
            login_id=form.login_id.data,
            source=attempt_source(caller_address()),
            language=language(),
            now=now_utc(),
        )
    except AppError as error:
        words = str(error.for_reader)
        return render_template(
            "accounts/reset_ask.html", form=form, refusal=words, is_sent=False
        ), error.status
    return render_template("accounts/reset_ask.html", form=form, refusal="", is_sent=True)


@blueprint.route("/manage/reset/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> ResponseReturnValue:
    """Choose another password with a mailed link, which is used up by storing it, not by looking."""
    tenant, agent = resets.check_link(token, now=now_utc())
    form, status, refusal = NewPasswordForm(), 200, ""
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                resets.reset_password(token, form.password.data, now=now_utc())
            except LinkIsOver:
                raise
            except AppError as error:
                status, refusal = error.status, str(error.for_reader)
            else:
                flash(_("비밀번호를 새로 정했습니다. 새 비밀번호로 로그인해 주십시오."))
                return redirect(url_for("accounts.log_in", tenant=tenant.slug))
    page = render_template("accounts/reset.html", form=form, refusal=refusal, company=tenant, agent=agent)
    return page, status
