"""Tables of remote support: slots, support sessions, the customer's way in, who takes part, what was agreed.

The signal socket's own tables are in signal/models.py. Every "exactly one" is a unique index here, so that a
race is lost in the database and never found out later. Column lists: design data model; decision note 0030.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.support import rules
from tenants.database import BIGINT, Model, TenantOwned, TenantStamped, now_utc, public_id, tenant_fk
from tenants.indexes import due_index

NAME_LENGTH = 120
REASON_LENGTH = 80


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """Return the CHECK that keeps a text column to `values`; its name is the column's."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Slot(TenantOwned, Model):
    """One place of an agent to receive one customer; its number stands on the page while it waits."""

    __tablename__ = "slot"

    public_id: Mapped[str] = mapped_column(String(26), default=public_id, unique=True)
    agent_id: Mapped[int] = mapped_column(BIGINT)
    position: Mapped[int]
    number: Mapped[int]
    auto_connect: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime] = mapped_column(default=now_utc)
    closed_at: Mapped[datetime | None]
    #: Until then no other agent gets this number, once the slot is closed.
    number_free_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("agent_id", "agent"),
        CheckConstraint(f"position BETWEEN 1 AND {rules.MAX_SLOTS}", name="position"),
        CheckConstraint("number >= 1", name="number"),
        Index(
            "uq_slot_live_position",
            "tenant_id",
            "agent_id",
            "position",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(
            "uq_slot_live_number",
            "tenant_id",
            "number",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )


class SupportSession(TenantOwned, Model):
    """One help, from waiting to expired, and the record that is left of it."""

    __tablename__ = "support_session"

    public_id: Mapped[str] = mapped_column(String(26), default=public_id, unique=True)
    slot_id: Mapped[int] = mapped_column(BIGINT)
    agent_id: Mapped[int] = mapped_column(BIGINT)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(12), default="offline")
    arrival_step: Mapped[str] = mapped_column(String(12), default="none")
    link: Mapped[str] = mapped_column(String(12), default="ok")
    version: Mapped[int] = mapped_column(default=1)
    #: host:port of the relay that this support session's channels run through.
    relay_id: Mapped[str | None] = mapped_column(String(255))
    #: When the customer's side stays away until then, the system ends the try or the support session.
    resume_until: Mapped[datetime | None]

    customer_name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    customer_email: Mapped[str | None] = mapped_column(String(254))
    customer_phone: Mapped[str | None] = mapped_column(String(40))
    ip_browser: Mapped[str | None] = mapped_column(String(45))
    ip_program: Mapped[str | None] = mapped_column(String(45))
    ip_local: Mapped[str | None] = mapped_column(String(45))
    pc_name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    os: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    lang: Mapped[str] = mapped_column(String(2), default="ko")
    program_version: Mapped[str | None] = mapped_column(String(40))

    issue_type_id: Mapped[int | None] = mapped_column(BIGINT)
    issue_type_name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    content: Mapped[str | None] = mapped_column(Text)
    result: Mapped[str] = mapped_column(String(12), default="unchecked")

    created_at: Mapped[datetime] = mapped_column(default=now_utc)
    arrived_at: Mapped[datetime | None]
    online_at: Mapped[datetime | None]
    connected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(12))
    end_reason: Mapped[str | None] = mapped_column(String(REASON_LENGTH))

    slot: Mapped[Slot] = relationship(viewonly=True, lazy="raise")

    __table_args__ = (
        tenant_fk("slot_id", "slot"),
        tenant_fk("agent_id", "agent"),
        one_of("state", rules.STATES),
        one_of("arrival_step", rules.STEPS),
        one_of("link", ("ok", "unstable", "lost")),
        one_of("result", ("solved", "hold", "visit", "unchecked")),
        one_of("ended_by", ("agent", "customer", "system")),
        CheckConstraint("(state = 'expired') = (ended_at IS NOT NULL)", name="ended"),
        CheckConstraint("state <> 'connected' OR connected_at IS NOT NULL", name="connected"),
        Index(
            "uq_support_session_live_slot",
            "tenant_id",
            "slot_id",
            unique=True,
            sqlite_where=text("state <> 'expired'"),
            postgresql_where=text("state <> 'expired'"),
        ),
        Index("ix_support_session_agent", "tenant_id", "agent_id", "created_at"),
        Index("ix_support_session_created", "tenant_id", "created_at", "id"),
        due_index("ix_support_session_due", "resume_until", "resume_until IS NOT NULL"),
    )


class AccessCode(TenantOwned, Model):
    """The digits that lead to one support session; wiped when they are used, redrawn or expired."""

    __tablename__ = "access_code"

    support_session_id: Mapped[int] = mapped_column(BIGINT)
    #: None once the code is dead, so that the same digits may be drawn again.
    code_hmac: Mapped[str | None] = mapped_column(String(64))
    digits: Mapped[int]
    code_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("support_session_id", "support_session"),
        CheckConstraint(f"digits BETWEEN {rules.MIN_DIGITS} AND {rules.MAX_DIGITS}", name="digits"),
        CheckConstraint("used_at IS NULL OR code_sealed IS NULL", name="wiped_when_used"),
        CheckConstraint("revoked_at IS NULL OR code_sealed IS NULL", name="wiped_when_revoked"),
        Index(
            "uq_access_code_live_hmac",
            "tenant_id",
            "code_hmac",
            unique=True,
            sqlite_where=text("used_at IS NULL AND revoked_at IS NULL"),
            postgresql_where=text("used_at IS NULL AND revoked_at IS NULL"),
        ),
        Index(
            "uq_access_code_live_session",
            "tenant_id",
            "support_session_id",
            unique=True,
            sqlite_where=text("used_at IS NULL AND revoked_at IS NULL"),
            postgresql_where=text("used_at IS NULL AND revoked_at IS NULL"),
        ),
        Index("ix_access_code_expires", "tenant_id", "expires_at"),
        due_index("ix_access_code_due", "expires_at", "used_at IS NULL AND revoked_at IS NULL"),
    )


class Arrival(TenantOwned, Model):
    """One customer on the way to one support session; the browser's cookie holds its token."""

    __tablename__ = "arrival"

    support_session_id: Mapped[int] = mapped_column(BIGINT)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    source: Mapped[str] = mapped_column(String(12))
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now_utc)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(REASON_LENGTH))

    __table_args__ = (
        tenant_fk("support_session_id", "support_session"),
        one_of("source", ("code", "number", "link", "program")),
        Index(
            "uq_arrival_live_session",
            "tenant_id",
            "support_session_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        due_index("ix_arrival_due", "expires_at", "ended_at IS NULL"),
    )


class JoinToken(TenantOwned, Model):
    """What the customer program brings to become part of its one support session."""

    __tablename__ = "join_token"

    arrival_id: Mapped[int] = mapped_column(BIGINT)
    support_session_id: Mapped[int] = mapped_column(BIGINT)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    redeemed_at: Mapped[datetime | None]
    redeemed_count: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        tenant_fk("arrival_id", "arrival"),
        tenant_fk("support_session_id", "support_session"),
    )


class ProgramCredential(TenantOwned, Model):
    """The one customer program that speaks for a support session now; a newer one revokes it (D11)."""

    __tablename__ = "program_credential"

    support_session_id: Mapped[int] = mapped_column(BIGINT)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    generation: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now_utc)
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("support_session_id", "support_session"),
        UniqueConstraint("tenant_id", "support_session_id", "generation"),
        Index(
            "uq_program_credential_live",
            "tenant_id",
            "support_session_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )


class Participant(TenantOwned, Model):
    """One agent (or recorder) in a support session, with the public halves of both ends' keys."""

    __tablename__ = "participant"

    public_id: Mapped[str] = mapped_column(String(26), default=public_id, unique=True)
    support_session_id: Mapped[int] = mapped_column(BIGINT)
    ordinal: Mapped[int]
    agent_id: Mapped[int | None] = mapped_column(BIGINT)
    role: Mapped[str] = mapped_column(String(12))
    epoch: Mapped[int] = mapped_column(default=1)
    #: The agent's program that shows this participant's screen and holds its private key.
    agent_stream_id: Mapped[int | None] = mapped_column(BIGINT)
    #: The epoch at which the key exchange began, and what each end has said since; docs/wire.md.
    key_epoch: Mapped[int] = mapped_column(default=1)
    key_commit: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    key_agent: Mapped[bytes | None] = mapped_column(LargeBinary(65))
    key_customer: Mapped[bytes | None] = mapped_column(LargeBinary(65))
    key_salt: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    joined_at: Mapped[datetime] = mapped_column(default=now_utc)
    left_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("support_session_id", "support_session"),
        tenant_fk("agent_id", "agent"),
        tenant_fk("agent_stream_id", "signal_stream"),
        one_of("role", ("lead", "invited", "recorder")),
        CheckConstraint("role = 'recorder' OR agent_id IS NOT NULL", name="agent"),
        UniqueConstraint("tenant_id", "support_session_id", "ordinal"),
        Index(
            "uq_participant_live_lead",
            "tenant_id",
            "support_session_id",
            unique=True,
            sqlite_where=text("role = 'lead' AND left_at IS NULL"),
            postgresql_where=text("role = 'lead' AND left_at IS NULL"),
        ),
        Index(
            "uq_participant_live_agent",
            "tenant_id",
            "support_session_id",
            "agent_id",
            unique=True,
            sqlite_where=text("left_at IS NULL"),
            postgresql_where=text("left_at IS NULL"),
        ),
    )


class Connection(TenantOwned, Model):
    """One opening of one channel through a relay, as the two ends report it."""

    __tablename__ = "connection"

    participant_id: Mapped[int] = mapped_column(BIGINT)
    channel: Mapped[str] = mapped_column(String(12))
    epoch: Mapped[int]
    relay_id: Mapped[str] = mapped_column(String(255))
    opened_at: Mapped[datetime] = mapped_column(default=now_utc)
    closed_at: Mapped[datetime | None]
    close_code: Mapped[int | None]
    bytes_to_agent: Mapped[int] = mapped_column(BIGINT, default=0)
    bytes_to_customer: Mapped[int] = mapped_column(BIGINT, default=0)

    __table_args__ = (
        tenant_fk("participant_id", "participant"),
        one_of("channel", ("screen", "control", "files")),
        UniqueConstraint("tenant_id", "participant_id", "channel", "epoch"),
    )


class Consent(TenantOwned, Model):
    """What the customer answered: evidence, never permission (D12). Append-only."""

    __tablename__ = "consent"

    support_session_id: Mapped[int] = mapped_column(BIGINT)
    participant_id: Mapped[int | None] = mapped_column(BIGINT)
    #: `right` is a word of SQL.
    right: Mapped[str] = mapped_column("consent_right", String(12))
    answer: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(default=now_utc)

    __table_args__ = (
        tenant_fk("support_session_id", "support_session"),
        tenant_fk("participant_id", "participant"),
        one_of("consent_right", rules.RIGHTS),
        one_of("answer", rules.ANSWERS),
        Index("ix_consent_session", "tenant_id", "support_session_id"),
        {"info": {"append_only": True}},
    )


class SessionEvent(TenantStamped, Model):
    """One line of a support session's timeline, chained to the one before by a MAC. Append-only."""

    __tablename__ = "session_event"

    support_session_id: Mapped[int] = mapped_column(BIGINT, primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    data: Mapped[str] = mapped_column(Text)
    prev_mac: Mapped[str] = mapped_column(String(64))
    mac: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        tenant_fk("support_session_id", "support_session"),
        {"info": {"append_only": True}},
    )


class SurveyAnswer(TenantOwned, Model):
    """The customer's grade; no row means no answer."""

    __tablename__ = "survey_answer"

    support_session_id: Mapped[int] = mapped_column(BIGINT)
    grade: Mapped[str] = mapped_column(String(12))
    comment: Mapped[str] = mapped_column(String(rules.MAX_COMMENT), default="")
    at: Mapped[datetime] = mapped_column(default=now_utc)

    __table_args__ = (
        tenant_fk("support_session_id", "support_session"),
        one_of("grade", rules.GRADES),
        UniqueConstraint("tenant_id", "support_session_id"),
    )


class Relay(Model):
    """What the web half knows of a relay process; not a tenant's. The id is its public host:port."""

    __tablename__ = "relay"

    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    url: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(12), default="up")
    load: Mapped[int] = mapped_column(default=0)
    #: How far its clock is ahead of ours (docs/decisions/0083).
    ahead_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    seen_at: Mapped[datetime | None]

    __table_args__ = (one_of("state", ("up", "draining", "down")),)


__all__ = [
    "AccessCode",
    "Arrival",
    "Connection",
    "Consent",
    "JoinToken",
    "Participant",
    "ProgramCredential",
    "Relay",
    "SessionEvent",
    "Slot",
    "SupportSession",
    "SurveyAnswer",
]
