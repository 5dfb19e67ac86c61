"""Recovery codes of our own staff, who lost the phone of the second step."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.database import BIGINT, UtcDateTime
from tenants.row_security import protect

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "operator_recovery_code",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("operator_id", BIGINT, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operator.id"], name=op.f("fk_operator_recovery_code_operator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_recovery_code")),
        sa.UniqueConstraint("operator_id", "hash", name=op.f("uq_operator_recovery_code_operator_id_hash")),
    )
    protect(op.get_bind(), shared=["operator_recovery_code"])


def downgrade() -> None:
    op.drop_table("operator_recovery_code")
