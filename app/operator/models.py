"""Our own staff, their log-ins, their log, and what they tell the companies. Nothing here is a company's.

Operators stand apart from agents: other tables, another cookie, another page. They are made on the command
line only.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import BIGINT, Model, now_utc, public_id

__all__ = [
    "Notice",
    "Operator",
    "OperatorAudit",
    "OperatorAuditHead",
    "OperatorLogin",
    "OperatorRecoveryCode",
]


class Operator(Model):
    """One of our staff. A disabled one keeps the row, because the log names it."""

    __table_args__ = (
        UniqueConstraint("login_key"),
        CheckConstraint("state IN ('active', 'disabled')", name="state"),
    )

    id: Mapped[int] = mapped_column(BIGINT, primary_key=True)
    login_id: Mapped[str]
    login_key: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    state: Mapped[str] = mapped_column(default="active")
    #: The two-step secret, sealed under a key outside the database; it counts once confirmed.
    totp_sealed: Mapped[bytes | None]
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int] = mapped_column(BIGINT, default=0)
    last_access_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now_utc)
    version: Mapped[int] = mapped_column(default=1)


class OperatorLogin(Model):
    """One log-in of an operator's browser; `is_open` False until the second step is done."""

    __table_args__ = (
        Index("uq_operator_login_handle_hash", "handle_hash", unique=True),
        Index("ix_operator_login_operator_id", "operator_id"),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended"),
    )

    id: Mapped[int] = mapped_column(BIGINT, primary_key=True)
    operator_id: Mapped[int] = mapped_column(BIGINT, ForeignKey("operator.id"))
    handle_hash: Mapped[str]
    csrf_secret: Mapped[str]
    is_open: Mapped[bool]
    ip: Mapped[str]
    user_agent: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now_utc)
    seen_at: Mapped[datetime] = mapped_column(default=now_utc)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class OperatorRecoveryCode(Model):
    """One of the ten codes that stand in for a lost phone, each good once."""

    __table_args__ = (UniqueConstraint("operator_id", "hash"),)

    id: Mapped[int] = mapped_column(BIGINT, primary_key=True)
    operator_id: Mapped[int] = mapped_column(BIGINT, ForeignKey("operator.id"))
    hash: Mapped[str]
    used_at: Mapped[datetime | None]


class OperatorAudit(Model):
    """One deed of an operator's, or one look across the wall. Rows are never changed or removed."""

    __table_args__ = (PrimaryKeyConstraint("n"), {"info": {"append_only": True}})

    n: Mapped[int] = mapped_column(BIGINT, autoincrement=False)
    at: Mapped[datetime]
    operator_id: Mapped[str]
    operator_name: Mapped[str]
    ip: Mapped[str]
    user_agent: Mapped[str]
    action: Mapped[str]
    #: What it was done to, as `kind:id`, and the company it concerns.
    object: Mapped[str]
    company: Mapped[str]
    reason: Mapped[str]
    #: Canonical JSON, kept as the text that the MAC was computed over.
    data: Mapped[str]
    prev_mac: Mapped[str]
    mac: Mapped[str]


class OperatorAuditHead(Model):
    """The end of the operators' chain: one row, locked by each deed that adds to it."""

    __table_args__ = (PrimaryKeyConstraint("id"), CheckConstraint("id = 1", name="single"))

    id: Mapped[int] = mapped_column(BIGINT, autoincrement=False)
    n: Mapped[int] = mapped_column(BIGINT)
    mac: Mapped[str]


class Notice(Model):
    """A sentence to one company's people, or (`tenant_id` NULL) to everybody's, from `starts_at` on."""

    __table_args__ = (
        Index("uq_notice_public_id", "public_id", unique=True),
        Index("ix_notice_ends_at", "ends_at"),
        CheckConstraint("kind IN ('info', 'warning')", name="kind"),
        CheckConstraint("ends_at > starts_at", name="term"),
        {"info": {"shared": True}},
    )

    id: Mapped[int] = mapped_column(BIGINT, primary_key=True)
    public_id: Mapped[str] = mapped_column(default=public_id)
    tenant_id: Mapped[int | None] = mapped_column(BIGINT, ForeignKey("tenant.id"))
    kind: Mapped[str] = mapped_column(default="info")
    text_ko: Mapped[str]
    text_en: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=now_utc)
    withdrawn_at: Mapped[datetime | None]
