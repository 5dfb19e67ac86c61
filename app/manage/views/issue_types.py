"""Issue types: one page with the list, a form for a new one, and the order."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.errors import AppError, NotFound
from app.manage.doer import doer
from app.manage.undo import undoable
from app.manage.views import blueprint
from app.routes import admin_only
from app.team import issue_types

__all__: list[str] = []


@blueprint.route("/manage/issue-types", methods=["GET", "POST"])
@admin_only
def list_issue_types() -> ResponseReturnValue:
    """The list; POST adds one."""
    if request.method == "GET":
        return _page()
    name = request.form.get("name", "")

    def create() -> object:
        made = issue_types.create_issue_type(name, by=doer())
        return _("%(name)s 유형을 만들었습니다.", name=made.name)

    return _done(create, typed=name)


@blueprint.post("/manage/issue-types/<issue_type>")
@admin_only
def issue_type_change(issue_type: str) -> ResponseReturnValue:
    """Rename, move or delete one, as the pressed button says."""
    deed, by, position = request.form.get("deed", "rename"), doer(), _position()
    if deed == "restore":
        return _done(lambda: _restored(issue_types.restore_issue_type(issue_type, position, by=by)))
    row = issue_types.get_issue_type(issue_type)
    stood = row.position or 1

    def change() -> object:
        if deed == "rename":
            issue_types.rename_issue_type(issue_type, request.form.get("name", ""), by=by)
            return _("유형 이름을 바꾸었습니다.")
        if deed == "up":
            issue_types.move_issue_type(issue_type, "up", by=by)
            return _("순서를 바꾸었습니다.")
        if deed == "down":
            issue_types.move_issue_type(issue_type, "down", by=by)
            return _("순서를 바꾸었습니다.")
        if deed == "place":
            issue_types.place_issue_type(issue_type, position, by=by)
            return _("순서를 바꾸었습니다.")
        if deed == "delete":
            name = issue_types.delete_issue_type(issue_type, by=by)
            return undoable(
                _("%(name)s 유형을 지웠습니다. 지난 기록에는 이름이 남습니다.", name=name),
                url_for("manage.issue_type_change", issue_type=issue_type),
                deed="restore",
                position=str(stood),
            )
        raise NotFound

    return _done(change)


def _restored(name: str) -> str:
    return str(_("%(name)s 유형을 되돌렸습니다.", name=name))


def _position() -> int:
    text = request.form.get("position", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 1


def _done(deed: Callable[[], object], typed: str = "") -> ResponseReturnValue:
    try:
        said = deed()
        flash(said if isinstance(said, dict) else str(said))  # type: ignore[arg-type]
    except NotFound:
        raise
    except AppError as error:
        return _page(typed, str(error.for_reader)), error.status
    return redirect(url_for("manage.list_issue_types"))


def _page(name: str = "", refusal: str = "") -> str:
    return render_template(
        "manage/issue_types.html",
        rows=issue_types.list_issue_types(),
        most=issue_types.MAX_ISSUE_TYPES,
        name=name,
        refusal=refusal,
    )
