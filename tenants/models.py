"""The companies themselves. A tenant is not tenant-owned: its slug is looked up before any scope is open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import BIGINT, Model, now_utc

__all__ = ["Tenant"]


class Tenant(Model):
    """A company that rents the service; `slug` is its address, `title` what customers read."""

    __table_args__ = (
        UniqueConstraint("slug"),
        CheckConstraint("slug = lower(slug)", name="slug"),
        CheckConstraint("state IN ('trial', 'active', 'suspended')", name="state"),
        CheckConstraint("length(title) BETWEEN 1 AND 14", name="title"),
        CheckConstraint("seats_pc >= 0 AND seats_mobile >= 0", name="seats"),
    )

    id: Mapped[int] = mapped_column(BIGINT, primary_key=True)
    #: First part of every address of this company; lower case, never changed.
    slug: Mapped[str] = mapped_column()
    title: Mapped[str] = mapped_column()
    #: The registered name, shown to customers before they consent.
    company: Mapped[str] = mapped_column()
    contact_name: Mapped[str] = mapped_column(default="")
    contact_phone: Mapped[str] = mapped_column(default="")
    contact_email: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="trial")
    expires_at: Mapped[datetime]
    seats_pc: Mapped[int] = mapped_column(default=3)
    #: Of the seats above, those that may also serve phones.
    seats_mobile: Mapped[int] = mapped_column(default=0)
    code_required: Mapped[bool] = mapped_column(default=False)
    #: Until then codes have at least nine digits, because somebody was guessing.
    code_alarm_until: Mapped[datetime | None]
    #: Tickets issued before this moment are refused.
    tickets_void_before: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now_utc)
    version: Mapped[int] = mapped_column(default=1)
