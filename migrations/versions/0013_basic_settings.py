"""What a company sets for everybody: whether agents see addresses, what customers read when nobody waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.database import BIGINT
from tenants.row_security import protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "company_settings",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("shows_addresses", sa.Boolean(), nullable=False),
        sa.Column("hours", sa.String(), nullable=False),
        sa.Column("absence", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_company_settings_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_company_settings")),
    )
    op.create_index("ix_support_session_created", "support_session", ["tenant_id", "created_at", "id"])
    protect(op.get_bind(), owned=["company_settings"])


def downgrade() -> None:
    op.drop_index("ix_support_session_created", "support_session")
    op.drop_table("company_settings")
