"""What a support was about, as its lead agent says afterwards: an issue type, a result and a short note.

Decides who may say it, when, and which type still counts. The record keeps the type's name as it was then:
what happens to the list later changes no record. How it is asked for is the programs' and the page's matter.
Source: docs/decisions/0085-reports-after-support.md.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from app.accounts.actors import agent_actor
from app.errors import AppError, NotFound
from app.support import queries
from app.support.deed import Deed, deed
from app.support.models import SupportSession
from app.team.issue_types import list_issue_types
from app.team.models import Agent, IssueType
from app.team.settings import opens_report
from tenants.database import db
from wire.limits import MAX_REPORT
from wire.record import without_unprintable
from wire.signal.commands import Report
from wire.signal.messages import ReportAsked, ReportType

__all__ = ["ReportRejected", "ask_for_report", "list_types_of", "write_report"]


class ReportRejected(AppError):
    """The report cannot be kept so; the sentence says why."""

    status = 422
    code = "B-46"


def ask_for_report(done: Deed, session: SupportSession) -> None:
    """Tell the lead agent's programs that the support which ends now may be described."""
    lead = queries.find_last_lead(session.id)
    if lead is None or lead.agent_id is None:
        return
    types = tuple(ReportType(row.public_id, without_unprintable(row.name)[:40]) for row in list_issue_types())
    done.tell_agent(lead.agent_id, ReportAsked(session.public_id, types, opens_report()))


def write_report(report: Report, *, agent: Agent, now: datetime) -> None:
    """Keep what the lead agent says of an ended support; said again, the last one stands.

    Raises NotFound: the support session is not theirs, was never connected or goes on, or its type was not
    to be chosen when it ended. ReportRejected: the note is too long.
    """
    content = "\n".join(line.rstrip() for line in report.content.splitlines()).strip()
    content = without_unprintable(content, lines=True)
    if len(content) > MAX_REPORT:
        raise ReportRejected(_l("내용은 500자까지 적을 수 있습니다. 짧게 줄여 주십시오."))
    with deed(by=agent_actor(agent), now=now) as done:
        session = _own_ended(report.session, agent)
        issue_type = _chosen(report.issue_type, session)
        if issue_type is None:
            session.issue_type_id = session.issue_type_name = None
        elif issue_type.id != session.issue_type_id:
            session.issue_type_id, session.issue_type_name = issue_type.id, issue_type.name
        session.result, session.content = report.result, content or None
        facts = {"issue_type": session.issue_type_name or "", "result": report.result}
        done.note(session, "reported", **facts)
        done.audit("session.reported", f"session:{session.public_id}", **facts)


def list_types_of(session: SupportSession) -> list[tuple[str, str, bool]]:
    """The types to choose from for this record, as (id, name, whether it has it).

    The one it has stands under the name that the record keeps, first where it has left the list.
    """
    rows = list(list_issue_types())
    own = session.issue_type_id
    if own is not None and own not in [row.id for row in rows]:
        rows[:0] = db.session.scalars(select(IssueType).where(IssueType.id == own)).all()
    return [
        (row.public_id, (session.issue_type_name or row.name) if row.id == own else row.name, row.id == own)
        for row in rows
    ]


def _own_ended(public_id: str, agent: Agent) -> SupportSession:
    wanted = select(SupportSession).where(
        SupportSession.public_id == public_id,
        SupportSession.state == "expired",
        SupportSession.connected_at.is_not(None),
    )
    session = db.session.scalar(wanted.with_for_update())
    lead = None if session is None else queries.find_last_lead(session.id)
    if session is None or lead is None or lead.agent_id != agent.id:
        raise NotFound
    return session


def _chosen(public_id: str | None, session: SupportSession) -> IssueType | None:
    """The type: one of the list, one that was on it when the support ended, or the one the record has."""
    if public_id is None:
        return None
    row = db.session.scalar(
        select(IssueType).where(
            IssueType.public_id == public_id,
            or_(
                IssueType.archived_at.is_(None),
                IssueType.archived_at > session.ended_at,
                IssueType.id == session.issue_type_id,
            ),
        )
    )
    if row is None:
        raise NotFound
    return row
