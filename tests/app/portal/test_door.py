"""The customer page before anybody is admitted: numbers, code, limits, other companies, stopped companies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from app.support.models import Arrival
from app.team.settings import Settings, change_settings
from tenants.database import db, now_utc, tenant_scope
from tests.cast import Cast
from tests.factories import support as make

SEOUL = ZoneInfo("Asia/Seoul")


def page_text(browser: FlaskClient, path: str = "/maru") -> str:
    return browser.get(path).get_data(as_text=True)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_it_works(dain: FlaskClient, waiting: make.Waiting) -> None:
    response = dain.get("/maru")
    assert response.status_code == 200
    text = response.get_data(as_text=True)
    assert "마루 상담실" in text
    assert f'data-number="{waiting.number}"' in text
    assert 'id="code-input"' in text
    assert "no-store" in response.headers["Cache-Control"]


def test_it_works_under_the_older_address(dain: FlaskClient, waiting: make.Waiting) -> None:
    assert dain.get("/s/maru").headers["Location"] == "/maru"
    assert dain.get("/MARU").status_code == 200


def test_it_speaks_english(dain: FlaskClient, waiting: make.Waiting) -> None:
    assert 'lang="en"' in dain.get("/maru", headers={"Accept-Language": "en"}).get_data(as_text=True)


def test_it_runs_no_inline_script(dain: FlaskClient, waiting: make.Waiting) -> None:
    response = dain.get("/maru")
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    text = response.get_data(as_text=True)
    assert "<script>" not in text
    assert "onclick" not in text
    assert "style=" not in text


def test_it_says_kindly_that_nobody_waits(dain: FlaskClient, cast: Cast) -> None:
    assert 'id="nobody-waits" class="pt-nobody">' in page_text(dain)


@pytest.mark.parametrize(
    ("weekday", "hour", "said"),
    [
        (0, 8, "지금은 상담 시간이 아닙니다. 오늘 09:00에 엽니다."),
        (0, 18, "지금은 상담 시간이 아닙니다. 내일 09:00에 엽니다."),
        (4, 18, "지금은 상담 시간이 아닙니다. {month}월 {day}일 (월) 09:00에 엽니다."),
        (3, 12, "오늘은 쉬는 날입니다(창립일). 내일 09:00에 엽니다."),
        (0, 12, ""),
    ],
)
def test_it_says_when_it_opens(
    app, cast: Cast, dain: FlaskClient, monkeypatch, *, weekday: int, hour: int, said: str
) -> None:
    today = datetime.now(SEOUL).replace(minute=0, second=0, microsecond=0)
    monday = today + timedelta(days=7 - today.weekday())
    then, next_monday = (monday + timedelta(days=weekday)).replace(hour=hour), monday + timedelta(days=7)
    with app.app_context(), tenant_scope(cast.maru.id):
        holidays = f"{(monday + timedelta(days=3)).date()} 창립일"
        change_settings(Settings(week=(*["09:00-18:00"] * 5, "", ""), holidays=holidays), by=cast.hana.actor)
    monkeypatch.setattr("app.portal.views.now_utc", lambda: then.astimezone(UTC))
    text = page_text(dain)
    assert ('id="closed"' in text) is bool(said)
    assert said.format(month=next_monday.month, day=next_monday.day) in text


def test_the_numbers_of_a_closed_company_still_let_customers_in(
    app, cast: Cast, dain: FlaskClient, waiting: make.Waiting
) -> None:
    today = datetime.now(SEOUL).date()
    with app.app_context(), tenant_scope(cast.maru.id):
        change_settings(Settings(holidays=f"{today} 쉬는 날"), by=cast.hana.actor)
    text = page_text(dain)
    assert 'id="nobody-waits" class="pt-nobody" hidden>' in text
    assert f'data-number="{waiting.number}"' in text
    assert dain.post(f"/maru/number/{waiting.number}").status_code == 303


def test_it_admits_by_code(dain: FlaskClient, waiting: make.Waiting, in_maru_now) -> None:
    response = dain.post("/maru/code", data={"code": f"{waiting.code[:3]} {waiting.code[3:]}"})
    assert (response.status_code, response.headers["Location"]) == (303, "/maru")
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert 'id="arrival-steps"' in page_text(dain)
    row = in_maru_now(lambda: db.session.query(Arrival).one())
    assert (row.source, row.ip) == ("code", "203.0.113.7")


def test_it_admits_by_number_where_no_code_is_wanted(dain: FlaskClient, waiting: make.Waiting) -> None:
    assert dain.post(f"/maru/number/{waiting.number}").status_code == 303
    assert 'id="arrival-steps"' in page_text(dain)


def test_it_asks_for_the_code_of_a_number_where_one_is_wanted(
    dain: FlaskClient, waiting: make.Waiting, change_maru
) -> None:
    change_maru(code_required=True)
    response = dain.post(f"/maru/number/{waiting.number}")
    assert response.headers["Location"] == f"/maru?number={waiting.number}"
    assert f"{waiting.number}번 상담원의 코드" in page_text(dain, response.headers["Location"])
    assert dain.post("/maru/code", data={"code": waiting.code, "number": "77"}).status_code == 422
    good = {"code": waiting.code, "number": str(waiting.number)}
    assert dain.post("/maru/code", data=good).status_code == 303


def test_it_says_the_same_of_wrong_used_and_unreadable_codes(
    dain: FlaskClient, app, waiting: make.Waiting
) -> None:
    other = app.test_client()
    other.environ_base["REMOTE_ADDR"] = "198.51.100.9"
    assert other.post("/maru/code", data={"code": waiting.code}).status_code == 303
    texts = set()
    for code in (wrong(waiting.code), waiting.code, "abc"):
        response = dain.post("/maru/code", data={"code": code})
        assert response.status_code == 422
        text = response.get_data(as_text=True)
        texts.add(text[text.index('id="refusal"') : text.index("B-21")])
    assert len(texts) == 1


def test_it_keeps_what_was_typed_and_escapes_it(dain: FlaskClient, waiting: make.Waiting) -> None:
    text = dain.post("/maru/code", data={"code": '"><script>1'}).get_data(as_text=True)
    assert "&#34;&gt;&lt;script&gt;" in text


def test_it_stops_guessing_after_five(dain: FlaskClient, waiting: make.Waiting) -> None:
    for _ in range(5):
        assert dain.post("/maru/code", data={"code": wrong(waiting.code)}).status_code == 422
    response = dain.post("/maru/code", data={"code": waiting.code})
    assert (response.status_code, response.headers["Retry-After"]) == (429, "600")
    assert "B-22" in response.get_data(as_text=True)


def test_it_believes_no_forged_forwarded_header(dain: FlaskClient, waiting: make.Waiting) -> None:
    statuses = [
        dain.post(
            "/maru/code", data={"code": wrong(waiting.code)}, headers={"X-Forwarded-For": f"198.51.100.{n}"}
        ).status_code
        for n in range(6)
    ]
    assert statuses == [422] * 5 + [429]


def test_it_refuses_a_form_of_another_site(dain: FlaskClient, waiting: make.Waiting) -> None:
    headers = {"Origin": "https://evil.example"}
    assert dain.post("/maru/code", data={"code": waiting.code}, headers=headers).status_code == 403
    assert dain.post("/maru/code", data={"code": waiting.code}).status_code == 303


def test_it_gives_numbers_with_an_etag(dain: FlaskClient, waiting: make.Waiting) -> None:
    response = dain.get("/maru/numbers")
    assert response.json == {"numbers": [waiting.number]}
    again = dain.get("/maru/numbers", headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_it_rejects_get_where_something_is_done(dain: FlaskClient, cast: Cast) -> None:
    for path in ("/maru/code", "/maru/number/1", "/maru/leave", "/maru/survey"):
        assert dain.get(path).status_code == 405


def test_it_hides_other_companies_numbers(dain: FlaskClient, waiting: make.Waiting) -> None:
    assert dain.get("/nuri/numbers").json == {"numbers": []}
    assert dain.post(f"/nuri/number/{waiting.number}").status_code == 409
    assert dain.post("/nuri/code", data={"code": waiting.code}).status_code == 422
    assert dain.post("/maru/code", data={"code": waiting.code}).status_code == 303


@pytest.mark.parametrize("path", ["/nobody", "/nobody/numbers", "/nobody/live", "/a", "/s/nobody", "/%00"])
def test_it_knows_no_company_of_that_name(dain: FlaskClient, cast: Cast, path: str) -> None:
    assert dain.get(path).status_code == 404


@pytest.mark.parametrize(
    "change",
    [{"state": "suspended"}, {"expires_at": now_utc() - timedelta(days=1)}],
    ids=["suspended", "expired"],
)
def test_it_says_kindly_that_the_company_has_stopped(
    dain: FlaskClient, waiting: make.Waiting, change_maru, in_maru_now, change: dict[str, object]
) -> None:
    change_maru(**change)
    response = dain.get("/maru")
    assert response.status_code == 403
    assert 'id="stopped"' in response.get_data(as_text=True)
    assert dain.post("/maru/code", data={"code": waiting.code}).status_code == 403
    assert dain.post(f"/maru/number/{waiting.number}").status_code == 403
    assert in_maru_now(lambda: db.session.query(Arrival).count()) == 0
