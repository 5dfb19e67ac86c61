"""How people log in: limits, allowed addresses, the second step, mailed resets, letters that wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.database import BIGINT, UtcDateTime
from tenants.row_security import protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('waiting', 'sending')")


def upgrade() -> None:
    op.create_table(
        "log_in_rules",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("failed_limit", sa.Integer(), nullable=False),
        sa.Column("block_s", sa.Integer(), nullable=False),
        sa.Column("idle_s", sa.Integer(), nullable=False),
        sa.Column("two_step", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("two_step IN ('none', 'admins', 'all')", name=op.f("ck_log_in_rules_two_step")),
        sa.CheckConstraint(
            "failed_limit > 0 AND block_s > 0 AND idle_s > 0", name=op.f("ck_log_in_rules_positive")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_log_in_rules_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_log_in_rules")),
    )
    op.create_table(
        "allowed_ip",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("cidr", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("audience IN ('admin', 'agent')", name=op.f("ck_allowed_ip_audience")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_allowed_ip_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allowed_ip")),
        sa.UniqueConstraint(
            "tenant_id", "audience", "cidr", name=op.f("uq_allowed_ip_tenant_id_audience_cidr")
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_allowed_ip_tenant_id_id")),
    )
    op.create_table(
        "second_factor",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("agent_id", BIGINT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("last_step", BIGINT, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "agent_id"],
            ["agent.tenant_id", "agent.id"],
            name=op.f("fk_second_factor_tenant_id_agent_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_second_factor_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "agent_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("agent_id", BIGINT, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "agent_id"],
            ["agent.tenant_id", "agent.id"],
            name=op.f("fk_recovery_code_tenant_id_agent_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_recovery_code_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint(
            "tenant_id", "agent_id", "hash", name=op.f("uq_recovery_code_tenant_id_agent_id_hash")
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_recovery_code_tenant_id_id")),
    )
    op.create_table(
        "log_in_step",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("agent_id", BIGINT, nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "agent_id"],
            ["agent.tenant_id", "agent.id"],
            name=op.f("fk_log_in_step_tenant_id_agent_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_log_in_step_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_in_step")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_log_in_step_tenant_id_id")),
    )
    op.create_index("uq_log_in_step_token_hash", "log_in_step", ["token_hash"], unique=True)
    op.create_table(
        "password_reset",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("agent_id", BIGINT, nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "agent_id"],
            ["agent.tenant_id", "agent.id"],
            name=op.f("fk_password_reset_tenant_id_agent_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_password_reset_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_password_reset_tenant_id_id")),
    )
    op.create_index("uq_password_reset_token_hash", "password_reset", ["token_hash"], unique=True)
    op.create_table(
        "company_details",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("contact_mobile", sa.String(), nullable=False),
        sa.Column("representative", sa.String(), nullable=False),
        sa.Column("business_number", sa.String(), nullable=False),
        sa.Column("business_type", sa.String(), nullable=False),
        sa.Column("business_item", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_more", sa.String(), nullable=False),
        sa.Column("fax", sa.String(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_company_details_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_company_details")),
    )
    op.create_table(
        "outbox_mail",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("public_id", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("letter", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_outbox_mail_sent")),
        sa.CheckConstraint("state <> 'sent' OR sealed IS NULL", name=op.f("ck_outbox_mail_wiped")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed')", name=op.f("ck_outbox_mail_state")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_outbox_mail_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_mail")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_outbox_mail_tenant_id_id")),
    )
    op.create_index(
        "ix_outbox_mail_open",
        "outbox_mail",
        ["tenant_id", "due_at"],
        unique=False,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(
        "uq_outbox_mail_tenant_id_public_id", "outbox_mail", ["tenant_id", "public_id"], unique=True
    )
    op.add_column("login_session", sa.Column("idle_s", sa.Integer(), nullable=False, server_default="1800"))
    op.add_column("login_session", sa.Column("duty", sa.String(), nullable=False, server_default=""))
    protect(
        op.get_bind(),
        owned=[
            "log_in_rules",
            "allowed_ip",
            "second_factor",
            "recovery_code",
            "log_in_step",
            "password_reset",
            "company_details",
            "outbox_mail",
        ],
    )


def downgrade() -> None:
    op.drop_column("login_session", "duty")
    op.drop_column("login_session", "idle_s")
    op.drop_table("outbox_mail")
    op.drop_table("company_details")
    op.drop_table("password_reset")
    op.drop_table("log_in_step")
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
    op.drop_table("allowed_ip")
    op.drop_table("log_in_rules")
