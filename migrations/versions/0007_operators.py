"""Our own staff: their log-ins, their chained log, and notices to companies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.database import BIGINT, UtcDateTime
from tenants.row_security import protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "operator",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("login_id", sa.String(), nullable=False),
        sa.Column("login_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("totp_last_step", BIGINT, nullable=False),
        sa.Column("last_access_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'disabled')", name=op.f("ck_operator_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
        sa.UniqueConstraint("login_key", name=op.f("uq_operator_login_key")),
    )
    op.create_table(
        "operator_login",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("operator_id", BIGINT, nullable=False),
        sa.Column("handle_hash", sa.String(), nullable=False),
        sa.Column("csrf_secret", sa.String(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("ip", sa.String(), nullable=False),
        sa.Column("user_agent", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_operator_login_ended")),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_operator_login_operator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_login")),
    )
    op.create_index("ix_operator_login_operator_id", "operator_login", ["operator_id"], unique=False)
    op.create_index("uq_operator_login_handle_hash", "operator_login", ["handle_hash"], unique=True)
    op.create_table(
        "operator_audit",
        sa.Column("n", BIGINT, autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("operator_id", sa.String(), nullable=False),
        sa.Column("operator_name", sa.String(), nullable=False),
        sa.Column("ip", sa.String(), nullable=False),
        sa.Column("user_agent", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("data", sa.String(), nullable=False),
        sa.Column("prev_mac", sa.String(), nullable=False),
        sa.Column("mac", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_operator_audit")),
    )
    op.create_table(
        "operator_audit_head",
        sa.Column("id", BIGINT, autoincrement=False, nullable=False),
        sa.Column("n", BIGINT, nullable=False),
        sa.Column("mac", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_operator_audit_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_audit_head")),
    )
    op.create_table(
        "notice",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("tenant_id", BIGINT, nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text_ko", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('info', 'warning')", name=op.f("ck_notice_kind")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_notice_term")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_notice_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_ends_at", "notice", ["ends_at"], unique=False)
    op.create_index("uq_notice_public_id", "notice", ["public_id"], unique=True)
    protect(
        op.get_bind(),
        shared=["operator", "operator_login", "operator_audit", "operator_audit_head", "notice"],
        append_only=["operator_audit"],
    )


def downgrade() -> None:
    op.drop_table("notice")
    op.drop_table("operator_audit_head")
    op.drop_table("operator_audit")
    op.drop_table("operator_login")
    op.drop_table("operator")
