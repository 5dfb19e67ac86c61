"""Inquiries of companies to the operator, their messages, and how many of each company's wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.database import BIGINT, UtcDateTime
from tenants.row_security import protect

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

UNREAD = sa.text("last_answer > asker_read")


def upgrade() -> None:
    op.create_table(
        "inquiry",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("agent_id", BIGINT, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("last_answer", sa.Integer(), nullable=False),
        sa.Column("asker_read", sa.Integer(), nullable=False),
        sa.Column("operator_read", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(subject) BETWEEN 1 AND 100", name=op.f("ck_inquiry_subject")),
        sa.CheckConstraint("state IN ('open', 'answered', 'closed')", name=op.f("ck_inquiry_state")),
        sa.CheckConstraint(
            "last_answer BETWEEN 0 AND messages AND asker_read <= messages AND operator_read <= messages",
            name=op.f("ck_inquiry_read"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "agent_id"],
            ["agent.tenant_id", "agent.id"],
            name=op.f("fk_inquiry_tenant_id_agent_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_inquiry_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_inquiry_tenant_id_id")),
    )
    op.create_index("uq_inquiry_tenant_id_public_id", "inquiry", ["tenant_id", "public_id"], unique=True)
    op.create_index("ix_inquiry_last_at", "inquiry", ["tenant_id", "last_at"])
    op.create_index("ix_inquiry_state", "inquiry", ["state", "last_at"])
    op.create_index(
        "ix_inquiry_unread",
        "inquiry",
        ["tenant_id", "agent_id"],
        sqlite_where=UNREAD,
        postgresql_where=UNREAD,
    )
    op.create_table(
        "inquiry_message",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("inquiry_id", BIGINT, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("agent_id", BIGINT, nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("side IN ('tenant', 'operator')", name=op.f("ck_inquiry_message_side")),
        sa.CheckConstraint(
            "(side = 'tenant') = (agent_id IS NOT NULL)", name=op.f("ck_inquiry_message_author")
        ),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 5000", name=op.f("ck_inquiry_message_text")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "agent_id"],
            ["agent.tenant_id", "agent.id"],
            name=op.f("fk_inquiry_message_tenant_id_agent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "inquiry_id"],
            ["inquiry.tenant_id", "inquiry.id"],
            name=op.f("fk_inquiry_message_tenant_id_inquiry_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_inquiry_message_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inquiry_message")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_inquiry_message_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id", "inquiry_id", "n", name=op.f("uq_inquiry_message_tenant_id_inquiry_id_n")
        ),
    )
    op.create_index(
        "uq_inquiry_message_tenant_id_public_id", "inquiry_message", ["tenant_id", "public_id"], unique=True
    )
    op.create_index("ix_inquiry_message_at", "inquiry_message", ["tenant_id", "at"])
    op.create_table(
        "inquiry_tray",
        sa.Column("tenant_id", BIGINT, autoincrement=False, nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_inquiry_tray_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_inquiry_tray")),
    )
    protect(op.get_bind(), owned=["inquiry", "inquiry_message"], shared=["inquiry_tray"])


def downgrade() -> None:
    op.drop_table("inquiry_tray")
    op.drop_table("inquiry_message")
    op.drop_table("inquiry")
