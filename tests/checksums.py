"""What stands in every table, as one short text each: two of them are equal exactly when nobody wrote.

Read in the operator's scope, past the wall, so that no row of anybody's is missed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import select

from tenants.database import db, operator_scope

__all__ = ["checksums", "company_checksums", "nothing_changes"]

#: Counters of tries and signs of use: they are meant to move when somebody is refused, or only looks.
MOVING = {"attempt": None, "login_session": {"seen_at"}, "api_key": {"last_used_at", "last_ip"}}


def checksums(app: Flask) -> dict[str, str]:
    """By table: a hash of all its rows, but for what is meant to move."""
    return _checksums(app, None)


def company_checksums(app: Flask, tenant_id: int) -> dict[str, str]:
    """The same of one company's rows, with its own line among the companies."""
    return _checksums(app, tenant_id)


def _checksums(app: Flask, tenant_id: int | None) -> dict[str, str]:
    found = {}
    with app.app_context(), operator_scope("a test's checksum"):
        connection = db.session.connection()
        for table in db.metadata.sorted_tables:
            skipped = MOVING.get(table.name, set())
            if skipped is None:
                continue
            columns = [column for column in table.columns if column.name not in skipped]
            statement = select(*columns)
            if tenant_id is not None:
                owner = table.columns.get("id" if table.name == "tenant" else "tenant_id")
                if owner is None:
                    continue
                statement = statement.where(owner == tenant_id)
            rows = sorted(repr(tuple(row)) for row in connection.execute(statement))
            found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


@contextmanager
def nothing_changes(app: Flask, *, but: frozenset[str] = frozenset(), what: object = "") -> Iterator[None]:
    """Fail when a table other than `but` is not afterwards what it was before."""
    before = checksums(app)
    yield
    after = checksums(app)
    changed = {name for name in before if before[name] != after[name]} - but
    assert not changed, f"{what} wrote to {sorted(changed)}"
