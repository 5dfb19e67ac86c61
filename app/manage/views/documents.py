"""Documents that the jobs process makes: how far one is, and its file. Only who asked sees it."""

from __future__ import annotations

import json

from flask import redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from app.documents.making import get_document, has_failed, path_of
from app.errors import NotFound
from app.manage.views import blueprint
from app.manage.views.roster import told
from app.routes import admin_only, current_identity
from tenants.database import now_utc

__all__: list[str] = []


@blueprint.get("/manage/documents/<document>")
@admin_only
def document_page(document: str) -> ResponseReturnValue:
    """Being made, ready to fetch, or failed with a reason; the page looks again by itself."""
    row = get_document(document, agent_id=current_identity().agent_id or 0)
    if row.kind.startswith("upload."):
        raise NotFound
    result = json.loads(row.result)
    if row.kind == "roster" and row.state == "ready":
        told(result)
        return redirect(
            url_for("manage.list_agents" if result["new"] or result["changed"] else "manage.list_departments")
        )
    back = {"excel.departments": "manage.list_departments", "roster": "manage.list_agents"}
    return render_template(
        "manage/document.html",
        row=row,
        failed=has_failed(row, now_utc()),
        sentence=result.get("sentence", ""),
        back=url_for(back.get(row.kind, "manage.list_log" if ".log" in row.kind else "manage.list_agents")),
    )


@blueprint.get("/manage/documents/<document>/file")
@admin_only
def document_file(document: str) -> ResponseReturnValue:
    """The bytes of a document that is ready."""
    row = get_document(document, agent_id=current_identity().agent_id or 0)
    path = path_of(row)
    if row.state != "ready" or row.kind.startswith("upload.") or not path.is_file():
        raise NotFound
    answer = send_file(path, as_attachment=True, download_name=row.file_name)
    answer.headers["Cache-Control"] = "no-store"
    return answer
