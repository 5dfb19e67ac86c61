"""The pages of the operator's console, one module per menu entry."""

from __future__ import annotations

from flask import Blueprint

__all__ = ["blueprint"]

blueprint = Blueprint("operator", __name__, template_folder="../templates")

from app.operator.views import companies, doors, inquiries, letters, log, me, notices, options  # noqa: E402, F401
