"""The companies as operators see them: found, by pages, with what they use. Counting crosses the wall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from app.operator.crossing import crossing
from app.support.models import Connection, SupportSession
from app.team.models import Agent
from tenants.audit import Actor
from tenants.database import db
from tenants.models import Tenant

__all__ = ["PAGE_SIZE", "CompanyPage", "CompanyRow", "Usage", "find_companies", "usage_of"]

PAGE_SIZE = 20
USAGE_DAYS = 30
SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Usage:
    """What one company uses: agents and live support now; sessions, minutes and bytes of thirty days."""

    agents: int = 0
    live: int = 0
    sessions: int = 0
    minutes: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """A line of the list, as values: a row would not outlive the look across the wall that follows."""

    id: int
    slug: str
    title: str
    company: str
    state: str
    expires_at: datetime
    seats_pc: int


@dataclass(frozen=True, slots=True)
class CompanyPage:
    """One page of the list."""

    rows: Sequence[CompanyRow]
    total: int
    page: int
    pages: int


def find_companies(text: str, state: str, page: int, now: datetime) -> CompanyPage:
    """The companies whose address, title or name holds `text`, in a state ("expired" and "soon" too)."""
    found = select(Tenant)
    if text:
        pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        found = found.where(
            or_(
                *(
                    column.ilike(pattern, escape="\\")
                    for column in (Tenant.slug, Tenant.title, Tenant.company)
                )
            )
        )
    condition = _in_state(state, now)
    if condition is not None:
        found = found.where(condition)
    total = db.session.scalar(select(func.count()).select_from(found.subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, page), pages)
    rows = db.session.scalars(
        found.order_by(Tenant.slug).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    ).all()
    lines = [
        CompanyRow(row.id, row.slug, row.title, row.company, row.state, row.expires_at, row.seats_pc)
        for row in rows
    ]
    return CompanyPage(lines, total, page, pages)


def usage_of(tenant_ids: Sequence[int], *, by: Actor, now: datetime, why: str) -> dict[int, Usage]:
    """What these companies use, in four statements however many there are."""
    if not tenant_ids:
        return {}
    since = now - timedelta(days=USAGE_DAYS)
    with crossing(why, by=by, companies=tenant_ids):
        agents = _counts(Agent, tenant_ids, Agent.deleted_at.is_(None), Agent.role == "agent")
        live = _counts(SupportSession, tenant_ids, SupportSession.state == "connected")
        spent = {
            row.tenant_id: row
            for row in db.session.execute(
                select(
                    SupportSession.tenant_id,
                    func.count().label("sessions"),
                    func.sum(_seconds(SupportSession.connected_at, SupportSession.ended_at)).label("seconds"),
                )
                .where(
                    SupportSession.tenant_id.in_(tenant_ids),
                    SupportSession.connected_at.is_not(None),
                    SupportSession.connected_at >= since,
                )
                .group_by(SupportSession.tenant_id)
            )
        }
        carried = {
            row[0]: row[1]
            for row in db.session.execute(
                select(
                    Connection.tenant_id, func.sum(Connection.bytes_to_agent + Connection.bytes_to_customer)
                )
                .where(Connection.tenant_id.in_(tenant_ids), Connection.opened_at >= since)
                .group_by(Connection.tenant_id)
            )
        }
    return {
        tenant_id: Usage(
            agents.get(tenant_id, 0),
            live.get(tenant_id, 0),
            spent[tenant_id].sessions if tenant_id in spent else 0,
            round(float(spent[tenant_id].seconds or 0) / 60) if tenant_id in spent else 0,
            int(carried.get(tenant_id) or 0),
        )
        for tenant_id in tenant_ids
    }


def _in_state(state: str, now: datetime) -> ColumnElement[bool] | None:
    if state in ("trial", "active", "suspended"):
        return Tenant.state == state
    if state == "expired":
        return Tenant.expires_at <= now
    if state == "soon":
        return (Tenant.expires_at > now) & (Tenant.expires_at <= now + SOON)
    return None


def _counts(
    model: type[Agent] | type[SupportSession], tenant_ids: Sequence[int], *where: ColumnElement[bool]
) -> dict[int, int]:
    rows = db.session.execute(
        select(model.tenant_id, func.count())
        .where(model.tenant_id.in_(tenant_ids), *where)
        .group_by(model.tenant_id)
    )
    return {row[0]: row[1] for row in rows}


def _seconds(start: Any, end: Any) -> ColumnElement[Any]:
    """Seconds between two times; both databases store them, neither says it in the other's words."""
    if db.session.get_bind().dialect.name == "postgresql":
        return func.extract("epoch", end) - func.extract("epoch", start)
    return (func.julianday(end) - func.julianday(start)) * 86_400
