"""The operators' own log: every deed, every look across the wall; append-only and chained like a company's.

What concerns one company stands in that company's log as well, with the operator as its doer. The key of the
chain is outside the database.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from flask import current_app
from sqlalchemy import select

from app.operator.models import OperatorAudit, OperatorAuditHead
from tenants.audit import Actor
from tenants.database import db, now_utc
from tenants.writing import is_writing

__all__ = ["PAGE", "find_entries", "first_broken_entry", "record"]

PAGE: Final = 20
_FIRST_MAC: Final = "0" * 64
MAX_USER_AGENT: Final = 300


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
        head = OperatorAuditHead(id=1, n=0, mac=_FIRST_MAC)
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
        data=_canonical(dict(data or {})),
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
    expected, mac, left = 1, _FIRST_MAC, dict(anchors or {})
    for entry in db.session.scalars(
        select(OperatorAudit).order_by(OperatorAudit.n).execution_options(yield_per=1000)
    ):
        is_whole = hmac.compare_digest(entry.mac, _mac(entry))
        is_whole = is_whole and left.pop(entry.n, entry.mac) == entry.mac
        if entry.n != expected or entry.prev_mac != mac or not is_whole:
            return expected
        expected, mac = entry.n + 1, entry.mac
    head = db.session.get(OperatorAuditHead, 1, populate_existing=True)
    end = (head.n, head.mac) if head else (0, _FIRST_MAC)
    return None if end == (expected - 1, mac) and not left else expected


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


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
    key: bytes = current_app.extensions["settings"].audit_key
    return hmac.new(key, _canonical(fields).encode(), hashlib.sha256).hexdigest()
