"""/manage/departments: making, renaming and deleting them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.team.models import Agent, Department, OptionValue
from app.team.option_settings import set_option
from tenants.audit import AuditEntry
from tenants.database import db, tenant_scope
from tenants.writing import writing
from tests.cast import Cast

PAGE = "/manage/departments"


@pytest.fixture
def browser(log_in, cast: Cast):
    return log_in(cast.hana)


def stored(app, cast: Cast, statement):
    with app.app_context(), tenant_scope(cast.maru.id):
        return db.session.scalars(statement).all()


def test_it_works(app, browser, cast: Cast) -> None:
    answer = browser.post(PAGE, data={"name": "  기술   지원 "}, follow_redirects=True)
    assert "기술 지원 부서를 만들었습니다." in answer.text
    assert [d.name for d in stored(app, cast, select(Department))] == ["기술 지원"]
    entry = stored(app, cast, select(AuditEntry).order_by(AuditEntry.n.desc()))[0]
    assert (entry.action, entry.actor_name) == ("department.created", "하나")


def test_it_says_what_to_do_when_there_is_none(browser) -> None:
    assert "첫 부서를 만드십시오" in browser.get(PAGE).text


def test_agents_may_not(log_in, cast: Cast) -> None:
    assert log_in(cast.bora).get(PAGE).status_code == 403


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "영업", " 영업 "])
def test_it_refuses_bad_and_taken_names(browser, sales: str, name: str) -> None:
    answer = browser.post(PAGE, data={"name": name})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_it_is_renamed(app, browser, sales: str, cast: Cast) -> None:
    assert browser.post(f"{PAGE}/{sales}", data={"name": "영업부", "version": "1"}).status_code == 302
    row = stored(app, cast, select(Department))[0]
    assert (row.name, row.name_key, row.version) == ("영업부", "영업부", 2)


def test_the_second_of_two_admins_is_told(app, browser, sales: str, cast: Cast) -> None:
    browser.post(f"{PAGE}/{sales}", data={"name": "영업부", "version": "1"})
    answer = browser.post(f"{PAGE}/{sales}", data={"name": "판매부", "version": "1"})
    assert answer.status_code == 409
    assert "다른 사람이 먼저 바꾸었습니다" in answer.text
    assert stored(app, cast, select(Department.name)) == ["영업부"]


def test_with_agents_it_is_not_simply_deleted(app, browser, sales: str, cast: Cast) -> None:
    for form in ({}, {"move_to": "refuse"}, {"move_to": sales}):
        assert browser.post(f"{PAGE}/{sales}/delete", data=form).status_code == 422
    assert len(stored(app, cast, select(Department))) == 1


def test_agents_are_moved_first(app, browser, sales: str, cast: Cast) -> None:
    browser.post(PAGE, data={"name": "본사"})
    target = stored(app, cast, select(Department).where(Department.name == "본사"))[0]
    answer = browser.post(f"{PAGE}/{sales}/delete", data={"move_to": target.public_id}, follow_redirects=True)
    assert "상담원 1명을 옮겼습니다" in answer.text
    assert stored(app, cast, select(Agent.department_id).where(Agent.id == cast.bora.id)) == [target.id]


def test_its_options_go_with_it(app, browser, sales: str, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        row = db.session.scalars(select(Department)).one()
        db.session.add(OptionValue(scope="department", department_id=row.id, key="drawing", value=False))
        set_option("drawing", True, by=cast.hana.actor)
    assert browser.post(f"{PAGE}/{sales}/delete", data={"move_to": ""}).status_code == 302
    assert stored(app, cast, select(OptionValue.scope)) == ["tenant"]


def test_a_script_in_a_name_stays_text(browser) -> None:
    browser.post(PAGE, data={"name": "<script>alert(1)</script>{{7*7}}"})
    page = browser.get(PAGE).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page


def test_deleting_an_empty_department_is_taken_back(browser) -> None:
    browser.post(PAGE, data={"name": "영업"})
    address = browser.get(PAGE).text.split('href="/manage/departments/', 1)[1].split('"', 1)[0]
    page = browser.post(f"{PAGE}/{address}/delete", follow_redirects=True).text
    assert "되돌리기" in page
    assert 'name="name" value="영업"' in page
    browser.post(PAGE, data={"name": "영업"})
    assert "영업" in browser.get(PAGE).text


def test_a_department_with_options_of_its_own_is_not(browser) -> None:
    browser.post(PAGE, data={"name": "영업"})
    address = browser.get(PAGE).text.split('href="/manage/departments/', 1)[1].split('"', 1)[0]
    browser.post(f"{PAGE}/{address}/options", data={"o.drawing": "off"})
    assert "되돌리기" not in browser.post(f"{PAGE}/{address}/delete", follow_redirects=True).text
