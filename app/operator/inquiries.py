"""Companies' inquiries as operators see them: all in one list, each one answered in its company's scope.

The list is one look across the wall, a thread one look into a company; an answer stands in both logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import case, func, or_, select

from app.inquiries import actions, rules
from app.inquiries.models import Inquiry
from app.inquiries.queries import Thread, read_thread
from app.operator import audit
from app.operator.companies import get_company
from app.operator.crossing import at_company, crossing
from app.team.models import Agent
from tenants.audit import Actor
from tenants.database import db
from tenants.models import Tenant
from tenants.writing import writing

__all__ = [
    "PAGE_SIZE",
    "AskedLine",
    "AskedPage",
    "answer_inquiry",
    "close_inquiry",
    "find_inquiries",
    "look_at",
]

PAGE_SIZE: Final = 20


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A line of the list, as values. `is_new`: nobody of ours has read its last message."""

    company: str
    title: str
    public_id: str
    subject: str
    state: str
    asker: str
    messages: int
    last_at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True)
class AskedPage:
    """One page of the list."""

    rows: Sequence[AskedLine]
    total: int
    page: int
    pages: int


def find_inquiries(text: str, state: str, page: int, *, by: Actor) -> AskedPage:
    """All companies' inquiries whose subject or company holds `text`: open ones first, the longest waiting
    before the others; then those that were written in last.
    """
    with crossing("inquiries", by=by, asked={"text": text, "state": state, "page": page}):
        total = db.session.scalar(_matching(select(func.count(Inquiry.id)), text, state)) or 0
        pages = max(1, -(-total // PAGE_SIZE))
        page = min(max(1, page), pages)
        is_open = Inquiry.state == "open"
        rows = db.session.execute(
            _matching(select(Inquiry, Tenant.slug, Tenant.title, Agent.name), text, state)
            .order_by(
                case((is_open, 0), else_=1),
                case((is_open, Inquiry.last_at)).asc(),
                Inquiry.last_at.desc(),
                Inquiry.id.desc(),
            )
            .limit(PAGE_SIZE)
            .offset((page - 1) * PAGE_SIZE)
        )
        lines = [
            AskedLine(
                slug,
                title,
                row.public_id,
                row.subject,
                row.state,
                name,
                row.messages,
                row.last_at,
                row.operator_read < row.messages,
            )
            for row, slug, title, name in rows
        ]
    return AskedPage(lines, total, page, pages)


def look_at(company: str, inquiry: str, *, by: Actor) -> Thread:
    """One inquiry with all that was said; the operators have read it then. Raises NotFound."""
    with at_company(get_company(company), "inquiry", by=by):
        thread = read_thread(inquiry, None)
        actions.mark_read(inquiry, thread.messages, reader=None)
    return thread


def answer_inquiry(
    company: str, inquiry: str, text: str, *, form: str, seen: int, by: Actor, now: datetime
) -> None:
    """Answer; `seen` as in actions.answer. Raises InquiryRejected, InquiryMoved, StaleForm, NotFound."""
    tenant = get_company(company)
    slug = tenant.slug
    with at_company(tenant, "inquiry", by=by), writing():
        if actions.answer(inquiry, text, form=form, seen=seen, by=by, now=now):
            audit.record("inquiry.answered", f"inquiry:{inquiry}", by=by, company=slug, at=now)


def close_inquiry(company: str, inquiry: str, *, by: Actor, now: datetime) -> None:
    """Close what was answered. Raises InquiryMoved, NotFound."""
    tenant = get_company(company)
    slug = tenant.slug
    with at_company(tenant, "inquiry", by=by), writing():
        if actions.close(inquiry, reader=None, by=by, now=now):
            audit.record("inquiry.closed", f"inquiry:{inquiry}", by=by, company=slug, at=now)


def _matching(statement: Any, text: str, state: str) -> Any:
    found = (
        statement.select_from(Inquiry)
        .join(Tenant, Tenant.id == Inquiry.tenant_id)
        .join(Agent, (Agent.tenant_id == Inquiry.tenant_id) & (Agent.id == Inquiry.agent_id))
    )
    if state in rules.STATES:
        found = found.where(Inquiry.state == state)
    if text:
        columns = (Inquiry.subject, Tenant.slug, Tenant.title, Tenant.company)
        found = found.where(
            or_(*(func.lower(column).contains(text.lower(), autoescape=True) for column in columns))
        )
    return found
