"""Commands of the whole app: the audit log's check. Each domain adds its own group; set-up is here only."""

from __future__ import annotations

import sys

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import select

from app.operator.anchors import read_anchors as read_operator_anchors
from app.operator.audit import first_broken_entry as first_broken_operator_entry
from config.settings import Settings
from tenants.anchors import anchor_heads, read_anchors
from tenants.audit import first_broken_entry
from tenants.database import db, now_utc, tenant_scope
from tenants.models import Tenant

__all__ = ["init_app"]

audit = AppGroup("audit", help="The audit logs of the companies and of our own staff.")


@audit.command("verify")
def verify() -> None:
    """Check the chain of every company's log and of the operators' own, and against their anchors.

    Names the first broken entry of each; ends with 1 when one does not hold.
    """
    broken, anchors = 0, read_anchors(_settings().storage_dir)
    db.session.rollback()
    for tenant_id, slug in db.session.execute(select(Tenant.id, Tenant.slug).order_by(Tenant.slug)).all():
        with tenant_scope(tenant_id):
            entry = first_broken_entry(anchors=anchors.get(tenant_id))
        broken += _tell(slug, entry)
    # No company's address has a bracket.
    broken += _tell(
        "(operators)", first_broken_operator_entry(read_operator_anchors(_settings().storage_dir))
    )
    sys.exit(1 if broken else 0)


def _tell(whose: str, entry: int | None) -> bool:
    click.echo(f"{whose}: {'ok' if entry is None else f'broken at entry {entry}'}")
    return entry is not None


@audit.command("anchor")
def anchor() -> None:
    """Write every company's head down beside the database now; the jobs process does so every hour."""
    click.echo(f"{anchor_heads(_settings().storage_dir, now_utc())} heads written down")


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def init_app(app: Flask) -> None:
    """Register the commands that belong to no domain."""
    app.cli.add_command(audit)
