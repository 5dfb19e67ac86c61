"""The timeline of one support session: what happened, append-only, each line chained to the one before.

The MAC is made with a key outside the database, so that a line that was changed, cut out or put in later is
found by `first_broken_line`. The caller holds the lock on the support session's row.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime

from flask import current_app
from sqlalchemy import select

from app.support.models import SessionEvent
from tenants.database import current_tenant_id, db

_FIRST_MAC = "0" * 64


def add_line(
    session_id: int, kind: str, data: Mapping[str, object], *, actor: str, at: datetime
) -> SessionEvent:
    """Add one line to the timeline of a support session, within the action's transaction."""
    last = db.session.scalar(
        select(SessionEvent)
        .where(SessionEvent.support_session_id == session_id)
        .order_by(SessionEvent.n.desc())
        .limit(1)
    )
    line = SessionEvent(
        support_session_id=session_id,
        n=last.n + 1 if last else 1,
        at=at,
        actor=actor,
        kind=kind,
        data=json.dumps(dict(data), ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        prev_mac=last.mac if last else _FIRST_MAC,
    )
    line.mac = _mac(line)
    db.session.add(line)
    db.session.flush()
    return line


def first_broken_line(session_id: int) -> int | None:
    """Return the number of the first line that does not follow from the one before, or None when all hold."""
    expected, previous = 1, _FIRST_MAC
    for line in db.session.scalars(
        select(SessionEvent).where(SessionEvent.support_session_id == session_id).order_by(SessionEvent.n)
    ):
        if line.n != expected or line.prev_mac != previous or not hmac.compare_digest(line.mac, _mac(line)):
            return expected
        expected, previous = expected + 1, line.mac
    return None


def _mac(line: SessionEvent) -> str:
    fields = [
        current_tenant_id(),
        line.support_session_id,
        line.n,
        line.at.isoformat(timespec="microseconds"),
        line.actor,
        line.kind,
        line.data,
        line.prev_mac,
    ]
    key: bytes = current_app.extensions["settings"].audit_key
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return hmac.new(key, b"session-event:" + text.encode(), hashlib.sha256).hexdigest()
