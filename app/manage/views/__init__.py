"""The pages of the administration, one module per menu entry."""

from __future__ import annotations

from flask import Blueprint

__all__ = ["blueprint"]

blueprint = Blueprint("manage", __name__, template_folder="../templates")

from app.manage.views import agents, departments, documents, issue_types, log, options, roster  # noqa: E402, F401  # they add their addresses to it
