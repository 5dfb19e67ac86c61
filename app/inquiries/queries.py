"""Reading inquiries as one company's people see them. What crosses companies stands in operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select

from app.errors import NotFound
from app.inquiries.models import Inquiry, InquiryMessage, InquiryTray
from app.inquiries.rules import Counted
from app.team.models import Agent
from tenants.database import db

__all__ = [
    "PAGE_SIZE",
    "InquiryPage",
    "Line",
    "Reader",
    "Said",
    "Thread",
    "count_asked",
    "count_news",
    "count_waiting",
    "find_inquiries",
    "get_inquiry",
    "read_thread",
]

PAGE_SIZE: Final = 20
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads on the company's side: an agent their own inquiries, an administrator all."""

    agent_id: int
    is_admin: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list."""

    public_id: str
    subject: str
    state: str
    asker: str
    messages: int
    last_at: datetime
    has_news: bool


@dataclass(frozen=True, slots=True)
class InquiryPage:
    """One page of the list."""

    rows: Sequence[Line]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `is_read`: by the other side."""

    side: str
    author: str
    text: str
    at: datetime
    is_read: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """An inquiry with all that was said, as values: rows do not outlive an operator's look."""

    public_id: str
    subject: str
    state: str
    asker: str
    opened_at: datetime
    messages: int
    said: Sequence[Said]


def get_inquiry(inquiry: str, reader: Reader | None, *, lock: bool = False) -> Inquiry:
    """The inquiry with this public id; `reader` None = the operator. Raises NotFound, also for another's."""
    statement = select(Inquiry).where(Inquiry.public_id == inquiry, *_seen_by(reader))
    row = db.session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound
    return row


def find_inquiries(reader: Reader, page: int) -> InquiryPage:
    """What the reader may see, the latest word first; the last page when there are fewer."""
    total = db.session.scalar(select(func.count()).select_from(Inquiry).where(*_seen_by(reader))) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, page), pages)
    rows = db.session.execute(
        select(Inquiry, Agent.name)
        .join(Agent, Agent.id == Inquiry.agent_id)
        .where(*_seen_by(reader))
        .order_by(Inquiry.last_at.desc(), Inquiry.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    lines = [
        Line(row.public_id, row.subject, row.state, name, row.messages, row.last_at, _is_news(row, reader))
        for row, name in rows
    ]
    return InquiryPage(lines, total, page, pages)


def read_thread(inquiry: str, reader: Reader | None) -> Thread:
    """The inquiry and all that was said in it. Raises NotFound."""
    row = get_inquiry(inquiry, reader)
    asker = db.session.scalar(select(Agent.name).where(Agent.id == row.agent_id)) or ""
    said = db.session.scalars(
        select(InquiryMessage).where(InquiryMessage.inquiry_id == row.id).order_by(InquiryMessage.n)
    )
    read_by_other = {"tenant": row.operator_read, "operator": row.asker_read}
    return Thread(
        row.public_id,
        row.subject,
        row.state,
        asker,
        row.opened_at,
        row.messages,
        [Said(one.side, one.author, one.text, one.at, one.n <= read_by_other[one.side]) for one in said],
    )


def count_news(agent_id: int) -> int:
    """How many of the agent's own inquiries have an answer that they have not read."""
    statement = (
        select(func.count())
        .select_from(Inquiry)
        .where(Inquiry.agent_id == agent_id, Inquiry.last_answer > Inquiry.asker_read)
    )
    return db.session.scalar(statement) or 0


def count_asked(agent_id: int, now: datetime) -> Counted:
    """What the open company has asked so far."""
    waiting = select(func.count()).select_from(Inquiry).where(Inquiry.state == "open")
    theirs = (
        select(func.count())
        .select_from(InquiryMessage)
        .where(InquiryMessage.side == "tenant", InquiryMessage.at > now - DAY)
    )
    return Counted(
        db.session.scalar(waiting) or 0,
        db.session.scalar(waiting.where(Inquiry.agent_id == agent_id)) or 0,
        db.session.scalar(theirs.where(InquiryMessage.n == 1)) or 0,
        db.session.scalar(theirs) or 0,
    )


def count_waiting() -> int:
    """How many inquiries of all companies wait for an answer; crosses no wall (see InquiryTray)."""
    return int(db.session.scalar(select(func.sum(InquiryTray.waiting))) or 0)


def _seen_by(reader: Reader | None) -> list[ColumnElement[bool]]:
    return [] if reader is None or reader.is_admin else [Inquiry.agent_id == reader.agent_id]


def _is_news(row: Inquiry, reader: Reader) -> bool:
    return row.has_news and row.agent_id == reader.agent_id
