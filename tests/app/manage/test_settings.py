"""/manage/settings: what it says is what customers and agents see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.manage.addresses import NeededAddress, list_needed_addresses
from app.support import queries
from app.support.models import SupportSession
from config.relay_addresses import RelayAddress
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
WEEKDAYS = {
    name: value
    for day in range(5)
    for name, value in ((f"open_{day}", "yes"), (f"opens_{day}", "09:00"), (f"closes_{day}", "18:00"))
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


def test_hours_and_holidays_come_back_as_they_were_set(app, browser, cast: Cast) -> None:
    form = FORM | WEEKDAYS | {"opens_6": "10:00", "holidays": "2026-12-25  성탄절\r\n2026-01-01 새해"}
    browser.post(PAGE, data=form)
    page = browser.get(PAGE).text
    assert 'id="open_4" name="open_4" value="yes" checked' in page
    assert 'id="open_6" name="open_6" value="yes">' in page
    assert "2026-01-01 새해\n2026-12-25 성탄절" in page
    with app.app_context(), tenant_scope(cast.maru.id):
        entry = db.session.query(AuditEntry).filter_by(action="settings.changed").one()
        assert "week" in entry.data
        assert "holidays" in entry.data


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"closes_2": ""}, "09:00처럼"),
        ({"opens_2": "25:00"}, "09:00처럼"),
        ({"holidays": "2026-12-25 성탄절\n설날"}, "휴일 2번째 줄"),
        ({"holidays": "\n".join(f"{2000 + n}-01-01 새해" for n in range(61))}, "60개까지"),
    ],
)
def test_wrong_hours_and_holidays_are_told(browser, wrong: dict[str, str], said: str) -> None:
    answer = browser.post(PAGE, data=FORM | WEEKDAYS | wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert "새해" not in browser.get(PAGE).text


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


def test_the_report_after_a_support_is_switched_off_and_on(browser) -> None:
    box = 'id="report_after" name="report_after" value="yes"'
    assert f"{box} checked" in browser.get(PAGE).text
    browser.post(PAGE, data=FORM)
    assert f"{box} checked" not in browser.get(PAGE).text
    browser.post(PAGE, data=FORM | {"report_after": "yes", "version": "1"})
    assert f"{box} checked" in browser.get(PAGE).text


def test_it_names_the_addresses_that_a_firewall_must_let_out(app, browser) -> None:
    ours = app.extensions["settings"]
    relay = RelayAddress("relay.example:8443", "wss://relay.example:8443", ("wss://relay.example",))
    app.extensions["settings"] = replace(ours, relays=(relay,))
    try:
        page = browser.get(PAGE).text
    finally:
        app.extensions["settings"] = ours
    assert all(word in page for word in ("relay.example", ">8443<", ">443<", "화면과 파일 중계"))


def test_an_address_for_two_things_is_named_once() -> None:
    found = list_needed_addresses("https://one.example", ["wss://one.example/relay", "ws://two.example"])
    assert found == [
        NeededAddress("one.example", 443, is_encrypted=True, is_web=True, is_relay=True),
        NeededAddress("two.example", 80, is_encrypted=False, is_web=False, is_relay=True),
    ]


def test_agents_may_not(log_in, cast: Cast) -> None:
    assert log_in(cast.bora).get(PAGE).status_code == 403
