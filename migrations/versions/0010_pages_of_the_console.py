"""A browser's pages have signal streams of their own: one log-in, several streams."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OF_A_LOGIN = sa.text("login_session_id IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("signal_stream", schema=None) as batch_op:
        batch_op.add_column(sa.Column("page", sa.String(length=26), nullable=False, server_default=""))
    _index(["tenant_id", "login_session_id", "page"])


def downgrade() -> None:
    for table in ("signal_message", "signal_ticket", "command_seen"):
        op.execute(
            f"DELETE FROM {table} WHERE stream_id IN (SELECT id FROM signal_stream WHERE page <> '')"  # noqa: S608
        )
    op.execute(
        "UPDATE participant SET agent_stream_id = NULL"
        " WHERE agent_stream_id IN (SELECT id FROM signal_stream WHERE page <> '')"
    )
    op.execute("DELETE FROM signal_stream WHERE page <> ''")
    _index(["tenant_id", "login_session_id"])
    with op.batch_alter_table("signal_stream", schema=None) as batch_op:
        batch_op.drop_column("page")


def _index(columns: list[str]) -> None:
    op.drop_index("uq_signal_stream_login", "signal_stream")
    op.create_index(
        "uq_signal_stream_login",
        "signal_stream",
        columns,
        unique=True,
        sqlite_where=OF_A_LOGIN,
        postgresql_where=OF_A_LOGIN,
    )
