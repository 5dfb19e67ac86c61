"""Making a company. What it owns is made by the domains, in its scope."""

from __future__ import annotations

from datetime import datetime

from tenants import audit
from tenants.audit import Actor
from tenants.database import db, tenant_scope
from tenants.models import Tenant
from tenants.resolve import find_tenant
from tenants.rules import is_valid_slug
from tenants.writing import writing

__all__ = ["TenantRejected", "create_tenant"]


class TenantRejected(ValueError):
    """The company cannot be made so; the text says why, for the operator who typed it."""


def create_tenant(
    *,
    slug: str,
    title: str,
    company: str,
    expires_at: datetime,
    by: Actor,
    state: str = "active",
    seats_pc: int = 3,
    seats_mobile: int = 0,
    code_required: bool = False,
) -> Tenant:
    """Make a company and the beginning of its audit log; return the stored row. Raises TenantRejected."""
    slug = slug.strip().lower()
    if not is_valid_slug(slug):
        raise TenantRejected(
            f"{slug!r} cannot be an address: 3 to 31 letters, digits or -, and no word of ours."
        )
    with writing():
        if find_tenant(slug) is not None:
            raise TenantRejected(f"{slug!r} is taken.")
        tenant = Tenant(
            slug=slug,
            title=title,
            company=company,
            expires_at=expires_at,
            state=state,
            seats_pc=seats_pc,
            seats_mobile=seats_mobile,
            code_required=code_required,
        )
        db.session.add(tenant)
        db.session.flush()
    with tenant_scope(tenant.id), writing():
        audit.record("tenant.created", f"tenant:{tenant.id}", {"slug": slug, "title": title}, by=by)
    return tenant
