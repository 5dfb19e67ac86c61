"""Agents and companies beyond the cast."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from app.team.actions import create_agent
from app.team.models import Agent
from tenants.actions import create_tenant
from tenants.audit import SYSTEM
from tenants.database import now_utc
from tenants.models import Tenant
from tests.cast import PASSWORD

__all__ = ["make_agent", "make_tenant"]

_numbers = count(1)


def make_tenant(**fields: object) -> Tenant:
    """A company with a name of its own; `fields` as in create_tenant."""
    n = next(_numbers)
    defaults: dict[str, object] = {
        "slug": f"company-{n}",
        "title": f"회사 {n}",
        "company": f"회사 {n} 주식회사",
        "expires_at": now_utc() + timedelta(days=30),
        "by": SYSTEM,
    }
    return create_tenant(**(defaults | fields))  # type: ignore[arg-type]


def make_agent(**fields: object) -> Agent:
    """An agent of the open company with an id of its own; `fields` as in create_agent."""
    n = next(_numbers)
    defaults: dict[str, object] = {
        "login_id": f"agent{n}",
        "name": f"상담원 {n}",
        "password": PASSWORD,
        "by": SYSTEM,
    }
    return create_agent(**(defaults | fields))  # type: ignore[arg-type]
