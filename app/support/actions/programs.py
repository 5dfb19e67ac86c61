"""The customer program: it joins with its token or a code, and tells what the customer answered.

A join token belongs to one support session and may be exchanged again until it expires (killed program,
second start): that revokes the credential before, ends its participants and asks consent anew (decision
D11). Of two programs that join at once one is left with a credential; the database's index says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import update

from app.accounts.actors import customer_actor
from app.support import queries, rules
from app.support.actions.arrivals import (
    Visitor,
    join_secret_of,
    move_step,
    redeem_code,
    tell_step,
    working_tenant,
)
from app.support.actions.channels import connect, renew_lead
from app.support.actions.ending import (
    end,
    end_participants,
    let_go,
    resume_deadline,
    revoke_credential,
    tell_state,
)
from app.support.deed import Deed, deed
from app.support.errors import JoinRefused, SessionOver
from app.support.models import Arrival, Consent, JoinToken, ProgramCredential, Slot, SupportSession
from app.support.signal import streams
from app.support.signal.models import WAITING_PAGES, SignalStream
from app.support.signal.streams import rows_of
from tenants.bearer import hash_of, make_bearer
from tenants.database import current_tenant_id, db
from tenants.resolve import get_tenant
from wire.signal.commands import Started
from wire.signal.messages import RightsSeen


@dataclass(frozen=True, slots=True)
class Machine:
    """What the program says of itself and of the customer's PC."""

    version: str = ""
    os: str = ""
    pc: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """The program's credential and its support session's public id."""

    session: str
    connected: bool
    credential: str = field(repr=False)


def join(join_token: str, *, machine: Machine, visitor: Visitor, now: datetime) -> Joined:
    """Exchange a join token for a credential. Raises JoinRefused (unknown, expired, over), TenantStopped."""
    with deed(by=customer_actor(""), now=now) as done:
        working_tenant(now)
        token = queries.find_join_token(hash_of(join_token))
        if token is None:
            raise JoinRefused
        session = queries.lock_session(token.support_session_id)
        arrival = queries.find_live_arrival(session.id)
        if session.state == "expired" or arrival is None or arrival.id != token.arrival_id:
            raise JoinRefused
        _count_exchange(token, now)
        return _give_credential(done, session, arrival, machine, visitor)


def join_by_code(typed: str, *, machine: Machine, visitor: Visitor, now: datetime) -> Joined:
    """Let a program in that was started without a token, by the code typed into its window (decision D10).

    Raises as redeem_code does; the code is used up by that.
    """
    admitted = redeem_code(typed, visitor=visitor, now=now)
    return join(join_secret_of(admitted.token), machine=machine, visitor=visitor, now=now)


def note_started(session_id: int, started: Started, *, now: datetime) -> None:
    """Note what the running program tells of its PC; the customer is being asked from now on."""
    with deed(by=customer_actor(""), now=now) as done:
        session = queries.lock_session(session_id)
        if session.state == "expired":
            raise SessionOver
        session.program_version, session.os, session.pc_name = started.version, started.os, started.pc
        session.ip_local, session.lang = started.ip_local or None, started.lang
        if not move_step(done, session, "asked"):
            tell_step(done, session)


def note_consent(
    session_id: int, answers: Mapping[str, str], *, participant: str | None = None, now: datetime
) -> None:
    """Keep what the customer answered. Allowed: the support session is online; otherwise the try is over.

    Raises SessionOver, NotFound (a participant that is none of this support session).
    """
    with deed(by=customer_actor(""), now=now) as done:
        session = queries.lock_session(session_id)
        if session.state == "expired":
            raise SessionOver
        who = queries.find_participant(participant, session_id=session_id) if participant else None
        for right, answer in answers.items():
            db.session.add(
                Consent(
                    support_session_id=session_id,
                    participant_id=who.id if who else None,
                    right=right,
                    answer=answer,
                    at=now,
                )
            )
        done.note(session, "consent", participant=participant, answers=dict(answers))
        seen = RightsSeen(session=session.public_id, participant=participant, rights=dict(answers))  # type: ignore[arg-type]
        done.tell_agent(session.agent_id, seen)
        if who is None and session.arrival_step in ("started", "asked"):
            _follow_verdict(done, session, rules.verdict(answers))


def note_revoked(session_id: int, participant: str, rights: tuple[str, ...], *, now: datetime) -> None:
    """Keep that the customer took rights back. The customer program has already acted on it."""
    with deed(by=customer_actor(""), now=now) as done:
        session = queries.lock_session(session_id)
        who = queries.find_participant(participant, session_id=session_id)
        for right in rights:
            db.session.add(
                Consent(
                    support_session_id=session_id,
                    participant_id=who.id,
                    right=right,
                    answer="revoked",
                    at=now,
                )
            )
        done.note(session, "revoked", participant=participant, rights=list(rights))
        seen = RightsSeen(
            session=session.public_id, participant=participant, rights=dict.fromkeys(rights, "revoked")
        )
        done.tell_agent(session.agent_id, seen)


def _count_exchange(token: JoinToken, now: datetime) -> None:
    """Spend the token once more, unless its time is over. The first exchange lengthens its time."""
    won = db.session.execute(
        update(JoinToken)
        .where(JoinToken.id == token.id, JoinToken.expires_at > now)
        .values(
            redeemed_at=now,
            redeemed_count=JoinToken.redeemed_count + 1,
            expires_at=now + rules.ARRIVAL_MEMORY,
        )
        .execution_options(synchronize_session=False)
    )
    if rows_of(won) != 1:
        raise JoinRefused


def _give_credential(
    done: Deed, session: SupportSession, arrival: Arrival, machine: Machine, visitor: Visitor
) -> Joined:
    _end_program_before(done, session)
    generation = queries.last_generation(session.id)
    slug = get_tenant(current_tenant_id()).slug
    text, token_hash = make_bearer("customer", slug)
    credential = ProgramCredential(
        support_session_id=session.id, token_hash=token_hash, generation=generation + 1, created_at=done.now
    )
    db.session.add(credential)
    db.session.flush()
    db.session.add(
        SignalStream(owner_kind="customer", program_credential_id=credential.id, changed_at=done.now)
    )
    session.ip_program = visitor.ip[:45]
    session.program_version, session.os, session.pc_name = machine.version, machine.os, machine.pc
    arrival.expires_at = done.now + rules.ARRIVAL_LIFETIME
    db.session.flush()
    if not move_step(done, session, "started"):
        tell_step(done, session)
    done.note(session, "program.joined", generation=credential.generation)
    done.audit("program.joined", f"session:{session.public_id}", generation=credential.generation)
    return Joined(session.public_id, session.state == "connected", text)


def _end_program_before(done: Deed, session: SupportSession) -> None:
    """Revoke the credential that speaks for the support session, if any, and go back to before consent.

    A connected support session stays connected, without anybody taking part until the customer agrees again.
    """
    if queries.find_live_credential(session.id) is None:
        return
    end_participants(done, session, "program started anew")
    revoke_credential(done, session)
    if session.state == "online":
        session.state, session.online_at = "offline", None
    session.arrival_step, session.link = "started", "lost" if session.state == "connected" else "ok"
    session.resume_until = resume_deadline(done.now) if session.state == "connected" else None
    session.version += 1
    tell_state(done, session, "program started anew")


def _follow_verdict(done: Deed, session: SupportSession, verdict: str) -> None:
    if verdict != "allowed":
        if session.state == "connected":
            session.arrival_step = verdict
            end(done, session, by_side="customer", reason=verdict)
        else:
            let_go(done, session, step=verdict, reason=verdict, by_side="customer")
        return
    move_step(done, session, "allowed")
    if session.state == "connected":
        renew_lead(done, session)
        return
    won = db.session.execute(
        update(SupportSession)
        .where(SupportSession.id == session.id, SupportSession.state == "offline")
        .values(state="online", online_at=done.now, link="ok", version=SupportSession.version + 1)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(session)
    if rows_of(won) != 1:
        return
    tell_state(done, session)
    done.note(session, "online")
    slot = db.session.get(Slot, session.slot_id)
    if slot is not None and slot.auto_connect:
        _connect_by_itself(done, session)


def _connect_by_itself(done: Deed, session: SupportSession) -> None:
    """Accept at once when a program of the agent is there to show the screen; otherwise when it comes."""
    present = [
        stream
        for stream in streams.list_of_agent(session.agent_id)
        if stream.page in WAITING_PAGES and rules.is_present(stream.socket_id, stream.seen_at, done.now)
    ]
    if present:
        connect(done, session, present[0].id)
