"""The customer's way in: a code or a number becomes an arrival, which a browser's cookie holds (D8).

Of two customers on one code or number exactly one wins: the support session's step moves from free to
"page" in a conditional UPDATE. The other gets the same kind sentence as somebody with a wrong code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app
from sqlalchemy import update

from app.accounts.actions import count_attempt
from app.accounts.actors import customer_actor
from app.accounts.queries import blocked_seconds
from app.accounts.rules import CODE_BY_SOURCE, CODE_BY_TENANT
from app.errors import AppError
from app.remote import attempt_source
from app.support import codes as sealing
from app.support import queries, rules
from app.support.actions import codes
from app.support.actions.ending import let_go
from app.support.deed import Deed, deed
from app.support.errors import CodeNotAccepted, NumberTaken, TenantStopped, TooManyGuesses
from app.support.models import AccessCode, Arrival, JoinToken, SupportSession
from app.support.signal.streams import rows_of
from config.settings import Settings
from tenants.bearer import hash_of, make_bearer
from tenants.database import current_tenant_id, db
from tenants.models import Tenant
from tenants.resolve import get_tenant
from tenants.rules import standing
from wire.signal.messages import Arrival as ArrivalMessage
from wire.signal.messages import ArrivalDetail


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands at the door: address, program and language, as the request tells them."""

    ip: str
    user_agent: str = ""
    lang: str = "ko"


@dataclass(frozen=True, slots=True)
class Admitted:
    """A try that succeeded. `token` is for the cookie and exists here and in the browser only."""

    arrival_id: int
    session_id: int
    token: str = field(repr=False)


def redeem_code(typed: str, *, number: int | None = None, visitor: Visitor, now: datetime) -> Admitted:
    """Let the customer in by the code they typed; the code is used up by that.

    With `number` the code must lead to that number. Raises CodeNotAccepted (wrong, used, expired, all alike),
    TooManyGuesses (five wrong ones from here in ten minutes), TenantStopped.
    """
    with deed(by=customer_actor(""), now=now) as done:
        outcome = _try_code(done, typed, number, visitor)
    if isinstance(outcome, AppError):
        raise outcome
    return outcome


def take_number(number: int, *, visitor: Visitor, now: datetime) -> Admitted:
    """Let the customer in by a click on a waiting number, where the tenant asks for no code.

    Raises NumberTaken (gone, or somebody else was first), CodeNotAccepted (a code is needed), TenantStopped.
    """
    with deed(by=customer_actor(""), now=now) as done:
        tenant = working_tenant(now)
        if tenant.code_required:
            raise CodeNotAccepted
        waiting = next((one for one in queries.list_waiting(now) if one.number == number), None)
        if waiting is None or queries.count_unstarted(visitor.ip[:45], now) >= rules.MAX_UNSTARTED_PER_SOURCE:
            raise NumberTaken  # who holds this many numbers and starts nothing keeps them from others
        admitted = admit(done, waiting.session_id, source="number", visitor=visitor)
        if admitted is None:
            raise NumberTaken
    return admitted


def note_step(session_id: int, step: str, *, now: datetime) -> bool:
    """Move the arrival forward to `step` and tell the agent; False when it was there already."""
    with deed(by=customer_actor(""), now=now) as done:
        return move_step(done, queries.lock_session(session_id), step)


def leave(arrival: Arrival, *, now: datetime) -> None:
    """End a try that has not connected yet, because the customer wants to begin anew."""
    with deed(by=customer_actor(""), now=now) as done:
        session = queries.lock_session(arrival.support_session_id)
        live = queries.find_live_arrival(session.id)
        if live is not None and live.id == arrival.id and session.state in ("offline", "online"):
            let_go(done, session, step="none", reason="customer left", by_side="customer")


def admit(done: Deed, session_id: int, *, source: str, visitor: Visitor) -> Admitted | None:
    """Make the arrival of the one customer who takes the support session; None for everybody after them."""
    session = queries.lock_session(session_id)
    won = db.session.execute(
        update(SupportSession)
        .where(
            SupportSession.id == session_id,
            SupportSession.state == "offline",
            SupportSession.arrival_step.in_(rules.FREE_STEPS),
        )
        .values(arrival_step="page", arrived_at=done.now, version=SupportSession.version + 1)
        .execution_options(synchronize_session=False)
    )
    if rows_of(won) != 1:
        return None
    db.session.refresh(session)
    _forget_last_customer(session)
    session.ip_browser, session.lang = visitor.ip[:45], visitor.lang
    _use_code(session_id, done.now)
    return _make_arrival(done, session, source, visitor)


def move_step(done: Deed, session: SupportSession, step: str) -> bool:
    """Move the locked support session's arrival forward inside a deed, and tell the agent."""
    if session.state == "expired" or not rules.is_step_forward(session.arrival_step, step):
        return False
    session.arrival_step = step
    session.version += 1
    tell_step(done, session)
    return True


def tell_step(done: Deed, session: SupportSession) -> None:
    """Tell the agent's programs, and the customer's page, how far the customer has come."""
    detail = ArrivalDetail(ip=queries.shown_address(session), os=session.os, pc=session.pc_name)
    message = ArrivalMessage(
        session=session.public_id,
        step=session.arrival_step,  # type: ignore[arg-type]
        at=int(done.now.timestamp()),
        detail=detail,
    )
    done.tell_agent(session.agent_id, message)
    done.note(session, f"arrival.{session.arrival_step}")
    done.wake_waiting()


def join_secret_of(arrival_token: str) -> str:
    """Return the join token that belongs to a browser's arrival token; the same at each call."""
    settings: Settings = current_app.extensions["settings"]
    return sealing.join_secret(arrival_token, pepper=settings.code_pepper)


def working_tenant(now: datetime) -> Tenant:
    """Return the open tenant. Raises TenantStopped when no support session can begin there now."""
    tenant = get_tenant(current_tenant_id())
    if standing(tenant.state, tenant.expires_at, now) != "ok":
        raise TenantStopped
    return tenant


def _try_code(done: Deed, typed: str, number: int | None, visitor: Visitor) -> Admitted | AppError:
    """Give the verdict on one typed code. An error is returned, not raised, so that its count is stored.

    The source's count is locked first: of many guesses sent at once each is judged after the one before.
    """
    tenant = working_tenant(done.now)
    source = attempt_source(visitor.ip)
    count_attempt(CODE_BY_SOURCE, source, tenant.id, now=done.now, wrong=False)
    if blocked_seconds(CODE_BY_SOURCE, source, tenant.id, done.now):
        return TooManyGuesses()
    code = rules.normalise_code(typed)
    found = _find_code(code, done.now) if code else None
    if found is not None and (number is None or _number_of(found) == number):
        admitted = admit(done, found.support_session_id, source="code", visitor=visitor)
        if admitted is not None:
            return admitted
    count_attempt(CODE_BY_SOURCE, source, tenant.id, now=done.now)
    if count_attempt(CODE_BY_TENANT, "", tenant.id, now=done.now).count >= CODE_BY_TENANT.max_count:
        _raise_alarm(done, tenant)
    return CodeNotAccepted()


def _find_code(code: str, now: datetime) -> AccessCode | None:
    settings: Settings = current_app.extensions["settings"]
    looked_up = sealing.code_hmac(code, tenant_id=current_tenant_id(), pepper=settings.code_pepper)
    return queries.find_code(looked_up, now)


def _number_of(code: AccessCode) -> int | None:
    session = db.session.get(SupportSession, code.support_session_id)
    return session.number if session else None


def _use_code(session_id: int, now: datetime) -> None:
    db.session.execute(
        update(AccessCode)
        .where(
            AccessCode.support_session_id == session_id,
            AccessCode.used_at.is_(None),
            AccessCode.revoked_at.is_(None),
        )
        .values(used_at=now, code_hmac=None, code_sealed=None)
        .execution_options(synchronize_session="fetch")
    )


def _forget_last_customer(session: SupportSession) -> None:
    """Clear what the customer before has left: they did not come in, and the record is the next one's."""
    session.ip_program = session.ip_local = session.pc_name = session.os = session.program_version = None
    session.resume_until = session.online_at = None


def _make_arrival(done: Deed, session: SupportSession, source: str, visitor: Visitor) -> Admitted:
    token, token_hash = make_bearer("arrival", get_tenant(current_tenant_id()).slug)
    arrival = Arrival(
        support_session_id=session.id,
        token_hash=token_hash,
        source=source,
        ip=visitor.ip[:45],
        user_agent=visitor.user_agent[:200],
        created_at=done.now,
        expires_at=done.now + rules.ARRIVAL_LIFETIME,
    )
    db.session.add(arrival)
    db.session.flush()
    db.session.add(
        JoinToken(
            arrival_id=arrival.id,
            support_session_id=session.id,
            token_hash=hash_of(join_secret_of(token)),
            expires_at=arrival.expires_at,
        )
    )
    db.session.flush()
    tell_step(done, session)
    done.audit("arrival.admitted", f"session:{session.public_id}", source=source)
    return Admitted(arrival.id, session.id, token)


def _raise_alarm(done: Deed, tenant: Tenant) -> None:
    """Somebody is guessing: codes have nine digits from now on, waiting ones too, and the agents see it."""
    if rules.is_alarmed(tenant.code_alarm_until, done.now):
        return
    db.session.execute(
        update(Tenant)
        .where(Tenant.id == tenant.id)
        .values(code_alarm_until=done.now + rules.ALARM_LENGTH, version=Tenant.version + 1)
        .execution_options(synchronize_session="fetch")
    )
    done.audit("code_alarm.raised", f"tenant:{tenant.slug}", wrong=CODE_BY_TENANT.max_count)
    for session, slot in queries.list_coded_sessions():
        codes.tell_new_code(done, slot, session, codes.draw(session, now=done.now), "alarm")


__all__ = [
    "Admitted",
    "Visitor",
    "admit",
    "join_secret_of",
    "leave",
    "move_step",
    "note_step",
    "redeem_code",
    "take_number",
    "tell_step",
    "working_tenant",
]
