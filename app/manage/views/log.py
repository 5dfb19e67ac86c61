"""The usage log: who did what, when and from where. It is read here and written nowhere but in actions."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.documents.making import ask_for
from app.errors import NotFound
from app.manage.deeds import KINDS, deed_details, deed_words
from app.manage.doer import doer
from app.manage.log_names import name_objects
from app.manage.queries import find_entries
from app.manage.rules import MAX_TEXT, name_program, read_log_asked
from app.manage.views import blueprint
from app.routes import admin_only, current_identity, current_tenant
from tenants import audit
from tenants.database import now_utc
from tenants.writing import writing

__all__: list[str] = []


@blueprint.get("/manage/log")
@admin_only
def list_log() -> ResponseReturnValue:
    """A page of the log, the newest first."""
    asked = read_log_asked(request.args)
    entries, has_older = find_entries(asked)
    names = name_objects(entries)
    return render_template(
        "manage/log.html",
        asked=asked,
        entries=entries,
        has_older=has_older,
        kinds=KINDS,
        words=deed_words,
        details=lambda entry: deed_details(entry, names),
        program=name_program,
    )


@blueprint.post("/manage/log/export/<form>")
@admin_only
def log_export(form: str) -> ResponseReturnValue:
    """Have what is on the page, and all that is older, made as a file: "csv" or "excel"."""
    if form not in ("csv", "excel"):
        raise NotFound
    asked = {key: request.form.get(key, "")[:MAX_TEXT] for key in ("kind", "who", "from", "to")}
    suffix = "xlsx" if form == "excel" else "csv"
    name = f"{current_tenant().slug}-log-{now_utc():%Y%m%d}.{suffix}"
    agent_id, by = current_identity().agent_id or 0, doer()
    with writing():
        audit.record("log.exported", "tenant", {key: value for key, value in asked.items() if value}, by=by)
        document = ask_for(f"{form}.log", {"asked": asked}, agent_id=agent_id, file_name=name)
    return redirect(url_for("manage.document_page", document=document.public_id))
