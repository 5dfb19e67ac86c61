"""The operators' only way across the wall: each use says why, and is written down before anything is read.

`crossing` gives every company's rows, to read; `at_company` one company's scope, as its own people have it.
The reason is a word of REASONS (deeds.py); what a person typed stands with the deed itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from app.operator import audit
from tenants.audit import Actor
from tenants.database import operator_scope, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing

__all__ = ["at_company", "crossing"]


@contextmanager
def crossing(
    reason: str, *, by: Actor, companies: Sequence[int] = (), asked: Mapping[str, object] | None = None
) -> Iterator[None]:
    """Run the block with the rows of every company, noted in the operators' log with those looked at.

    Where they are not known beforehand, `asked` tells what was searched for.
    """
    with writing():
        data: dict[str, object] = {"companies": list(companies)} if companies else {}
        data |= asked or {}
        audit.record("wall.crossed", "companies", data, by=by, reason=reason)
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
