"""The demo company: what a newcomer finds after `make run`. Made by the same actions as every other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from app.accounts.actions import set_password
from app.team.actions import create_agent
from app.team.queries import find_agent
from tenants.actions import create_tenant
from tenants.audit import SYSTEM
from tenants.database import now_utc, tenant_scope
from tenants.resolve import find_tenant

__all__ = ["SLUG", "create_demo"]

SLUG: Final = "demo"
TITLE: Final = "바로헬프 데모"
PEOPLE: Final = {"admin": "데모 관리자", "agent1": "데모 상담원 1", "agent2": "데모 상담원 2"}
TERM: Final = timedelta(days=3650)


def create_demo(new_password: Callable[[], str]) -> dict[str, str]:
    """Make what is missing of the demo company and return everybody's new password by login id."""
    tenant = find_tenant(SLUG) or create_tenant(
        slug=SLUG,
        title=TITLE,
        company=TITLE,
        expires_at=now_utc() + TERM,
        seats_pc=5,
        seats_mobile=5,
        by=SYSTEM,
    )
    passwords = {login_id: new_password() for login_id in PEOPLE}
    with tenant_scope(tenant.id):
        for login_id, password in passwords.items():
            agent = find_agent(login_id)
            if agent is None:
                create_agent(login_id=login_id, name=PEOPLE[login_id], password=password, by=SYSTEM)
            else:
                set_password(agent.id, password, by=SYSTEM)
    return passwords
