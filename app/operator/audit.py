"""The operators' own log: every deed, every look across the wall; append-only and chained like a company's.

What concerns one company stands in that company's log as well, with the operator as its doer. The key of the
chain is outside the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from app.operator.models import OperatorAudit, OperatorAuditHead
from tenants.audit import MAX_USER_AGENT, Actor
from tenants.chain import FIRST_MAC, Link, canonical, chain_mac, first_break
from tenants.database import db, now_utc
from tenants.writing import is_writing

__all__ = ["PAGE", "find_entries", "first_broken_entry", "record"]

PAGE: Final = 20


def record(
    action: str,
    object: str,
    data: Mapping[str, Any] | None = None,
    *,
    by: Actor,
    company: str = "",
    reason: str = "",
    at: datetime | None = None,
) -> OperatorAudit:
    """Add one entry in the deed's own transaction and return it. `company` is a slug, "" = none or all."""
    assert is_writing(), f"operator audit {action!r} outside writing()"
    head = db.session.get(OperatorAuditHead, 1, with_for_update=True)
    if head is None:
        head = OperatorAuditHead(id=1, n=0, mac=FIRST_MAC)
        db.session.add(head)
        db.session.flush()
    entry = OperatorAudit(
        n=head.n + 1,
        at=at or now_utc(),
        operator_id=by.id,
        operator_name=by.name,
        ip=by.ip,
        user_agent=by.user_agent[:MAX_USER_AGENT],
        action=action,
        object=object,
        company=company,
        reason=reason[:200],
        data=canonical(dict(data or {})),
        prev_mac=head.mac,
        mac="",
    )
    entry.mac = _mac(entry)
    head.n, head.mac = entry.n, entry.mac
    db.session.add(entry)
    db.session.flush()
    return entry


def find_entries(
    *, before: int | None, company: str = "", deeds_only: bool = False
) -> tuple[Sequence[OperatorAudit], bool]:
    """A page of the log, the newest first, and whether there is an older one; looks left out if wished."""
    statement = select(OperatorAudit).order_by(OperatorAudit.n.desc()).limit(PAGE + 1)
    if before is not None:
        statement = statement.where(OperatorAudit.n < before)
    if company:
        statement = statement.where(OperatorAudit.company == company)
    if deeds_only:
        statement = statement.where(OperatorAudit.action != "wall.crossed")
    rows = db.session.scalars(statement).all()
    return rows[:PAGE], len(rows) > PAGE


def first_broken_entry(anchors: Mapping[int, str] | None = None) -> int | None:
    """The number of the first entry of the chain that does not hold, or None when all do.

    `anchors` are MACs by entry number that were written down elsewhere: each must be found in the chain.
    """
    entries = db.session.scalars(
        select(OperatorAudit).order_by(OperatorAudit.n).execution_options(yield_per=1000)
    )
    links = (Link(entry.n, entry.prev_mac, entry.mac, _mac(entry)) for entry in entries)
    return first_break(links, head=_end, anchors=anchors)


def _end() -> tuple[int, str]:
    head = db.session.get(OperatorAuditHead, 1, populate_existing=True)
    return (head.n, head.mac) if head else (0, FIRST_MAC)


def _mac(entry: OperatorAudit) -> str:
    fields = (
        "operator",
        entry.n,
        entry.at.isoformat(timespec="microseconds"),
        entry.operator_id,
        entry.operator_name,
        entry.ip,
        entry.user_agent,
        entry.action,
        entry.object,
        entry.company,
        entry.reason,
        entry.data,
        entry.prev_mac,
    )
    return chain_mac(fields)
