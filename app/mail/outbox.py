"""The outbox: letters are put in with the deed that causes them, claimed one by one, and wiped when sent.

A letter is stored sealed, because it may hold a link that opens something. Nothing is sent from a request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update

from app.mail.letters import Written, write
from app.mail.models import OutboxMail
from app.sealing import seal, unseal
from tenants.database import current_tenant_id, db, public_id
from tenants.writing import is_writing, writing

__all__ = [
    "Claimed",
    "claim_due",
    "due_tenants",
    "forget_old_letters",
    "list_letters",
    "note_failed",
    "note_sent",
    "put_letter",
    "read_letter",
]

#: After each failed try the next waits longer; after the last the letter is given up.
RETRY_AFTER: Final = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120))
#: A jobs process that died while sending: the letter is taken up again after so long.
CLAIM_LASTS: Final = timedelta(minutes=5)
BATCH: Final = 20
#: So long the list shows what became of a letter.
KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that this process is to send now; None = it can no longer be opened."""

    id: int
    recipient: str
    written: Written | None


def put_letter(
    recipient: str,
    letter: str,
    values: Mapping[str, object],
    *,
    language: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> OutboxMail:
    """Put a letter of the open company's into the outbox, in the action's transaction."""
    assert is_writing(), "a letter belongs to the deed that causes it"
    write(letter, language, values)  # a value that is missing fails here, not in the jobs process
    name = public_id()
    row = OutboxMail(
        public_id=name,
        recipient=recipient,
        letter=letter,
        language=language,
        sealed=seal(json.dumps(dict(values), ensure_ascii=False), purpose="mail", place=_place(name)),
        created_at=now,
        due_at=now,
        expires_at=expires_at,
    )
    db.session.add(row)
    db.session.flush()
    return row


def due_tenants(now: datetime) -> Sequence[int]:
    """The companies with letters that are due; in the operator's scope."""
    return db.session.scalars(
        select(OutboxMail.tenant_id)
        .where(OutboxMail.state.in_(("waiting", "sending")), OutboxMail.due_at <= now)
        .distinct()
    ).all()


def claim_due(now: datetime) -> list[Claimed]:
    """The open company's letters that are due, claimed for this process; overdue ones are given up."""
    with writing():
        db.session.execute(
            update(OutboxMail)
            .where(
                OutboxMail.state.in_(("waiting", "sending")),
                OutboxMail.due_at <= now,
                OutboxMail.expires_at <= now,
            )
            .values(state="failed", error="too late", sealed=None)
            .execution_options(synchronize_session=False)
        )
        due = db.session.scalars(
            select(OutboxMail.id)
            .where(OutboxMail.state.in_(("waiting", "sending")), OutboxMail.due_at <= now)
            .order_by(OutboxMail.due_at, OutboxMail.id)
            .limit(BATCH)
        ).all()
        won = [letter_id for letter_id in due if _claim(letter_id, now)]
        rows = db.session.scalars(
            select(OutboxMail)
            .where(OutboxMail.id.in_(won))
            .order_by(OutboxMail.id)
            .execution_options(populate_existing=True)
        ).all()
        return [Claimed(row.id, row.recipient, read_letter(row)) for row in rows]


def note_sent(letter_id: int, *, now: datetime) -> None:
    """The mail server took the letter: what it said is forgotten."""
    with writing():
        db.session.execute(
            update(OutboxMail)
            .where(OutboxMail.id == letter_id, OutboxMail.state == "sending")
            .values(state="sent", sent_at=now, sealed=None, error="")
        )


def note_failed(letter_id: int, why: str, *, is_final: bool, now: datetime) -> None:
    """The letter could not be handed over: try again later, or give it up."""
    with writing():
        row = db.session.get(OutboxMail, letter_id, with_for_update=True)
        if row is None or row.state != "sending":
            return
        row.error = why[:200]
        if is_final or row.tries > len(RETRY_AFTER):
            row.state, row.sealed = "failed", None
        else:
            row.state, row.due_at = "waiting", now + RETRY_AFTER[row.tries - 1]


def forget_old_letters(now: datetime) -> int:
    """Delete letters that were sent or given up long ago; part of the caller's action."""
    done = db.session.execute(
        delete(OutboxMail)
        .where(OutboxMail.state.in_(("sent", "failed")), OutboxMail.created_at < now - KEPT)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def list_letters(*, limit: int = 100) -> Sequence[OutboxMail]:
    """The open company's latest letters, the newest first."""
    return db.session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc()).limit(limit)).all()


def read_letter(row: OutboxMail) -> Written | None:
    """What a letter says, or None when it was sent, given up, or sealed with another key."""
    text = unseal(row.sealed, purpose="mail", place=_place(row.public_id)) if row.sealed else None
    return write(row.letter, row.language, json.loads(text)) if text is not None else None


def _claim(letter_id: int, now: datetime) -> bool:
    won = db.session.execute(
        update(OutboxMail)
        .where(
            OutboxMail.id == letter_id,
            OutboxMail.state.in_(("waiting", "sending")),
            OutboxMail.due_at <= now,
        )
        .values(state="sending", tries=OutboxMail.tries + 1, due_at=now + CLAIM_LASTS)
        .execution_options(synchronize_session=False)
    )
    return bool(won.rowcount == 1)  # type: ignore[attr-defined]


def _place(name: str) -> str:
    return f"mail:{current_tenant_id()}:{name}"
