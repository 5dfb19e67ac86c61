"""Who the audit log names: the agent of a request, with the address and program they came by."""

from __future__ import annotations

from flask import has_request_context, request

from app.remote import caller_address
from app.team.models import Agent
from tenants.audit import Actor

__all__ = ["agent_actor", "customer_actor"]


def agent_actor(agent: Agent) -> Actor:
    """An agent as the doer of the running request or socket command."""
    return Actor(agent.role, str(agent.id), agent.name, *_origin())


def customer_actor(support_session: str, name: str = "") -> Actor:
    """A customer as the doer; they have no account, so the support session's public id stands for them."""
    return Actor("customer", support_session, name, *_origin())


def _origin() -> tuple[str, str]:
    if not has_request_context():
        return "", ""
    return caller_address(), request.headers.get("User-Agent", "")
