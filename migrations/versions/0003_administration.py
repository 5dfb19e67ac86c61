"""What the administration's pages need: addresses of departments, how to reach an agent, who is logged in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.database import public_id

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    # Plain ADD COLUMN: a table that others point to is not made anew on SQLite.
    op.add_column("department", sa.Column("public_id", sa.String(), nullable=False, server_default=""))
    _name_departments(op.get_bind())
    op.create_index(
        "uq_department_tenant_id_public_id", "department", ["tenant_id", "public_id"], unique=True
    )
    for name in ("phone", "email"):
        op.add_column("agent", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.create_index(
        "ix_login_session_open",
        "login_session",
        ["tenant_id", "agent_id"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _name_departments(connection: sa.Connection) -> None:
    """Give every department its public id; row-level security holds the owner back, so it steps aside."""
    is_postgres = connection.dialect.name == "postgresql"
    if is_postgres:
        op.execute("ALTER TABLE department NO FORCE ROW LEVEL SECURITY")
    for (department_id,) in connection.execute(sa.text("SELECT id FROM department")).all():
        connection.execute(
            sa.text("UPDATE department SET public_id = :public_id WHERE id = :id"),
            {"public_id": public_id(), "id": department_id},
        )
    if is_postgres:
        op.execute("ALTER TABLE department FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    op.drop_index(
        "ix_login_session_open", table_name="login_session", sqlite_where=OPEN, postgresql_where=OPEN
    )
    for name in ("email", "phone"):
        op.drop_column("agent", name)
    op.drop_index("uq_department_tenant_id_public_id", table_name="department")
    op.drop_column("department", "public_id")
