"""How far each relay's clock is ahead of the web half's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("relay") as table:
        table.add_column(sa.Column("ahead_ms", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("relay") as table:
        table.drop_column("ahead_ms")
