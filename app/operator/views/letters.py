"""The outbox of one company: which letters wait or failed, never what they say (`flask mail show` does)."""

from __future__ import annotations

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue

from app.mail import outbox
from app.operator.companies import get_company
from app.operator.crossing import at_company
from app.operator.doer import doer
from app.operator.views import blueprint
from app.routes import operator_only

__all__: list[str] = []


@blueprint.get("/operator/letters")
@operator_only
def list_letters() -> ResponseReturnValue:
    """The latest letters of a company."""
    slug = request.args.get("company", "").strip().lower()[:31]
    rows = []
    if slug:
        tenant = get_company(slug)
        with at_company(tenant, "letters", by=doer()):
            rows = [
                (row.created_at, row.recipient, row.letter, row.state, row.tries, row.error)
                for row in outbox.list_letters()
            ]
    has_server = current_app.extensions["settings"].smtp is not None
    return render_template("operator/letters.html", rows=rows, company=slug, has_server=has_server)
