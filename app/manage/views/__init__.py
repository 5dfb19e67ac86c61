"""The pages of the administration, one module per menu entry."""

from __future__ import annotations

from flask import Blueprint

__all__ = ["blueprint"]

blueprint = Blueprint("manage", __name__, template_folder="../templates")

from app.manage.views import (  # noqa: E402  # they add their addresses to it
    account,  # noqa: F401
    agents,  # noqa: F401
    api_keys,  # noqa: F401
    departments,  # noqa: F401
    documents,  # noqa: F401
    downloads,  # noqa: F401
    help,  # noqa: F401
    inquiries,  # noqa: F401
    issue_types,  # noqa: F401
    log,  # noqa: F401
    log_in_rules,  # noqa: F401
    options,  # noqa: F401
    own,  # noqa: F401
    records,  # noqa: F401
    roster,  # noqa: F401
    settings,  # noqa: F401
    two_step,  # noqa: F401
)
