"""Signal streams in the database: numbered messages without a gap, where to go on, whose socket it is.

A message takes its number in the transaction of the deed it tells of, so there is none without its deed and
no deed without it. Sockets read from here only; what wakes them is hub.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, func, insert, select, update

from app.accounts.models import LoginSession
from app.support import rules
from app.support.models import ProgramCredential
from app.support.signal.models import WAITING_PAGES, CommandSeen, SignalMessage, SignalStream
from tenants.database import db
from wire.limits import MAX_SIGNAL_QUEUE
from wire.signal.messages import SignalMessage as Message

KEPT_AFTER_ACK = timedelta(minutes=10)
#: A program that stays away longer than this starts from a snapshot.
KEPT_UNACKED = timedelta(hours=12)
ANSWERS_KEPT = timedelta(hours=1)
BATCH = 64


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """Where a new socket begins: after message `after`, or with a snapshot that is as new as `last`."""

    after: int
    last: int
    resumed: bool


def append(stream_id: int, message: Message, *, now: datetime) -> int:
    """Store `message` as the next one of the stream and return its number. Runs inside an action."""
    raised = db.session.scalar(
        update(SignalStream)
        .where(SignalStream.id == stream_id)
        .values(next_n=SignalStream.next_n + 1, changed_at=now)
        .returning(SignalStream.next_n)
        .execution_options(synchronize_session=False)
    )
    if raised is None:
        raise LookupError(f"signal stream {stream_id}")
    body = json.dumps(message.to_json(), ensure_ascii=False, separators=(",", ":"))
    db.session.add(SignalMessage(stream_id=stream_id, n=raised - 1, body=body, at=now))
    db.session.flush()
    return raised - 1


def append_to_all(stream_ids: Sequence[int], message: Message, *, now: datetime) -> None:
    """Store the same message as the next one of each stream, in two statements. Runs inside an action."""
    ids = db.session.scalars(  # locked in one order, as everybody does who writes to several streams
        select(SignalStream.id)
        .where(SignalStream.id.in_(stream_ids))
        .order_by(SignalStream.id)
        .with_for_update()
    ).all()
    body = json.dumps(message.to_json(), ensure_ascii=False, separators=(",", ":"))
    for start in range(0, len(ids), 500):
        raised = db.session.execute(
            update(SignalStream)
            .where(SignalStream.id.in_(ids[start : start + 500]))
            .values(next_n=SignalStream.next_n + 1, changed_at=now)
            .returning(SignalStream.id, SignalStream.next_n)
            .execution_options(synchronize_session=False)
        ).all()
        rows = [{"stream_id": stream_id, "n": n - 1, "body": body, "at": now} for stream_id, n in raised]
        db.session.execute(insert(SignalMessage), rows)


def list_messages(stream_id: int, *, after: int) -> Sequence[SignalMessage]:
    """Return the next messages of the stream after number `after`, at most BATCH of them, in order."""
    return db.session.scalars(
        select(SignalMessage)
        .where(SignalMessage.stream_id == stream_id, SignalMessage.n > after)
        .order_by(SignalMessage.n)
        .limit(BATCH)
    ).all()


def starting_point(stream: SignalStream, after: int) -> StartingPoint:
    """Return how a program that has seen everything up to `after` goes on: by the log, or by a snapshot."""
    last = stream.next_n - 1
    first_kept = db.session.scalar(
        select(func.min(SignalMessage.n)).where(SignalMessage.stream_id == stream.id)
    )
    resumes = rules.can_resume(after, first_kept=first_kept or last + 1, last=last)
    if resumes and last - after <= MAX_SIGNAL_QUEUE:
        return StartingPoint(after, last, resumed=True)
    return StartingPoint(last, last, resumed=False)


def acknowledge(stream_id: int, n: int, *, now: datetime) -> None:
    """Note that the program has everything up to `n`, and forget what it has had for ten minutes."""
    db.session.execute(
        update(SignalStream)
        .where(SignalStream.id == stream_id, SignalStream.acked_n < n, SignalStream.next_n > n)
        .values(acked_n=n)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        delete(SignalMessage)
        .where(
            SignalMessage.stream_id == stream_id,
            SignalMessage.n <= n,
            SignalMessage.at < now - KEPT_AFTER_ACK,
        )
        .execution_options(synchronize_session=False)
    )


def claim(stream_id: int, socket_id: str, *, now: datetime) -> bool:
    """Make `socket_id` the one socket of the stream; the one before closes when it is woken.

    Returns whether it is the stream's first socket.
    """
    stream = db.session.get(SignalStream, stream_id, populate_existing=True)
    is_first = stream is not None and stream.seen_at is None
    db.session.execute(
        update(SignalStream)
        .where(SignalStream.id == stream_id)
        .values(socket_id=socket_id, seen_at=now, changed_at=now)
        .execution_options(synchronize_session=False)
    )
    return is_first


def let_go(stream_id: int, socket_id: str, *, now: datetime) -> bool:
    """Note that the socket is gone; False when another one has taken the stream over."""
    result = db.session.execute(
        update(SignalStream)
        .where(SignalStream.id == stream_id, SignalStream.socket_id == socket_id)
        .values(socket_id=None, changed_at=now)
        .execution_options(synchronize_session=False)
    )
    return rows_of(result) == 1


def find_for_login(login_session_id: int, page: str = "") -> SignalStream | None:
    """Return the stream of an agent's log-in (in a browser: of one page), or None before its first socket."""
    return db.session.scalar(
        select(SignalStream).where(
            SignalStream.login_session_id == login_session_id, SignalStream.page == page
        )
    )


def list_of_login(login_session_id: int) -> Sequence[SignalStream]:
    """Return all streams of a log-in: one for a program, one a page for a browser."""
    return db.session.scalars(
        select(SignalStream)
        .where(SignalStream.login_session_id == login_session_id)
        .order_by(SignalStream.id)
    ).all()


def find_for_credential(credential_id: int) -> SignalStream | None:
    """Return the stream of a customer program's credential."""
    return db.session.scalar(select(SignalStream).where(SignalStream.program_credential_id == credential_id))


def list_of_agent(agent_id: int) -> Sequence[SignalStream]:
    """Return the streams of an agent's live log-ins, the one with the newest socket first.

    Programs come before a browser's list of slots, and pages that show one support session come last.
    """
    return db.session.scalars(
        select(SignalStream)
        .join(LoginSession, LoginSession.id == SignalStream.login_session_id)
        .where(LoginSession.agent_id == agent_id, LoginSession.ended_at.is_(None))
        .order_by(
            SignalStream.page.not_in(WAITING_PAGES),
            SignalStream.socket_id.is_(None),
            SignalStream.page,
            SignalStream.id.desc(),
        )
    ).all()


def find_of_session(session_id: int) -> SignalStream | None:
    """Return the stream of the customer program that speaks for a support session now, or None."""
    return db.session.scalar(
        select(SignalStream)
        .join(ProgramCredential, ProgramCredential.id == SignalStream.program_credential_id)
        .where(ProgramCredential.support_session_id == session_id, ProgramCredential.revoked_at.is_(None))
    )


def find_answer(stream_id: int, client_id: str) -> str | None:
    """Return the answer this command of the program got before, or None when it is new."""
    return db.session.scalar(
        select(CommandSeen.answer).where(
            CommandSeen.stream_id == stream_id, CommandSeen.client_id == client_id
        )
    )


def keep_answer(stream_id: int, client_id: str, answer: str, *, now: datetime) -> None:
    """Store the answer in the transaction of the command's deed."""
    db.session.add(CommandSeen(stream_id=stream_id, client_id=client_id, answer=answer, at=now))
    db.session.flush()


def forget_old(now: datetime) -> int:
    """Delete messages and answers of the open tenant that nobody will ask for; return how many messages."""
    acknowledged = (
        select(SignalStream.acked_n).where(SignalStream.id == SignalMessage.stream_id).scalar_subquery()
    )
    result = db.session.execute(
        delete(SignalMessage)
        .where(
            ((SignalMessage.at < now - KEPT_AFTER_ACK) & (SignalMessage.n <= acknowledged))
            | (SignalMessage.at < now - KEPT_UNACKED)
        )
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        delete(CommandSeen)
        .where(CommandSeen.at < now - ANSWERS_KEPT)
        .execution_options(synchronize_session=False)
    )
    return rows_of(result)


def rows_of(result: object) -> int:
    """Return how many rows a conditional UPDATE or DELETE touched: 1 = this caller won."""
    assert isinstance(result, CursorResult)
    return result.rowcount
