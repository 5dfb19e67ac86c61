"""The second step: setting one's own up and taking it away, and resetting it for an agent who lost it."""

from __future__ import annotations

import segno
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import second_factor
from app.accounts.confirm import confirm_password
from app.accounts.policy import read_policy
from app.errors import AppError, NotFound, Refused
from app.manage.doer import doer
from app.manage.views import blueprint
from app.routes import admin_only, agent_only, current_identity, during_duty
from app.team.queries import find_agent, get_agent
from tenants.database import now_utc

__all__: list[str] = []


@blueprint.route("/manage/me/two-step", methods=["GET", "POST"])
@agent_only
@during_duty
def own_two_step() -> ResponseReturnValue:
    """Set the second step up, take it away, or draw new recovery codes, as the pressed button says."""
    refusal, status = "", 200
    if request.method == "POST":
        deeds = {"confirm": _confirm, "renew": _renew, "remove": _remove, "again": _again}
        deed = deeds.get(request.form.get("deed", ""))
        if deed is None:
            raise NotFound
        try:
            return deed()
        except NotFound:
            raise
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
    return _page(refusal), status


@blueprint.route("/manage/agents/<login_id>/two-step", methods=["GET", "POST"])
@admin_only
def agent_two_step(login_id: str) -> ResponseReturnValue:
    """Take the second step of an agent away who lost phone and codes; asks for the admin's password."""
    agent = find_agent(login_id)
    if agent is None:
        raise NotFound
    refusal, status = "", 200
    if request.method == "POST":
        try:
            if second_factor.find_second_factor(agent.id) is None:
                raise Refused(_("이 상담원은 2단계 로그인을 쓰지 않습니다."))
            confirm_password(_me(), request.form.get("password", ""))
            second_factor.remove_second_factor(agent.id, by=doer(), now=now_utc(), is_reset=True)
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
            agent = find_agent(login_id)
        else:
            flash(_("2단계 로그인을 풀었습니다. 다음에 로그인하면 새로 설정할 수 있습니다."))
            return redirect(url_for("manage.agent_edit", login_id=login_id))
    assert agent is not None, "it was there a moment ago"
    has_one = second_factor.find_second_factor(agent.id) is not None
    page = render_template("manage/agent_two_step.html", agent=agent, has_one=has_one, refusal=refusal)
    return page, status


def _confirm() -> ResponseReturnValue:
    if not current_identity().duty:
        confirm_password(_me(), request.form.get("password", ""))
    code = request.form.get("code", "")
    codes = second_factor.confirm_second_factor(_me(), code, by=doer(), now=now_utc())
    return render_template("manage/recovery_codes.html", codes=codes)


def _renew() -> ResponseReturnValue:
    confirm_password(_me(), request.form.get("password", ""))
    codes = second_factor.renew_recovery_codes(_me(), by=doer(), now=now_utc())
    return render_template("manage/recovery_codes.html", codes=codes)


def _remove() -> ResponseReturnValue:
    if _is_needed():
        raise Refused(_("회사가 2단계 로그인을 쓰도록 정해 끌 수 없습니다."))
    confirm_password(_me(), request.form.get("password", ""))
    second_factor.remove_second_factor(_me(), by=doer(), now=now_utc())
    flash(_("2단계 로그인을 껐습니다."))
    return redirect(url_for("manage.own"))


def _again() -> ResponseReturnValue:
    second_factor.begin_second_factor(_me(), is_new=True)
    return redirect(url_for("manage.own_two_step"))


def _page(refusal: str) -> str:
    left = second_factor.count_recovery_codes(_me())
    if second_factor.find_second_factor(_me()) is not None:
        return render_template(
            "manage/own_two_step.html", refusal=refusal, left=left, is_needed=_is_needed(), enrolment=None
        )
    enrolment = second_factor.begin_second_factor(_me())
    picture = segno.make(enrolment.address, error="m").svg_data_uri(scale=5, border=4, light="#fff")
    secret = " ".join(enrolment.secret[n : n + 4] for n in range(0, len(enrolment.secret), 4))
    return render_template(
        "manage/own_two_step.html",
        refusal=refusal,
        enrolment=enrolment,
        picture=picture,
        secret=secret,
        is_needed=_is_needed(),
        asks_password=not current_identity().duty,
    )


def _is_needed() -> bool:
    return read_policy().needs_two_step(is_admin=get_agent(_me()).is_admin)


def _me() -> int:
    return current_identity().agent_id or 0
