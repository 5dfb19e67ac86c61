"""The companies: list, a new one, and each one's page with what an operator may do to it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.errors import AppError, NotFound
from app.inquiries.queries import count_waiting
from app.operator import audit, companies, queries, rules
from app.operator.deeds import deed_words
from app.operator.doer import doer
from app.operator.options import list_forced_off
from app.operator.views import blueprint
from app.routes import operator_only
from app.team.options import OPTIONS
from tenants.database import now_utc
from tenants.rules import standing

__all__: list[str] = []


@blueprint.get("/operator")
@operator_only
def list_companies() -> ResponseReturnValue:
    """The companies, searched, by state and by pages, with what they use."""
    text, state = request.args.get("q", "").strip()[:64], request.args.get("state", "")
    now = now_utc()
    found = queries.find_companies(text, state, _number(request.args.get("page", "1")), now)
    by = doer()
    rows = [(row, standing(row.state, row.expires_at, now)) for row in found.rows]
    ids = [row.id for row in found.rows]
    usage = queries.usage_of(ids, by=by, now=now, why="usage")
    return render_template(
        "operator/companies.html",
        found=found,
        rows=rows,
        usage=usage,
        text=text,
        state=state,
        now=now,
        waiting=count_waiting(),
    )


@blueprint.route("/operator/companies/new", methods=["GET", "POST"])
@operator_only
def company_new() -> ResponseReturnValue:
    """A form for a new company."""
    typed = {"kind": "trial", "days": "14", "seats_pc": "2", "seats_mobile": "0"} | request.form.to_dict()
    refusal, status = "", 200
    if request.method == "POST":
        try:
            made = companies.create_company(
                slug=typed.get("slug", "")[:64],
                title=typed.get("title", ""),
                company=typed.get("company", ""),
                is_trial=typed["kind"] != "active",
                days=_number(typed["days"]),
                seats_pc=_number(typed["seats_pc"]),
                seats_mobile=_number(typed["seats_mobile"]),
                by=doer(),
                now=now_utc(),
            )
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
        else:
            flash(_("%(title)s 고객사를 만들었습니다.", title=made.title))
            return redirect(url_for("operator.company", company=made.slug))
    page = render_template("operator/company_new.html", typed=typed, refusal=refusal, rules=rules)
    return page, status


@blueprint.get("/operator/companies/<company>")
@operator_only
def company(company: str) -> ResponseReturnValue:
    """One company: how it stands, what it uses, what may be done."""
    return _page(company)


@blueprint.post("/operator/companies/<company>")
@operator_only
def company_change(company: str) -> ResponseReturnValue:
    """Do to a company what the pressed button says."""
    deed = {
        "state": _set_state,
        "extend": _extend,
        "seats": _set_seats,
        "rename": _rename,
        "stop": _stop,
    }.get(request.form.get("deed", ""))
    companies.get_company(company)
    if deed is None:
        raise NotFound
    try:
        deed(company)
    except NotFound:
        raise
    except AppError as error:
        return _page(company, str(error.for_reader)), error.status
    return redirect(url_for("operator.company", company=company))


def _set_state(slug: str) -> None:
    wanted = request.form.get("state", "")
    companies.set_state(slug, wanted, reason=_reason(), version=_version(), by=doer(), now=now_utc())
    if wanted == "suspended":
        flash(_("고객사를 멈추고 모든 원격지원과 로그인을 끝냈습니다."))
    else:
        flash(_("고객사를 다시 쓸 수 있게 했습니다."))


def _extend(slug: str) -> None:
    days = _number(request.form.get("days", ""))
    companies.extend_term(slug, days, version=_version(), by=doer(), now=now_utc())
    flash(_("사용 기간을 %(days)d일 늘렸습니다.", days=days))


def _set_seats(slug: str) -> None:
    pc, mobile = (_number(request.form.get(name, "")) for name in ("seats_pc", "seats_mobile"))
    companies.set_seats(slug, pc, mobile, version=_version(), by=doer(), now=now_utc())
    flash(_("상담원 수를 바꾸었습니다."))


def _rename(slug: str) -> None:
    name = request.form.get("company", "")
    companies.rename_company(slug, name, reason=_reason(), version=_version(), by=doer(), now=now_utc())
    flash(_("등록된 회사명을 바꾸었습니다."))


def _stop(slug: str) -> None:
    stopped = companies.end_everything(slug, reason=_reason(), by=doer(), now=now_utc())
    flash(
        _(
            "원격지원 %(sessions)d건과 로그인 %(log_ins)d개를 끝냈습니다.",
            sessions=stopped.sessions,
            log_ins=stopped.log_ins,
        )
    )


def _page(slug: str, refusal: str = "") -> str:
    found, now = companies.get_company(slug), now_utc()
    usage = queries.usage_of([found.id], by=doer(), now=now, why="usage")
    row = companies.get_company(slug)
    entries, _has_older = audit.find_entries(before=None, company=row.slug, deeds_only=True)
    return render_template(
        "operator/company.html",
        row=row,
        standing=standing(row.state, row.expires_at, now),
        usage=usage[row.id],
        now=now,
        refusal=refusal,
        rules=rules,
        forced=list_forced_off(row.id),
        options=OPTIONS,
        entries=entries,
        words=deed_words,
    )


def _reason() -> str:
    return request.form.get("reason", "")


def _version() -> int:
    return _number(request.form.get("version", ""))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1
