"""What became of files, for a support session's timeline: name, size, SHA-256, direction, result.

Told by the customer's program, which sees both directions. The files themselves never come here.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from app.accounts.actors import customer_actor
from app.support import queries
from app.support.deed import deed
from app.support.models import SessionEvent
from tenants.database import db
from wire.signal.commands import FilesNote

__all__ = ["MOST_LINES", "note_files"]

#: A program that tells without end fills no database.
MOST_LINES = 5000


def note_files(session_id: int, note: FilesNote, *, now: datetime) -> None:
    """Add one line for a transfer that is over. Raises NotFound (no participant of this support session)."""
    with deed(by=customer_actor(""), now=now) as done:
        session = queries.lock_session(session_id)
        participant = queries.find_participant(note.participant, session_id=session_id)
        lines = db.session.scalar(
            select(func.count())
            .select_from(SessionEvent)
            .where(SessionEvent.support_session_id == session_id, SessionEvent.kind == "files")
        )
        if (lines or 0) < MOST_LINES:
            done.note(
                session,
                "files",
                participant=participant.public_id,
                way=note.way,
                name=note.name,
                size=note.size,
                result=note.result,
                files=[file.to_json() for file in note.files],
            )
