"""Counting wrong tries: of passwords, codes and links. Rules are in rules.py, reading in queries.py.

Every verdict for one source is given one after the other, on both databases, so that of a hundred guesses
sent at once only the first five learn whether they were right.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.accounts.models import Attempt
from app.accounts.queries import read_tries
from app.accounts.rules import Limit, Tries, blocked_for_s, window_of
from app.errors import TooManyAttempts
from tenants.database import db

__all__ = ["count_attempt", "forgive_attempts", "lock_attempts", "too_many"]


def count_attempt(
    limit: Limit, source: str, tenant_id: int = 0, *, now: datetime, wrong: bool = True
) -> Tries:
    """Count one wrong try of `source` under `limit` and return the sum; inside `writing()`.

    With `wrong=False` nothing is added, but the count is locked and read just the same.
    """
    row = {
        "kind": limit.kind,
        "source": source,
        "tenant_id": tenant_id,
        "window_start": window_of(now),
        "count": int(wrong),
        "last_at": now,
    }
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(
            select(func.pg_advisory_xact_lock(func.hashtext(f"{limit.kind} {source} {tenant_id}")))
        )
        insert = postgresql.insert(Attempt)
    else:
        insert = sqlite.insert(Attempt)  # type: ignore[assignment]
    if wrong:
        db.session.execute(
            insert.values(row).on_conflict_do_update(
                index_elements=["kind", "source", "tenant_id", "window_start"],
                set_={"count": Attempt.count + 1, "last_at": now},
            )
        )
    return read_tries(limit, source, tenant_id, now)


def lock_attempts(limit: Limit, source: str, tenant_id: int = 0, *, now: datetime) -> int:
    """Lock the count of a source until the transaction ends; return the seconds it must still wait."""
    return blocked_for_s(limit, count_attempt(limit, source, tenant_id, now=now, wrong=False), now)


def forgive_attempts(limit: Limit, source: str, tenant_id: int = 0) -> None:
    """Forget the wrong tries of a source that has now been right; inside `writing()`."""
    db.session.execute(
        delete(Attempt).where(
            Attempt.kind == limit.kind, Attempt.source == source, Attempt.tenant_id == tenant_id
        )
    )


def too_many(wait_s: int) -> TooManyAttempts:
    """The refusal of a source that has to wait."""
    text = _l("여러 번 틀렸습니다. %(seconds)s초 뒤에 다시 시도해 주십시오.", seconds=wait_s)
    return TooManyAttempts(text, retry_after_s=wait_s)
