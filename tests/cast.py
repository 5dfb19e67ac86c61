"""The people of every test, always the same, so that a test reads as a story.

Hana administers Maru; Bora is her agent; Nari is the second one. Chul is an agent of Nuri and must see
nothing of Maru's. Dain is a customer, who has no account. Oper is our own staff.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from app.team.actions import create_agent
from app.team.models import Agent
from tenants.actions import create_tenant
from tenants.audit import SYSTEM, Actor
from tenants.database import now_utc, tenant_scope
from tenants.models import Tenant

__all__ = ["OPER", "PASSWORD", "Cast", "Company", "Person", "make_cast"]

PASSWORD = "Maru2026!"
OPER = Actor(kind="operator", id="oper", name="오퍼")


@dataclass(frozen=True, slots=True)
class Person:
    """An agent as ids and words; the row is read in the test's own session."""

    id: int
    login_id: str
    name: str
    tenant: str
    password: str = PASSWORD

    @property
    def credentials(self) -> dict[str, str]:
        """The body of a log-in."""
        return {"tenant": self.tenant, "id": self.login_id, "password": self.password}

    @property
    def actor(self) -> Actor:
        """This person as the doer of an action."""
        return Actor("admin" if self.login_id == "admin" else "agent", str(self.id), self.name)


@dataclass(frozen=True, slots=True)
class Company:
    """A tenant as ids and words."""

    id: int
    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody."""

    maru: Company
    nuri: Company
    hana: Person
    bora: Person
    nari: Person
    chul: Person


def make_cast() -> Cast:
    """Store both companies and their people by the real actions; inside an app context."""
    maru, nuri = (
        _company("maru", "마루 상담실", "주식회사 마루"),
        _company("nuri", "누리 고객센터", "누리상사"),
    )
    with tenant_scope(maru.id):
        hana, bora, nari = (
            _person(maru, *who) for who in (("admin", "하나"), ("bora", "보라"), ("nari", "나리"))
        )
    with tenant_scope(nuri.id):
        chul = _person(nuri, "chul", "철")
    return Cast(
        Company(maru.id, maru.slug, maru.title),
        Company(nuri.id, nuri.slug, nuri.title),
        hana,
        bora,
        nari,
        chul,
    )


def _company(slug: str, title: str, company: str) -> Tenant:
    term = now_utc() + timedelta(days=30)
    return create_tenant(slug=slug, title=title, company=company, expires_at=term, by=SYSTEM)


def _person(tenant: Tenant, login_id: str, name: str) -> Person:
    agent: Agent = create_agent(login_id=login_id, name=name, password=PASSWORD, by=SYSTEM)
    return Person(agent.id, login_id, name, tenant.slug)
