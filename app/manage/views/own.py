"""One's own pages: how to be reached, where one is logged in, one's password, what one may do."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.credentials import change_own_password
from app.accounts.endings import end_own_log_in
from app.accounts.forms import NewPasswordForm
from app.accounts.own import change_own_details, list_open_log_ins
from app.accounts.second_factor import find_second_factor
from app.errors import AppError
from app.manage.doer import doer
from app.manage.rules import name_program
from app.manage.views import blueprint
from app.manage.views.options import ORIGINS
from app.routes import agent_only, current_identity
from app.team.options import GROUPS, OPTIONS
from app.team.queries import effective_options, get_agent
from tenants.database import now_utc

__all__: list[str] = []


@blueprint.route("/manage/me", methods=["GET", "POST"])
@agent_only
def own() -> ResponseReturnValue:
    """Phone and e-mail, open log-ins; POST stores the first two."""
    agent = get_agent(_me())
    typed = {name: request.form.get(name, getattr(agent, name)) for name in ("phone", "email")}
    refusal, status = "", 200
    if request.method == "POST":
        password = request.form.get("password", "")
        try:
            change_own_details(_me(), **typed, password=password, by=doer(), now=now_utc())
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
        else:
            flash(_("내 정보를 저장했습니다."))
            return redirect(url_for("manage.own"))
    page = render_template(
        "manage/own.html",
        agent=get_agent(_me()),
        typed=typed,
        refusal=refusal,
        log_ins=list_open_log_ins(_me(), now_utc()),
        here=current_identity().login_session_id,
        has_second_step=find_second_factor(_me()) is not None,
        program=name_program,
    )
    return page, status


@blueprint.post("/manage/me/log-ins/<log_in>/end")
@agent_only
def own_log_in_end(log_in: str) -> ResponseReturnValue:
    """Log out in another place."""
    end_own_log_in(_me(), log_in, by=doer(), now=now_utc())
    flash(_("그곳에서 로그아웃했습니다."))
    return redirect(url_for("manage.own"))


@blueprint.route("/manage/me/password", methods=["GET", "POST"])
@agent_only
def own_password() -> ResponseReturnValue:
    """Another password; every other place is logged out."""
    form, refusal, status = NewPasswordForm(), "", 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                change_own_password(
                    _me(),
                    current=request.form.get("current", ""),
                    password=form.password.data,
                    keep=current_identity().login_session_id,
                    by=doer(),
                    now=now_utc(),
                )
            except AppError as error:
                refusal, status = str(error.for_reader), error.status
            else:
                flash(_("비밀번호를 바꾸었습니다. 다른 곳에서는 로그아웃되었습니다."))
                return redirect(url_for("manage.own"))
    return render_template("manage/own_password.html", form=form, refusal=refusal), status


@blueprint.get("/manage/me/options")
@agent_only
def own_options() -> ResponseReturnValue:
    """What one may do, and which level said so; an administrator changes it elsewhere."""
    effective = effective_options(get_agent(_me()))
    tables = {
        group: [(option, effective[key]) for key, option in OPTIONS.items() if option.group == group]
        for group in GROUPS
    }
    return render_template("manage/own_options.html", tables=tables, groups=GROUPS, origins=ORIGINS)


def _me() -> int:
    return current_identity().agent_id or 0
