"""The first tables: companies, agents, options, log-ins, wrong tries, the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.database import BIGINT, UtcDateTime
from tenants.row_security import protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OWNED = ("audit_entry", "audit_head", "department", "agent", "login_session", "option_value")
SHARED = ("tenant", "attempt")
APPEND_ONLY = ("audit_entry",)


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("window_start", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "source", "tenant_id", "window_start", name=op.f("pk_attempt")),
    )
    op.create_table(
        "tenant",
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("contact_name", sa.String(), nullable=False),
        sa.Column("contact_phone", sa.String(), nullable=False),
        sa.Column("contact_email", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("seats_pc", sa.Integer(), nullable=False),
        sa.Column("seats_mobile", sa.Integer(), nullable=False),
        sa.Column("code_required", sa.Boolean(), nullable=False),
        sa.Column("code_alarm_until", UtcDateTime(), nullable=True),
        sa.Column("tickets_void_before", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('trial', 'active', 'suspended')", name=op.f("ck_tenant_state")),
        sa.CheckConstraint("length(title) BETWEEN 1 AND 14", name=op.f("ck_tenant_title")),
        sa.CheckConstraint("seats_pc >= 0 AND seats_mobile >= 0", name=op.f("ck_tenant_seats")),
        sa.CheckConstraint("slug = lower(slug)", name=op.f("ck_tenant_slug")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sa.UniqueConstraint("slug", name=op.f("uq_tenant_slug")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("n", BIGINT, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("ip", sa.String(), nullable=False),
        sa.Column("user_agent", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("data", sa.String(), nullable=False),
        sa.Column("prev_mac", sa.String(), nullable=False),
        sa.Column("mac", sa.String(), nullable=False),
        sa.CheckConstraint(
            "actor_kind IN ('admin', 'agent', 'customer', 'operator', 'system')",
            name=op.f("ck_audit_entry_actor_kind"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_audit_entry_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "n", name=op.f("pk_audit_entry")),
        info={"append_only": True},
    )
    op.create_table(
        "audit_head",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("n", BIGINT, nullable=False),
        sa.Column("mac", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_audit_head_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "department",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_department_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_department_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "name_key", name=op.f("uq_department_tenant_id_name_key")),
    )
    op.create_table(
        "agent",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("login_id", sa.String(), nullable=False),
        sa.Column("login_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("department_id", BIGINT, nullable=True),
        sa.Column("seat", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("last_access_at", UtcDateTime(), nullable=True),
        sa.Column("last_ip_public", sa.String(), nullable=True),
        sa.Column("last_ip_private", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "login_key <> 'admin' OR (role = 'admin' AND deleted_at IS NULL)", name=op.f("ck_agent_admin")
        ),
        sa.CheckConstraint("role IN ('admin', 'agent')", name=op.f("ck_agent_role")),
        sa.CheckConstraint("seat IN ('pc', 'pc_mobile')", name=op.f("ck_agent_seat")),
        sa.CheckConstraint("state IN ('active', 'disabled')", name=op.f("ck_agent_state")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "department_id"],
            ["department.tenant_id", "department.id"],
            name=op.f("fk_agent_tenant_id_department_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_agent_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_agent_tenant_id_id")),
    )
    with op.batch_alter_table("agent", schema=None) as batch_op:
        batch_op.create_index(
            "uq_agent_tenant_id_login_key",
            ["tenant_id", "login_key"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "login_session",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("agent_id", BIGINT, nullable=False),
        sa.Column("handle_hash", sa.String(), nullable=False),
        sa.Column("refresh_hash", sa.String(), nullable=True),
        sa.Column("refresh_expires_at", UtcDateTime(), nullable=True),
        sa.Column("csrf_secret", sa.String(), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("ip", sa.String(), nullable=False),
        sa.Column("user_agent", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('web', 'program')", name=op.f("ck_login_session_kind")),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_login_session_ended")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "agent_id"],
            ["agent.tenant_id", "agent.id"],
            name=op.f("fk_login_session_tenant_id_agent_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_login_session_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_login_session_tenant_id_id")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index("uq_login_session_handle_hash", ["handle_hash"], unique=True)
        batch_op.create_index(
            "uq_login_session_live",
            ["tenant_id", "agent_id", "kind"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL AND exclusive"),
            postgresql_where=sa.text("ended_at IS NULL AND exclusive"),
        )
        batch_op.create_index("uq_login_session_refresh_hash", ["refresh_hash"], unique=True)

    op.create_table(
        "option_value",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("department_id", BIGINT, nullable=True),
        sa.Column("agent_id", BIGINT, nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(scope = 'tenant' AND department_id IS NULL AND agent_id IS NULL) OR (scope = 'department' AND department_id IS NOT NULL AND agent_id IS NULL) OR (scope = 'agent' AND department_id IS NULL AND agent_id IS NOT NULL)",
            name=op.f("ck_option_value_scope"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "agent_id"],
            ["agent.tenant_id", "agent.id"],
            name=op.f("fk_option_value_tenant_id_agent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "department_id"],
            ["department.tenant_id", "department.id"],
            name=op.f("fk_option_value_tenant_id_department_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_option_value_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_option_value")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_option_value_tenant_id_id")),
    )
    with op.batch_alter_table("option_value", schema=None) as batch_op:
        batch_op.create_index(
            "uq_option_value_agent",
            ["tenant_id", "agent_id", "key"],
            unique=True,
            sqlite_where=sa.text("scope = 'agent'"),
            postgresql_where=sa.text("scope = 'agent'"),
        )
        batch_op.create_index(
            "uq_option_value_department",
            ["tenant_id", "department_id", "key"],
            unique=True,
            sqlite_where=sa.text("scope = 'department'"),
            postgresql_where=sa.text("scope = 'department'"),
        )
        batch_op.create_index(
            "uq_option_value_tenant",
            ["tenant_id", "key"],
            unique=True,
            sqlite_where=sa.text("scope = 'tenant'"),
            postgresql_where=sa.text("scope = 'tenant'"),
        )

    protect(op.get_bind(), owned=OWNED, shared=SHARED, append_only=APPEND_ONLY)


def downgrade() -> None:
    with op.batch_alter_table("option_value", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_option_value_tenant",
            sqlite_where=sa.text("scope = 'tenant'"),
            postgresql_where=sa.text("scope = 'tenant'"),
        )
        batch_op.drop_index(
            "uq_option_value_department",
            sqlite_where=sa.text("scope = 'department'"),
            postgresql_where=sa.text("scope = 'department'"),
        )
        batch_op.drop_index(
            "uq_option_value_agent",
            sqlite_where=sa.text("scope = 'agent'"),
            postgresql_where=sa.text("scope = 'agent'"),
        )

    op.drop_table("option_value")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_index("uq_login_session_refresh_hash")
        batch_op.drop_index(
            "uq_login_session_live",
            sqlite_where=sa.text("ended_at IS NULL AND exclusive"),
            postgresql_where=sa.text("ended_at IS NULL AND exclusive"),
        )
        batch_op.drop_index("uq_login_session_handle_hash")

    op.drop_table("login_session")
    with op.batch_alter_table("agent", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_agent_tenant_id_login_key",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.drop_table("agent")
    op.drop_table("department")
    op.drop_table("audit_head")
    op.drop_table("audit_entry")
    op.drop_table("tenant")
    op.drop_table("attempt")
