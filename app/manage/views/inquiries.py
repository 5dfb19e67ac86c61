"""Inquiries to the operator: the list, a new one, and one as a thread with reply and close.

An agent sees their own, the administrator all of the company's. What was typed stays in the form until it is
stored.
"""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.errors import AppError, NotFound
from app.extensions import language
from app.inquiries import actions, queries, rules
from app.inquiries.queries import Reader
from app.manage.doer import doer
from app.manage.rules import read_page
from app.manage.views import blueprint
from app.routes import Caller, agent_only, current_identity
from tenants.database import now_utc, public_id

__all__: list[str] = []


@blueprint.get("/manage/inquiries")
@agent_only
def list_inquiries() -> ResponseReturnValue:
    """The reader's inquiries by pages, the latest word first."""
    reader = _reader()
    found = queries.find_inquiries(reader, read_page(request.args.get("page", "")))
    return render_template("manage/inquiries.html", found=found, is_admin=reader.is_admin)


@blueprint.route("/manage/inquiries/new", methods=["GET", "POST"])
@agent_only
def inquiry_new() -> ResponseReturnValue:
    """A form for a new inquiry; POST sends it."""
    subject, text = request.form.get("subject", ""), request.form.get("text", "")
    form, refusal, wrong, status = public_id(), "", "", 200
    if request.method == "POST":
        form = request.form.get("form", "")
        try:
            made = actions.open_inquiry(
                subject,
                text,
                form=form,
                reader=_reader(),
                language=language(),
                by=doer(),
                now=now_utc(),
            )
        except AppError as error:
            refusal, status, wrong = str(error.for_reader), error.status, getattr(error, "name", "")
            form = public_id()
        else:
            flash(_("문의를 보냈습니다. 답이 오면 여기와 이메일로 알려 드립니다."))
            return redirect(url_for("manage.inquiry", inquiry=made))
    page = render_template(
        "manage/inquiry_new.html",
        subject=subject,
        text=text,
        form=form,
        refusal=refusal,
        wrong=wrong,
        rules=rules,
    )
    return page, status


@blueprint.get("/manage/inquiries/<inquiry>")
@agent_only
def inquiry(inquiry: str) -> ResponseReturnValue:
    """One inquiry as a thread. The asker has then read its answers."""
    return _page(inquiry)


@blueprint.post("/manage/inquiries/<inquiry>")
@agent_only
def inquiry_write(inquiry: str) -> ResponseReturnValue:
    """Write one more message, or close it, as the pressed button says."""
    reader, by, text = _reader(), doer(), request.form.get("text", "")
    try:
        if request.form.get("deed") == "close":
            actions.close(inquiry, reader=reader, by=by, now=now_utc())
            flash(_("문의를 닫았습니다. 글을 더하면 다시 열립니다."))
        else:
            form = request.form.get("form", "")
            actions.reply(inquiry, text, form=form, reader=reader, by=by, now=now_utc())
            flash(_("글을 보냈습니다."))
    except NotFound:
        raise
    except AppError as error:
        return _page(inquiry, text, str(error.for_reader)), error.status
    return redirect(url_for("manage.inquiry", inquiry=inquiry))


def _page(inquiry: str, text: str = "", refusal: str = "") -> str:
    reader = _reader()
    thread = queries.read_thread(inquiry, reader)
    actions.mark_read(inquiry, thread.messages, reader=reader)
    return render_template(
        "manage/inquiry.html",
        thread=thread,
        text=text,
        refusal=refusal,
        form=public_id(),
        rules=rules,
        may_close=rules.may_close(thread.state, "tenant"),
        is_admin=reader.is_admin,
    )


def _reader() -> Reader:
    identity = current_identity()
    return Reader(identity.agent_id or 0, identity.caller is Caller.ADMIN)
