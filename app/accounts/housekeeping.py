"""What nobody will ask for again: awaited codes, mailed links and old letters. Called by the jobs process."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete

from app.accounts.models import LogInStep, PasswordReset
from app.mail.outbox import forget_old_letters
from tenants.database import db
from tenants.writing import writing

__all__ = ["forget_old"]

KEPT: Final = timedelta(days=1)


def forget_old(now: datetime) -> int:
    """Delete the open company's rows that have been over for a day, and old letters; return how many."""
    with writing():
        return (
            _delete(delete(LogInStep).where(LogInStep.expires_at < now - KEPT))
            + _delete(delete(PasswordReset).where(PasswordReset.expires_at < now - KEPT))
            + forget_old_letters(now)
        )


def _delete(statement: Any) -> int:
    return int(db.session.execute(statement.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]
