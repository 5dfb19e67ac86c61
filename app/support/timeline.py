"""The timeline of one support session: what happened, append-only, each line chained to the one before.

The MAC is made with a key outside the database, so that a line that was changed, cut out or put in later is
found by `first_broken_line`. The caller holds the lock on the support session's row.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from app.support.models import SessionEvent
from tenants.chain import FIRST_MAC, Link, canonical, chain_mac, first_break
from tenants.database import current_tenant_id, db


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
        data=canonical(dict(data)),
        prev_mac=last.mac if last else FIRST_MAC,
    )
    line.mac = _mac(line)
    db.session.add(line)
    db.session.flush()
    return line


def first_broken_line(session_id: int) -> int | None:
    """Return the number of the first line that does not follow from the one before, or None when all hold."""
    lines = db.session.scalars(
        select(SessionEvent).where(SessionEvent.support_session_id == session_id).order_by(SessionEvent.n)
    )
    return first_break(Link(line.n, line.prev_mac, line.mac, _mac(line)) for line in lines)


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
    return chain_mac(fields, prefix="session-event:")
