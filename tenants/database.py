"""The one database session, and the wall that every statement through it passes.

Decides how rows are scoped (a filter on each statement), stamped (tenant_id on insert) and keyed (composite).
Three guards, each with its own tests: the scope must be chosen, the filter is added to every ORM statement,
and composite keys keep a row from pointing across. On PostgreSQL row-level security repeats the filter.
When a transaction may write is decided in writing.py; what SQLite needs, in sqlite.py.
Source: docs/decisions/0025-the-wall.md.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import has_app_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    TypeDecorator,
    UniqueConstraint,
    bindparam,
    event,
    func,
    select,
    text,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Mapper,
    ORMExecuteState,
    mapped_column,
    registry,
    with_loader_criteria,
)
from sqlalchemy.orm import Session as OrmSession

from tenants import scope
from tenants.errors import CrossTenantError, NoTenantError, WallError
from tenants.scope import current_scope, current_tenant_id, no_scope, operator_scope, tenant_scope
from tenants.sqlite import is_write

__all__ = [
    "BIGINT",
    "Model",
    "NoTenantError",
    "TenantOwned",
    "TenantStamped",
    "UtcDateTime",
    "current_scope",
    "current_tenant_id",
    "db",
    "no_scope",
    "now_utc",
    "operator_scope",
    "public_id",
    "tenant_fk",
    "tenant_scope",
]

#: The role that operator_scope takes on PostgreSQL; made by the first migration.
OPERATOR_ROLE = "barohelp_operator"
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

#: 64-bit ids; SQLite counts up only in a column called INTEGER.
BIGINT = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC, on both databases; a naive time is refused rather than guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC on the way in; SQLite keeps no zone, so it gets the bare UTC time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; times are aware and in UTC")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware UTC on the way out."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _Base(DeclarativeBase):
    registry = registry(
        metadata=MetaData(naming_convention=NAMING), type_annotation_map={datetime: UtcDateTime()}
    )


db = SQLAlchemy(model_class=_Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:

    class Model(_Base):
        """Base of every table; the table's name is the class's name in snake_case."""

        __abstract__ = True
else:
    Model = db.Model


def now_utc() -> datetime:
    """The wall time, aware, in UTC. Actions take `now` and tests hand them another one."""
    return datetime.now(UTC)


def public_id() -> str:
    """A new public id: 26 characters of lower-case Crockford base32 with 128 random bits (decision D5)."""
    number = secrets.randbits(128)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def _stamp() -> int:
    return current_tenant_id()


class TenantStamped:
    """A table whose rows belong to one tenant each and that brings its own primary key."""

    tenant_id: Mapped[int] = mapped_column(
        BIGINT, ForeignKey("tenant.id"), nullable=False, default=_stamp, sort_order=-2
    )


class TenantOwned(TenantStamped):
    """The usual tenant's table: `id`, and UNIQUE(tenant_id, id) for the composite keys that point here."""

    id: Mapped[int] = mapped_column(BIGINT, primary_key=True, sort_order=-1)


@event.listens_for(TenantOwned, "instrument_class", propagate=True)
def _add_composite_key(mapper: Mapper[Any], _class: type) -> None:
    table = mapper.local_table
    table.append_constraint(UniqueConstraint(table.c.tenant_id, table.c.id))  # type: ignore[attr-defined]


def tenant_fk(column: str, table: str, target: str = "id", **options: Any) -> ForeignKeyConstraint:
    """A foreign key that cannot cross the wall: (tenant_id, column) → table(tenant_id, target)."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.{target}"], **options)


# Guard 2: the filter.

# Asked for its value each time a statement runs, never when it is built: compiled statements are shared.
_OPEN_TENANT = bindparam("open_tenant_id", callable_=current_tenant_id, type_=BIGINT)
_FILTER = with_loader_criteria(TenantStamped, lambda cls: cls.tenant_id == _OPEN_TENANT, include_aliases=True)


@event.listens_for(OrmSession, "do_orm_execute")
def _keep_inside(state: ORMExecuteState) -> None:
    """Filter every ORM statement by the open scope; without one, touching a tenant's table raises.

    The value is asked for when the statement runs, by the bound parameter itself, so that a statement
    that touches no tenant's table needs no scope and one that does cannot run without it.
    """
    if state.is_insert or state.is_update:
        _refuse_foreign_values(state)
    open_scope = current_scope()
    if open_scope is not None and open_scope.tenant_id is None:
        return
    if state.is_select or state.is_update or state.is_delete:
        state.statement = state.statement.options(_FILTER)


def _refuse_foreign_values(state: ORMExecuteState) -> None:
    """A bulk INSERT or UPDATE may not name tenant_id at all; the stamp is the only writer of that column."""
    mapper = state.bind_mapper
    if mapper is None or not issubclass(mapper.class_, TenantStamped):
        return
    given = getattr(state.statement, "_values", None) or {}
    names = {getattr(column, "key", column) for column in given}
    for many in getattr(state.statement, "_multi_values", ()):
        names |= {getattr(column, "key", column) for row in many for column in row}
    rows = state.parameters if isinstance(state.parameters, list) else [state.parameters or {}]
    names |= {name for row in rows for name in row}
    scope_now = current_scope()
    is_operator = scope_now is not None and scope_now.tenant_id is None
    if "tenant_id" in names and not is_operator:
        raise CrossTenantError("tenant_id is written by the wall alone; leave it out of bulk statements.")


@event.listens_for(OrmSession, "before_flush")
def _stamp_and_check(session: OrmSession, _context: object, _instances: object) -> None:
    """Stamp new rows, and refuse rows of another tenant that found their way into this session."""
    open_scope = current_scope()
    for row in [*session.new, *session.dirty, *session.deleted]:
        if not isinstance(row, TenantStamped):
            continue
        if open_scope is None:
            raise NoTenantError(f"A {type(row).__name__} was written without a tenant's scope.")
        if row.tenant_id is None:
            row.tenant_id = current_tenant_id()
        elif open_scope.tenant_id is not None and row.tenant_id != open_scope.tenant_id:
            raise CrossTenantError(
                f"A {type(row).__name__} of tenant {row.tenant_id} "
                f"was written in the scope of {open_scope.tenant_id}."
            )


# The second lock, on PostgreSQL only: row-level security reads these (decision D21).


@event.listens_for(OrmSession, "after_begin")
def _tell_postgresql(_session: OrmSession, _transaction: object, connection: Any) -> None:
    open_scope = current_scope()
    if connection.dialect.name != "postgresql" or open_scope is None:
        return
    if open_scope.tenant_id is None:
        connection.execute(text(f"SET LOCAL ROLE {OPERATOR_ROLE}"))
    else:
        connection.execute(select(func.set_config("app.tenant_id", str(open_scope.tenant_id), True)))


def _leave_session() -> None:
    """End the transaction and forget the rows of the scope that is being left or entered.

    Rows that stay in the identity map would be found again by key without asking the database, and a
    transaction that began in another scope would carry that scope's PostgreSQL setting.
    """
    if is_write.get():
        raise WallError("The scope changed inside writing(): open the scope first, then the action.")
    if not has_app_context() or not db.session.registry.has():
        return
    session = db.session()
    if session.new or session.dirty or session.deleted:
        session.close()
        raise WallError("The scope changed while rows were waiting to be written.")
    session.close()


scope.on_change.append(_leave_session)
