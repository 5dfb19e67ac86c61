"""The ten codes on paper that stand in for an operator's lost phone; each is good once.

They stand in the database as keyed hashes; the key is outside it. The caller counts wrong tries.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update

from app.accounts.totp import new_recovery_codes, tidy_code
from app.operator.models import OperatorRecoveryCode
from app.sealing import keyed_hash
from tenants.database import db

__all__ = ["count_codes", "forget_codes", "make_codes", "take_recovery_code"]


def make_codes(operator_id: int) -> list[str]:
    """Ten new codes, shown this one time; the old ones open nothing any more. Inside a deed."""
    forget_codes(operator_id)
    codes = new_recovery_codes()
    db.session.add_all(
        OperatorRecoveryCode(operator_id=operator_id, hash=_hash(operator_id, tidy_code(code)))
        for code in codes
    )
    db.session.flush()
    return codes


def forget_codes(operator_id: int) -> None:
    """Take all codes of an operator away. Inside a deed."""
    db.session.execute(delete(OperatorRecoveryCode).where(OperatorRecoveryCode.operator_id == operator_id))


def count_codes(operator_id: int) -> int:
    """How many are left."""
    statement = select(func.count()).where(
        OperatorRecoveryCode.operator_id == operator_id, OperatorRecoveryCode.used_at.is_(None)
    )
    return db.session.scalar(statement) or 0


def take_recovery_code(operator_id: int, tidied: str, now: datetime) -> bool:
    """Use a code up; of many who send the same one exactly one gets in. Inside a deed."""
    won = db.session.execute(
        update(OperatorRecoveryCode)
        .where(
            OperatorRecoveryCode.operator_id == operator_id,
            OperatorRecoveryCode.hash == _hash(operator_id, tidied),
            OperatorRecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return bool(won.rowcount == 1)  # type: ignore[attr-defined]


def _hash(operator_id: int, tidied: str) -> str:
    return keyed_hash(tidied, purpose="recovery", place=f"operator:{operator_id}")
