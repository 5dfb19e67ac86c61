"""/manage/log: who did what, found again, and changed by nobody."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import event

from app.manage import log_rows
from app.manage.deeds import DEEDS
from app.manage.rules import LogAsked, name_program, read_log_asked
from app.sheets import read_csv
from tenants import audit
from tenants.database import db, now_utc, tenant_scope
from tenants.writing import writing
from tests.cast import Cast

PAGE = "/manage/log"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def browser(log_in, cast: Cast):
    return log_in(cast.hana)


def note(app, cast: Cast, count: int, action: str = "option.set", person=None, **data: object) -> None:
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        for _ in range(count):
            audit.record(action, "tenant", data, by=(person or cast.hana).actor)


def numbers(page: str) -> list[int]:
    return [int(n) for n in re.findall(r'bh-number bh-soft">(\d+)<', page)]


def test_it_works(browser, cast: Cast) -> None:
    browser.post(
        "/manage/departments", data={"name": "영업"}, headers={"User-Agent": "Mozilla Windows Chrome/1"}
    )
    page = browser.get(PAGE).text
    line = page.split("<tbody>", 1)[1].split("</tr>", 1)[0]
    assert all(word in line for word in ("하나", "부서 만들기", "영업", "127.0.0.1", "Chrome · Windows"))


def test_agents_may_not(log_in, cast: Cast) -> None:
    assert log_in(cast.bora).get(PAGE).status_code == 403


def test_nobody_can_change_it(browser) -> None:
    assert browser.post(PAGE).status_code == 405


def test_it_goes_back_page_by_page(app, browser, cast: Cast) -> None:
    note(app, cast, 25)
    first = numbers(browser.get(PAGE).text)
    assert len(first) == 10
    second = numbers(browser.get(PAGE, query_string={"before": first[-1]}).text)
    assert second == list(range(first[-1] - 1, first[-1] - 11, -1))


def test_it_filters_by_kind_and_by_doer(app, browser, cast: Cast) -> None:
    note(app, cast, 2, "slot.opened", cast.bora, number=101)
    page = browser.get(PAGE, query_string={"kind": "support"}).text
    assert len(numbers(page)) == 2
    assert len(numbers(browser.get(PAGE, query_string={"who": "보라"}).text)) == 2
    assert "찾는 기록이 없습니다" in browser.get(PAGE, query_string={"who": "%"}).text


def test_it_filters_by_days(browser) -> None:
    assert "찾는 기록이 없습니다" in browser.get(PAGE, query_string={"from": "2100-01-01"}).text
    assert "찾는 기록이 없습니다" in browser.get(PAGE, query_string={"to": "2020-01-01"}).text
    assert numbers(browser.get(PAGE, query_string={"from": "2020-01-01", "to": "2100-01-01"}).text)


def test_days_are_koreas() -> None:
    asked = LogAsked(since=date(2026, 11, 20), until=date(2026, 11, 20))
    assert asked.since_at.isoformat() == "2026-11-19T15:00:00+00:00"
    assert asked.until_at.isoformat() == "2026-11-20T15:00:00+00:00"


@pytest.mark.parametrize("value", ["x", "-1", "9" * 40, "٣", "2026-13-01", "0001-01-01", "'--"])
def test_nonsense_in_the_address_is_passed_over(browser, value: str) -> None:
    given = {"kind": value, "from": value, "to": value, "before": value}
    assert read_log_asked(given) == LogAsked()
    assert browser.get(PAGE, query_string=given).status_code == 200


def test_its_first_page_costs_one_query_however_long_it_is(app, browser, cast: Cast) -> None:
    seen: list[str] = []

    def listen(_connection, _cursor, statement, *_more) -> None:
        seen.append(statement)

    note(app, cast, 300)
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", listen)
    browser.get(PAGE)
    event.remove(engine, "before_cursor_execute", listen)
    asked = [statement for statement in seen if "FROM audit_entry" in statement]
    assert len(asked) == 1
    assert "count(" not in asked[0].lower()


def test_a_script_in_an_entry_stays_text(app, browser, cast: Cast) -> None:
    note(app, cast, 1, name="<script>alert(1)</script>")
    page = browser.get(PAGE).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_it_hides_other_tenants(app, browser, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.nuri.id), writing():
        audit.record("option.set", "tenant", {"at": str(now_utc())}, by=cast.chul.actor)
    assert f">{cast.chul.name}<" not in browser.get(PAGE).text


def test_every_deed_has_its_words() -> None:
    """An entry whose deed nobody named would stand on the page as a code."""
    call = re.compile(r"(?:audit\.record|done\.audit)\(\s*\"([a-z_]+\.[a-z_]+)\"")
    sources = [path for folder in ("app", "tenants") for path in (ROOT / folder).rglob("*.py")]
    sources = [path for path in sources if "operator" not in path.parts]  # a log and words of their own
    named = {deed for path in sources for deed in call.findall(path.read_text("utf-8"))}
    assert len(named) > 20
    assert named - DEEDS.keys() == set()


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari/537 Edg/130", "Edge · Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130 Whale/4 Safari/537", "Whale · Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) Version/17 Safari/605", "Safari · macOS"),
        ("Mozilla/5.0 (Linux; Android 14) SamsungBrowser/25 Chrome/121", "Samsung Internet · Android"),
        ("curl/8.1", "curl/8.1"),
        ("", ""),
    ],
)
def test_browsers_are_named(user_agent: str, name: str) -> None:
    assert name_program(user_agent) == name


@pytest.mark.parametrize("form", ["csv", "excel"])
def test_it_is_given_as_a_file(app, browser, cast: Cast, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it, though it is read in pieces: two whole ones and the beginning of a third."""
    monkeypatch.setattr(log_rows, "PIECE", 20)
    note(app, cast, 45, name="=1+1")
    page = browser.post(f"{PAGE}/export/{form}", data={"kind": "option"}, follow_redirects=True)
    answer = browser.get(f"{page.request.path}/file")
    data = answer.data
    answer.close()
    if form == "csv":
        rows = read_csv(data)
    else:
        cells = load_workbook(io.BytesIO(data)).active.iter_rows()
        rows = [[str(cell.value) for cell in row] for row in cells]
    assert rows[0][:3] == ["번호", "일시", "누가"]
    assert len(rows) == 46
    assert {row[3] for row in rows[1:]} == {"옵션 바꾸기"}
    assert numbers(browser.get(PAGE, query_string={"kind": "export"}).text)


@pytest.mark.usefixtures("in_maru")
def test_a_file_is_read_piece_by_piece_and_not_row_by_row(
    app, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_rows, "PIECE", 20)
    with writing():
        for _ in range(45):
            audit.record("option.set", "tenant", by=cast.hana.actor)
    sent: list[str] = []

    def listen(*told: Any) -> None:
        sent.append(told[2])

    event.listen(db.engine, "before_cursor_execute", listen)
    with app.test_request_context():
        rows = list(log_rows.log_rows(read_log_asked({"kind": "option"})))
    event.remove(db.engine, "before_cursor_execute", listen)
    assert len(rows) == 45
    assert sum(statement.startswith("SELECT") for statement in sent) <= 9, "three to a piece"


def test_things_are_called_by_their_names(app, browser, cast: Cast) -> None:
    browser.post("/manage/departments", data={"name": "영업"})
    browser.post(f"/manage/agents/{cast.bora.login_id}/state", data={"state": "disabled"})
    page = browser.get(PAGE).text
    assert "보라 (bora)" in page
    assert "대상</span> 영업" in page
    assert f"agent:{cast.bora.id}" not in page


def test_things_that_are_gone_keep_the_name_that_was_noted(browser) -> None:
    browser.post("/manage/issue-types", data={"name": "프린터"})
    page = browser.get("/manage/issue-types").text
    address = page.split('action="/manage/issue-types/', 1)[1].split('"', 1)[0]
    browser.post(f"/manage/issue-types/{address}", data={"deed": "delete"})
    assert browser.get(PAGE).text.count("대상</span> 프린터") == 2
