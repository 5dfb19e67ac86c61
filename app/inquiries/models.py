"""Inquiries and their messages, a company's own; and how many of each company's wait, which is everybody's.

An inquiry keeps numbers of messages: how many there are, the last answer's, and how far each side has read.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import BIGINT, Model, TenantOwned, now_utc, public_id, tenant_fk

__all__ = ["Inquiry", "InquiryMessage", "InquiryTray"]

_UNREAD = text("last_answer > asker_read")


class Inquiry(TenantOwned, Model):
    """A question of one agent's or administrator's to the operator."""

    __table_args__ = (
        tenant_fk("agent_id", "agent"),
        Index("uq_inquiry_tenant_id_public_id", "tenant_id", "public_id", unique=True),
        Index("ix_inquiry_last_at", "tenant_id", "last_at"),
        # The operator's list is of all companies.
        Index("ix_inquiry_state", "state", "last_at"),
        Index("ix_inquiry_unread", "tenant_id", "agent_id", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
        CheckConstraint("state IN ('open', 'answered', 'closed')", name="state"),
        CheckConstraint("length(subject) BETWEEN 1 AND 100", name="subject"),
        CheckConstraint(
            "last_answer BETWEEN 0 AND messages AND asker_read <= messages AND operator_read <= messages",
            name="read",
        ),
    )

    public_id: Mapped[str] = mapped_column(default=public_id)
    agent_id: Mapped[int] = mapped_column(BIGINT)
    subject: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    #: The asker's, for the letter that tells of an answer.
    language: Mapped[str] = mapped_column(default="ko")
    opened_at: Mapped[datetime] = mapped_column(default=now_utc)
    #: When somebody wrote last.
    last_at: Mapped[datetime] = mapped_column(default=now_utc)
    messages: Mapped[int] = mapped_column(default=0)
    last_answer: Mapped[int] = mapped_column(default=0)
    asker_read: Mapped[int] = mapped_column(default=0)
    operator_read: Mapped[int] = mapped_column(default=0)

    @property
    def has_news(self) -> bool:
        """Whether an answer waits that the asker has not read."""
        return self.last_answer > self.asker_read


class InquiryMessage(TenantOwned, Model):
    """What one side wrote; never changed. `public_id` comes with the form: the same form is stored once."""

    __table_args__ = (
        tenant_fk("inquiry_id", "inquiry"),
        tenant_fk("agent_id", "agent"),
        UniqueConstraint("tenant_id", "inquiry_id", "n"),
        Index("uq_inquiry_message_tenant_id_public_id", "tenant_id", "public_id", unique=True),
        Index("ix_inquiry_message_at", "tenant_id", "at"),
        CheckConstraint("side IN ('tenant', 'operator')", name="side"),
        CheckConstraint("(side = 'tenant') = (agent_id IS NOT NULL)", name="author"),
        CheckConstraint("length(text) BETWEEN 1 AND 5000", name="text"),
    )

    public_id: Mapped[str] = mapped_column(default=public_id)
    inquiry_id: Mapped[int] = mapped_column(BIGINT)
    #: From 1 within the inquiry.
    n: Mapped[int]
    side: Mapped[str]
    agent_id: Mapped[int | None] = mapped_column(BIGINT)
    #: The writer's name as it was then.
    author: Mapped[str]
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=now_utc)


class InquiryTray(Model):
    """How many inquiries of a company wait for the operator: a number on every page of theirs.

    Shared, so that it is read without a look across the wall; it holds nothing of what was asked.
    """

    __table_args__ = (PrimaryKeyConstraint("tenant_id"), {"info": {"shared": True}})

    tenant_id: Mapped[int] = mapped_column(BIGINT, ForeignKey("tenant.id"), autoincrement=False)
    waiting: Mapped[int] = mapped_column(default=0)
