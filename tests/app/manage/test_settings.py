"""/manage/settings: what it says is what customers and agents see."""

from __future__ import annotations

import pytest

from app.support import queries
from app.support.models import SupportSession
from tenants.audit import AuditEntry
from tenants.database import db, tenant_scope
from tests.cast import Cast, Person
from tests.factories import support as make

PAGE = "/manage/settings"
FORM = {
    "version": "0",
    "code_required": "yes",
    "shows_addresses": "yes",
    "hours": "평일 9–18시",
    "absence": "쉽니다",
}


@pytest.fixture
def browser(log_in, cast: Cast):
    return log_in(cast.hana)


def shown(app, cast: Cast, person: Person) -> str | None:
    with app.app_context(), tenant_scope(cast.maru.id):
        waiting = make.make_slot(person)
        make.admit(waiting)
        return queries.shown_address(db.session.get_one(SupportSession, waiting.session_id))


def test_it_works(app, browser, client, cast: Cast) -> None:
    assert "저장했습니다" in browser.post(PAGE, data=FORM, follow_redirects=True).text
    door = client.get("/maru").text
    assert "쉽니다" in door
    assert "상담 시간: 평일 9–18시" in door
    assert "쉽니다" not in client.get("/nuri").text
    with app.app_context(), tenant_scope(cast.maru.id):
        slot = make.make_slot(cast.bora)
        entry = db.session.query(AuditEntry).filter_by(action="settings.changed").one()
        assert "absence" in entry.data
    assert client.post(f"/maru/number/{slot.number}").status_code == 303


def test_what_stays_the_same_is_not_written(browser) -> None:
    browser.post(PAGE, data=FORM)
    again = browser.post(PAGE, data=FORM | {"version": "1"}, follow_redirects=True)
    assert "바뀐 것이 없습니다" in again.text


def test_the_second_of_two_admins_is_told(browser) -> None:
    browser.post(PAGE, data=FORM)
    assert browser.post(PAGE, data=FORM | {"hours": "언제나"}).status_code == 409
    assert "평일 9–18시" in browser.get(PAGE).text


@pytest.mark.parametrize("wrong", [{"hours": "가" * 61}, {"absence": "가" * 201}])
def test_too_long_a_text_is_told(browser, wrong: dict[str, str]) -> None:
    answer = browser.post(PAGE, data=FORM | wrong)
    assert answer.status_code == 422
    assert "짧게 줄여" in answer.text


def test_addresses_are_hidden_from_agents_and_never_from_the_admin(app, browser, cast: Cast) -> None:
    assert shown(app, cast, cast.bora) == make.CUSTOMER.ip
    browser.post(PAGE, data={"version": "0"})
    assert shown(app, cast, cast.bora) is None
    assert shown(app, cast, cast.hana) == make.CUSTOMER.ip


def test_agents_may_not(log_in, cast: Cast) -> None:
    assert log_in(cast.bora).get(PAGE).status_code == 403
