"""How operators log in and out.

A log-in whose password was right but whose code is awaited has a row already, closed (`is_open` False); its
cookie opens the code page and nothing else.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update

from app.accounts.attempts import count_attempt, forgive_attempts, lock_attempts, too_many
from app.accounts.errors import LogInRefused
from app.accounts.rules import OPERATOR_BY_ID, OPERATOR_BY_SOURCE
from app.accounts.totp import is_recovery_code, tidy_code
from app.errors import AppError, LogInNeeded
from app.operator import audit, recovery
from app.operator.models import Operator, OperatorLogin
from app.operator.second_step import take_code
from app.operator.staff import actor_of, end_log_ins, find_operator
from app.passwords import is_right_password, waste_time
from app.team.rules import login_key
from tenants.audit import Actor
from tenants.bearer import hash_of
from tenants.database import db
from tenants.writing import writing

__all__ = ["IDLE", "Entered", "end_log_in", "find_log_in", "log_in", "log_in_by_code", "mark_seen"]

IDLE: Final = timedelta(minutes=15)
_CODE_WAITS: Final = timedelta(minutes=5)
#: So long an address that an operator logged in from counts as theirs.
_KNOWN_PLACE: Final = timedelta(days=30)
_HANDLE: Final = re.compile(r"operator\.[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Entered:
    """A log-in that was granted; `needs_code` = it opens nothing before the second step."""

    token: str = field(repr=False)
    needs_code: bool


def log_in(*, login_id: str, password: str, source: str, now: datetime) -> Entered:
    """Log an operator in. Raises LogInRefused, TooManyAttempts: the same words for every wrong pair."""
    claimed = find_operator(login_id)
    by_id = f"operator:{login_key(login_id)[:64]}"
    checked = claimed.password_hash if claimed else ""
    db.session.rollback()
    if claimed is None:
        waste_time(password)
        is_right = False
    else:
        is_right = is_right_password(checked, password)
    outcome: AppError | Entered = LogInRefused()
    with writing():
        wait_s = lock_attempts(OPERATOR_BY_SOURCE, source, now=now)
        row = find_operator(login_id) if claimed is not None else None
        if row is None or not _has_come_from_here(row, now):
            # A stranger cannot lock an operator out of the place that they work from.
            wait_s = max(wait_s, lock_attempts(OPERATOR_BY_ID, by_id, now=now))
        is_right = is_right and row is not None and row.state == "active" and row.password_hash == checked
        if wait_s:
            outcome = too_many(wait_s)
        elif row is None or not is_right:
            count_attempt(OPERATOR_BY_SOURCE, source, now=now)
            count_attempt(OPERATOR_BY_ID, by_id, now=now)
            if row is not None:
                audit.record("operator.log_in_refused", f"operator:{row.id}", by=actor_of(row), at=now)
        else:
            forgive_attempts(OPERATOR_BY_SOURCE, source)
            forgive_attempts(OPERATOR_BY_ID, by_id)
            outcome = _enter(row, now)
    if isinstance(outcome, AppError):
        raise outcome
    return outcome


def log_in_by_code(token: str, code: str, *, now: datetime) -> None:
    """Open a log-in whose password was right. Raises LogInNeeded, CodeRefused, TooManyAttempts."""
    outcome: AppError | None = None
    with writing():
        found = _find(token, now, is_open=False)
        if found is None:
            raise LogInNeeded
        row, operator = found
        outcome = take_code(operator, code, now)
        if outcome is None:
            row.is_open, row.expires_at = True, now + IDLE
            operator.last_access_at = now
            data = (
                {"codes_left": recovery.count_codes(operator.id)} if is_recovery_code(tidy_code(code)) else {}
            )
            audit.record("operator.logged_in", f"operator:{operator.id}", data, by=actor_of(operator), at=now)
        else:
            audit.record("operator.log_in_refused", f"operator:{operator.id}", by=actor_of(operator), at=now)
    if outcome is not None:
        raise outcome


def find_log_in(token: str, now: datetime, *, is_open: bool = True) -> tuple[OperatorLogin, Operator] | None:
    """The log-in behind a cookie with its operator, when both may be used; else None."""
    return _find(token, now, is_open=is_open)


def mark_seen(log_in_id: int, *, now: datetime) -> None:
    """Note that a log-in is in use, which pushes its end."""
    with writing():
        db.session.execute(
            update(OperatorLogin)
            .where(OperatorLogin.id == log_in_id, OperatorLogin.ended_at.is_(None))
            .values(seen_at=now, expires_at=now + IDLE)
        )


def end_log_in(log_in_id: int, *, by: Actor, now: datetime) -> None:
    """Log out."""
    with writing():
        end_log_ins(OperatorLogin.id == log_in_id, "logout", now)
        audit.record("operator.logged_out", f"operator:{by.id}", by=by, at=now)


def _has_come_from_here(operator: Operator, now: datetime) -> bool:
    found = db.session.scalar(
        select(OperatorLogin.id)
        .where(
            OperatorLogin.operator_id == operator.id,
            OperatorLogin.ip == actor_of(operator).ip,
            OperatorLogin.is_open.is_(True),
            OperatorLogin.created_at > now - _KNOWN_PLACE,
        )
        .limit(1)
    )
    return found is not None


def _enter(operator: Operator, now: datetime) -> Entered:
    token = f"operator.{secrets.token_urlsafe(32)}"
    actor, needs_code = actor_of(operator), operator.totp_confirmed_at is not None
    db.session.add(
        OperatorLogin(
            operator_id=operator.id,
            handle_hash=hash_of(token),
            csrf_secret=secrets.token_urlsafe(32),
            is_open=not needs_code,
            ip=actor.ip,
            user_agent=actor.user_agent[:300],
            created_at=now,
            seen_at=now,
            expires_at=now + (_CODE_WAITS if needs_code else IDLE),
        )
    )
    if not needs_code:
        operator.last_access_at = now
        audit.record("operator.logged_in", f"operator:{operator.id}", by=actor, at=now)
    return Entered(token, needs_code)


def _find(token: str, now: datetime, *, is_open: bool) -> tuple[OperatorLogin, Operator] | None:
    if _HANDLE.fullmatch(token) is None:
        return None
    found = db.session.execute(
        select(OperatorLogin, Operator)
        .join(Operator, Operator.id == OperatorLogin.operator_id)
        .where(
            OperatorLogin.handle_hash == hash_of(token),
            OperatorLogin.is_open.is_(is_open),
            OperatorLogin.ended_at.is_(None),
            OperatorLogin.expires_at > now,
            Operator.state == "active",
        )
    ).one_or_none()
    return (found[0], found[1]) if found else None
