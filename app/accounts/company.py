"""What a company says of itself: its name on the customer page, whom to call, what stands on an invoice.

The registered name is shown to customers as who is really helping them, so only the operator changes it.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from app.accounts.models import CompanyDetails
from app.errors import AppError
from app.team.errors import ChangedElsewhere
from app.team.rules import is_valid_email, is_valid_phone
from tenants import audit
from tenants.audit import Actor
from tenants.database import current_tenant_id, db
from tenants.models import Tenant
from tenants.resolve import get_tenant
from tenants.writing import writing

__all__ = ["Company", "CompanyRejected", "change_company", "read_company"]

MAX_TITLE: Final = 14
MAX_TEXT: Final = 100
MAX_NOTES: Final = 1000
_BUSINESS_NUMBER: Final = re.compile(r"([0-9]{3})-?([0-9]{2})-?([0-9]{5})")
_POSTCODE: Final = re.compile(r"[0-9]{5}|[0-9]{3}-?[0-9]{3}")
_OF_TENANT: Final = ("title", "contact_name", "contact_phone", "contact_email")


class CompanyRejected(AppError):
    """A detail cannot be so; `name` is the field's."""

    status = 422
    code = "B-46"

    def __init__(self, name: str, text: object) -> None:
        super().__init__(text)
        self.name = name


@dataclass(frozen=True, slots=True)
class Company:
    """A company's details as its administrator sees and changes them."""

    title: str
    contact_name: str
    contact_phone: str
    contact_mobile: str = ""
    contact_email: str = ""
    representative: str = ""
    business_number: str = ""
    business_type: str = ""
    business_item: str = ""
    postcode: str = ""
    address: str = ""
    address_more: str = ""
    fax: str = ""
    notes: str = ""


def read_company() -> Company:
    """The open company's details."""
    tenant, more = get_tenant(current_tenant_id()), db.session.get(CompanyDetails, current_tenant_id())
    own = {name: getattr(tenant, name) for name in _OF_TENANT}
    rest = {
        field.name: getattr(more, field.name) if more else ""
        for field in fields(Company)
        if field.name not in _OF_TENANT
    }
    return Company(**own, **rest)


def change_company(company: Company, *, version: int, by: Actor, now: datetime) -> None:
    """Store the details. Raises CompanyRejected, ChangedElsewhere when `version` is not the stored one."""
    company = _checked(company)
    values, before = asdict(company), asdict(read_company())
    changed = sorted(name for name in values if values[name] != before[name])
    with writing():
        won = db.session.execute(
            update(Tenant)
            .where(Tenant.id == current_tenant_id(), Tenant.version == version)
            .values(**{name: values[name] for name in _OF_TENANT}, version=version + 1)
        )
        if won.rowcount != 1:  # type: ignore[attr-defined]
            raise ChangedElsewhere
        row = db.session.get(CompanyDetails, current_tenant_id()) or CompanyDetails()
        for name in values.keys() - set(_OF_TENANT):
            setattr(row, name, values[name])
        db.session.add(row)
        if changed:
            audit.record("tenant.changed", "tenant", {"changed": changed}, by=by, at=now)


def _checked(company: Company) -> Company:
    values = {name: str(value).strip() for name, value in asdict(company).items()}
    if not 1 <= len(values["title"]) <= MAX_TITLE:
        raise CompanyRejected("title", _l("서비스 이름을 1~14자로 적어 주십시오."))
    if not values["contact_name"]:
        raise CompanyRejected("contact_name", _l("담당자 이름을 적어 주십시오."))
    for name in ("contact_phone", "contact_mobile", "fax"):
        if not is_valid_phone(values[name]) or (name == "contact_phone" and not values[name]):
            raise CompanyRejected(name, _l("전화번호를 다시 확인해 주십시오. 숫자와 - 로 적습니다."))
    if not is_valid_email(values["contact_email"]):
        raise CompanyRejected("contact_email", _l("이메일 주소를 다시 확인해 주십시오."))
    number = _BUSINESS_NUMBER.fullmatch(values["business_number"])
    if values["business_number"] and number is None:
        raise CompanyRejected("business_number", _l("사업자등록번호는 숫자 열 자리입니다. 예: 123-45-67890"))
    if number is not None:
        values["business_number"] = "-".join(number.groups())
    if values["postcode"] and _POSTCODE.fullmatch(values["postcode"]) is None:
        raise CompanyRejected("postcode", _l("우편번호는 숫자 다섯 자리입니다."))
    for name, value in values.items():
        if len(value) > (MAX_NOTES if name == "notes" else MAX_TEXT):
            raise CompanyRejected(name, _l("너무 깁니다. 짧게 줄여 주십시오."))
    return Company(**values)
