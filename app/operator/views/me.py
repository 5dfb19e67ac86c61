"""An operator's own password and second step."""

from __future__ import annotations

import segno
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.forms import NewPasswordForm
from app.errors import AppError, NotFound
from app.operator import doors
from app.operator.doer import my_row
from app.operator.views import blueprint
from app.routes import current_identity, operator_only
from tenants.database import now_utc

__all__: list[str] = []


@blueprint.route("/operator/me", methods=["GET", "POST"])
@operator_only
def own() -> ResponseReturnValue:
    """Change the password or set the second step up, as the pressed button says."""
    form, refusal, status = NewPasswordForm(), "", 200
    if request.method == "POST":
        deed = {"password": _change_password, "confirm": _confirm}.get(request.form.get("deed", ""))
        if deed is None:
            raise NotFound
        status = 422
        try:
            if deed(form):
                return redirect(url_for("operator.own"))
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
    operator = my_row()
    picture = secret = ""
    if operator.totp_confirmed_at is None:
        secret, address = doors.begin_totp(operator.id)
        picture = segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff")
    page = render_template(
        "operator/me.html", operator=my_row(), form=form, refusal=refusal, picture=picture, secret=secret
    )
    return page, status


def _change_password(form: NewPasswordForm) -> bool:
    if not form.validate():
        return False
    doors.change_password(
        my_row().id,
        current=request.form.get("current", ""),
        password=form.password.data,
        keep=current_identity().login_session_id or 0,
        now=now_utc(),
    )
    flash(_("비밀번호를 바꾸었습니다. 다른 곳에서는 로그아웃되었습니다."))
    return True


def _confirm(_form: NewPasswordForm) -> bool:
    code, password = request.form.get("code", ""), request.form.get("current", "")
    doors.confirm_totp(my_row().id, code, password=password, now=now_utc())
    flash(_("2단계 로그인을 켰습니다."))
    return True
