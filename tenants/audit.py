"""The audit log of each company: who did what, from where; append-only and chained.

Decides how an entry is written and how the chain is computed; each action decides what is worth an entry.
An entry is part of the action's own transaction: no deed without its entry, no entry without its deed.
Each MAC covers the entry and the MAC before it, under a key that is not in the database, so that a changed,
removed or inserted entry is found by `verify`; a cut tail, by the anchors (anchors.py).
Source: docs/decisions/0025-the-wall.md, 0080-log-anchors.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from tenants.chain import FIRST_MAC, Link, canonical, chain_mac, first_break
from tenants.database import BIGINT, Model, TenantStamped, current_tenant_id, db, now_utc
from tenants.errors import WriteOutsideAction
from tenants.writing import is_writing

__all__ = ["SYSTEM", "Actor", "AuditEntry", "AuditHead", "first_broken_entry", "record"]

MAX_USER_AGENT: Final = 300


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it and from where; `id` is the public or database id within `kind`."""

    kind: str
    id: str
    name: str
    ip: str = ""
    user_agent: str = ""


#: The command line and the jobs.
SYSTEM: Final = Actor(kind="system", id="", name="BaroHelp")


class AuditEntry(TenantStamped, Model):
    """One deed. Rows are never changed or removed; the database refuses it too."""

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id", "n"),
        Index("ix_audit_entry_at", "tenant_id", "at"),
        CheckConstraint(
            "actor_kind IN ('admin', 'agent', 'customer', 'operator', 'system')", name="actor_kind"
        ),
        {"info": {"append_only": True}},
    )

    n: Mapped[int] = mapped_column(BIGINT)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[str]
    actor_name: Mapped[str]
    ip: Mapped[str]
    user_agent: Mapped[str]
    action: Mapped[str]
    #: What it was done to, as `kind:id`.
    object: Mapped[str]
    #: Canonical JSON, kept as the text that the MAC was computed over.
    data: Mapped[str]
    prev_mac: Mapped[str]
    mac: Mapped[str]


class AuditHead(TenantStamped, Model):
    """The end of a company's chain; locked by each action that adds to it."""

    __table_args__ = (PrimaryKeyConstraint("tenant_id"),)

    n: Mapped[int] = mapped_column(BIGINT)
    mac: Mapped[str]


def record(
    action: str, object: str, data: Mapping[str, Any] | None = None, *, by: Actor, at: datetime | None = None
) -> AuditEntry:
    """Add one entry to the open company's log, in the action's transaction, and return it.

    `action` is a constant such as "agent.created", `object` is "agent:12"; `data` holds identifiers and
    plain values, never passwords, codes or chat text. Raises WriteOutsideAction outside `writing()`.
    """
    if not is_writing():
        raise WriteOutsideAction(f"audit.record({action!r}) was called outside writing().")
    head = _locked_head()
    entry = AuditEntry(
        tenant_id=head.tenant_id,
        n=head.n + 1,
        at=at or now_utc(),
        actor_kind=by.kind,
        actor_id=by.id,
        actor_name=by.name,
        ip=by.ip,
        user_agent=by.user_agent[:MAX_USER_AGENT],
        action=action,
        object=object,
        data=canonical(dict(data or {})),
        prev_mac=head.mac,
        mac="",
    )
    entry.mac = _mac(entry)
    head.n, head.mac = entry.n, entry.mac
    db.session.add(entry)
    return entry


def first_broken_entry(*, page: int = 1000, anchors: Mapping[int, str] | None = None) -> int | None:
    """The number of the first entry of the open company's chain that does not hold, or None when all do.

    A chain that is shorter than its head says, or than an anchor (anchors.py: number → MAC), counts as broken
    at the first missing entry; one that was computed anew, at the first anchored entry that differs.
    """
    return first_break(_links(page), head=_end, anchors=anchors)


def _links(page: int) -> Iterator[Link]:
    last = 0
    while True:
        rows = db.session.scalars(
            select(AuditEntry).where(AuditEntry.n > last).order_by(AuditEntry.n).limit(page)
        ).all()
        for entry in rows:
            yield Link(entry.n, entry.prev_mac, entry.mac, _mac(entry))
            last = entry.n
        if len(rows) < page:
            return


def _end() -> tuple[int, str]:
    head = db.session.get(AuditHead, current_tenant_id(), populate_existing=True)
    return (head.n, head.mac) if head else (0, FIRST_MAC)


def _locked_head() -> AuditHead:
    tenant_id = current_tenant_id()
    head = db.session.get(AuditHead, tenant_id, with_for_update=True)
    if head is None:
        head = AuditHead(tenant_id=tenant_id, n=0, mac=FIRST_MAC)
        db.session.add(head)
        db.session.flush()
    return head


def _mac(entry: AuditEntry) -> str:
    fields = (
        entry.tenant_id,
        entry.n,
        entry.at.isoformat(timespec="microseconds"),
        entry.actor_kind,
        entry.actor_id,
        entry.actor_name,
        entry.ip,
        entry.user_agent,
        entry.action,
        entry.object,
        entry.data,
        entry.prev_mac,
    )
    return chain_mac(fields)
