"""A company's hours of the week and its holidays, as app/team/opening/rules.py writes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("week", "holidays"):
        op.add_column("company_settings", sa.Column(name, sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in ("holidays", "week"):
        op.drop_column("company_settings", name)
