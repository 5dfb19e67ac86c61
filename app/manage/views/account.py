"""The company's account: its name on the customer page, whom to call, what stands on an invoice."""

from __future__ import annotations

from dataclasses import fields

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.company import Company, CompanyRejected, change_company, read_company
from app.errors import AppError
from app.manage.doer import doer
from app.manage.views import blueprint
from app.routes import admin_only, current_tenant
from app.team.queries import count_seats
from tenants.database import now_utc

__all__: list[str] = []


@blueprint.route("/manage/account", methods=["GET", "POST"])
@admin_only
def account() -> ResponseReturnValue:
    """The company's details; POST stores them."""
    tenant, company, refusal, wrong, status = current_tenant(), read_company(), "", "", 200
    if request.method == "POST":
        company = Company(
            **{field.name: request.form.get(field.name, "")[:2000] for field in fields(Company)}
        )
        try:
            change_company(company, version=_version(), by=doer(), now=now_utc())
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
            wrong = error.name if isinstance(error, CompanyRejected) else ""
        else:
            flash(_("회사 정보를 저장했습니다."))
            return redirect(url_for("manage.account"))
    page = render_template(
        "manage/account.html",
        tenant=tenant,
        company=company,
        refusal=refusal,
        wrong=wrong,
        seats=count_seats(),
        customer_url=f"{current_app.extensions['settings'].public_url}/{tenant.slug}",
    )
    return page, status


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
