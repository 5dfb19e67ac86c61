"""Recognising a company's own program: by the key in `Authorization: Bearer apikey.<company>.…`."""

from __future__ import annotations

from flask import Flask, g

from app.api.keys import KIND, find_key
from app.programs import bearer_text
from app.routes import Caller, Identity, add_identifier
from tenants.bearer import parse_bearer
from tenants.database import now_utc, tenant_scope
from tenants.resolve import find_tenant
from tenants.rules import standing

__all__ = ["identify_key", "init_app"]


def init_app(app: Flask) -> None:
    """Tell the gate how keys are recognised."""
    add_identifier(app, Caller.API_KEY, identify_key)


def identify_key() -> Identity | None:
    """The company behind the key, or None; a company that has stopped is nobody."""
    bearer = parse_bearer(bearer_text(), KIND)
    tenant = find_tenant(bearer.slug) if bearer else None
    now = now_utc()
    if bearer is None or tenant is None or standing(tenant.state, tenant.expires_at, now) == "suspended":
        return None
    with tenant_scope(tenant.id):
        key = find_key(bearer.hash, now)
        if key is None:
            return None
        g.api_key_id, g.api_scopes = key.id, frozenset(key.scopes.split())
    return Identity(caller=Caller.API_KEY, tenant_id=tenant.id)
