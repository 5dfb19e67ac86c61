"""Remote support: slots, codes, support sessions, who takes part, signal streams."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenants.database import BIGINT, UtcDateTime
from tenants.row_security import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: In the order in which they refer to each other.
OWNED = (
    "slot",
    "support_session",
    "access_code",
    "arrival",
    "program_credential",
    "session_event",
    "survey_answer",
    "join_token",
    "signal_stream",
    "command_seen",
    "participant",
    "signal_message",
    "signal_ticket",
    "connection",
    "consent",
)
SHARED = ("relay",)
APPEND_ONLY = ("consent", "session_event")


def upgrade() -> None:
    op.create_table(
        "relay",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("url", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("load", sa.Integer(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('up', 'draining', 'down')", name=op.f("ck_relay_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay")),
    )
    op.create_table(
        "slot",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("agent_id", BIGINT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("auto_connect", sa.Boolean(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("number_free_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_slot_number")),
        sa.CheckConstraint("position BETWEEN 1 AND 5", name=op.f("ck_slot_position")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "agent_id"],
            ["agent.tenant_id", "agent.id"],
            name=op.f("fk_slot_tenant_id_agent_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_slot_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
        sa.UniqueConstraint("public_id", name=op.f("uq_slot_public_id")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_slot_tenant_id_id")),
    )
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.create_index(
            "uq_slot_live_number",
            ["tenant_id", "number"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )
        batch_op.create_index(
            "uq_slot_live_position",
            ["tenant_id", "agent_id", "position"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )

    op.create_table(
        "support_session",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("slot_id", BIGINT, nullable=False),
        sa.Column("agent_id", BIGINT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("arrival_step", sa.String(length=12), nullable=False),
        sa.Column("link", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("relay_id", sa.String(length=255), nullable=True),
        sa.Column("resume_until", UtcDateTime(), nullable=True),
        sa.Column("customer_name", sa.String(length=120), nullable=True),
        sa.Column("customer_email", sa.String(length=254), nullable=True),
        sa.Column("customer_phone", sa.String(length=40), nullable=True),
        sa.Column("ip_browser", sa.String(length=45), nullable=True),
        sa.Column("ip_program", sa.String(length=45), nullable=True),
        sa.Column("ip_local", sa.String(length=45), nullable=True),
        sa.Column("pc_name", sa.String(length=120), nullable=True),
        sa.Column("os", sa.String(length=120), nullable=True),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("program_version", sa.String(length=40), nullable=True),
        sa.Column("issue_type_id", BIGINT, nullable=True),
        sa.Column("issue_type_name", sa.String(length=120), nullable=True),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("result", sa.String(length=12), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("arrived_at", UtcDateTime(), nullable=True),
        sa.Column("online_at", UtcDateTime(), nullable=True),
        sa.Column("connected_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=12), nullable=True),
        sa.Column("end_reason", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "(state = 'expired') = (ended_at IS NOT NULL)", name=op.f("ck_support_session_ended")
        ),
        sa.CheckConstraint(
            "arrival_step IN ('none', 'page', 'downloaded', 'started', 'asked', 'allowed', 'denied', 'timeout')",
            name=op.f("ck_support_session_arrival_step"),
        ),
        sa.CheckConstraint(
            "ended_by IN ('agent', 'customer', 'system')", name=op.f("ck_support_session_ended_by")
        ),
        sa.CheckConstraint("link IN ('ok', 'unstable', 'lost')", name=op.f("ck_support_session_link")),
        sa.CheckConstraint(
            "result IN ('solved', 'hold', 'visit', 'unchecked')", name=op.f("ck_support_session_result")
        ),
        sa.CheckConstraint(
            "state <> 'connected' OR connected_at IS NOT NULL", name=op.f("ck_support_session_connected")
        ),
        sa.CheckConstraint(
            "state IN ('offline', 'online', 'connected', 'expired')", name=op.f("ck_support_session_state")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "agent_id"],
            ["agent.tenant_id", "agent.id"],
            name=op.f("fk_support_session_tenant_id_agent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "slot_id"],
            ["slot.tenant_id", "slot.id"],
            name=op.f("fk_support_session_tenant_id_slot_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_support_session_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_session")),
        sa.UniqueConstraint("public_id", name=op.f("uq_support_session_public_id")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_support_session_tenant_id_id")),
    )
    with op.batch_alter_table("support_session", schema=None) as batch_op:
        batch_op.create_index(
            "ix_support_session_agent", ["tenant_id", "agent_id", "created_at"], unique=False
        )
        batch_op.create_index(
            "uq_support_session_live_slot",
            ["tenant_id", "slot_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'expired'"),
            postgresql_where=sa.text("state <> 'expired'"),
        )

    op.create_table(
        "access_code",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("support_session_id", BIGINT, nullable=False),
        sa.Column("code_hmac", sa.String(length=64), nullable=True),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("digits BETWEEN 6 AND 9", name=op.f("ck_access_code_digits")),
        sa.CheckConstraint(
            "revoked_at IS NULL OR code_sealed IS NULL", name=op.f("ck_access_code_wiped_when_revoked")
        ),
        sa.CheckConstraint(
            "used_at IS NULL OR code_sealed IS NULL", name=op.f("ck_access_code_wiped_when_used")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "support_session_id"],
            ["support_session.tenant_id", "support_session.id"],
            name=op.f("fk_access_code_tenant_id_support_session_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_access_code_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_code")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_access_code_tenant_id_id")),
    )
    with op.batch_alter_table("access_code", schema=None) as batch_op:
        batch_op.create_index("ix_access_code_expires", ["tenant_id", "expires_at"], unique=False)
        batch_op.create_index(
            "uq_access_code_live_hmac",
            ["tenant_id", "code_hmac"],
            unique=True,
            sqlite_where=sa.text("used_at IS NULL AND revoked_at IS NULL"),
            postgresql_where=sa.text("used_at IS NULL AND revoked_at IS NULL"),
        )
        batch_op.create_index(
            "uq_access_code_live_session",
            ["tenant_id", "support_session_id"],
            unique=True,
            sqlite_where=sa.text("used_at IS NULL AND revoked_at IS NULL"),
            postgresql_where=sa.text("used_at IS NULL AND revoked_at IS NULL"),
        )

    op.create_table(
        "arrival",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("support_session_id", BIGINT, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("end_reason", sa.String(length=80), nullable=True),
        sa.CheckConstraint("source IN ('code', 'number', 'link', 'program')", name=op.f("ck_arrival_source")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "support_session_id"],
            ["support_session.tenant_id", "support_session.id"],
            name=op.f("fk_arrival_tenant_id_support_session_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_arrival_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_arrival_tenant_id_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_arrival_token_hash")),
    )
    with op.batch_alter_table("arrival", schema=None) as batch_op:
        batch_op.create_index(
            "uq_arrival_live_session",
            ["tenant_id", "support_session_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "program_credential",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("support_session_id", BIGINT, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "support_session_id"],
            ["support_session.tenant_id", "support_session.id"],
            name=op.f("fk_program_credential_tenant_id_support_session_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_program_credential_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_program_credential")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_program_credential_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id",
            "support_session_id",
            "generation",
            name=op.f("uq_program_credential_tenant_id_support_session_id_generation"),
        ),
        sa.UniqueConstraint("token_hash", name=op.f("uq_program_credential_token_hash")),
    )
    with op.batch_alter_table("program_credential", schema=None) as batch_op:
        batch_op.create_index(
            "uq_program_credential_live",
            ["tenant_id", "support_session_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "session_event",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("support_session_id", BIGINT, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("prev_mac", sa.String(length=64), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "support_session_id"],
            ["support_session.tenant_id", "support_session.id"],
            name=op.f("fk_session_event_tenant_id_support_session_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_session_event_tenant_id")),
        sa.PrimaryKeyConstraint("support_session_id", "n", name=op.f("pk_session_event")),
        info={"append_only": True},
    )
    op.create_table(
        "survey_answer",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("support_session_id", BIGINT, nullable=False),
        sa.Column("grade", sa.String(length=12), nullable=False),
        sa.Column("comment", sa.String(length=500), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "grade IN ('satisfied', 'neutral', 'dissatisfied')", name=op.f("ck_survey_answer_grade")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "support_session_id"],
            ["support_session.tenant_id", "support_session.id"],
            name=op.f("fk_survey_answer_tenant_id_support_session_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_survey_answer_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answer")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_survey_answer_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id", "support_session_id", name=op.f("uq_survey_answer_tenant_id_support_session_id")
        ),
    )
    op.create_table(
        "join_token",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("arrival_id", BIGINT, nullable=False),
        sa.Column("support_session_id", BIGINT, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("redeemed_at", UtcDateTime(), nullable=True),
        sa.Column("redeemed_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "arrival_id"],
            ["arrival.tenant_id", "arrival.id"],
            name=op.f("fk_join_token_tenant_id_arrival_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "support_session_id"],
            ["support_session.tenant_id", "support_session.id"],
            name=op.f("fk_join_token_tenant_id_support_session_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_join_token_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_token")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_join_token_tenant_id_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_join_token_token_hash")),
    )
    op.create_table(
        "signal_stream",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("owner_kind", sa.String(length=12), nullable=False),
        sa.Column("login_session_id", BIGINT, nullable=True),
        sa.Column("program_credential_id", BIGINT, nullable=True),
        sa.Column("next_n", BIGINT, nullable=False),
        sa.Column("acked_n", BIGINT, nullable=False),
        sa.Column("socket_id", sa.String(length=26), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.Column("agent_state", sa.String(length=12), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(owner_kind = 'agent') = (login_session_id IS NOT NULL) AND (owner_kind = 'customer') = (program_credential_id IS NOT NULL)",
            name=op.f("ck_signal_stream_owner"),
        ),
        sa.CheckConstraint(
            "agent_state IN ('online', 'busy', 'connecting', 'away', 'offline')",
            name=op.f("ck_signal_stream_agent_state"),
        ),
        sa.CheckConstraint("owner_kind IN ('agent', 'customer')", name=op.f("ck_signal_stream_owner_kind")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "login_session_id"],
            ["login_session.tenant_id", "login_session.id"],
            name=op.f("fk_signal_stream_tenant_id_login_session_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "program_credential_id"],
            ["program_credential.tenant_id", "program_credential.id"],
            name=op.f("fk_signal_stream_tenant_id_program_credential_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_signal_stream_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_stream")),
        sa.UniqueConstraint("public_id", name=op.f("uq_signal_stream_public_id")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_signal_stream_tenant_id_id")),
    )
    with op.batch_alter_table("signal_stream", schema=None) as batch_op:
        batch_op.create_index("ix_signal_stream_changed", ["tenant_id", "changed_at"], unique=False)
        batch_op.create_index(
            "uq_signal_stream_credential",
            ["tenant_id", "program_credential_id"],
            unique=True,
            sqlite_where=sa.text("program_credential_id IS NOT NULL"),
            postgresql_where=sa.text("program_credential_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_signal_stream_login",
            ["tenant_id", "login_session_id"],
            unique=True,
            sqlite_where=sa.text("login_session_id IS NOT NULL"),
            postgresql_where=sa.text("login_session_id IS NOT NULL"),
        )

    op.create_table(
        "command_seen",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("stream_id", BIGINT, nullable=False),
        sa.Column("client_id", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "stream_id"],
            ["signal_stream.tenant_id", "signal_stream.id"],
            name=op.f("fk_command_seen_tenant_id_stream_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_command_seen_tenant_id")),
        sa.PrimaryKeyConstraint("stream_id", "client_id", name=op.f("pk_command_seen")),
    )
    with op.batch_alter_table("command_seen", schema=None) as batch_op:
        batch_op.create_index("ix_command_seen_at", ["tenant_id", "at"], unique=False)

    op.create_table(
        "participant",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("support_session_id", BIGINT, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("agent_id", BIGINT, nullable=True),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("agent_stream_id", BIGINT, nullable=True),
        sa.Column("key_epoch", sa.Integer(), nullable=False),
        sa.Column("key_commit", sa.LargeBinary(length=32), nullable=True),
        sa.Column("key_agent", sa.LargeBinary(length=65), nullable=True),
        sa.Column("key_customer", sa.LargeBinary(length=65), nullable=True),
        sa.Column("key_salt", sa.LargeBinary(length=32), nullable=True),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("role = 'recorder' OR agent_id IS NOT NULL", name=op.f("ck_participant_agent")),
        sa.CheckConstraint("role IN ('lead', 'invited', 'recorder')", name=op.f("ck_participant_role")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "agent_id"],
            ["agent.tenant_id", "agent.id"],
            name=op.f("fk_participant_tenant_id_agent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "agent_stream_id"],
            ["signal_stream.tenant_id", "signal_stream.id"],
            name=op.f("fk_participant_tenant_id_agent_stream_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "support_session_id"],
            ["support_session.tenant_id", "support_session.id"],
            name=op.f("fk_participant_tenant_id_support_session_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_participant_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        sa.UniqueConstraint("public_id", name=op.f("uq_participant_public_id")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_participant_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id",
            "support_session_id",
            "ordinal",
            name=op.f("uq_participant_tenant_id_support_session_id_ordinal"),
        ),
    )
    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.create_index(
            "uq_participant_live_agent",
            ["tenant_id", "support_session_id", "agent_id"],
            unique=True,
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        )
        batch_op.create_index(
            "uq_participant_live_lead",
            ["tenant_id", "support_session_id"],
            unique=True,
            sqlite_where=sa.text("role = 'lead' AND left_at IS NULL"),
            postgresql_where=sa.text("role = 'lead' AND left_at IS NULL"),
        )

    op.create_table(
        "signal_message",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("stream_id", BIGINT, nullable=False),
        sa.Column("n", BIGINT, autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "stream_id"],
            ["signal_stream.tenant_id", "signal_stream.id"],
            name=op.f("fk_signal_message_tenant_id_stream_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_signal_message_tenant_id")),
        sa.PrimaryKeyConstraint("stream_id", "n", name=op.f("pk_signal_message")),
    )
    with op.batch_alter_table("signal_message", schema=None) as batch_op:
        batch_op.create_index("ix_signal_message_at", ["tenant_id", "at"], unique=False)

    op.create_table(
        "signal_ticket",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("stream_id", BIGINT, nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "stream_id"],
            ["signal_stream.tenant_id", "signal_stream.id"],
            name=op.f("fk_signal_ticket_tenant_id_stream_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_signal_ticket_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_ticket")),
        sa.UniqueConstraint("hash", name=op.f("uq_signal_ticket_hash")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_signal_ticket_tenant_id_id")),
    )
    op.create_table(
        "connection",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("participant_id", BIGINT, nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("relay_id", sa.String(length=255), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("close_code", sa.Integer(), nullable=True),
        sa.Column("bytes_to_agent", BIGINT, nullable=False),
        sa.Column("bytes_to_customer", BIGINT, nullable=False),
        sa.CheckConstraint("channel IN ('screen', 'control', 'files')", name=op.f("ck_connection_channel")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("fk_connection_tenant_id_participant_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_connection_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_connection_tenant_id_id")),
        sa.UniqueConstraint(
            "tenant_id",
            "participant_id",
            "channel",
            "epoch",
            name=op.f("uq_connection_tenant_id_participant_id_channel_epoch"),
        ),
    )
    op.create_table(
        "consent",
        sa.Column("tenant_id", BIGINT, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("support_session_id", BIGINT, nullable=False),
        sa.Column("participant_id", BIGINT, nullable=True),
        sa.Column("consent_right", sa.String(length=12), nullable=False),
        sa.Column("answer", sa.String(length=12), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "answer IN ('allowed', 'denied', 'timeout', 'revoked')", name=op.f("ck_consent_answer")
        ),
        sa.CheckConstraint(
            "consent_right IN ('view', 'mouse', 'keyboard', 'clipboard', 'files', 'record', 'invite')",
            name=op.f("ck_consent_consent_right"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "participant_id"],
            ["participant.tenant_id", "participant.id"],
            name=op.f("fk_consent_tenant_id_participant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "support_session_id"],
            ["support_session.tenant_id", "support_session.id"],
            name=op.f("fk_consent_tenant_id_support_session_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_consent_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_consent_tenant_id_id")),
        info={"append_only": True},
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index("ix_consent_session", ["tenant_id", "support_session_id"], unique=False)

    protect(op.get_bind(), owned=OWNED, shared=SHARED, append_only=APPEND_ONLY)


def downgrade() -> None:
    for table in reversed((*SHARED, *OWNED)):
        op.drop_table(table)
