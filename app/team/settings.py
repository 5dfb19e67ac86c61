"""What a company sets once for everybody (A6): whether clicking a number needs a code, whether agents see the
customers' addresses, whether they are asked what a support was about, when the company is open, and what the
customer page says when nobody waits.

Whether the customer is asked for satisfaction is an option and stands with the options.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError

from app.errors import AppError
from app.team.errors import ChangedElsewhere
from app.team.models import CompanySettings
from app.team.opening import rules
from tenants import audit
from tenants.audit import Actor
from tenants.database import current_tenant_id, db
from tenants.models import Tenant
from tenants.writing import writing

__all__ = [
    "MAX_ABSENCE",
    "MAX_HOURS",
    "Settings",
    "SettingsRejected",
    "change_settings",
    "opens_report",
    "read_settings",
    "shows_addresses",
]

MAX_HOURS: Final = 60
MAX_ABSENCE: Final = 200
_FIELDS: Final = (
    "code_required",
    "shows_addresses",
    "hours",
    "absence",
    "week",
    "holidays",
    "report_after",
)


class SettingsRejected(AppError):
    """The settings cannot be so; the sentence says why."""

    status = 422
    code = "B-46"


@dataclass(frozen=True, slots=True)
class Settings:
    """The company's settings; `version` 0 where nothing was ever set."""

    code_required: bool = False
    shows_addresses: bool = True
    hours: str = ""
    absence: str = ""
    #: As opening/rules.py reads them: seven texts from Monday on, and a line for each holiday.
    week: tuple[str, ...] = ("",) * 7
    holidays: str = ""
    report_after: bool = True
    version: int = 0


def read_settings(tenant: Tenant | None = None) -> Settings:
    """The open company's settings, with what holds where nothing was set; `tenant`: its row, if known."""
    tenant = tenant or db.session.get(Tenant, current_tenant_id())
    row = db.session.get(CompanySettings, current_tenant_id())
    code_required = tenant.code_required if tenant else False
    if row is None:
        return Settings(code_required)
    week = tuple(row.week.split(",")) if row.week else ("",) * 7
    return Settings(
        code_required,
        row.shows_addresses,
        row.hours,
        row.absence,
        week,
        row.holidays,
        row.report_after,
        row.version,
    )


def shows_addresses() -> bool:
    """Whether the open company's agents see the customers' addresses."""
    row = db.session.get(CompanySettings, current_tenant_id())
    return row is None or row.shows_addresses


def opens_report() -> bool:
    """Whether the open company's agents are asked what a support was about, without asking for it."""
    row = db.session.get(CompanySettings, current_tenant_id())
    return row is None or row.report_after


def change_settings(wanted: Settings, *, by: Actor) -> bool:
    """Store what differs; return whether something did. Raises SettingsRejected, ChangedElsewhere."""
    hours, absence = " ".join(wanted.hours.split()), " ".join(wanted.absence.split())
    if len(hours) > MAX_HOURS or len(absence) > MAX_ABSENCE:
        raise SettingsRejected(
            _l("상담 시간은 60자, 안내문은 200자까지 적을 수 있습니다. 짧게 줄여 주십시오.")
        )
    week, holidays = _check_opening(wanted)
    try:
        with writing():
            tenant = db.session.get(Tenant, current_tenant_id(), with_for_update={"key_share": True})
            assert tenant is not None
            before = read_settings()
            if before.version != wanted.version:
                raise ChangedElsewhere
            after = replace(
                wanted, hours=hours, absence=absence, week=week, holidays=holidays, version=before.version
            )
            if after == before:
                return False
            _store(after, tenant)
            changed = [name for name in _FIELDS if getattr(before, name) != getattr(after, name)]
            audit.record("settings.changed", "tenant", {"changed": changed}, by=by)
    except IntegrityError as error:  # two admins at once, the first time
        raise ChangedElsewhere from error
    return True


def _check_opening(wanted: Settings) -> tuple[tuple[str, ...], str]:
    try:
        week = rules.write_week(rules.read_week(wanted.week))
        return week, rules.write_holidays(rules.read_holidays(wanted.holidays))
    except rules.WrongHours as error:
        raise SettingsRejected(
            _l("여는 요일에는 여는 시각과 닫는 시각을 모두 09:00처럼 적어 주십시오.")
        ) from error
    except rules.WrongHolidays as error:
        if error.line:
            sentence = _l(
                "휴일 %(line)d번째 줄을 읽을 수 없습니다. 2026-12-25 성탄절처럼 날짜와 이름을 적고, "
                "같은 날짜는 한 번만 적어 주십시오.",
                line=error.line,
            )
        else:
            sentence = _l("휴일은 60개까지 적을 수 있습니다. 지난 휴일을 지워 주십시오.")
        raise SettingsRejected(sentence) from error


def _store(wanted: Settings, tenant: Tenant) -> None:
    row = db.session.get(CompanySettings, tenant.id)
    if row is None:
        row = CompanySettings(version=0)
        db.session.add(row)
    tenant.code_required = wanted.code_required
    row.shows_addresses, row.hours, row.absence = wanted.shows_addresses, wanted.hours, wanted.absence
    row.week, row.holidays = ",".join(wanted.week) if any(wanted.week) else "", wanted.holidays
    row.report_after = wanted.report_after
    row.version = wanted.version + 1
