"""Departments: the list with a form for a new one, and a page for each to rename and delete it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.errors import AppError
from app.manage.doer import doer
from app.manage.undo import undoable
from app.manage.views import blueprint
from app.routes import admin_only
from app.team import departments, queries

__all__: list[str] = []


@blueprint.route("/manage/departments", methods=["GET", "POST"])
@admin_only
def list_departments() -> ResponseReturnValue:
    """All departments; POST makes a new one."""
    name, refusal, status = request.form.get("name", ""), "", 200
    if request.method == "POST":
        try:
            made = departments.create_department(name, by=doer())
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
        else:
            flash(_("%(name)s 부서를 만들었습니다.", name=made.name))
            return redirect(url_for("manage.list_departments"))
    rows = queries.list_departments()
    page = render_template("manage/departments.html", rows=rows, name=name, refusal=refusal)
    return page, status


@blueprint.route("/manage/departments/<department>", methods=["GET", "POST"])
@admin_only
def department_edit(department: str) -> ResponseReturnValue:
    """One department; POST renames it."""
    row = queries.get_department(department)
    name, refusal, status = row.name, "", 200
    if request.method == "POST":
        name = request.form.get("name", "")
        try:
            departments.rename_department(department, name, version=_version(), by=doer())
        except AppError as error:
            refusal, status = str(error.for_reader), error.status
            row = queries.get_department(department)
        else:
            flash(_("부서 이름을 바꾸었습니다."))
            return redirect(url_for("manage.list_departments"))
    others = queries.list_departments()
    count = next((members for other, members in others if other.id == row.id), 0)
    page = render_template(
        "manage/department.html", row=row, name=name, refusal=refusal, others=others, count=count
    )
    return page, status


@blueprint.post("/manage/departments/<department>/delete")
@admin_only
def department_delete(department: str) -> ResponseReturnValue:
    """Delete a department; `move_to` says where its agents go."""
    row = queries.get_department(department)
    name, move_to = row.name, request.form.get("move_to")
    is_bare = not queries.option_levels(department_id=row.id)["department"]
    try:
        moved = departments.delete_department(
            department, move_to=None if move_to == "refuse" else move_to, by=doer()
        )
    except AppError as error:
        others = queries.list_departments()
        count = next((members for other, members in others if other.id == row.id), 0)
        page = render_template(
            "manage/department.html",
            row=row,
            name=row.name,
            refusal="",
            delete_refusal=str(error.for_reader),
            others=others,
            count=count,
        )
        return page, error.status
    if moved:
        flash(_("%(name)s 부서를 지우고 상담원 %(count)d명을 옮겼습니다.", name=name, count=moved))
    elif is_bare:  # nothing is lost that its name would not bring back
        note = undoable(
            _("%(name)s 부서를 지웠습니다.", name=name), url_for("manage.list_departments"), name=name
        )
        flash(note)  # type: ignore[arg-type]
    else:
        flash(_("%(name)s 부서를 지웠습니다.", name=name))
    return redirect(url_for("manage.list_departments"))


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1
