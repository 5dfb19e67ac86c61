"""/manage/account: what a company says of itself; its registered name is the operator's to change."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts.company import read_company
from tenants.audit import AuditEntry
from tenants.database import db, tenant_scope
from tenants.resolve import find_tenant
from tests.cast import Cast

PAGE = "/manage/account"
GOOD = {
    "title": "마루 도우미",
    "contact_name": "하나",
    "contact_phone": "02-123-4567",
    "contact_mobile": "010-1234-5678",
    "contact_email": "hana@example.com",
    "business_number": "1234567890",
    "postcode": "13494",
    "address": "경기 성남시",
    "address_more": "618",
    "notes": "고객지원용",
    "version": "1",
}


@pytest.fixture
def browser(log_in, cast: Cast):
    return log_in(cast.hana)


def test_it_works(app, browser, client, cast: Cast) -> None:
    assert browser.post(PAGE, data=GOOD).status_code == 302
    with app.app_context(), tenant_scope(cast.maru.id):
        company = read_company()
        assert (company.title, company.business_number, company.address_more) == (
            "마루 도우미",
            "123-45-67890",
            "618",
        )
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc())).first()
        assert (entry.action, "title" in entry.data) == ("tenant.changed", True)
    assert "마루 도우미" in client.get("/maru").text


def test_it_shows_seats_and_the_customers_address(browser) -> None:
    page = browser.get(PAGE).text
    assert "상담원 생성 가능 수 1명 (전체 3명)" in page
    assert "http://127.0.0.1:8000/maru" in page


def test_the_registered_name_stays(app, browser, cast: Cast) -> None:
    """Customers trust it: an administrator who could write a bank's name there would be believed."""
    browser.post(PAGE, data=GOOD | {"company": "국민은행", "slug": "kb", "state": "active", "seats_pc": "99"})
    with app.app_context():
        tenant = find_tenant("maru")
        assert (tenant.company, tenant.seats_pc) == ("주식회사 마루", 3)


def test_agents_may_not(log_in, cast: Cast) -> None:
    assert log_in(cast.bora).get(PAGE).status_code == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", ""),
        ("title", "가" * 15),
        ("contact_name", " "),
        ("contact_phone", ""),
        ("contact_phone", "전화"),
        ("contact_email", "x"),
        ("business_number", "12-345"),
        ("postcode", "abc"),
        ("notes", "가" * 1001),
        ("address", "가" * 101),
    ],
)
def test_nonsense_is_refused_and_kept(browser, name: str, value: str) -> None:
    answer = browser.post(PAGE, data=GOOD | {name: value})
    assert answer.status_code == 422
    assert f'id="{name}"' in answer.text
    assert "마루 상담실" in browser.get(PAGE).text


def test_a_script_stays_text(browser) -> None:
    assert browser.post(PAGE, data=GOOD | {"address": '"><script>alert(1)</script>'}).status_code == 302
    assert "<script>alert" not in browser.get(PAGE).text


def test_the_second_of_two_is_told(browser) -> None:
    assert browser.post(PAGE, data=GOOD).status_code == 302
    assert browser.post(PAGE, data=GOOD | {"title": "다른 이름"}).status_code == 409
