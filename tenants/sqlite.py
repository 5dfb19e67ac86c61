"""What SQLite needs to be a server's database under gevent: WAL, full sync, real transactions, short waits.

Decides the pragmas and how a transaction begins; writing.py decides who may begin one that writes.
A greenlet that waits inside SQLite stops every other one (measured: 3 s stall, then "database is locked"),
so SQLite itself waits 50 ms at most and the patience is ours, in Python, where others run meanwhile.
Source: docs/decisions/0026-one-writer-on-sqlite.md.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from tenants.errors import DatabaseBusy

__all__ = ["BUSY_TIMEOUT_MS", "WRITE_WAIT_S", "is_write", "prepare"]

BUSY_TIMEOUT_MS: Final = 50
WRITE_WAIT_S: Final = 5.0
_RETRY_S: Final = 0.02

#: True while the transaction that begins is one of `writing()`.
is_write: ContextVar[bool] = ContextVar("is_write", default=False)


def prepare(engine: Engine, *, durable: bool = True) -> None:
    """Set up every connection of a SQLite engine; other engines are left alone.

    `durable=False` skips the wait for the disk at each commit; only tests may do that.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # We begin transactions; the driver's own BEGIN comes too late.
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if is_write.get():
            _begin_immediate(connection)
        else:
            connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    """Take the file's write lock, which another process (jobs, the command line) may hold for a moment."""
    deadline = time.monotonic() + WRITE_WAIT_S
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if "locked" not in str(error):
                raise
            if time.monotonic() > deadline:
                raise DatabaseBusy(f"The write lock was taken for {WRITE_WAIT_S} s.") from error
            time.sleep(_RETRY_S)
        else:
            return
