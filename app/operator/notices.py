"""Notices to companies: made and withdrawn by operators, shown at the top of every console page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import Flask, g
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select

from app.errors import NotFound
from app.operator import audit
from app.operator.errors import OperatorRejected
from app.operator.models import Notice
from tenants.audit import Actor
from tenants.database import db, now_utc
from tenants.models import Tenant
from tenants.writing import writing

__all__ = ["find_notices", "init_app", "list_notices", "put_notice", "withdraw_notice"]

MAX_SHOWN = 3
MAX_TEXT = 300
MAX_DAYS = 365


def put_notice(
    *, text_ko: str, text_en: str, kind: str, days: int, tenant: Tenant | None, by: Actor, now: datetime
) -> Notice:
    """Show a sentence to one company's people, or to everybody's, for some days. Raises OperatorRejected."""
    texts = [text.strip() for text in (text_ko, text_en)]
    if not all(1 <= len(text) <= MAX_TEXT for text in texts):
        raise OperatorRejected(_l("한국어와 영어로 각각 1~300자를 적어 주십시오."))
    if kind not in ("info", "warning") or not 1 <= days <= MAX_DAYS:
        raise OperatorRejected(_l("종류를 고르고 기간을 1~365일로 적어 주십시오."))
    with writing():
        row = Notice(
            tenant_id=tenant.id if tenant else None,
            kind=kind,
            text_ko=texts[0],
            text_en=texts[1],
            starts_at=now,
            ends_at=now + timedelta(days=days),
            created_at=now,
        )
        db.session.add(row)
        db.session.flush()
        slug = tenant.slug if tenant else ""
        audit.record("notice.put", f"notice:{row.public_id}", {"days": days}, by=by, company=slug, at=now)
    return row


def withdraw_notice(public_id: str, *, by: Actor, now: datetime) -> None:
    """Show a notice no more. Raises NotFound; a repeat does nothing."""
    with writing():
        row = db.session.scalar(select(Notice).where(Notice.public_id == public_id))
        if row is None:
            raise NotFound
        if row.withdrawn_at is None:
            row.withdrawn_at = now
            audit.record("notice.withdrawn", f"notice:{public_id}", by=by, at=now)


def list_notices(*, limit: int = 50) -> Sequence[tuple[Notice, Tenant | None]]:
    """The latest notices, each with its company when it is one company's."""
    rows = db.session.execute(
        select(Notice, Tenant)
        .outerjoin(Tenant, Tenant.id == Notice.tenant_id)
        .order_by(Notice.id.desc())
        .limit(limit)
    )
    return [(notice, tenant) for notice, tenant in rows]


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
