"""What the database itself enforces beside constraints: row-level security, append-only tables, grants.

Called by the migrations for the tables they make, and by tests for all of them; idempotent. On PostgreSQL
every tenant's table gets a policy that compares tenant_id with the transaction's `app.tenant_id` (unset: no
rows), also for the table's owner; the operator's role sees all. On SQLite only append-only is enforced.
A table is append-only when its model says so: `info={"append_only": True}`; one with a tenant_id that all
may read says `info={"shared": True}`. Source: decision note 0025.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import current_app
from sqlalchemy import Connection, MetaData, make_url

from tenants.database import OPERATOR_ROLE

__all__ = ["protect", "protect_all"]

_MINE = "tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::bigint"


def protect_all(connection: Connection, metadata: MetaData) -> None:
    """Protect every table of the models."""
    owned = [
        table.name
        for table in metadata.sorted_tables
        if "tenant_id" in table.c and table.name != "attempt" and not table.info.get("shared")
    ]
    shared = [table.name for table in metadata.sorted_tables if table.name not in owned]
    append_only = [table.name for table in metadata.sorted_tables if table.info.get("append_only")]
    protect(connection, owned=owned, shared=shared, append_only=append_only)


def protect(
    connection: Connection,
    *,
    owned: Iterable[str] = (),
    shared: Iterable[str] = (),
    append_only: Iterable[str] = (),
) -> None:
    """Protect tables just made: `owned` by tenants, `shared` by all, `append_only` among either."""
    owned, shared, append_only = list(owned), list(shared), frozenset(append_only)
    if connection.dialect.name == "sqlite":
        for table in append_only:
            _refuse_changes_on_sqlite(connection, table)
        return
    _make_operator_role(connection)
    for table in owned:
        _fence(connection, table)
    for table in [*owned, *shared]:
        _grant(connection, table, can_change=table not in append_only)
    _let_web_read_revision(connection)


def _refuse_changes_on_sqlite(connection: Connection, table: str) -> None:
    for deed in ("UPDATE", "DELETE"):
        connection.exec_driver_sql(
            f"CREATE TRIGGER IF NOT EXISTS append_only_{table}_{deed.lower()} BEFORE {deed} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def _make_operator_role(connection: Connection) -> None:
    """The role without log-in that operator_scope takes; the web half's role may take it, but is not it.

    NOINHERIT matters: a member that inherits falls under the operator's policies all the time.
    """
    connection.exec_driver_sql(
        "DO $$ BEGIN "
        f"IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OPERATOR_ROLE}') THEN "
        f"CREATE ROLE {OPERATOR_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS; END IF; "
        # Roles belong to the whole server: another database's migration may make it at this very moment.
        "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    app_role = _app_role(connection)
    if app_role:
        connection.exec_driver_sql(
            "DO $$ BEGIN "
            f"IF NOT pg_has_role('{app_role}', '{OPERATOR_ROLE}', 'MEMBER') "
            f"OR pg_has_role('{app_role}', '{OPERATOR_ROLE}', 'USAGE') THEN "
            f'ALTER ROLE "{app_role}" NOINHERIT; '
            f'GRANT {OPERATOR_ROLE} TO "{app_role}"; END IF; END $$'
        )


def _fence(connection: Connection, table: str) -> None:
    for statement in (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS own_tenant ON {table}",
        f"CREATE POLICY own_tenant ON {table} USING ({_MINE}) WITH CHECK ({_MINE})",
        f"DROP POLICY IF EXISTS operator ON {table}",
        f"CREATE POLICY operator ON {table} TO {OPERATOR_ROLE} USING (true) WITH CHECK (true)",
    ):
        connection.exec_driver_sql(statement)


def _grant(connection: Connection, table: str, *, can_change: bool) -> None:
    deeds = "SELECT, INSERT, UPDATE, DELETE" if can_change else "SELECT, INSERT"
    app_role = _app_role(connection)
    for role in filter(None, (app_role, OPERATOR_ROLE)):
        connection.exec_driver_sql(f'GRANT {deeds} ON {table} TO "{role}"')
        connection.exec_driver_sql(
            f"DO $$ BEGIN IF to_regclass('{table}_id_seq') IS NOT NULL THEN "
            f'GRANT USAGE ON SEQUENCE {table}_id_seq TO "{role}"; END IF; END $$'
        )


def _let_web_read_revision(connection: Connection) -> None:
    """A worker compares the database's revision with its own before it serves."""
    role = _app_role(connection)
    if role and connection.exec_driver_sql("SELECT to_regclass('alembic_version')").scalar():
        connection.exec_driver_sql(f'GRANT SELECT ON alembic_version TO "{role}"')


def _app_role(connection: Connection) -> str | None:
    """The role the web half logs in with, from DATABASE_URL; None when that is the tables' owner itself.

    The owner keeps what it has: a worker that logs in as the owner refuses to start (app/start_checks.py).
    """
    name = make_url(current_app.extensions["settings"].database_url).username
    owner = connection.exec_driver_sql("SELECT current_user").scalar()
    return name if name != owner else None
