"""Options in the browser: three levels, inheritance, why one is off, many at once."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.support.queries import options_of
from app.team.models import OptionValue
from app.team.options import OPTIONS, explain
from tenants.audit import AuditEntry
from tenants.database import db, tenant_scope
from tests.cast import Cast

COMPANY = "/manage/options"
BORA = "/manage/agents/bora/options"
APPLY = "/manage/options/apply"


@pytest.fixture
def browser(log_in, cast: Cast):
    return log_in(cast.hana)


def holds(app, cast: Cast, person, key: str) -> bool:
    """What the support session would be offered."""
    with app.app_context(), tenant_scope(cast.maru.id):
        return options_of(person.id)[key]


def row_of(page: str, key: str) -> str:
    """The text of one option's line."""
    line = page.split(f'for="o-{key}"', 1)[1].split("</tr>", 1)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", line))


def test_it_works(app, browser, cast: Cast) -> None:
    answer = browser.post(COMPANY, data={"o.drawing": "off"}, follow_redirects=True)
    assert "옵션 1개를 바꾸었습니다" in answer.text
    assert not holds(app, cast, cast.bora, "drawing")
    with app.app_context(), tenant_scope(cast.maru.id):
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc())).first()
    assert (entry.action, entry.object, entry.data) == (
        "option.set",
        "tenant",
        '{"changes":{"drawing":false}}',
    )


def test_it_has_all_three_tables(browser) -> None:
    page = browser.get(COMPANY).text
    assert page.count('<tr class="bh-option"') == len(OPTIONS)
    assert all(f'id="table-{group}"' in page for group in ("feature", "setting", "mobile"))


def test_agents_may_not(log_in, cast: Cast) -> None:
    assert log_in(cast.bora).get(COMPANY).status_code == 403


def test_a_department_stands_between(app, browser, sales: str, cast: Cast) -> None:
    browser.post(COMPANY, data={"o.drawing": "off"})
    browser.post(f"/manage/departments/{sales}/options", data={"o.drawing": "on", "o.recording": "off"})
    assert holds(app, cast, cast.bora, "drawing")
    assert not holds(app, cast, cast.nari, "drawing")
    line = row_of(browser.get(BORA).text, "recording")
    assert "따름 (꺼짐)" in line
    assert "부서: 끔 ← 이 값이 쓰입니다" in line
    assert "상담원: 정하지 않음" in line


def test_following_again_removes_the_own_value(app, browser, cast: Cast) -> None:
    browser.post(BORA, data={"o.drawing": "off"})
    assert not holds(app, cast, cast.bora, "drawing")
    browser.post(BORA, data={"o.drawing": "follow"})
    assert holds(app, cast, cast.bora, "drawing")
    with app.app_context(), tenant_scope(cast.maru.id):
        assert db.session.scalars(select(OptionValue)).all() == []


def test_what_stays_the_same_is_not_written(app, browser, cast: Cast) -> None:
    assert (
        "바뀐 것이 없습니다" in browser.post(BORA, data={"o.drawing": "follow"}, follow_redirects=True).text
    )
    with app.app_context(), tenant_scope(cast.maru.id):
        assert "option.set" not in db.session.scalars(select(AuditEntry.action)).all()


@pytest.mark.parametrize("form", [{"o.fly": "on"}, {"o.drawing": "maybe"}, {"drawing": "off"}])
def test_invented_choices_are_passed_over(app, browser, cast: Cast, form: dict[str, str]) -> None:
    assert browser.post(COMPANY, data=form).status_code == 302
    assert holds(app, cast, cast.bora, "drawing")


def test_it_is_searched_without_scripts_too(browser) -> None:
    page = browser.get(COMPANY, query_string={"q": "그리기"}).text
    assert page.count('<tr class="bh-option"') == 3


def test_it_says_which_rule_stands_above(browser) -> None:
    page = browser.get(BORA).text
    assert "PC 전용 자리를 씁니다" in row_of(page, "mobile_support")
    assert "끌 수 없습니다" in row_of(page, "consent_to_record")
    browser.post(BORA, data={"o.view_only": "on"})
    assert "자동 제어도 꺼집니다" in row_of(browser.get(BORA).text, "auto_control")


def test_exactly_one_level_decides() -> None:
    levels = {"tenant": {"drawing": False}, "department": {}, "agent": {"drawing": True}}
    why = explain("drawing", seat="pc", levels=levels)
    assert [(step.origin, step.value, step.decides) for step in why.steps] == [
        ("platform", None, False),
        ("default", True, False),
        ("tenant", False, False),
        ("department", None, False),
        ("agent", True, True),
    ]
    assert not why.rule


def test_the_preview_names_who_changes_and_stores_nothing(app, browser, sales: str, cast: Cast) -> None:
    browser.post(BORA, data={"o.drawing": "off"})
    page = browser.post(APPLY, data={"step": "preview", "o.drawing": "off", "also_own": "yes"}).text
    assert "상담원 2명이 달라집니다" in page  # Hana and Nari; Bora has it off already
    assert "<strong>nari</strong>" in page
    assert "<strong>bora</strong>" not in page
    assert holds(app, cast, cast.nari, "drawing")


def test_many_are_changed_and_the_rest_stays(app, browser, sales: str, cast: Cast) -> None:
    browser.post(BORA, data={"o.drawing": "on", "o.recording": "off"})
    form = {"step": "apply", "department": sales, "o.drawing": "off", "also_own": "yes"}
    assert browser.post(APPLY, data=form).status_code == 302
    assert not holds(app, cast, cast.bora, "drawing")
    assert not holds(app, cast, cast.bora, "recording")
    assert holds(app, cast, cast.nari, "drawing")


def test_own_values_may_stay(app, browser, sales: str, cast: Cast) -> None:
    browser.post(BORA, data={"o.drawing": "on"})
    browser.post(APPLY, data={"step": "apply", "o.drawing": "off"})
    assert holds(app, cast, cast.bora, "drawing")
    assert not holds(app, cast, cast.nari, "drawing")


def test_the_preview_is_what_happens(app, browser, sales: str, cast: Cast) -> None:
    browser.post(f"/manage/departments/{sales}/options", data={"o.view_only": "on"})
    form = {"o.view_only": "follow", "o.auto_control": "on", "department": sales, "also_own": "yes"}
    page = browser.post(APPLY, data=form | {"step": "preview"}).text
    assert "상담원 1명이 달라집니다" in page
    browser.post(APPLY, data=form | {"step": "apply"})
    assert holds(app, cast, cast.bora, "auto_control")
    assert not holds(app, cast, cast.bora, "view_only")


def test_nothing_chosen_is_told(browser) -> None:
    answer = browser.post(APPLY, data={"step": "preview", "o.drawing": ""})
    assert answer.status_code == 422
    assert "하나 이상 골라" in answer.text


def test_it_hides_other_tenants(browser, cast: Cast) -> None:
    assert browser.get(f"/manage/agents/{cast.chul.login_id}/options").status_code == 404
    assert (
        browser.post(APPLY, data={"step": "apply", "o.drawing": "off", "department": "0" * 26}).status_code
        == 404
    )
