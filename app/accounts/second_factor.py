"""The second step: setting it up, taking a code, recovery codes, and resetting it for somebody who lost both.

The secret stands sealed in the database under a key outside it; recovery codes as keyed hashes. A code is
taken in one conditional update, so that of many who send the same one exactly one gets in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, func, select, update

from app.accounts.attempts import count_attempt, forgive_attempts, lock_attempts, too_many
from app.accounts.endings import end_log_ins_of
from app.accounts.errors import CodeRefused
from app.accounts.models import LoginSession, RecoveryCode, SecondFactor
from app.accounts.rules import TOTP_BY_AGENT
from app.accounts.totp import (
    address_for_app,
    is_recovery_code,
    matching_step,
    new_recovery_codes,
    new_secret,
    tidy_code,
)
from app.errors import AppError, NotFound
from app.sealing import keyed_hash, seal, unseal
from app.team.queries import get_agent
from tenants import audit
from tenants.audit import Actor
from tenants.database import current_tenant_id, db
from tenants.resolve import get_tenant
from tenants.writing import writing

__all__ = [
    "Enrolment",
    "begin_second_factor",
    "confirm_second_factor",
    "count_recovery_codes",
    "find_second_factor",
    "remove_second_factor",
    "renew_recovery_codes",
    "take_code",
    "try_code",
]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs to know: the secret, as text and inside an otpauth:// address."""

    secret: str = field(repr=False)
    address: str = field(repr=False)


def find_second_factor(agent_id: int) -> SecondFactor | None:
    """The agent's second step, if it is set up and confirmed."""
    row = db.session.get(SecondFactor, (current_tenant_id(), agent_id), populate_existing=True)
    return row if row is not None and row.confirmed_at is not None else None


def count_recovery_codes(agent_id: int) -> int:
    """How many of the agent's recovery codes are left."""
    statement = select(func.count()).where(RecoveryCode.agent_id == agent_id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(statement) or 0


def begin_second_factor(agent_id: int, *, is_new: bool = False) -> Enrolment:
    """The secret that waits to be confirmed, drawn when there is none (or a new one is wished).

    Raises NotFound where one is confirmed already: that one is removed first.
    """
    agent, company = get_agent(agent_id), get_tenant(current_tenant_id())
    with writing():
        row = db.session.get(SecondFactor, (company.id, agent_id), with_for_update=True)
        if row is not None and row.confirmed_at is not None:
            raise NotFound
        secret = _open(row) if row is not None and not is_new else None
        if secret is None:
            secret = new_secret()
            row = row or SecondFactor(agent_id=agent_id)
            row.sealed = seal(secret, purpose="totp", place=_place(company.id, agent_id))
            db.session.add(row)
    account = f"{agent.login_id}@{company.slug}"
    return Enrolment(secret, address_for_app(secret, account=account, company="BaroHelp"))


def confirm_second_factor(agent_id: int, code: str, *, by: Actor, now: datetime) -> list[str]:
    """Let the second step count from now on, once `code` shows that the app has the secret.

    Returns the recovery codes, which are shown this one time. Raises NotFound, CodeRefused, TooManyAttempts.
    """
    outcome: AppError | list[str] = CodeRefused()
    with writing():
        row = db.session.get(SecondFactor, (current_tenant_id(), agent_id), with_for_update=True)
        if row is None or row.confirmed_at is not None:
            raise NotFound
        secret, source = _open(row), f"agent:{agent_id}"
        wait_s = lock_attempts(TOTP_BY_AGENT, source, row.tenant_id, now=now)
        step = matching_step(secret, tidy_code(code), now, after=row.last_step) if secret else None
        if wait_s:
            outcome = too_many(wait_s)
        elif step is None:
            count_attempt(TOTP_BY_AGENT, source, row.tenant_id, now=now)
        else:
            forgive_attempts(TOTP_BY_AGENT, source, row.tenant_id)
            row.confirmed_at, row.last_step = now, step
            outcome = _new_codes(agent_id)
            db.session.execute(
                update(LoginSession)
                .where(LoginSession.agent_id == agent_id, LoginSession.duty == "two_step")
                .values(duty="")
            )
            audit.record("agent.two_step_on", f"agent:{agent_id}", by=by, at=now)
    if isinstance(outcome, AppError):
        raise outcome
    return outcome


def renew_recovery_codes(agent_id: int, *, by: Actor, now: datetime) -> list[str]:
    """Ten new recovery codes; the old ones open nothing any more. Raises NotFound without a second step."""
    with writing():
        if find_second_factor(agent_id) is None:
            raise NotFound
        codes = _new_codes(agent_id)
        audit.record("agent.recovery_codes_made", f"agent:{agent_id}", by=by, at=now)
    return codes


def remove_second_factor(agent_id: int, *, by: Actor, now: datetime, is_reset: bool = False) -> None:
    """Take the second step away: by its owner, or (`is_reset`) by an admin, which also ends the log-ins."""
    with writing():
        get_agent(agent_id)
        db.session.execute(delete(SecondFactor).where(SecondFactor.agent_id == agent_id))
        db.session.execute(delete(RecoveryCode).where(RecoveryCode.agent_id == agent_id))
        if is_reset:
            end_log_ins_of(agent_id, "rules", now=now)
        deed = "agent.two_step_reset" if is_reset else "agent.two_step_off"
        audit.record(deed, f"agent:{agent_id}", by=by, at=now)


def take_code(factor: SecondFactor, code: str, *, now: datetime) -> AppError | None:
    """Take a code of the app or a recovery code; inside the log-in's transaction. An error is returned.

    Returned, not raised, so that the count of wrong tries stays when the log-in is refused.
    """
    return try_code(
        code,
        source=f"agent:{factor.agent_id}",
        tenant_id=factor.tenant_id,
        take=lambda typed: _take(factor, typed, now),
        take_recovery=lambda typed: _take_recovery_code(factor, typed, now),
        now=now,
    )


def try_code(
    code: str,
    *,
    source: str,
    tenant_id: int = 0,
    take: Callable[[str], bool],
    take_recovery: Callable[[str], bool],
    now: datetime,
) -> AppError | None:
    """Let the app's code or a recovery code, tidied, be taken, and count the wrong ones of `source`."""
    wait_s = lock_attempts(TOTP_BY_AGENT, source, tenant_id, now=now)
    if wait_s:
        return too_many(wait_s)
    typed = tidy_code(code)
    if not (take_recovery(typed) if is_recovery_code(typed) else take(typed)):
        count_attempt(TOTP_BY_AGENT, source, tenant_id, now=now)
        return CodeRefused()
    forgive_attempts(TOTP_BY_AGENT, source, tenant_id)
    return None


def _take(factor: SecondFactor, code: str, now: datetime) -> bool:
    secret = _open(factor)
    step = matching_step(secret, code, now, after=factor.last_step) if secret else None
    if step is None:
        return False
    won = db.session.execute(
        update(SecondFactor)
        .where(SecondFactor.agent_id == factor.agent_id, SecondFactor.last_step < step)
        .values(last_step=step)
    )
    return bool(won.rowcount == 1)  # type: ignore[attr-defined]


def _take_recovery_code(factor: SecondFactor, code: str, now: datetime) -> bool:
    won = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.agent_id == factor.agent_id,
            RecoveryCode.hash == _hash(factor.tenant_id, factor.agent_id, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return bool(won.rowcount == 1)  # type: ignore[attr-defined]


def _new_codes(agent_id: int) -> list[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.agent_id == agent_id))
    codes = new_recovery_codes()
    for code in codes:
        db.session.add(
            RecoveryCode(agent_id=agent_id, hash=_hash(current_tenant_id(), agent_id, tidy_code(code)))
        )
    db.session.flush()
    return codes


def _open(row: SecondFactor) -> str | None:
    return unseal(row.sealed, purpose="totp", place=_place(row.tenant_id, row.agent_id))


def _hash(tenant_id: int, agent_id: int, code: str) -> str:
    return keyed_hash(code, purpose="recovery", place=_place(tenant_id, agent_id))


def _place(tenant_id: int, agent_id: int) -> str:
    return f"agent:{tenant_id}:{agent_id}"
