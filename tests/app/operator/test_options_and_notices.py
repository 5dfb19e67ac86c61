"""Options switched off above every company, notices to the consoles, and the letters that wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.mail import outbox
from app.operator.models import Notice
from app.team.queries import effective_options, get_agent
from tenants.database import db, now_utc, tenant_scope
from tenants.writing import writing
from tests.app.mail.test_postman import VALUES
from tests.cast import Cast, Person

NOTICE = {"text_ko": "오늘 밤 점검합니다.", "text_en": "Maintenance tonight.", "kind": "warning", "days": "2"}
PAGE = "/operator/options"


def value_of(app, tenant_id: int, person: Person, key: str) -> tuple[bool, str]:
    with app.app_context(), tenant_scope(tenant_id):
        one = effective_options(get_agent(person.id))[key]
        return one.value, one.origin


def test_an_option_is_off_for_all(app, oper, log_in, cast: Cast) -> None:
    assert oper.post(PAGE, data={"key": "drawing", "reason": "보안 결함"}).status_code == 302
    assert value_of(app, cast.maru.id, cast.bora, "drawing") == (False, "platform")
    assert value_of(app, cast.nuri.id, cast.chul, "drawing") == (False, "platform")
    assert oper.post(PAGE, data={"key": "drawing", "deed": "release"}).status_code == 302
    assert value_of(app, cast.maru.id, cast.bora, "drawing")[0] is True


def test_an_option_is_off_for_one_company(app, oper, cast: Cast) -> None:
    form = {"key": "send_file", "reason": "악용 신고", "company": "maru"}
    assert oper.post(PAGE, data=form).location == "/operator/companies/maru"
    assert "악용 신고" in oper.get("/operator/companies/maru").text
    assert value_of(app, cast.maru.id, cast.bora, "send_file") == (False, "platform")
    assert value_of(app, cast.nuri.id, cast.chul, "send_file")[0] is True


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"key": "nothing", "reason": "abc"}, 422),
        ({"key": "drawing", "reason": ""}, 422),
        ({"key": "drawing", "reason": "abc", "company": "nobody"}, 404),
    ],
)
def test_nonsense_switches_nothing_off(app, oper, cast: Cast, form: dict[str, str], status: int) -> None:
    assert oper.post(PAGE, data=form).status_code == status
    assert value_of(app, cast.maru.id, cast.bora, "drawing")[0] is True


def test_twice_is_once(oper) -> None:
    for _ in range(2):
        assert oper.post(PAGE, data={"key": "drawing", "reason": "abc"}).status_code == 302
    assert oper.get(PAGE).text.count('value="release"') == 1


def test_everybodys_consoles_show_a_notice(oper, log_in, cast: Cast) -> None:
    assert oper.post("/operator/notices", data=NOTICE).status_code == 302
    assert "오늘 밤 점검합니다." in log_in(cast.bora).get("/manage").text
    english = log_in(cast.chul).get("/manage", headers={"Accept-Language": "en"}).text
    assert "Maintenance tonight." in english


def test_one_companys_notice_is_not_the_others(oper, client, log_in, cast: Cast) -> None:
    assert oper.post("/operator/notices", data=NOTICE | {"company": "maru"}).status_code == 302
    assert "오늘 밤 점검합니다." in log_in(cast.hana).get("/manage/log").text
    assert "오늘 밤 점검합니다." not in log_in(cast.chul).get("/manage").text
    assert "오늘 밤 점검합니다." not in client.get("/maru").text, "customers are told nothing of it"


def test_a_notice_ends_or_is_withdrawn(app, oper, log_in, cast: Cast) -> None:
    browser = log_in(cast.bora)
    oper.post("/operator/notices", data=NOTICE)
    page = oper.get("/operator/notices").text
    address = page.split('action="/operator/notices/', 1)[1].split('"', 1)[0]
    assert oper.post(f"/operator/notices/{address}").status_code == 302
    assert "오늘 밤" not in browser.get("/manage").text
    oper.post("/operator/notices", data=NOTICE)
    with app.app_context(), writing():
        db.session.execute(update(Notice).values(ends_at=now_utc(), starts_at=now_utc() - timedelta(days=1)))
    assert "오늘 밤" not in browser.get("/manage").text
    assert oper.post(f"/operator/notices/{'0' * 26}/withdraw").status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"text_ko": ""}, {"text_en": "x" * 301}, {"kind": "alarm"}, {"days": "0"}, {"days": "²"}]
)
def test_a_wrong_notice_is_kept_in_the_form(oper, wrong: dict[str, str]) -> None:
    answer = oper.post("/operator/notices", data=NOTICE | wrong)
    assert answer.status_code == 422
    assert "올린 공지가 없습니다" in answer.text


def test_a_script_in_a_notice_stays_text(oper, log_in, cast: Cast) -> None:
    oper.post("/operator/notices", data=NOTICE | {"text_ko": "<script>alert(1)</script>"})
    for page in (log_in(cast.bora).get("/manage").text, oper.get("/operator/notices").text):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_letters_are_seen_and_not_read(app, oper, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        outbox.put_letter("bora@example.com", "password_reset", VALUES, language="ko", now=now_utc())
    page = oper.get("/operator/letters?company=maru").text
    assert "bora@example.com" in page
    assert str(VALUES["link"]) not in page
    assert "SMTP_URL" in page
    assert oper.get("/operator/letters?company=nobody").status_code == 404
