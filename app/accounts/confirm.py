"""Asking again for the password of somebody who is logged in, before a deed that cannot be undone.

Wrong answers are counted like wrong log-ins, so that a borrowed browser is no place to guess.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from flask_babel import lazy_gettext as _l

from app.accounts.attempts import count_attempt, lock_attempts, too_many
from app.accounts.rules import Limit
from app.errors import Refused
from app.passwords import is_right_password
from app.team.queries import get_agent
from tenants.database import current_tenant_id, now_utc
from tenants.writing import writing

__all__ = ["confirm_hash", "confirm_password"]

_CONFIRM: Final = Limit("confirm", 5, 600, block_s=30)


def confirm_password(agent_id: int, password: str, *, now: datetime | None = None) -> None:
    """Return when it is this agent's password. Raises Refused, TooManyAttempts."""
    source, password_hash = f"agent:{agent_id}", get_agent(agent_id).password_hash
    confirm_hash(password_hash, password, source, current_tenant_id(), now=now or now_utc())


def confirm_hash(
    password_hash: str, password: str, source: str, tenant_id: int = 0, *, now: datetime
) -> None:
    """Return when it is the password of `source`. Raises Refused, TooManyAttempts."""
    is_right = is_right_password(password_hash, password[:128])
    with writing():
        wait_s = lock_attempts(_CONFIRM, source, tenant_id, now=now)
        if not wait_s and not is_right:
            count_attempt(_CONFIRM, source, tenant_id, now=now)
    if wait_s:
        raise too_many(wait_s)
    if not is_right:
        raise Refused(_l("비밀번호가 맞지 않습니다. 지금 로그인한 분의 비밀번호를 적어 주십시오."))
