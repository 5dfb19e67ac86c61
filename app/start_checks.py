"""What a web worker looks at before its first request: is the database ours, and does its wall stand?

Refuses with one sentence that names the command. Commands (`flask …`) do not ask: they are how it is mended.
"""

from __future__ import annotations

from typing import Final

from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection, inspect

from config.settings import ROOT
from tenants.database import OPERATOR_ROLE, db

__all__ = ["init_app", "problem_with_database"]

_REVISION: Final = "SELECT version_num FROM alembic_version"
_ROLE: Final = (
    "SELECT me.rolsuper OR me.rolbypassrls "
    "OR EXISTS (SELECT FROM pg_tables WHERE tableowner = current_user), "
    "EXISTS (SELECT FROM pg_roles WHERE rolname = %s AND pg_has_role(oid, 'USAGE')) "
    "FROM pg_roles AS me WHERE me.rolname = current_user"
)


def init_app(app: Flask) -> None:
    """Offer the check to whoever starts a worker (config/gunicorn.py)."""

    def check() -> str | None:
        with app.app_context():
            problem = problem_with_database()
            db.engine.dispose()
        return problem

    app.extensions["check_start"] = check


def problem_with_database() -> str | None:
    """Why this database must not be used as it is, with the command that mends it, or None."""
    wanted = newest_revision()
    with db.engine.connect() as connection:
        found = _revision_of(connection)
        if found != wanted:
            return (
                f"the database is at revision {found or 'none'}, this version needs {wanted}. "
                "Run `flask --app wsgi db upgrade` (after a backup) and start again."
            )
        if connection.dialect.name == "postgresql":
            return _problem_with_role(connection)
    return None


def newest_revision() -> str | None:
    """The revision that this version of the product works with."""
    return ScriptDirectory(str(ROOT / "migrations")).get_current_head()


def _revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    value = connection.exec_driver_sql(_REVISION).scalar()
    return str(value) if value else None


def _problem_with_role(connection: Connection) -> str | None:
    is_above_the_wall, is_operator = connection.exec_driver_sql(_ROLE, (OPERATOR_ROLE,)).one()
    if is_above_the_wall:
        return (
            "the role of DATABASE_URL owns tables or may bypass row-level security. Use a role of its own "
            "for the web half and the owner's in MIGRATION_DATABASE_URL (docs/operating.md)."
        )
    if is_operator:
        return (
            f"the role of DATABASE_URL inherits {OPERATOR_ROLE}. "
            "Run ALTER ROLE … NOINHERIT (docs/operating.md)."
        )
    return None
