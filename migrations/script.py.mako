"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants import database
from tenants.row_security import protect
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
    protect(op.get_bind(), owned=(), shared=(), append_only=())


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
