"""Letters that wait, were sent or could not be. What is in them is sealed, and wiped once it is sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Model, TenantOwned, now_utc, public_id

__all__ = ["OutboxMail"]

_OPEN = text("state IN ('waiting', 'sending')")


class OutboxMail(TenantOwned, Model):
    """One letter of a company's to one address.

    Claimed by a conditional update (waiting → sending), so that two jobs processes never send one twice at
    once; one that died while sending is taken up again after some minutes.
    """

    __table_args__ = (
        Index("uq_outbox_mail_tenant_id_public_id", "tenant_id", "public_id", unique=True),
        Index("ix_outbox_mail_open", "tenant_id", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        CheckConstraint("state IN ('waiting', 'sending', 'sent', 'failed')", name="state"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("state <> 'sent' OR sealed IS NULL", name="wiped"),
    )

    public_id: Mapped[str] = mapped_column(default=public_id)
    recipient: Mapped[str]
    letter: Mapped[str]
    language: Mapped[str]
    #: What the letter says, as sealed JSON; it may hold a link that logs in.
    sealed: Mapped[bytes | None]
    state: Mapped[str] = mapped_column(default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now_utc)
    due_at: Mapped[datetime] = mapped_column(default=now_utc)
    #: After that it would say something that is no longer true, and is not sent any more.
    expires_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    #: Why the last try failed, in the mail server's words.
    error: Mapped[str] = mapped_column(default="")
