"""The supports that one agent gave: a page of them, one of them, their lengths. Never anybody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.manage.records.rules import RECORDS_PAGE, RecordsAsked
from app.manage.rules import Period, count_pages
from app.support.models import SupportSession, SurveyAnswer
from tenants.database import db

__all__ = ["RecordPage", "find_own_records", "list_own_lengths"]


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One page of the list: rows of (support session, the customer's grade or None)."""

    rows: Sequence[Any]
    total: int
    page: int
    pages: int

    @property
    def first(self) -> int:
        """The number of the first row: the newest support has the highest."""
        return self.total - (self.page - 1) * RECORDS_PAGE


def find_own_records(agent_id: int, asked: RecordsAsked) -> RecordPage:
    """The page of the agent's ended supports that was asked for, the newest first; the last one at most."""
    conditions = _own(agent_id, asked)
    total = db.session.scalar(select(func.count()).select_from(SupportSession).where(*conditions)) or 0
    pages = count_pages(total, RECORDS_PAGE)
    page = min(asked.page, pages)
    rows = db.session.execute(
        select(SupportSession, SurveyAnswer.grade)
        .outerjoin(SurveyAnswer, SurveyAnswer.support_session_id == SupportSession.id)
        .where(*conditions)
        .order_by(SupportSession.connected_at.desc(), SupportSession.id.desc())
        .limit(RECORDS_PAGE)
        .offset((page - 1) * RECORDS_PAGE)
    ).all()
    return RecordPage(rows, total, page, pages)


def list_own_lengths(agent_id: int, period: Period) -> list[tuple[datetime, datetime]]:
    """When the agent's supports of the period began and ended."""
    statement = select(SupportSession.connected_at, SupportSession.ended_at)
    rows = db.session.execute(statement.where(*_own(agent_id, period)))
    return [(began, ended) for began, ended in rows if began and ended]


def _own(agent_id: int, period: Period) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        SupportSession.agent_id == agent_id,
        SupportSession.state == "expired",
        SupportSession.connected_at.is_not(None),
    ]
    if period.since_at is not None:
        found.append(SupportSession.connected_at >= period.since_at)
    if period.until_at is not None:
        found.append(SupportSession.connected_at < period.until_at)
    return found
