"""Log-ins and wrong tries. A stolen database opens nothing: every secret here is a hash."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import BIGINT, Model, TenantOwned, TenantStamped, now_utc, tenant_fk
from tenants.indexes import due_index

__all__ = [
    "AllowedIp",
    "Attempt",
    "CompanyDetails",
    "LogInRules",
    "LogInStep",
    "LoginSession",
    "PasswordReset",
    "RecoveryCode",
    "SecondFactor",
]

_LIVE = text("ended_at IS NULL AND exclusive")


class LoginSession(TenantOwned, Model):
    """One log-in of an agent, in a browser (`web`) or in the waiting program (`program`).

    Of the exclusive ones at most one per agent and kind is live; the index says so, not a reader's hope.
    """

    __table_args__ = (
        tenant_fk("agent_id", "agent"),
        Index("uq_login_session_handle_hash", "handle_hash", unique=True),
        Index("uq_login_session_refresh_hash", "refresh_hash", unique=True),
        Index(
            "uq_login_session_live",
            "tenant_id",
            "agent_id",
            "kind",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index(
            "ix_login_session_open",
            "tenant_id",
            "agent_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        due_index("ix_login_session_ended", "ended_at", "ended_at IS NOT NULL"),
        due_index("ix_login_session_expires", "expires_at", "ended_at IS NULL"),
        CheckConstraint("kind IN ('web', 'program')", name="kind"),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended"),
    )

    kind: Mapped[str]
    agent_id: Mapped[int] = mapped_column(BIGINT)
    handle_hash: Mapped[str]
    #: Of the refresh token that a remembering program keeps; used once.
    refresh_hash: Mapped[str | None]
    refresh_expires_at: Mapped[datetime | None]
    csrf_secret: Mapped[str]
    exclusive: Mapped[bool] = mapped_column(default=True)
    device: Mapped[str] = mapped_column(default="")
    ip: Mapped[str] = mapped_column(default="")
    user_agent: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now_utc)
    seen_at: Mapped[datetime] = mapped_column(default=now_utc)
    expires_at: Mapped[datetime]
    #: So many seconds of stillness end a browser's log-in; as the company's rules said when it began.
    idle_s: Mapped[int] = mapped_column(default=1800)
    #: What has to be done before anything else may be: "" or "two_step" (set the second step up).
    duty: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]
    #: logout, elsewhere, renewed, expired, disabled, password, rules, operator.
    end_reason: Mapped[str | None]


class LogInRules(TenantStamped, Model):
    """How a company's people log in; a company without a row has the defaults of rules.py."""

    __table_args__ = (
        PrimaryKeyConstraint("tenant_id"),
        CheckConstraint("two_step IN ('none', 'admins', 'all')", name="two_step"),
        CheckConstraint("failed_limit > 0 AND block_s > 0 AND idle_s > 0", name="positive"),
    )

    failed_limit: Mapped[int]
    block_s: Mapped[int]
    idle_s: Mapped[int]
    #: Who must have a second step: none, admins, all.
    two_step: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)


class AllowedIp(TenantOwned, Model):
    """Addresses that one kind of people may log in from; without a row of a kind, every address is good."""

    __table_args__ = (
        UniqueConstraint("tenant_id", "audience", "cidr"),
        CheckConstraint("audience IN ('admin', 'agent')", name="audience"),
    )

    audience: Mapped[str]
    #: A network in its shortest writing, or "*".
    cidr: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now_utc)


class SecondFactor(TenantStamped, Model):
    """An agent's two-step secret, sealed under a key outside the database; it counts once confirmed."""

    __table_args__ = (PrimaryKeyConstraint("tenant_id", "agent_id"), tenant_fk("agent_id", "agent"))

    agent_id: Mapped[int] = mapped_column(BIGINT)
    sealed: Mapped[bytes]
    confirmed_at: Mapped[datetime | None]
    #: The 30-second step of the last code that was taken: this one and older ones are worth nothing now.
    last_step: Mapped[int] = mapped_column(BIGINT, default=0)
    created_at: Mapped[datetime] = mapped_column(default=now_utc)


class RecoveryCode(TenantOwned, Model):
    """One of the ten codes that stand in for a lost phone, each good once."""

    __table_args__ = (tenant_fk("agent_id", "agent"), UniqueConstraint("tenant_id", "agent_id", "hash"))

    agent_id: Mapped[int] = mapped_column(BIGINT)
    hash: Mapped[str]
    used_at: Mapped[datetime | None]


class LogInStep(TenantOwned, Model):
    """A browser whose password was right and whose code is awaited."""

    __table_args__ = (
        tenant_fk("agent_id", "agent"),
        Index("uq_log_in_step_token_hash", "token_hash", unique=True),
    )

    agent_id: Mapped[int] = mapped_column(BIGINT)
    token_hash: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasswordReset(TenantOwned, Model):
    """A link that was mailed to an agent who forgot their password: good once, for half an hour."""

    __table_args__ = (
        tenant_fk("agent_id", "agent"),
        Index("uq_password_reset_token_hash", "token_hash", unique=True),
    )

    agent_id: Mapped[int] = mapped_column(BIGINT)
    token_hash: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now_utc)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class CompanyDetails(TenantStamped, Model):
    """What a company says of itself beyond its name and contact, for invoices and letters."""

    __table_args__ = (PrimaryKeyConstraint("tenant_id"),)

    contact_mobile: Mapped[str] = mapped_column(default="")
    representative: Mapped[str] = mapped_column(default="")
    business_number: Mapped[str] = mapped_column(default="")
    business_type: Mapped[str] = mapped_column(default="")
    business_item: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    address_more: Mapped[str] = mapped_column(default="")
    fax: Mapped[str] = mapped_column(default="")
    notes: Mapped[str] = mapped_column(default="")


class Attempt(Model):
    """How many wrong tries one source made in one window. Not tenant-owned: it also counts unknown companies.

    `tenant_id` NULL would not be unique in a key, so 0 stands for "no company".
    """

    __table_args__ = (PrimaryKeyConstraint("kind", "source", "tenant_id", "window_start"),)

    kind: Mapped[str]
    source: Mapped[str]
    tenant_id: Mapped[int] = mapped_column(BIGINT, default=0)
    window_start: Mapped[datetime]
    count: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(default=now_utc)
