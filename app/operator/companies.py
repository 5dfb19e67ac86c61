"""What operators do to a company: make it, start and stop it, lengthen its term, set its seats and name.

Each deed stands twice: in the operators' log and in the company's own, in one transaction. A suspended
company's support sessions, log-ins and tickets end at once; its data stays.
"""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from app.errors import NotFound
from app.operator import audit, rules
from app.operator.crossing import at_company
from app.operator.errors import OperatorRejected
from app.support.actions.stopping import Stopped, stop_everything
from app.team.errors import ChangedElsewhere
from tenants import audit as company_audit
from tenants.actions import TenantRejected, create_tenant
from tenants.audit import Actor
from tenants.database import db
from tenants.models import Tenant
from tenants.resolve import find_tenant
from tenants.writing import writing

__all__ = [
    "create_company",
    "end_everything",
    "extend_term",
    "get_company",
    "rename_company",
    "set_seats",
    "set_state",
]


def get_company(slug: str) -> Tenant:
    """The company with this address. Raises NotFound."""
    tenant = find_tenant(slug)
    if tenant is None:
        raise NotFound
    return tenant


def create_company(
    *,
    slug: str,
    title: str,
    company: str,
    is_trial: bool,
    days: int,
    seats_pc: int,
    seats_mobile: int,
    by: Actor,
    now: datetime,
) -> Tenant:
    """Make a company; a trial is short and small whatever was typed. Raises OperatorRejected."""
    title, company = title.strip(), company.strip()
    if not 1 <= len(title) <= 14:
        raise OperatorRejected(_l("서비스 이름을 1~14자로 적어 주십시오."))
    if not 1 <= len(company) <= 100:
        raise OperatorRejected(_l("회사명을 1~100자로 적어 주십시오."))
    if is_trial:
        days, seats_pc = min(days, rules.TRIAL_DAYS), min(seats_pc, rules.TRIAL_SEATS)
    until = rules.extended(now, days, now)
    if until is None:
        raise OperatorRejected(_l("사용 기간을 1일에서 10년 사이로 적어 주십시오."))
    _check_seats(seats_pc, seats_mobile)
    try:
        tenant = create_tenant(
            slug=slug,
            title=title,
            company=company,
            expires_at=until,
            state="trial" if is_trial else "active",
            seats_pc=seats_pc,
            seats_mobile=min(seats_mobile, seats_pc),
            by=by,
        )
    except TenantRejected as error:
        raise OperatorRejected(
            _l("그 아이디는 쓸 수 없습니다. 영문 소문자, 숫자, - 로 3~31자이고, 쓰이지 않은 것이어야 합니다.")
        ) from error
    with writing():
        data = {"title": title, "company": company, "state": tenant.state}
        audit.record("tenant.created", f"tenant:{tenant.id}", data, by=by, company=tenant.slug, at=now)
    return tenant


def set_state(slug: str, wanted: str, *, reason: str, version: int, by: Actor, now: datetime) -> None:
    """Start, suspend or resume a company; suspending ends everything of it. Raises OperatorRejected."""
    tenant = get_company(slug)
    if not rules.may_become(tenant.state, wanted):
        raise OperatorRejected(_l("이 고객사는 그 상태로 바꿀 수 없습니다."))
    _check_reason(reason)
    before, tenant_id = tenant.state, tenant.id
    with at_company(tenant, "state", by=by), writing():
        _store(tenant_id, version, state=wanted)
        _note(tenant, "tenant.state_set", {"from": before, "to": wanted}, reason, by=by, now=now)
        if wanted == "suspended":
            stop_everything(reason.strip(), by=by, now=now)


def extend_term(slug: str, days: int, *, version: int, by: Actor, now: datetime) -> None:
    """Lengthen the term by days, from today where it has passed. Raises OperatorRejected."""
    tenant = get_company(slug)
    until = rules.extended(tenant.expires_at, days, now)
    if until is None:
        raise OperatorRejected(_l("사용 기간을 1일에서 10년 사이로 적어 주십시오."))
    before, tenant_id = tenant.expires_at, tenant.id
    with at_company(tenant, "term", by=by), writing():
        _store(tenant_id, version, expires_at=until)
        data = {"from": f"{before:%Y-%m-%d}", "to": f"{until:%Y-%m-%d}"}
        _note(tenant, "tenant.extended", data, "", by=by, now=now)


def set_seats(slug: str, seats_pc: int, seats_mobile: int, *, version: int, by: Actor, now: datetime) -> None:
    """Set how many agents the company may have; those there stay, even when there are more."""
    tenant = get_company(slug)
    _check_seats(seats_pc, seats_mobile)
    if tenant.state == "trial" and seats_pc > rules.TRIAL_SEATS:
        raise OperatorRejected(
            _l("체험 중에는 상담원 %(most)d명까지입니다. 먼저 정식으로 바꾸십시오.", most=rules.TRIAL_SEATS)
        )
    before = f"{tenant.seats_pc}/{tenant.seats_mobile}"
    tenant_id = tenant.id
    with at_company(tenant, "seats", by=by), writing():
        _store(tenant_id, version, seats_pc=seats_pc, seats_mobile=seats_mobile)
        data = {"from": before, "to": f"{seats_pc}/{seats_mobile}"}
        _note(tenant, "tenant.seats_set", data, "", by=by, now=now)


def rename_company(slug: str, company: str, *, reason: str, version: int, by: Actor, now: datetime) -> None:
    """Set the registered name, which customers trust: somebody has seen a paper. Raises OperatorRejected."""
    tenant = get_company(slug)
    company = company.strip()
    if not 1 <= len(company) <= 100:
        raise OperatorRejected(_l("회사명을 1~100자로 적어 주십시오."))
    _check_reason(reason)
    before, tenant_id = tenant.company, tenant.id
    with at_company(tenant, "name", by=by), writing():
        _store(tenant_id, version, company=company)
        _note(tenant, "tenant.changed", {"from": before, "to": company}, reason, by=by, now=now)


def end_everything(slug: str, *, reason: str, by: Actor, now: datetime) -> Stopped:
    """End every support session, log-in and ticket of a company, which may go on working afterwards."""
    tenant = get_company(slug)
    _check_reason(reason)
    with at_company(tenant, "stop", by=by), writing():
        stopped = stop_everything(reason.strip(), by=by, now=now)
        data = {"sessions": stopped.sessions, "log_ins": stopped.log_ins}
        audit.record(
            "tenant.stopped",
            f"tenant:{tenant.id}",
            data,
            by=by,
            company=tenant.slug,
            reason=reason.strip(),
            at=now,
        )
    return stopped


def _store(tenant_id: int, version: int, **values: object) -> None:
    won = db.session.execute(
        update(Tenant)
        .where(Tenant.id == tenant_id, Tenant.version == version)
        .values(**values, version=version + 1)
        .execution_options(synchronize_session=False)
    )
    if won.rowcount != 1:  # type: ignore[attr-defined]
        raise ChangedElsewhere


def _note(
    tenant: Tenant, action: str, data: dict[str, str], reason: str, *, by: Actor, now: datetime
) -> None:
    said = data | ({"reason": reason.strip()} if reason.strip() else {})
    company_audit.record(action, "tenant", said, by=by, at=now)
    audit.record(
        action, f"tenant:{tenant.id}", data, by=by, company=tenant.slug, reason=reason.strip(), at=now
    )


def _check_reason(reason: str) -> None:
    if not rules.is_reason(reason):
        raise OperatorRejected(_l("이유를 3~200자로 적어 주십시오. 기록에 남습니다."))


def _check_seats(seats_pc: int, seats_mobile: int) -> None:
    if not (0 <= seats_mobile <= seats_pc <= rules.MAX_SEATS):
        raise OperatorRejected(_l("상담원 수를 다시 확인해 주십시오. 모바일은 전체보다 많을 수 없습니다."))
