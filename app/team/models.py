"""Who works for a company: departments, agents, and the options set for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import BIGINT, Model, TenantOwned, TenantStamped, now_utc, public_id, tenant_fk

__all__ = [
    "ISSUE_TYPE_PARKING",
    "Agent",
    "CompanySettings",
    "Department",
    "DownloadCount",
    "IssueType",
    "OptionForceOff",
    "OptionValue",
]

#: Where a type waits, inside one transaction, while two change places; the list has 30.
ISSUE_TYPE_PARKING = 31


class Department(TenantOwned, Model):
    """A group of agents; flat. `name_key` is the name without case, unique within the company."""

    __table_args__ = (
        UniqueConstraint("tenant_id", "name_key"),
        Index("uq_department_tenant_id_public_id", "tenant_id", "public_id", unique=True),
    )

    #: What stands in addresses; serial ids stay inside.
    public_id: Mapped[str] = mapped_column(default=public_id)
    name: Mapped[str]
    name_key: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)


class Agent(TenantOwned, Model):
    """A person who supports customers. Deleted agents keep their row, because records name them."""

    __table_args__ = (
        tenant_fk("department_id", "department"),
        Index(
            "uq_agent_tenant_id_login_key",
            "tenant_id",
            "login_key",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        CheckConstraint("role IN ('admin', 'agent')", name="role"),
        CheckConstraint("seat IN ('pc', 'pc_mobile')", name="seat"),
        CheckConstraint("state IN ('active', 'disabled')", name="state"),
        CheckConstraint("login_key <> 'admin' OR (role = 'admin' AND deleted_at IS NULL)", name="admin"),
    )

    login_id: Mapped[str]
    #: The id without case: what log-in looks for.
    login_key: Mapped[str]
    name: Mapped[str]
    role: Mapped[str] = mapped_column(default="agent")
    department_id: Mapped[int | None] = mapped_column(BIGINT)
    seat: Mapped[str] = mapped_column(default="pc")
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str]
    state: Mapped[str] = mapped_column(default="active")
    last_access_at: Mapped[datetime | None]
    last_ip_public: Mapped[str | None]
    last_ip_private: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now_utc)
    deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    @property
    def is_admin(self) -> bool:
        """Whether they administer the company."""
        return self.role == "admin"

    @property
    def may_work(self) -> bool:
        """Whether they may log in at all."""
        return self.state == "active" and self.deleted_at is None


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _one_value(scope: str, *columns: str) -> Index:
    condition = text(f"scope = '{scope}'")
    return Index(
        f"uq_option_value_{scope}",
        "tenant_id",
        *columns,
        "key",
        unique=True,
        sqlite_where=condition,
        postgresql_where=condition,
    )


class OptionValue(TenantOwned, Model):
    """An option that differs from its default, for the company, one department or one agent."""

    __table_args__ = (
        tenant_fk("department_id", "department"),
        tenant_fk("agent_id", "agent"),
        CheckConstraint(
            "(scope = 'tenant' AND department_id IS NULL AND agent_id IS NULL)"
            " OR (scope = 'department' AND department_id IS NOT NULL AND agent_id IS NULL)"
            " OR (scope = 'agent' AND department_id IS NULL AND agent_id IS NOT NULL)",
            name="scope",
        ),
        _one_value("tenant"),
        _one_value("department", "department_id"),
        _one_value("agent", "agent_id"),
    )

    scope: Mapped[str]
    department_id: Mapped[int | None] = mapped_column(BIGINT)
    agent_id: Mapped[int | None] = mapped_column(BIGINT)
    key: Mapped[str]
    value: Mapped[bool]


class OptionForceOff(Model):
    """An option that the operator has switched off for one company, or (`tenant_id` NULL) for all of them.

    It stands above every level of a company and is shared, like the companies themselves: it holds nothing
    of theirs. Written by the operator's pages only.
    """

    __table_args__ = (
        Index("uq_option_force_off_all", "key", unique=True, **_where("tenant_id IS NULL")),
        Index(
            "uq_option_force_off_tenant", "tenant_id", "key", unique=True, **_where("tenant_id IS NOT NULL")
        ),
        {"info": {"shared": True}},
    )

    id: Mapped[int] = mapped_column(BIGINT, primary_key=True)
    tenant_id: Mapped[int | None] = mapped_column(BIGINT, ForeignKey("tenant.id"))
    key: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=now_utc)


class CompanySettings(TenantStamped, Model):
    """What a company has set for everybody; no row = nothing was set yet. Read it through settings.py."""

    __table_args__ = (PrimaryKeyConstraint("tenant_id"),)

    shows_addresses: Mapped[bool] = mapped_column(default=True)
    hours: Mapped[str] = mapped_column(default="")
    absence: Mapped[str] = mapped_column(default="")
    #: Seven texts of hours with commas between, and lines of holidays; opening/rules.py reads both.
    week: Mapped[str] = mapped_column(default="")
    holidays: Mapped[str] = mapped_column(default="")
    #: Whether the form about a support opens by itself when it ends.
    report_after: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class DownloadCount(TenantStamped, Model):
    """How often a company's people have fetched a file of the download centre."""

    __table_args__ = (PrimaryKeyConstraint("tenant_id", "name"),)

    name: Mapped[str]
    count: Mapped[int] = mapped_column(default=0)


class IssueType(TenantOwned, Model):
    """A kind of trouble to choose from. A deleted one stays as a row, because records name it."""

    __table_args__ = (
        Index("uq_issue_type_tenant_id_public_id", "tenant_id", "public_id", unique=True),
        Index(
            "uq_issue_type_position",
            "tenant_id",
            "position",
            unique=True,
            sqlite_where=text("archived_at IS NULL"),
            postgresql_where=text("archived_at IS NULL"),
        ),
        CheckConstraint("position IS NULL OR position BETWEEN 1 AND 31", name="position"),
        CheckConstraint("(archived_at IS NULL) = (position IS NOT NULL)", name="archived"),
    )

    public_id: Mapped[str] = mapped_column(default=public_id)
    name: Mapped[str]
    position: Mapped[int | None]
    archived_at: Mapped[datetime | None]
