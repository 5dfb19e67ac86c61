"""A letter to somebody whose password or address was changed, so that a thief's change does not go unseen."""

from __future__ import annotations

from datetime import datetime

from app.accounts.actors import agent_actor
from app.extensions import language
from app.formats import when
from app.mail.outbox import put_letter
from app.team.models import Agent
from tenants.database import current_tenant_id
from tenants.resolve import get_tenant

__all__ = ["warn"]


def warn(letter: str, agent: Agent, recipient: str, *, now: datetime) -> None:
    """Put a warning into the outbox, in the deed's transaction; nothing happens where there is no address."""
    if not recipient:
        return
    values = {
        "name": agent.name,
        "company": get_tenant(current_tenant_id()).title,
        "login_id": agent.login_id,
        "when": when(now),
        "address": agent_actor(agent).ip or "–",
    }
    put_letter(recipient, letter, values, language=language(), now=now)
