"""Notices to companies: made and withdrawn by operators, shown at the top of every console page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import Flask, g
from sqlalchemy import or_, select

from app.operator.models import Notice
from tenants.database import db, now_utc

__all__ = ["find_notices", "init_app"]

MAX_SHOWN = 3


def find_notices(tenant_id: int, now: datetime) -> Sequence[Notice]:
    """What a company's people are told now, warnings first."""
    return db.session.scalars(
        select(Notice)
        .where(
            Notice.ends_at > now,
            Notice.starts_at <= now,
            Notice.withdrawn_at.is_(None),
            or_(Notice.tenant_id.is_(None), Notice.tenant_id == tenant_id),
        )
        .order_by(Notice.kind.desc(), Notice.starts_at.desc(), Notice.id.desc())
        .limit(MAX_SHOWN)
    ).all()


def init_app(app: Flask) -> None:
    """Give the layout `console_notices()`."""
    app.jinja_env.globals["console_notices"] = _of_caller


def _of_caller() -> Sequence[Notice]:
    identity = g.get("identity")
    return find_notices(identity.tenant_id, now_utc()) if identity and identity.tenant_id else []
