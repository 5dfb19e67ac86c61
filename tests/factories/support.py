"""Slots, customers on the way and support sessions at every stage, made by the real actions."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime

from app.support import queries
from app.support.actions import arrivals, channels, codes, programs, slots
from app.support.actions.arrivals import Admitted, Visitor
from app.support.actions.programs import Joined, Machine
from app.support.models import JoinToken, Participant, Slot, SupportSession
from app.support.signal.models import SignalMessage, SignalStream
from app.support.signal.streams import find_of_session
from app.team.models import Agent
from tenants.bearer import hash_of, make_bearer
from tenants.database import db, now_utc
from tenants.writing import writing
from tests.cast import Person
from wire.signal.commands import Started
from wire.signal.messages import KeyCommit, KeyOpen

CUSTOMER = Visitor(ip="203.0.113.7", user_agent="Chromium", lang="ko")
PC = Machine(version="0.1.0", os="Debian 12", pc="DAIN-PC")
STARTED = Started(
    version="0.1.0", os="Debian 12", pc="DAIN-PC", ip_local="192.168.0.7", lang="ko", screens=()
)
COMMIT, SALT = b"c" * 32, b"s" * 32
AGENT_PUB, CUSTOMER_PUB = b"\x04" + b"a" * 64, b"\x04" + b"b" * 64


@dataclass(frozen=True)
class Waiting:
    """A slot that waits for its customer, as ids and words."""

    slot: str
    number: int
    session: str
    session_id: int
    code: str


def make_slot(person: Person, *, now: datetime | None = None) -> Waiting:
    """Open a slot for an agent of the cast."""
    slot = slots.add_slot(person.id, by=person.actor, now=now or now_utc())
    session = live_session(slot)
    return Waiting(slot.public_id, slot.number, session.public_id, session.id, code_of(session.id))


def live_session(slot: Slot) -> SupportSession:
    """The support session that stands in the slot."""
    session = queries.find_live_session(slot.id)
    assert session is not None
    return session


def code_of(session_id: int) -> str:
    """The digits that lead to a support session now."""
    code = queries.find_live_code(session_id)
    assert code is not None
    text = codes.read(code)
    assert text is not None
    return text


def open_stream(person: Person, *, present: bool = True, now: datetime | None = None) -> int:
    """Give an agent a logged-in program with a signal stream and, unless told otherwise, a socket."""
    now = now or now_utc()
    with writing():
        return add_stream(add_log_in(person, "program", now=now), present=present, now=now)


def add_log_in(person: Person, kind: str, *, now: datetime) -> int:
    """Log an agent in, for a year, inside `writing()`; the log-in's id."""
    from app.accounts.models import LoginSession

    log_in = LoginSession(
        kind=kind,
        agent_id=person.id,
        handle_hash=make_bearer(kind, person.tenant)[1],
        csrf_secret="x",
        exclusive=False,
        expires_at=now.replace(year=now.year + 1),
    )
    db.session.add(log_in)
    db.session.flush()
    return log_in.id


def add_stream(log_in_id: int, page: str = "", *, present: bool, now: datetime) -> int:
    """Give a log-in a stream and, when `present`, a socket, inside `writing()`; the stream's id."""
    stream = SignalStream(
        owner_kind="agent",
        login_session_id=log_in_id,
        page=page,
        socket_id="socket" if present else None,
        seen_at=now if present else None,
    )
    db.session.add(stream)
    db.session.flush()
    return stream.id


def admit(waiting: Waiting, *, now: datetime | None = None, visitor: Visitor = CUSTOMER) -> Admitted:
    """Let a customer type the slot's code."""
    return arrivals.redeem_code(waiting.code, visitor=visitor, now=now or now_utc())


def join(admitted: Admitted, *, now: datetime | None = None) -> Joined:
    """Let the customer's program start."""
    secret = arrivals.join_secret_of(admitted.token)
    return programs.join(secret, machine=PC, visitor=CUSTOMER, now=now or now_utc())


def go_online(waiting: Waiting, *, now: datetime | None = None) -> Admitted:
    """Bring a customer all the way to having allowed."""
    now = now or now_utc()
    admitted = admit(waiting, now=now)
    join(admitted, now=now)
    programs.note_started(waiting.session_id, STARTED, now=now)
    answers = {"view": "allowed", "mouse": "allowed", "keyboard": "allowed"}
    programs.note_consent(waiting.session_id, answers, now=now)
    return admitted


def connect(person: Person, waiting: Waiting, stream_id: int, *, now: datetime | None = None) -> Participant:
    """Bring a customer to having allowed, and let the agent accept."""
    go_online(waiting, now=now)
    return channels.accept(
        waiting.session, agent=agent_row(person), stream_id=stream_id, now=now or now_utc()
    )


def exchange_keys(
    person: Person, waiting: Waiting, participant: str, stream_id: int, *, epoch: int = 1
) -> None:
    """Let both programs exchange their keys, after which the channels are offered."""
    now = now_utc()
    channels.pass_commit(waiting.session_id, KeyCommit(participant, epoch, COMMIT), now=now)
    opened = KeyOpen(participant, epoch, AGENT_PUB)
    channels.pass_agent_key(opened, agent=agent_row(person), stream_id=stream_id, now=now)
    channels.pass_customer_key(waiting.session_id, KeyOpen(participant, epoch, CUSTOMER_PUB, SALT), now=now)


def agent_row(person: Person) -> Agent:
    """The row behind a person of the cast."""
    agent = db.session.get(Agent, person.id)
    assert agent is not None
    return agent


def messages_of(stream_id: int) -> list[dict[str, object]]:
    """What a program was told, in order, as it is stored."""
    rows = db.session.query(SignalMessage).filter_by(stream_id=stream_id).order_by(SignalMessage.n)
    return [json.loads(row.body) for row in rows]


def customer_stream(session_id: int) -> int:
    """The stream of the customer program that speaks for a support session now."""
    stream = find_of_session(session_id)
    assert stream is not None
    return stream.id


def with_code(waiting: Waiting) -> Waiting:
    """The same slot with the code that it has now."""
    return replace(waiting, code=code_of(waiting.session_id))


def join_again(waiting: Waiting) -> None:
    """Start the customer's program a second time, as after a crash, without its cookie at hand."""
    from app.support.models import Arrival

    arrival = db.session.query(Arrival).filter_by(support_session_id=waiting.session_id, ended_at=None).one()
    with writing():
        db.session.add(
            JoinToken(
                arrival_id=arrival.id,
                support_session_id=waiting.session_id,
                token_hash=hash_of("again"),
                expires_at=arrival.expires_at,
            )
        )
    programs.join("again", machine=PC, visitor=CUSTOMER, now=now_utc())


def renewed(waiting: Waiting) -> Waiting:
    """The same slot, free again with a new code: the customer on the way was let go."""
    from app.support.actions import sessions

    session = db.session.get(SupportSession, waiting.session_id)
    assert session is not None
    agent = db.session.get(Agent, session.agent_id)
    assert agent is not None
    sessions.release(waiting.session, agent=agent, now=now_utc())
    return with_code(waiting)


def close(person: Person, waiting: Waiting) -> None:
    """End the support session and take its slot away."""
    from app.support.actions import sessions

    sessions.end_by_agent(waiting.session, "", agent=agent_row(person), now=now_utc())
    slots.remove_slot(waiting.slot, agent_id=person.id, by=person.actor, now=now_utc())
