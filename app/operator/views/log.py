"""The operators' own log: who of our staff did what, where they looked, and why."""

from __future__ import annotations

import json

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.manage.rules import name_program
from app.operator import audit
from app.operator.deeds import deed_words, reason_words
from app.operator.models import OperatorAudit
from app.operator.views import blueprint
from app.routes import operator_only

__all__: list[str] = []


@blueprint.get("/operator/log")
@operator_only
def list_log() -> ResponseReturnValue:
    """A page of the log, the newest first."""
    before, company = request.args.get("before", ""), request.args.get("company", "").strip().lower()[:31]
    number = int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else None
    deeds_only = request.args.get("deeds") == "only"
    entries, has_older = audit.find_entries(before=number, company=company, deeds_only=deeds_only)
    return render_template(
        "operator/log.html",
        entries=entries,
        has_older=has_older,
        before=number,
        company=company,
        deeds_only=deeds_only,
        words=deed_words,
        why=reason_words,
        details=_details,
        program=name_program,
    )


def _details(entry: OperatorAudit) -> str:
    said = json.loads(entry.data)
    return ", ".join(f"{name} {value}" for name, value in said.items())
