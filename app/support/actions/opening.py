"""A new support session in a slot, inside the deeds that open a slot or end the support session before."""

from __future__ import annotations

from app.support.actions import codes
from app.support.deed import Deed
from app.support.models import Slot, SupportSession
from tenants.database import db


def open_session(done: Deed, slot: Slot) -> SupportSession:
    """Put a new support session with a code into the slot, and tell the agent's programs."""
    session = SupportSession(slot_id=slot.id, agent_id=slot.agent_id, number=slot.number, created_at=done.now)
    db.session.add(session)
    db.session.flush()
    code = codes.draw(session, now=done.now)
    codes.tell_opened(done, slot, session, code)
    done.note(session, "opened", number=slot.number)
    done.wake_waiting()
    return session
