"""The second step of operators: the app's codes, and the codes on paper that stand in for it."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from app.accounts.errors import CodeRefused
from app.accounts.second_factor import try_code
from app.accounts.totp import address_for_app, matching_step, new_secret
from app.errors import AppError, Refused
from app.operator import audit, recovery
from app.operator.models import Operator, OperatorLogin
from app.operator.staff import actor_of, confirm_own, end_log_ins, get_operator
from app.sealing import seal, unseal
from tenants.audit import Actor
from tenants.database import db
from tenants.writing import writing

__all__ = ["begin_totp", "confirm_totp", "renew_recovery_codes", "reset_totp", "take_code"]


def begin_totp(operator_id: int) -> tuple[str, str]:
    """The secret that waits to be confirmed, and its otpauth:// address. Raises Refused when one counts."""
    with writing():
        row = get_operator(operator_id)
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
    confirm_own(get_operator(operator_id), password, now)
    codes: list[str] = []
    with writing():
        row = get_operator(operator_id)
        outcome = take_code(row, code, now) if row.totp_confirmed_at is None else CodeRefused()
        if outcome is None:
            row.totp_confirmed_at = now
            codes = recovery.make_codes(operator_id)
            audit.record("operator.two_step_on", f"operator:{operator_id}", by=actor_of(row), at=now)
    if outcome is not None:
        raise outcome
    return codes


def renew_recovery_codes(operator_id: int, *, password: str, now: datetime) -> list[str]:
    """Ten new recovery codes, the old ones open nothing any more. Raises Refused, TooManyAttempts."""
    confirm_own(get_operator(operator_id), password, now)
    with writing():
        row = get_operator(operator_id)
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
        row = get_operator(operator_id)
        row.totp_sealed, row.totp_confirmed_at = None, None
        recovery.forget_codes(operator_id)
        end_log_ins(OperatorLogin.operator_id == operator_id, "rules", now)
        audit.record("operator.two_step_reset", f"operator:{operator_id}", by=by, at=now)


def take_code(operator: Operator, code: str, now: datetime) -> AppError | None:
    """Take a code of the app or one on paper; inside the log-in's transaction. An error is returned."""
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


def _secret_of(row: Operator) -> str | None:
    return unseal(row.totp_sealed, purpose="totp", place=f"operator:{row.id}") if row.totp_sealed else None
