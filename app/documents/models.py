"""One row for each document: who asked for what, and how far it is. The bytes lie in a file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import BIGINT, Model, TenantOwned, now_utc, public_id, tenant_fk

__all__ = ["KEPT", "Document"]

#: How long a document can be fetched.
KEPT: Final = timedelta(hours=24)


def _expiry() -> datetime:
    return now_utc() + KEPT


class Document(TenantOwned, Model):
    """A file that was asked for. Only the agent who asked may fetch it."""

    __table_args__ = (
        tenant_fk("agent_id", "agent"),
        Index("uq_document_tenant_id_public_id", "tenant_id", "public_id", unique=True),
        Index("ix_document_expires_at", "tenant_id", "expires_at"),
        CheckConstraint("state IN ('waiting', 'making', 'ready', 'failed')", name="state"),
    )

    public_id: Mapped[str] = mapped_column(default=public_id)
    agent_id: Mapped[int] = mapped_column(BIGINT)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting")
    #: What the download is called.
    file_name: Mapped[str]
    #: Canonical JSON: what was asked for, and what came of it.
    params: Mapped[str] = mapped_column(Text, default="{}")
    result: Mapped[str] = mapped_column(Text, default="{}")
    size_bytes: Mapped[int] = mapped_column(BIGINT, default=0)
    created_at: Mapped[datetime] = mapped_column(default=now_utc)
    expires_at: Mapped[datetime] = mapped_column(default=_expiry)
