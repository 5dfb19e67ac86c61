"""What is looked for in all tenants at once has an index by its time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_access_code_due", "access_code", "expires_at", "used_at IS NULL AND revoked_at IS NULL"),
    ("ix_arrival_due", "arrival", "expires_at", "ended_at IS NULL"),
    ("ix_support_session_due", "support_session", "resume_until", "resume_until IS NOT NULL"),
    ("ix_signal_stream_held", "signal_stream", "seen_at", "socket_id IS NOT NULL"),
    ("ix_signal_stream_news", "signal_stream", "changed_at", None),
    ("ix_login_session_ended", "login_session", "ended_at", "ended_at IS NOT NULL"),
    ("ix_login_session_expires", "login_session", "expires_at", "ended_at IS NULL"),
)


def upgrade() -> None:
    for name, table, column, live in INDEXES:
        where = None if live is None else sa.text(live)
        op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, table, _column, _live in reversed(INDEXES):
        op.drop_index(name, table)
