"""/manage/me/records and /manage/me/statistics: one's own supports, their reports, what they add up to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.manage.records.rules import StatisticsAsked, add_up, read_records_asked, read_statistics_asked
from app.support.actions import sessions
from app.support.models import SupportSession
from app.team.issue_types import create_issue_type, delete_issue_type
from app.team.settings import Settings, change_settings
from tenants.database import db, now_utc, tenant_scope
from tenants.writing import writing
from tests.cast import Cast, Person
from tests.factories import support as make

PAGE = "/manage/me/records"
SUMS = "/manage/me/statistics"
NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@pytest.fixture
def in_scope(app: Flask, cast: Cast) -> Callable[[Callable[[], object]], object]:
    """Run something in Maru's scope beside the browsers."""

    def run(deed: Callable[[], object]) -> object:
        with app.app_context(), tenant_scope(cast.maru.id):
            return deed()

    return run


def give_help(person: Person, *, times: int = 1, began: datetime = NOON, minutes: int = 18) -> str:
    """Supports that ended, each a day before the one made last; the id of the newest."""
    first, stream = "", make.open_stream(person)
    for n in range(times):
        waiting = make.make_slot(person)
        make.connect(person, waiting, stream)
        sessions.end_by_agent(waiting.session, "", agent=make.agent_row(person), now=now_utc())
        make.close(person, waiting)
        with writing():
            row = db.session.get_one(SupportSession, waiting.session_id)
            row.connected_at = began - timedelta(days=n)
            row.ended_at = row.connected_at + timedelta(minutes=minutes, seconds=10)
        first = first or waiting.session
    return first


def row_of(session: str) -> SupportSession:
    return db.session.query(SupportSession).filter_by(public_id=session).one()


@pytest.fixture
def browser(log_in: Callable[..., FlaskClient], cast: Cast) -> FlaskClient:
    return log_in(cast.bora)


def test_it_works(browser: FlaskClient, cast: Cast, in_scope: Callable[..., object]) -> None:
    in_scope(lambda: give_help(cast.bora))
    page = browser.get(PAGE).text
    assert all(word in page for word in ("DAIN-PC", "Debian 12", "2026-11-20 12:00", "18분 10초", "1건"))
    assert make.CUSTOMER.ip in page
    assert "선택 안 함" in page


def test_it_shows_nobody_elses(
    log_in: Callable[..., FlaskClient], browser: FlaskClient, cast: Cast, in_scope: Callable[..., object]
) -> None:
    session = in_scope(lambda: give_help(cast.bora))
    for other in (cast.hana, cast.chul):
        stranger = log_in(other)
        assert "아직 지원한 기록이 없습니다" in stranger.get(PAGE).text
        assert "이 기간에 지원한 기록이 없습니다" in stranger.get(f"{SUMS}?to=2026-11-20").text
        assert stranger.get(f"{PAGE}/{session}").status_code == 404
        assert stranger.post(f"{PAGE}/{session}", data={"result": "solved"}).status_code == 404
    assert in_scope(lambda: row_of(str(session)).result) == "unchecked"
    assert browser.get(f"{PAGE}/{session}").status_code == 200


def test_it_has_pages_and_days(browser: FlaskClient, cast: Cast, in_scope: Callable[..., object]) -> None:
    in_scope(lambda: give_help(cast.bora, times=12))
    first, second = browser.get(PAGE).text, browser.get(f"{PAGE}?page=2").text
    assert (first.count(">자세히<"), second.count(">자세히<")) == (10, 2)
    assert "2026-11-20 12:00" in first
    assert "2026-11-09 12:00" in second
    days = browser.get(f"{PAGE}?from=2026-11-18&to=2026-11-19").text
    assert (days.count(">자세히<"), "2026-11-20" in days.split("<tbody>")[1]) == (2, False)


def test_what_goes_on_or_never_began_is_no_record(
    browser: FlaskClient, cast: Cast, in_scope: Callable[..., object]
) -> None:
    def begin() -> str:
        make.close(cast.bora, make.make_slot(cast.bora))
        talking = make.make_slot(cast.bora)
        make.connect(cast.bora, talking, make.open_stream(cast.bora))
        return talking.session

    session = in_scope(begin)
    assert "아직 지원한 기록이 없습니다" in browser.get(PAGE).text
    assert "끝난 뒤에 적을 수 있습니다" in browser.get(f"{PAGE}/{session}").text


def test_the_report_is_written_and_comes_back(
    browser: FlaskClient, cast: Cast, in_scope: Callable[..., object]
) -> None:
    printer = in_scope(lambda: create_issue_type("프린터", by=cast.hana.actor).public_id)
    session = in_scope(lambda: give_help(cast.bora))
    form = {"issue_type": printer, "result": "solved", "content": "새로 설치\r\n<b>끝</b>"}
    said = browser.post(f"{PAGE}/{session}", data=form, follow_redirects=True).text
    assert "저장했습니다" in said
    assert f'<option value="{printer}" selected>프린터' in said
    assert "새로 설치\n&lt;b&gt;끝" in said
    in_scope(lambda: delete_issue_type(str(printer), by=cast.hana.actor))
    assert f'<option value="{printer}" selected>프린터' in browser.get(f"{PAGE}/{session}").text
    assert "해결" in browser.get(PAGE).text


def test_the_usage_log_tells_of_a_report_in_words_and_not_of_its_note(
    log_in: Callable[..., FlaskClient], browser: FlaskClient, cast: Cast, in_scope: Callable[..., object]
) -> None:
    session = in_scope(lambda: give_help(cast.bora))
    browser.post(f"{PAGE}/{session}", data={"result": "visit", "content": "계단이 많음"})
    page = log_in(cast.hana).get("/manage/log").text
    assert "상담 유형과 결과 적기" in page
    assert "방문 필요" in page
    assert "계단이 많음" not in page


def test_too_long_a_note_comes_back_with_what_was_typed(
    browser: FlaskClient, cast: Cast, in_scope: Callable[..., object]
) -> None:
    session = in_scope(lambda: give_help(cast.bora))
    answer = browser.post(f"{PAGE}/{session}", data={"result": "visit", "content": "가" * 501})
    assert answer.status_code == 422
    assert "가" * 501 in answer.text
    assert '<option value="visit" selected>' in answer.text


def test_addresses_are_hidden_where_the_company_hides_them(
    log_in: Callable[..., FlaskClient], browser: FlaskClient, cast: Cast, in_scope: Callable[..., object]
) -> None:
    in_scope(lambda: change_settings(Settings(shows_addresses=False), by=cast.hana.actor))
    of_bora, of_hana = in_scope(lambda: give_help(cast.bora)), in_scope(lambda: give_help(cast.hana))
    for address in (PAGE, f"{PAGE}/{of_bora}"):
        page = browser.get(address).text
        assert make.CUSTOMER.ip not in page
        assert "192.168.0.7" not in page
    admin = log_in(cast.hana)
    assert make.CUSTOMER.ip in admin.get(PAGE).text
    assert make.CUSTOMER.ip in admin.get(f"{PAGE}/{of_hana}").text


def test_the_sums_are_ones_own(browser: FlaskClient, cast: Cast, in_scope: Callable[..., object]) -> None:
    in_scope(lambda: give_help(cast.bora, times=2, minutes=59))
    in_scope(lambda: give_help(cast.hana))
    page = browser.get(f"{SUMS}?from=2026-11-01&to=2026-11-30").text
    body = page.split("<tbody>")[1]
    assert all(word in body for word in ("2026-11-20", "2026-11-19", "59분 10초", "1시간 58분", "2건"))
    months = browser.get(f"{SUMS}?by=month&to=2026-12-31").text.split("<tbody>")[1]
    assert "2026-11-20" not in months
    assert "2026-11" in months


def test_days_are_those_of_the_company() -> None:
    late = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
    sums, total = add_up([(late, late + timedelta(seconds=90)), (late, late + timedelta(seconds=30))], "day")
    assert [(one.label, one.count, one.total_s, one.mean_s) for one in sums] == [("2026-11-21", 2, 120, 60)]
    assert (total.count, total.total_s) == (2, 120)
    assert add_up([], "month") == ([], total.__class__("", 0, 0))


@pytest.mark.parametrize(
    ("asked", "since", "until"),
    [
        ({}, date(2026, 11, 1), date(2026, 11, 20)),
        ({"by": "month"}, date(2026, 1, 1), date(2026, 11, 20)),
        ({"from": "2019-01-01", "to": "2026-03-01"}, date(2025, 3, 1), date(2026, 3, 1)),
        ({"from": "2026-12-01", "to": "2026-03-01"}, date(2026, 3, 1), date(2026, 3, 1)),
        ({"from": "x", "to": "9999-99-99", "by": "hour"}, date(2026, 11, 1), date(2026, 11, 20)),
    ],
)
def test_a_period_has_two_ends_and_is_a_year_at_most(asked: dict[str, str], since: date, until: date) -> None:
    found = read_statistics_asked(asked, date(2026, 11, 20))
    assert (found.since, found.until) == (since, until)
    assert isinstance(found, StatisticsAsked)


@pytest.mark.parametrize("page", ["0", "-1", "x", "²", "9" * 20])
def test_a_wrong_page_is_the_first(page: str) -> None:
    assert read_records_asked({"page": page}).page == 1
