"""Keys of a company's own programs. The secret is shown once; what is stored opens nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Model, TenantOwned, now_utc, public_id

__all__ = ["ApiKey"]


class ApiKey(TenantOwned, Model):
    """One key: what it may read, until when, who made it, when and from where it was used last."""

    __table_args__ = (
        Index("uq_api_key_secret_hash", "secret_hash", unique=True),
        Index("uq_api_key_tenant_id_public_id", "tenant_id", "public_id", unique=True),
    )

    public_id: Mapped[str] = mapped_column(default=public_id)
    name: Mapped[str]
    #: The beginning of the secret, by which people tell their keys apart.
    prefix: Mapped[str]
    secret_hash: Mapped[str]
    #: Words of app/api/rules.py, with blanks between them.
    scopes: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now_utc)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    last_ip: Mapped[str] = mapped_column(default="")
    revoked_at: Mapped[datetime | None]

    def may_be_used(self, now: datetime) -> bool:
        """Whether the key opens anything at this moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
