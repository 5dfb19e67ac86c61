"""Drawing and wiping access codes, inside the deeds of slots, arrivals and expiry. Rules: decision D7."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Literal

from flask import current_app
from sqlalchemy import update

from app.support import codes, queries, rules
from app.support.deed import Deed
from app.support.models import AccessCode, Slot, SupportSession
from config.settings import Settings
from tenants.database import current_tenant_id, db
from tenants.resolve import get_tenant
from wire.signal.messages import SlotCode, SlotOpened

Reason = Literal["asked", "expired", "alarm"]
_TRIES = 50


def draw(session: SupportSession, *, now: datetime) -> AccessCode:
    """Give the support session a new code; the one before is wiped. Returns the stored row."""
    wipe(session.id, now=now)
    settings: Settings = current_app.extensions["settings"]
    tenant_id = current_tenant_id()
    alarm = rules.is_alarmed(get_tenant(tenant_id).code_alarm_until, now)
    digits = rules.code_digits(queries.count_live_codes() + 1, alarm=alarm)
    for _ in range(_TRIES):
        text = rules.draw_code(digits, secrets.randbelow)
        looked_up = codes.code_hmac(text, tenant_id=tenant_id, pepper=settings.code_pepper)
        if queries.find_code(looked_up, datetime.min.replace(tzinfo=now.tzinfo)) is None:
            break
    else:  # pragma: no cover  # 50 hits in a row at a density of 1 in 50,000
        raise RuntimeError("no free access code was found")
    row = AccessCode(
        support_session_id=session.id,
        code_hmac=looked_up,
        digits=digits,
        code_sealed=codes.seal_code(
            text, tenant_id=tenant_id, session_id=session.id, seal_key=settings.code_seal_key
        ),
        expires_at=now + timedelta(seconds=settings.code_lifetime_s),
    )
    db.session.add(row)
    db.session.flush()
    return row


def wipe(session_id: int, *, now: datetime) -> None:
    """Take back the support session's live code, if it has one, and forget its digits."""
    db.session.execute(
        update(AccessCode)
        .where(
            AccessCode.support_session_id == session_id,
            AccessCode.used_at.is_(None),
            AccessCode.revoked_at.is_(None),
        )
        .values(revoked_at=now, code_hmac=None, code_sealed=None)
        .execution_options(synchronize_session="fetch")
    )


def read(code: AccessCode) -> str | None:
    """Return the digits for the agent's eyes, or None when they are wiped."""
    settings: Settings = current_app.extensions["settings"]
    if code.code_sealed is None:
        return None
    return codes.open_code(
        code.code_sealed,
        tenant_id=current_tenant_id(),
        session_id=code.support_session_id,
        seal_key=settings.code_seal_key,
    )


def tell_new_code(done: Deed, slot: Slot, session: SupportSession, code: AccessCode, reason: Reason) -> None:
    """Tell the agent's programs that the slot's code was drawn anew."""
    text = read(code)
    assert text is not None, "the code was drawn in this deed"
    message = SlotCode(
        slot=slot.public_id,
        session=session.public_id,
        code=text,
        code_expires_at=int(code.expires_at.timestamp()),
        reason=reason,
    )
    done.tell_agent(session.agent_id, message)


def tell_opened(done: Deed, slot: Slot, session: SupportSession, code: AccessCode) -> None:
    """Tell the agent's programs of a slot, or of a new support session in it."""
    message = SlotOpened(
        slot=slot.public_id,
        position=slot.position,
        number=slot.number,
        session=session.public_id,
        code=read(code),
        code_expires_at=int(code.expires_at.timestamp()),
        auto_connect=slot.auto_connect,
    )
    done.tell_agent(session.agent_id, message)
