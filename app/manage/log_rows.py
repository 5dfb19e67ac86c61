"""The usage log as lines of a file: all that was asked for, the newest first, read in pieces by number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from app.manage.deeds import deed_details, deed_words
from app.manage.log_names import name_objects
from app.manage.queries import find_entries
from app.manage.rules import LogAsked, name_program
from app.sheets import Cell
from tenants.database import db

__all__ = ["LOG_HEADER", "log_rows"]

PIECE: Final = 2_000
LOG_HEADER: Final[tuple[Any, ...]] = (
    _l("번호"),
    _l("일시"),
    _l("누가"),
    _l("작업"),
    _l("내용"),
    "IP",
    _l("브라우저와 운영체제"),
)


def log_rows(asked: LogAsked, *, most: int | None = None) -> Iterator[tuple[Cell, ...]]:
    """The lines in the order of LOG_HEADER, `most` at the most. Between pieces no transaction is open."""
    given, has_older = 0, True
    while has_older:
        entries, has_older = find_entries(asked, size=PIECE)
        names = name_objects(entries)
        for entry in entries:
            db.session.expunge(entry)  # or the end of the transaction would have each of them read again
        db.session.rollback()
        for entry in entries:
            if most is not None and given >= most:
                return
            details = "; ".join(f"{name} {value}" for name, value in deed_details(entry, names))
            yield (
                entry.n,
                entry.at,
                entry.actor_name,
                str(deed_words(entry)),
                details,
                entry.ip,
                name_program(entry.user_agent),
            )
            given += 1
        if entries:
            asked = replace(asked, before=entries[-1].n)
