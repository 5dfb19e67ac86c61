"""Our staff as rows: made on the command line only, with their passwords and whether they may work."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from flask import has_request_context, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from app.accounts.confirm import confirm_hash
from app.errors import LogInNeeded
from app.operator import audit
from app.operator.errors import OperatorRejected
from app.operator.models import Operator, OperatorLogin
from app.passwords import hash_password
from app.remote import caller_address
from app.team.actions import check_password
from app.team.rules import login_key
from tenants.audit import Actor
from tenants.database import db
from tenants.writing import writing

__all__ = [
    "actor_of",
    "change_password",
    "confirm_own",
    "create_operator",
    "end_log_ins",
    "find_operator",
    "get_operator",
    "set_password",
    "set_state",
]

_LOGIN_ID: Final = re.compile(r"[A-Za-z0-9_.-]{3,32}")


def actor_of(operator: Operator) -> Actor:
    """The operator as the doer of the running request or command."""
    if not has_request_context():
        return Actor("operator", str(operator.id), operator.name)
    agent = request.headers.get("User-Agent", "")
    return Actor("operator", str(operator.id), operator.name, caller_address(), agent)


def find_operator(login_id: str) -> Operator | None:
    """The operator with this id, whatever its case, or None."""
    return db.session.scalar(select(Operator).where(Operator.login_key == login_key(login_id)))


def get_operator(operator_id: int) -> Operator:
    """The operator as they stand in the database now. Raises LogInNeeded where there is none."""
    row = db.session.get(Operator, operator_id, populate_existing=True)
    if row is None:
        raise LogInNeeded
    return row


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


def change_password(operator_id: int, *, current: str, password: str, keep: int, now: datetime) -> None:
    """Give oneself another password; other log-ins end. Raises Refused, TooManyAttempts, AgentRejected."""
    operator = get_operator(operator_id)
    confirm_own(operator, current, now)
    check_password(password, operator.login_id)
    password_hash = hash_password(password)
    with writing():
        row = get_operator(operator_id)
        row.password_hash, row.version = password_hash, row.version + 1
        end_log_ins((OperatorLogin.operator_id == operator_id) & (OperatorLogin.id != keep), "password", now)
        audit.record("operator.password_changed", f"operator:{operator_id}", by=actor_of(row), at=now)


def set_password(operator: Operator, password: str, *, by: Actor, now: datetime) -> None:
    """Set an operator's password from the command line; every log-in of theirs ends."""
    check_password(password, operator.login_id)
    operator_id, password_hash = operator.id, hash_password(password)
    with writing():
        row = get_operator(operator_id)
        row.password_hash, row.version = password_hash, row.version + 1
        end_log_ins(OperatorLogin.operator_id == operator_id, "password", now)
        audit.record("operator.password_set", f"operator:{operator_id}", by=by, at=now)


def set_state(operator: Operator, state: str, *, by: Actor, now: datetime) -> None:
    """Let an operator work, or stop them at once."""
    operator_id = operator.id
    with writing():
        row = get_operator(operator_id)
        row.state, row.version = state, row.version + 1
        if state == "disabled":
            end_log_ins(OperatorLogin.operator_id == operator_id, "disabled", now)
        audit.record("operator.state_set", f"operator:{operator_id}", {"to": state}, by=by, at=now)


def confirm_own(operator: Operator, password: str, now: datetime) -> None:
    """Return when it is this operator's password. Raises Refused, TooManyAttempts."""
    confirm_hash(operator.password_hash, password, f"operator:{operator.id}", now=now)


def end_log_ins(condition, reason: str, now: datetime) -> None:  # type: ignore[no-untyped-def]  # a column expression
    """End the log-ins that the condition names; inside a deed."""
    db.session.execute(
        update(OperatorLogin)
        .where(condition, OperatorLogin.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason)
    )
