"""How often each file of the download centre was fetched, for each company."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.database import BIGINT
from tenants.row_security import protect

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "download_count",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_download_count_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "name", name=op.f("pk_download_count")),
    )
    protect(op.get_bind(), owned=["download_count"])


def downgrade() -> None:
    op.drop_table("download_count")
