"""Everything of a company ends at once: support sessions, waiting numbers, log-ins, tickets (design rule 22).

One transaction stores it; the relays are told after the commit, each about the whole company, so that no
channel lives on and no ticket made before is taken any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from app.accounts.endings import end_every_log_in
from app.support import orders, queries, rules
from app.support.actions.ending import end
from app.support.deed import deed
from app.support.models import Slot, SupportSession
from tenants.audit import Actor
from tenants.database import current_tenant_id, db
from tenants.models import Tenant
from tenants.resolve import get_tenant
from tenants.writing import after_commit
from wire.signal.messages import SlotClosed

__all__ = ["Stopped", "stop_everything"]


@dataclass(frozen=True, slots=True)
class Stopped:
    """How much there was to end."""

    sessions: int
    log_ins: int


def stop_everything(reason: str, *, by: Actor, now: datetime) -> Stopped:
    """End all that the open company's people and customers are doing; joins the caller's transaction."""
    tenant_id = current_tenant_id()
    slug, desk = get_tenant(tenant_id).slug, orders.desk()
    with deed(by=by, now=now) as done:
        sessions = 0
        for session_id in db.session.scalars(
            select(SupportSession.id).where(SupportSession.state != "expired").order_by(SupportSession.id)
        ).all():
            sessions += end(done, queries.lock_session(session_id), by_side="system", reason="operator")
        for slot in db.session.scalars(
            select(Slot).where(Slot.closed_at.is_(None)).order_by(Slot.id).with_for_update()
        ).all():
            slot.closed_at, slot.number_free_at = now, now + rules.NUMBER_REST
            done.tell_agent(slot.agent_id, SlotClosed(slot=slot.public_id, reason="removed"))
        db.session.execute(update(Tenant).where(Tenant.id == tenant_id).values(tickets_void_before=now))
        log_ins = end_every_log_in("operator", now=now)
        done.audit("tenant.stopped", "tenant", reason=reason, sessions=sessions, log_ins=log_ins)
        done.wake_waiting()
        after_commit(lambda: desk.close(relay_id=None, tenant=slug))
    return Stopped(sessions, log_ins)
