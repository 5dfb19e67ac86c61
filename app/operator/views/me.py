"""An operator's own password, second step and recovery codes."""

from __future__ import annotations

import segno
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.forms import NewPasswordForm
from app.errors import AppError, NotFound
from app.operator import recovery, second_step, staff
from app.operator.doer import my_row
from app.operator.views import blueprint
from app.routes import current_identity, operator_only
from tenants.database import now_utc

__all__: list[str] = []


@blueprint.route("/operator/me", methods=["GET", "POST"])
@operator_only
def own() -> ResponseReturnValue:
    """Change the password, set the second step up or draw new recovery codes, as the pressed button says."""
    form, refusal, status = NewPasswordForm(), "", 200
    if request.method == "POST":
        deeds = {"password": _change_password, "confirm": _confirm, "renew": _renew}
        deed = deeds.get(request.form.get("deed", ""))
        if deed is None:
            raise NotFound
        status = 422
        try:
            answer = deed(form)
            if answer is not None:
                return answer
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
    operator = my_row()
    picture = secret = ""
    if operator.totp_confirmed_at is None:
        secret, address = second_step.begin_totp(operator.id)
        picture = segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff")
    page = render_template(
        "operator/me.html",
        operator=my_row(),
        form=form,
        refusal=refusal,
        picture=picture,
        secret=secret,
        left=recovery.count_codes(my_row().id),
    )
    return page, status


def _change_password(form: NewPasswordForm) -> ResponseReturnValue | None:
    if not form.validate():
        return None
    staff.change_password(
        my_row().id,
        current=request.form.get("current", ""),
        password=form.password.data,
        keep=current_identity().login_session_id or 0,
        now=now_utc(),
    )
    flash(_("비밀번호를 바꾸었습니다. 다른 곳에서는 로그아웃되었습니다."))
    return redirect(url_for("operator.own"))


def _confirm(_form: NewPasswordForm) -> ResponseReturnValue:
    code, password = request.form.get("code", ""), request.form.get("current", "")
    codes = second_step.confirm_totp(my_row().id, code, password=password, now=now_utc())
    return render_template("operator/recovery_codes.html", codes=codes)


def _renew(_form: NewPasswordForm) -> ResponseReturnValue:
    codes = second_step.renew_recovery_codes(
        my_row().id, password=request.form.get("current", ""), now=now_utc()
    )
    return render_template("operator/recovery_codes.html", codes=codes)
