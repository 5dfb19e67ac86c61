"""One action, one transaction, one commit: the only place from which rows are written.

    with writing() as session:
        ...                      # commits at the end, or rolls everything back when an error leaves it

Decides who may write and when; what is written is the action's business. On SQLite a process-wide lock
keeps writers in a queue that yields to other greenlets (decision D17): so do nothing slow inside, no
password hash, no network. An action called inside another one joins its transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.orm import Session as OrmSession

from tenants.database import db
from tenants.errors import DatabaseBusy, WriteOutsideAction
from tenants.sqlite import is_write

__all__ = ["after_commit", "is_writing", "writing"]

LOCK_WAIT_S: Final = 10.0

# gevent's patch, which every server process applies first, makes this a lock that greenlets wait for.
_lock = threading.Lock()
_waiting_calls: ContextVar[list[Callable[[], object]] | None] = ContextVar("after_commit", default=None)


def is_writing() -> bool:
    """Whether the running code is inside `writing()`."""
    return _waiting_calls.get() is not None


def after_commit(call: Callable[[], object]) -> None:
    """Run `call` once the action's rows are stored, with the lock free again; forgotten on a rollback."""
    calls = _waiting_calls.get()
    if calls is None:
        raise WriteOutsideAction("after_commit() was called outside writing().")
    calls.append(call)


@contextmanager
def writing() -> Iterator[OrmSession]:
    """Open the action's transaction; commit at the end. Raises DatabaseBusy when the lock is not to be had.

    What was read before is expired first: inside, every row is the row as it is now.
    """
    session = db.session()
    if is_writing():
        yield session
        return
    calls: list[Callable[[], object]] = []
    with _write_lock(session):
        calls_token, write_token = _waiting_calls.set(calls), is_write.set(True)
        try:
            session.rollback()
            session.connection()
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            is_write.reset(write_token)
            _waiting_calls.reset(calls_token)
    for call in calls:
        call()


@contextmanager
def _write_lock(session: OrmSession) -> Iterator[None]:
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    if not _lock.acquire(timeout=LOCK_WAIT_S):
        raise DatabaseBusy(f"Other actions held the write lock for {LOCK_WAIT_S} s.")
    try:
        yield
    finally:
        _lock.release()


@event.listens_for(OrmSession, "before_flush")
def _refuse_stray_flush(_session: OrmSession, _context: object, _instances: object) -> None:
    if not is_writing():
        raise WriteOutsideAction("Rows are written inside `with writing():` only.")


@event.listens_for(OrmSession, "do_orm_execute")
def _refuse_stray_statement(state: ORMExecuteState) -> None:
    if (state.is_insert or state.is_update or state.is_delete) and not is_writing():
        raise WriteOutsideAction("Rows are written inside `with writing():` only.")
