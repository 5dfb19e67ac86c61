"""Who does what the running request asks for, as the audit log names them."""

from __future__ import annotations

from app.accounts.actors import agent_actor
from app.routes import current_identity
from app.team.queries import get_agent
from tenants.audit import Actor

__all__ = ["doer"]


def doer() -> Actor:
    """The agent who is logged in, with address and browser."""
    return agent_actor(get_agent(current_identity().agent_id or 0))
