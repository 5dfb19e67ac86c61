"""Log-in and log-out, for browsers (pages) and for the waiting program (JSON, docs/wire.md).

The pages of a forgotten password stand in reset_views.py.
"""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import actions
from app.accounts.actions import LoggedIn, Visit
from app.accounts.endings import end_log_in
from app.accounts.errors import CodeNeeded
from app.accounts.forms import CodeForm, LogInForm
from app.accounts.identity import cookie_name, forget_cookie, set_cookie
from app.errors import AppError, LogInNeeded
from app.pages import local_path
from app.programs import answer, read_json, text_field
from app.remote import address_or_nothing, attempt_source, caller_address
from app.routes import agent_only, current_identity, during_duty, program, public

__all__ = ["blueprint"]

blueprint = Blueprint("accounts", __name__, template_folder="templates")

#: The cookie of a browser whose password was right and whose code is awaited.
STEP = "step"


@blueprint.route("/manage/login", methods=["GET", "POST"])
@public
def log_in() -> ResponseReturnValue:
    """The log-in page of admins and agents."""
    form = LogInForm()
    if not form.tenant.data:
        form.tenant.data = request.args.get("tenant", "")
    status, refusal = 200, ""
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                return _enter(_log_browser_in(form))
            except CodeNeeded as needed:
                return _ask_for_code(needed.step)
            except AppError as error:
                status, refusal = error.status, str(error.for_reader)
    return render_template("accounts/log_in.html", form=form, refusal=refusal), status


@blueprint.route("/manage/login/code", methods=["GET", "POST"])
@public
def log_in_code() -> ResponseReturnValue:
    """The second step of a log-in whose password was right: the app's code, or a recovery code."""
    step = request.cookies.get(cookie_name(STEP), "")
    if not step:
        return redirect(url_for("accounts.log_in"))
    form = CodeForm()
    status, refusal = 200, ""
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                return _enter(actions.log_in_by_code(step=step, code=form.code.data, visit=_visit()))
            except LogInNeeded:
                flash(_("시간이 지나 처음부터 다시 로그인해야 합니다."))
                response = make_response(redirect(url_for("accounts.log_in")))
                forget_cookie(response, name=cookie_name(STEP))
                return response
            except AppError as error:
                status, refusal = error.status, str(error.for_reader)
    return render_template("accounts/log_in_code.html", form=form, refusal=refusal), status


@blueprint.post("/manage/logout")
@agent_only
@during_duty
def log_out() -> ResponseReturnValue:
    """End this browser's log-in."""
    identity = current_identity()
    end_log_in(identity.login_session_id or 0, "logout")
    flash(_("로그아웃했습니다."))
    response = make_response(redirect(url_for("accounts.log_in")))
    forget_cookie(response)
    return response


@blueprint.post("/programs/login")
@public
def log_program_in() -> ResponseReturnValue:
    """Log the waiting program in: {tenant, id, password, otp?, device?, remember?} or {refresh, device?}.

    B-52 says that the password was right and that the same again with `otp` is wanted.
    """
    body = read_json()
    ip_local = address_or_nothing(text_field(body, "ip_local", needed=False))
    visit = _visit(text_field(body, "device", needed=False), ip_local)
    if body.get("refresh"):
        granted = actions.log_in_again(refresh=text_field(body, "refresh"), visit=visit)
    else:
        granted = actions.log_in(
            slug=text_field(body, "tenant"),
            login_id=text_field(body, "id"),
            password=str(body.get("password", ""))[:128],
            kind="program",
            visit=visit,
            remember=body.get("remember") is True,
            code=text_field(body, "otp", max_length=40, needed=False),
        )
    return answer(
        token=granted.token,
        expires_s=granted.expires_s,
        agent={"id": granted.agent_id, "name": granted.agent_name},
        **({"refresh": granted.refresh} if granted.refresh else {}),
    )


@blueprint.post("/programs/logout")
@program("agent")
def log_program_out() -> ResponseReturnValue:
    """End the waiting program's log-in."""
    end_log_in(current_identity().login_session_id or 0, "logout")
    return answer()


def _log_browser_in(form: LogInForm) -> LoggedIn:
    return actions.log_in(
        slug=form.tenant.data.strip(),
        login_id=form.login_id.data,
        password=form.password.data,
        kind="web",
        visit=_visit(),
    )


def _enter(granted: LoggedIn) -> Response:
    response = make_response(redirect(local_path(request.args.get("next", "")) or url_for("team.home")))
    set_cookie(response, granted.token)
    if request.cookies.get(cookie_name(STEP)):
        forget_cookie(response, name=cookie_name(STEP))
    return response


def _ask_for_code(step: str) -> Response:
    target = url_for("accounts.log_in_code", next=local_path(request.args.get("next", "")))
    response = make_response(redirect(target))
    set_cookie(response, step, name=cookie_name(STEP), max_age_s=int(actions.STEP_LASTS.total_seconds()))
    return response


def _visit(device: str = "", ip_local: str = "") -> Visit:
    address = caller_address()
    user_agent = request.headers.get("User-Agent", "")
    return Visit(attempt_source(address), address, user_agent, device, ip_local)
