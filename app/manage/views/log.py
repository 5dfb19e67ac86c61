"""The usage log: who did what, when and from where. It is read here and written nowhere but in actions."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.manage.deeds import KINDS, deed_details, deed_words
from app.manage.queries import find_entries
from app.manage.rules import name_program, read_log_asked
from app.manage.views import blueprint
from app.routes import admin_only

__all__: list[str] = []


@blueprint.get("/manage/log")
@admin_only
def list_log() -> ResponseReturnValue:
    """A page of the log, the newest first."""
    asked = read_log_asked(request.args)
    entries, has_older = find_entries(asked)
    return render_template(
        "manage/log.html",
        asked=asked,
        entries=entries,
        has_older=has_older,
        kinds=KINDS,
        words=deed_words,
        details=deed_details,
        program=name_program,
    )
