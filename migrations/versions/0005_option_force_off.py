"""What the operator switches off for a company or for all, above everything that a company sets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.database import BIGINT, UtcDateTime
from tenants.row_security import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ALL = sa.text("tenant_id IS NULL")
ONE = sa.text("tenant_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "option_force_off",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("tenant_id", BIGINT, nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_option_force_off_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_option_force_off")),
    )
    op.create_index(
        "uq_option_force_off_all", "option_force_off", ["key"], unique=True, sqlite_where=ALL, postgresql_where=ALL
    )
    op.create_index(
        "uq_option_force_off_tenant",
        "option_force_off",
        ["tenant_id", "key"],
        unique=True,
        sqlite_where=ONE,
        postgresql_where=ONE,
    )
    protect(op.get_bind(), shared=["option_force_off"])


def downgrade() -> None:
    op.drop_table("option_force_off")
