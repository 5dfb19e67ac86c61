"""/manage/issue-types: up to thirty, in an order, and deleted ones keep their row."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.team import issue_types
from app.team.errors import IssueTypeRejected
from app.team.models import IssueType
from tenants.audit import AuditEntry
from tenants.database import db, tenant_scope
from tests.cast import Cast
from tests.conftest import Walled

PAGE = "/manage/issue-types"


@pytest.fixture
def browser(log_in, cast: Cast):
    return log_in(cast.hana)


@pytest.fixture
def three(app, cast: Cast) -> dict[str, str]:
    """Printer, network and mail, in this order: name → public id."""
    with app.app_context(), tenant_scope(cast.maru.id):
        made = [
            issue_types.create_issue_type(name, by=cast.hana.actor) for name in ("프린터", "인터넷", "메일")
        ]
        return {row.name: row.public_id for row in made}


def names(app, cast: Cast) -> list[str]:
    with app.app_context(), tenant_scope(cast.maru.id):
        rows = issue_types.list_issue_types()
        assert [row.position for row in rows] == list(range(1, len(rows) + 1))
        return [row.name for row in rows]


def test_it_works(app, browser, cast: Cast) -> None:
    assert "첫 유형을 만드십시오" in browser.get(PAGE).text
    answer = browser.post(PAGE, data={"name": " 프린터 "}, follow_redirects=True)
    assert "프린터 유형을 만들었습니다." in answer.text
    assert names(app, cast) == ["프린터"]
    with app.app_context(), tenant_scope(cast.maru.id):
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc())).first()
        assert entry.action == "issue_type.created"


def test_agents_may_not(log_in, cast: Cast) -> None:
    assert log_in(cast.bora).get(PAGE).status_code == 403


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "프린터", " 프린터"])
def test_it_refuses_bad_and_taken_names(app, browser, three, cast: Cast, name: str) -> None:
    assert browser.post(PAGE, data={"name": name}).status_code == 422
    assert browser.post(f"{PAGE}/{three['메일']}", data={"name": name}).status_code == 422
    assert names(app, cast) == ["프린터", "인터넷", "메일"]


@pytest.mark.parametrize(
    "moved",
    [
        (("메일", "up"), ["프린터", "메일", "인터넷"]),
        (("프린터", "down"), ["인터넷", "프린터", "메일"]),
        (("프린터", "up"), ["프린터", "인터넷", "메일"]),
        (("메일", "down"), ["프린터", "인터넷", "메일"]),
    ],
)
def test_the_order_is_changed(app, log_in, three, cast: Cast, moved) -> None:
    (name, deed), after = moved
    assert log_in(cast.hana).post(f"{PAGE}/{three[name]}", data={"deed": deed}).status_code == 302
    assert names(app, cast) == after


def test_a_deleted_type_leaves_the_list_and_keeps_its_row(app, browser, three, cast: Cast) -> None:
    answer = browser.post(f"{PAGE}/{three['프린터']}", data={"deed": "delete"}, follow_redirects=True)
    assert "프린터 유형을 지웠습니다" in answer.text
    assert names(app, cast) == ["인터넷", "메일"]
    with app.app_context(), tenant_scope(cast.maru.id):
        assert len(db.session.scalars(select(IssueType)).all()) == 3
    assert browser.post(f"{PAGE}/{three['프린터']}", data={"deed": "up"}).status_code == 404


def test_it_is_renamed(app, browser, three, cast: Cast) -> None:
    assert (
        browser.post(f"{PAGE}/{three['메일']}", data={"deed": "rename", "name": "이메일"}).status_code == 302
    )
    assert names(app, cast)[-1] == "이메일"
    assert browser.post(f"{PAGE}/{three['메일']}", data={"deed": "explode"}).status_code == 404


def test_thirty_and_no_more_on_both_databases(databases: Walled) -> None:
    by = databases.cast.hana.actor
    with databases.app.app_context(), tenant_scope(databases.cast.maru.id):
        made = [issue_types.create_issue_type(f"유형 {n}", by=by) for n in range(30)]
        with pytest.raises(IssueTypeRejected):
            issue_types.create_issue_type("하나 더", by=by)
        last = made[-1].public_id
        issue_types.move_issue_type(last, "up", by=by)
        issue_types.delete_issue_type(made[0].public_id, by=by)
        assert [row.name for row in issue_types.list_issue_types()][-2:] == ["유형 29", "유형 28"]
        assert issue_types.create_issue_type("하나 더", by=by).position == 30


def test_it_hides_other_tenants(app, three, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.nuri.id):
        assert issue_types.list_issue_types() == []


SAME = "가나다라"


def names_in_order(browser) -> list[str]:
    return re.findall(r'name="name" value="([^"]+)" maxlength="40" required>', browser.get(PAGE).text)


@pytest.fixture
def four(browser) -> list[str]:
    """Four types; returns their addresses."""
    for name in ("가", "나", "다", "라"):
        browser.post(PAGE, data={"name": name})
    return re.findall(r'action="(/manage/issue-types/\w+)"', browser.get(PAGE).text)


@pytest.mark.parametrize(
    ("which", "position", "order"),
    [
        (0, "4", "나다라가"),
        (3, "1", "라가나다"),
        (1, "3", "가다나라"),
        (2, "99", "가나라다"),
        (2, "3", "가나다라"),
    ],
)
def test_one_is_put_anywhere(browser, four: list[str], which: int, position: str, order: str) -> None:
    assert browser.post(four[which], data={"deed": "place", "position": position}).status_code == 302
    assert "".join(names_in_order(browser)) == order


def test_a_deletion_is_taken_back_where_it_stood(browser, four: list[str]) -> None:
    page = browser.post(four[1], data={"deed": "delete"}, follow_redirects=True).text
    assert "되돌리기" in page
    fields = dict(re.findall(r'name="(deed|position)" value="(\w+)"', page.split("bh-note", 1)[1])[:2])
    assert fields == {"deed": "restore", "position": "2"}
    browser.post(four[1], data=fields)
    assert "".join(names_in_order(browser)) == "가나다라"
    assert browser.post(four[1], data=fields).status_code == 404


def test_nothing_is_taken_back_beyond_thirty(browser, four: list[str]) -> None:
    browser.post(four[0], data={"deed": "delete"})
    for n in range(27):
        browser.post(PAGE, data={"name": f"유형 {n}"})
    assert browser.post(four[0], data={"deed": "restore", "position": "1"}).status_code == 422
