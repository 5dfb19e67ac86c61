"""How operators log in and out, and their passwords and second steps. Made on the command line only.

A log-in whose password was right but whose code is awaited has a row already, closed (`is_open` False); its
cookie opens the code page and nothing else.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from flask import has_request_context, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from app.accounts.attempts import count_attempt, forgive_attempts, lock_attempts, too_many
from app.accounts.confirm import confirm_hash
from app.accounts.errors import CodeRefused, LogInRefused
from app.accounts.rules import OPERATOR_BY_ID, OPERATOR_BY_SOURCE
from app.accounts.second_factor import try_code
from app.accounts.totp import address_for_app, is_recovery_code, matching_step, new_secret, tidy_code
from app.errors import AppError, LogInNeeded, Refused
from app.operator import audit, recovery
from app.operator.errors import OperatorRejected
from app.operator.models import Operator, OperatorLogin
from app.passwords import hash_password, is_right_password, waste_time
from app.remote import caller_address
from app.sealing import seal, unseal
from app.team.actions import check_password
from app.team.rules import login_key
from tenants.audit import Actor
from tenants.bearer import hash_of
from tenants.database import db
from tenants.writing import writing

__all__ = [
    "IDLE",
    "Entered",
    "actor_of",
    "begin_totp",
    "change_password",
    "confirm_totp",
    "create_operator",
    "end_log_in",
    "find_log_in",
    "find_operator",
    "log_in",
    "log_in_by_code",
    "mark_seen",
    "renew_recovery_codes",
    "reset_totp",
    "set_password",
    "set_state",
]

IDLE: Final = timedelta(minutes=15)
_CODE_WAITS: Final = timedelta(minutes=5)
#: So long an address that an operator logged in from counts as theirs.
_KNOWN_PLACE: Final = timedelta(days=30)
_LOGIN_ID: Final = re.compile(r"[A-Za-z0-9_.-]{3,32}")
_HANDLE: Final = re.compile(r"operator\.[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Entered:
    """A log-in that was granted; `needs_code` = it opens nothing before the second step."""

    token: str = field(repr=False)
    needs_code: bool


def actor_of(operator: Operator) -> Actor:
    """The operator as the doer of the running request or command."""
    if not has_request_context():
        return Actor("operator", str(operator.id), operator.name)
    agent = request.headers.get("User-Agent", "")
    return Actor("operator", str(operator.id), operator.name, caller_address(), agent)


def find_operator(login_id: str) -> Operator | None:
    """The operator with this id, whatever its case, or None."""
    return db.session.scalar(select(Operator).where(Operator.login_key == login_key(login_id)))


def create_operator(*, login_id: str, name: str, password: str, by: Actor) -> Operator:
    """Make one of our staff. Raises OperatorRejected (id, name), AgentRejected (weak password)."""
    if _LOGIN_ID.fullmatch(login_id) is None:
        raise OperatorRejected(_l("아이디는 영문자, 숫자, - _ . 로 3~32자입니다."))
    if not 1 <= len(name.strip()) <= 40:
        raise OperatorRejected(_l("이름을 1~40자로 적어 주십시오."))
    check_password(password, login_id)
    password_hash = hash_password(password)
    with writing():
        if find_operator(login_id) is not None:
            raise OperatorRejected(_l("이미 쓰고 있는 아이디입니다. 다른 아이디를 써 주십시오."))
        row = Operator(
            login_id=login_id, login_key=login_key(login_id), name=name.strip(), password_hash=password_hash
        )
        db.session.add(row)
        db.session.flush()
        audit.record("operator.created", f"operator:{row.id}", {"login_id": login_id}, by=by)
    return row


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
        outcome = _take_code(operator, code, now)
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
        _end(OperatorLogin.id == log_in_id, "logout", now)
        audit.record("operator.logged_out", f"operator:{by.id}", by=by, at=now)


def change_password(operator_id: int, *, current: str, password: str, keep: int, now: datetime) -> None:
    """Give oneself another password; other log-ins end. Raises Refused, TooManyAttempts, AgentRejected."""
    operator = _get(operator_id)
    _confirm(operator, current, now)
    check_password(password, operator.login_id)
    password_hash = hash_password(password)
    with writing():
        row = _get(operator_id)
        row.password_hash, row.version = password_hash, row.version + 1
        _end((OperatorLogin.operator_id == operator_id) & (OperatorLogin.id != keep), "password", now)
        audit.record("operator.password_changed", f"operator:{operator_id}", by=actor_of(row), at=now)


def set_password(operator: Operator, password: str, *, by: Actor, now: datetime) -> None:
    """Set an operator's password from the command line; every log-in of theirs ends."""
    check_password(password, operator.login_id)
    operator_id, password_hash = operator.id, hash_password(password)
    with writing():
        row = _get(operator_id)
        row.password_hash, row.version = password_hash, row.version + 1
        _end(OperatorLogin.operator_id == operator_id, "password", now)
        audit.record("operator.password_set", f"operator:{operator_id}", by=by, at=now)


def set_state(operator: Operator, state: str, *, by: Actor, now: datetime) -> None:
    """Let an operator work, or stop them at once."""
    operator_id = operator.id
    with writing():
        row = _get(operator_id)
        row.state, row.version = state, row.version + 1
        if state == "disabled":
            _end(OperatorLogin.operator_id == operator_id, "disabled", now)
        audit.record("operator.state_set", f"operator:{operator_id}", {"to": state}, by=by, at=now)


def begin_totp(operator_id: int) -> tuple[str, str]:
    """The secret that waits to be confirmed, and its otpauth:// address. Raises Refused when one counts."""
    with writing():
        row = _get(operator_id)
        if row.totp_confirmed_at is not None:
            raise Refused(_l("2단계 로그인이 이미 켜져 있습니다."))
        secret = _secret_of(row)
        if secret is None:
            secret = new_secret()
            row.totp_sealed = seal(secret, purpose="totp", place=f"operator:{operator_id}")
        login_id = row.login_id
    return secret, address_for_app(secret, account=f"{login_id} (operator)", company="BaroHelp")


def confirm_totp(operator_id: int, code: str, *, password: str, now: datetime) -> list[str]:
    """Let the second step count from now on; return the recovery codes, which are shown this one time.

    Raises Refused, TooManyAttempts, CodeRefused.
    """
    _confirm(_get(operator_id), password, now)
    codes: list[str] = []
    with writing():
        row = _get(operator_id)
        outcome = _take_code(row, code, now) if row.totp_confirmed_at is None else CodeRefused()
        if outcome is None:
            row.totp_confirmed_at = now
            codes = recovery.make_codes(operator_id)
            audit.record("operator.two_step_on", f"operator:{operator_id}", by=actor_of(row), at=now)
    if outcome is not None:
        raise outcome
    return codes


def renew_recovery_codes(operator_id: int, *, password: str, now: datetime) -> list[str]:
    """Ten new recovery codes, the old ones open nothing any more. Raises Refused, TooManyAttempts."""
    _confirm(_get(operator_id), password, now)
    with writing():
        row = _get(operator_id)
        if row.totp_confirmed_at is None:
            raise Refused(_l("2단계 로그인을 먼저 켜 주십시오."))
        codes = recovery.make_codes(operator_id)
        deed = "operator.recovery_codes_made"
        audit.record(deed, f"operator:{operator_id}", by=actor_of(row), at=now)
    return codes


def reset_totp(operator: Operator, *, by: Actor, now: datetime) -> None:
    """Take an operator's second step away, from the command line; their log-ins end."""
    operator_id = operator.id
    with writing():
        row = _get(operator_id)
        row.totp_sealed, row.totp_confirmed_at = None, None
        recovery.forget_codes(operator_id)
        _end(OperatorLogin.operator_id == operator_id, "rules", now)
        audit.record("operator.two_step_reset", f"operator:{operator_id}", by=by, at=now)


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


def _take_code(operator: Operator, code: str, now: datetime) -> AppError | None:
    return try_code(
        code,
        source=f"operator:{operator.id}",
        take=lambda typed: _take_totp(operator, typed, now),
        take_recovery=lambda typed: recovery.take_recovery_code(operator.id, typed, now),
        now=now,
    )


def _take_totp(operator: Operator, code: str, now: datetime) -> bool:
    secret = _secret_of(operator)
    step = matching_step(secret, code, now, after=operator.totp_last_step) if secret else None
    if step is None:
        return False
    won = db.session.execute(
        update(Operator)
        .where(Operator.id == operator.id, Operator.totp_last_step < step)
        .values(totp_last_step=step)
    )
    return bool(won.rowcount == 1)  # type: ignore[attr-defined]


def _confirm(operator: Operator, password: str, now: datetime) -> None:
    confirm_hash(operator.password_hash, password, f"operator:{operator.id}", now=now)


def _secret_of(row: Operator) -> str | None:
    return unseal(row.totp_sealed, purpose="totp", place=f"operator:{row.id}") if row.totp_sealed else None


def _get(operator_id: int) -> Operator:
    row = db.session.get(Operator, operator_id, populate_existing=True)
    if row is None:
        raise LogInNeeded
    return row


def _end(condition, reason: str, now: datetime) -> None:  # type: ignore[no-untyped-def]  # a column expression
    db.session.execute(
        update(OperatorLogin)
        .where(condition, OperatorLogin.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason)
    )
