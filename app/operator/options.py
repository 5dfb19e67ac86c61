"""Options that operators switch off above every company's own settings, for one company or for all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.models import LoginSession
from app.operator import audit, rules
from app.operator.crossing import at_company, crossing
from app.operator.errors import OperatorRejected
from app.team.events import options_changed
from app.team.models import OptionForceOff
from app.team.options import OPTIONS
from tenants import audit as company_audit
from tenants.audit import Actor
from tenants.database import db, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing

__all__ = ["force_off", "list_forced_off", "release"]


def list_forced_off(tenant_id: int | None) -> Sequence[OptionForceOff]:
    """What is switched off for one company, or (None) for all of them."""
    owner = OptionForceOff.tenant_id.is_(None) if tenant_id is None else OptionForceOff.tenant_id == tenant_id
    return db.session.scalars(select(OptionForceOff).where(owner).order_by(OptionForceOff.key)).all()


def force_off(key: str, tenant: Tenant | None, *, reason: str, by: Actor, now: datetime) -> None:
    """Switch an option off; running programs hear it at once. Raises OperatorRejected."""
    if key not in OPTIONS:
        raise OperatorRejected(_l("그런 옵션이 없습니다."))
    if not rules.is_reason(reason):
        raise OperatorRejected(_l("이유를 3~200자로 적어 주십시오. 기록에 남습니다."))
    tenant_id = tenant.id if tenant else None
    if any(row.key == key for row in list_forced_off(tenant_id)):
        return
    with writing():
        db.session.add(OptionForceOff(tenant_id=tenant_id, key=key, reason=reason.strip(), at=now))
        _note("option.forced_off", key, tenant, reason, by=by, now=now)
    _tell(key, tenant, "off", by=by, now=now)


def release(key: str, tenant: Tenant | None, *, by: Actor, now: datetime) -> None:
    """Let companies decide again. A repeat does nothing."""
    with writing():
        for row in list_forced_off(tenant.id if tenant else None):
            if row.key == key:
                db.session.delete(row)
                _note("option.released", key, tenant, "", by=by, now=now)
    _tell(key, tenant, "released", by=by, now=now)


def _note(action: str, key: str, tenant: Tenant | None, reason: str, *, by: Actor, now: datetime) -> None:
    slug = tenant.slug if tenant else ""
    audit.record(action, f"option:{key}", by=by, company=slug, reason=reason.strip(), at=now)


def _tell(key: str, tenant: Tenant | None, to: str, *, by: Actor, now: datetime) -> None:
    """Tell running programs, and a single company's own log."""
    if tenant is not None:
        with at_company(tenant, "option", by=by), writing():
            company_audit.record("tenant.options_forced", f"option:{key}", {"to": to}, by=by, at=now)
            options_changed.send(department_id=None, agent_id=None)
        return
    with crossing("at work", by=by):
        at_work = db.session.scalars(
            select(LoginSession.tenant_id)
            .where(
                LoginSession.kind == "program", LoginSession.ended_at.is_(None), LoginSession.expires_at > now
            )
            .distinct()
        ).all()
    for tenant_id in at_work:
        with tenant_scope(tenant_id), writing():
            options_changed.send(department_id=None, agent_id=None)
