"""Log-ins and wrong tries. A stolen database opens nothing: every secret here is a hash."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import BIGINT, Model, TenantOwned, now_utc, tenant_fk

__all__ = ["Attempt", "LoginSession"]

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
    ended_at: Mapped[datetime | None]
    #: logout, elsewhere, renewed, expired, disabled, password, operator.
    end_reason: Mapped[str | None]


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
