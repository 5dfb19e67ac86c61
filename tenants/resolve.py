"""From a name in an address or in a secret to the company behind it. Reads only; opens no scope."""

from __future__ import annotations

from sqlalchemy import select

from tenants.database import db
from tenants.models import Tenant
from tenants.rules import SLUG

__all__ = ["find_tenant", "get_tenant"]


def find_tenant(slug: str) -> Tenant | None:
    """The company with this address, whatever its case and state, or None."""
    key = slug.lower()
    if SLUG.fullmatch(key) is None:
        return None
    return db.session.scalar(select(Tenant).where(Tenant.slug == key))


def get_tenant(tenant_id: int) -> Tenant:
    """The company with this id. Raises LookupError: ids come from our own rows, so it must be there."""
    tenant = db.session.get(Tenant, tenant_id)
    if tenant is None:
        raise LookupError(f"tenant {tenant_id}")
    return tenant
