"""Issue types: what agents choose from when a support session ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.database import BIGINT, UtcDateTime
from tenants.row_security import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LISTED = sa.text("archived_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "issue_type",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("position IS NULL OR position BETWEEN 1 AND 31", name=op.f("ck_issue_type_position")),
        sa.CheckConstraint(
            "(archived_at IS NULL) = (position IS NOT NULL)", name=op.f("ck_issue_type_archived")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_issue_type_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_type")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_issue_type_tenant_id_id")),
    )
    op.create_index(
        "uq_issue_type_tenant_id_public_id", "issue_type", ["tenant_id", "public_id"], unique=True
    )
    op.create_index(
        "uq_issue_type_position",
        "issue_type",
        ["tenant_id", "position"],
        unique=True,
        sqlite_where=LISTED,
        postgresql_where=LISTED,
    )
    protect(op.get_bind(), owned=("issue_type",))


def downgrade() -> None:
    op.drop_table("issue_type")
