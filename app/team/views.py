"""The page that admins and agents see after log-in: their company, who works there, what to do next."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from app.routes import agent_only, current_identity, current_tenant
from app.team import queries
from config.settings import Settings

__all__ = ["blueprint"]

blueprint = Blueprint("team", __name__, template_folder="templates")


@blueprint.get("/manage")
@agent_only
def home() -> ResponseReturnValue:
    """The company at a glance."""
    settings: Settings = current_app.extensions["settings"]
    tenant = current_tenant()
    return render_template(
        "team/home.html",
        tenant=tenant,
        me=queries.get_agent(current_identity().agent_id or 0),
        agents=queries.list_agents(),
        customer_url=f"{settings.public_url}/{tenant.slug}",
    )
