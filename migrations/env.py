"""How a migration runs: one at a time, as the owner of the tables, with short waits for locks.

Two `flask db upgrade` at once (two nodes, a second `make run`) wait for each other: a file lock beside an
SQLite file, an advisory lock on PostgreSQL. On PostgreSQL it logs in by MIGRATION_DATABASE_URL, because the
web half's own role owns nothing (docs/decisions/0025-the-wall.md).
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import context
from flask import current_app

from config.settings import Settings
from tenants.database import UtcDateTime, db

settings: Settings = current_app.extensions["settings"]
ADVISORY_LOCK = 0x6261726F


def render_type(kind: str, item: object, _autogen: object) -> str | bool:
    """Write our own types in migrations by their names."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "database.UtcDateTime()"
    return False


def run() -> None:
    engine = sa.create_engine(settings.migration_database_url, poolclass=sa.pool.NullPool)
    with _one_at_a_time(), engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({ADVISORY_LOCK})")
            connection.exec_driver_sql("SET lock_timeout = '4s'")
            connection.exec_driver_sql("SET statement_timeout = '60s'")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=render_type,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if not settings.is_sqlite:
        yield
        return
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    database.parent.mkdir(parents=True, exist_ok=True)
    with database.with_suffix(".migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


run()
