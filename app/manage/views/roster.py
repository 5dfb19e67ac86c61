"""Agents and departments from and to files: upload, look, take over; download as CSV or Excel."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.documents.making import ask_for
from app.errors import AppError, NotFound
from app.manage.doer import doer
from app.manage.roster.queries import AGENT_HEADER, DEPARTMENT_HEADER, agent_rows, department_rows
from app.manage.roster.rules import AGENT_COLUMNS, COLUMN_NAMES
from app.manage.roster.upload import KINDS, keep_upload, plan_upload
from app.manage.views import blueprint
from app.routes import admin_only, current_identity, current_tenant
from app.sheets import SheetRejected, write_csv
from app.team.errors import ChangedElsewhere
from tenants import audit
from tenants.database import db, now_utc
from tenants.writing import writing

__all__: list[str] = []

TITLES = {"agents": _l("상담원 올리기"), "departments": _l("부서 올리기")}
#: So many lines of the preview are drawn; the list of problems can be fetched whole.
SHOWN = 100


@blueprint.route("/manage/import/<what>", methods=["GET", "POST"])
@admin_only
def roster_upload(what: str) -> ResponseReturnValue:
    """Choose a file; POST stores it and shows what it would do."""
    _known(what)
    refusal, status = "", 200
    if request.method == "POST":
        file = request.files.get("file")
        try:
            if file is None or not file.filename:
                raise SheetRejected(_l("올릴 CSV 파일을 골라 주십시오."))
            name = file.filename.replace("\\", "/").rsplit("/", 1)[-1]
            kept = keep_upload(what, file.read(), agent_id=_me(), file_name=name)
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
        else:
            return redirect(url_for("manage.roster_preview", what=what, document=kept.public_id))
    columns = AGENT_COLUMNS if what == "agents" else ("department",)
    page = render_template(
        "manage/roster_upload.html",
        what=what,
        title=TITLES[what],
        columns=[COLUMN_NAMES[key] for key in columns],
        refusal=refusal,
    )
    return page, status


@blueprint.route("/manage/import/<what>/<document>", methods=["GET", "POST"])
@admin_only
def roster_preview(what: str, document: str) -> ResponseReturnValue:
    """What the file would do; POST does it, when it is still the same."""
    _known(what)
    plan = plan_upload(what, document, agent_id=_me())
    refusal, status = "", 200
    if request.method == "POST":
        if plan.digest() == request.form.get("digest") and not plan.problems and not plan.is_empty:
            params = {"what": what, "upload": document, "digest": plan.digest(), "agent_id": _me()}
            asked = ask_for(
                "roster", params | {"by": asdict(doer())}, agent_id=_me(), file_name=f"{what}.json"
            )
            return redirect(url_for("manage.document_page", document=asked.public_id))
        error = ChangedElsewhere()
        refusal, status = str(error.for_reader), error.status
    page = render_template(
        "manage/roster_preview.html",
        what=what,
        title=TITLES[what],
        document=document,
        plan=plan,
        names=COLUMN_NAMES,
        shown=SHOWN,
        refusal=refusal,
    )
    return page, status


@blueprint.get("/manage/import/<what>/<document>/problems.csv")
@admin_only
def roster_problems(what: str, document: str) -> ResponseReturnValue:
    """Every problem of the file, as a file."""
    _known(what)
    plan = plan_upload(what, document, agent_id=_me())
    rows = [(one.line, str(COLUMN_NAMES[one.column]), str(one.sentence)) for one in plan.problems]
    return _csv((_("줄"), _("열"), _("고칠 것")), rows, "problems")


@blueprint.get("/manage/export/<what>.csv")
@admin_only
def export_csv(what: str) -> ResponseReturnValue:
    """All agents or departments as CSV; "form" is an empty file to fill in."""
    _note_export(what)
    if what == "agents":
        return _csv(AGENT_HEADER, agent_rows(), what)
    if what == "departments":
        return _csv(DEPARTMENT_HEADER, department_rows(), what)
    if what == "form":
        example = ("minsu01", "김민수", "영업부", "PC", "02-1234-5678", "minsu@example.com", "")
        return _csv([COLUMN_NAMES[key] for key in AGENT_COLUMNS], [example], what)
    raise NotFound


@blueprint.post("/manage/export/<what>/excel")
@admin_only
def export_excel(what: str) -> ResponseReturnValue:
    """Have the list made for Excel."""
    _known(what)
    _note_export(what)
    name = f"{current_tenant().slug}-{what}-{now_utc():%Y%m%d}.xlsx"
    asked = ask_for(f"excel.{what}", {}, agent_id=_me(), file_name=name)
    return redirect(url_for("manage.document_page", document=asked.public_id))


def _csv(header: Any, rows: Any, what: str) -> Response:
    body = b"".join(write_csv(header, rows))
    db.session.rollback()
    answer = Response(body, mimetype="text/csv")
    name = f"{current_tenant().slug}-{what}-{now_utc():%Y%m%d}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _note_export(what: str) -> None:
    if what not in KINDS:
        return
    by = doer()
    with writing():
        audit.record("agents.exported" if what == "agents" else "departments.exported", "tenant", by=by)


def _known(what: str) -> None:
    if what not in KINDS:
        raise NotFound


def _me() -> int:
    return current_identity().agent_id or 0


def told(result: dict[str, int]) -> None:
    """Say what was taken over."""
    flash(
        _(
            "상담원 %(new)d명을 만들고 %(changed)d명을 바꾸었습니다. 부서 %(departments)d개를 만들었습니다.",
            **{key: result.get(key, 0) for key in ("new", "changed", "departments")},
        )
    )
