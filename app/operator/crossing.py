"""The operators' only way across the wall: each use says why, and is written down before anything is read.

with crossing("usage of the companies on the page", by=actor):
    ...                                # every company's rows, read only by habit: write in one company
with at_company(tenant, "suspend: unpaid", by=actor):
    ...                                # one company's scope, as its own people have it
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.operator import audit
from tenants.audit import Actor
from tenants.database import operator_scope, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing

__all__ = ["at_company", "crossing"]


@contextmanager
def crossing(reason: str, *, by: Actor) -> Iterator[None]:
    """Run the block with the rows of every company, noted in the operators' log."""
    with writing():
        audit.record("wall.crossed", "companies", by=by, reason=reason)
    with operator_scope(f"operator {by.id}: {reason}"):
        yield


@contextmanager
def at_company(tenant: Tenant, reason: str, *, by: Actor) -> Iterator[None]:
    """Run the block in one company's scope, noted in the operators' log."""
    tenant_id = tenant.id
    with writing():
        audit.record("wall.crossed", f"tenant:{tenant_id}", by=by, company=tenant.slug, reason=reason)
    with operator_scope(f"operator {by.id}: {reason}"), tenant_scope(tenant_id):
        yield
