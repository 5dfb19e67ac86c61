"""Inquiries of companies: the list over all of them, and one as a thread with an answer."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.errors import AppError, NotFound
from app.inquiries import rules
from app.inquiries.queries import count_waiting
from app.operator import inquiries
from app.operator.companies import get_company
from app.operator.doer import doer
from app.operator.views import blueprint
from app.routes import operator_only
from tenants.database import now_utc, public_id

__all__: list[str] = []


@blueprint.get("/operator/inquiries")
@operator_only
def list_inquiries() -> ResponseReturnValue:
    """All companies' inquiries, those that wait first; searched, by state and by pages."""
    text = rules.clean_subject(request.args.get("q", ""))[:64]
    state = request.args.get("state", "")
    state = state if state in rules.STATES else ""
    found = inquiries.find_inquiries(text, state, _number(request.args.get("page", "1")), by=doer())
    return render_template(
        "operator/inquiries.html", found=found, text=text, state=state, waiting=count_waiting()
    )


@blueprint.get("/operator/inquiries/<company>/<inquiry>")
@operator_only
def inquiry(company: str, inquiry: str) -> ResponseReturnValue:
    """One inquiry with a form for the answer."""
    return _page(company, inquiry)


@blueprint.post("/operator/inquiries/<company>/<inquiry>")
@operator_only
def inquiry_write(company: str, inquiry: str) -> ResponseReturnValue:
    """Answer, or close what was answered, as the pressed button says."""
    text, by = request.form.get("text", ""), doer()
    try:
        if request.form.get("deed") == "close":
            inquiries.close_inquiry(company, inquiry, by=by, now=now_utc())
            flash(_("문의를 닫았습니다. 글을 더하면 다시 열립니다."))
        else:
            inquiries.answer_inquiry(
                company,
                inquiry,
                text,
                form=request.form.get("form", ""),
                seen=_number(request.form.get("seen", "")),
                by=by,
                now=now_utc(),
            )
            flash(_("답을 보냈습니다. 물어본 사람의 이메일이 있으면 편지로도 알립니다."))
    except NotFound:
        raise
    except AppError as error:
        return _page(company, inquiry, text, str(error.for_reader)), error.status
    return redirect(url_for("operator.inquiry", company=company, inquiry=inquiry))


def _page(company: str, inquiry: str, text: str = "", refusal: str = "") -> str:
    thread = inquiries.look_at(company, inquiry, by=doer())
    return render_template(
        "operator/inquiry.html",
        tenant=get_company(company),
        thread=thread,
        text=text,
        refusal=refusal,
        form=public_id(),
        rules=rules,
        may_close=rules.may_close(thread.state, "operator"),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1
