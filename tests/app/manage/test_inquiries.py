"""/manage/inquiries: asking the operator, and reading the answer."""

from __future__ import annotations

import re

import pytest

from app.inquiries.models import Inquiry, InquiryMessage
from tenants.database import db, tenant_scope
from tests.cast import Cast
from tests.factories.inquiries import answer, ask
from tests.factories.operators import log_operator_in, make_operator
from tests.test_hostile_text import HOSTILE, dangers_of

PAGE = "/manage/inquiries"
WORDS = {"subject": "화면이 검게 보입니다", "text": "어제부터입니다.\r\n\r\n  B-12가 보입니다."}


@pytest.fixture
def browser(log_in, cast: Cast):
    return log_in(cast.bora)


@pytest.fixture
def asked(app, cast: Cast) -> str:
    """An inquiry of Bora's that the operator has answered."""
    with app.app_context(), tenant_scope(cast.maru.id):
        inquiry = ask(cast.bora)
        answer(inquiry)
        return inquiry


def form_of(page: str) -> str:
    return page.split('name="form" value="', 1)[1].split('"', 1)[0]


def counts(app, cast: Cast) -> tuple[int, int]:
    with app.app_context(), tenant_scope(cast.maru.id):
        return db.session.query(Inquiry).count(), db.session.query(InquiryMessage).count()


def waits(page: str) -> list[str]:
    return re.findall(r'class="bh-waits bh-number">(\d+)<', page)


def test_it_works(app, browser, cast: Cast) -> None:
    assert "아직 문의가 없습니다" in browser.get(PAGE).text
    form = form_of(browser.get(f"{PAGE}/new").text)
    answered = browser.post(f"{PAGE}/new", data=WORDS | {"form": form})
    assert re.fullmatch(PAGE + r"/\w{26}", answered.location)
    page = browser.get(answered.location).text
    assert "어제부터입니다.\n\n  B-12가 보입니다.</p>" in page
    assert "답을 기다림" in page
    assert "문의를 보냈습니다." in page
    assert answered.location in browser.get(PAGE).text


def test_a_second_press_sends_nothing_more(app, browser, cast: Cast) -> None:
    form = form_of(browser.get(f"{PAGE}/new").text)
    places = {browser.post(f"{PAGE}/new", data=WORDS | {"form": form}).location for _ in range(2)}
    address = places.pop()
    form = form_of(browser.get(address).text)
    for _ in range(2):
        assert browser.post(address, data={"text": "더 있습니다.", "form": form}).status_code == 302
    assert (places, counts(app, cast)) == (set(), (1, 2))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"subject": " "}, "subject"),
        ({"subject": "가" * 101}, "subject"),
        ({"text": "\x00\n "}, "text"),
        ({"text": "가" * 5001}, "text"),
        ({"form": ""}, ""),
    ],
)
def test_nothing_typed_is_lost(app, browser, cast: Cast, wrong: dict[str, str], field: str) -> None:
    form = {"form": form_of(browser.get(f"{PAGE}/new").text)}
    typed = WORDS | form | wrong
    answered = browser.post(f"{PAGE}/new", data=typed)
    assert answered.status_code == (422 if field else 409)
    assert typed["subject"] in answered.text
    assert typed["text"].strip("\x00\n ") in answered.text
    assert 'role="alert"' in answered.text
    assert ('aria-invalid="true"' in answered.text) is bool(field)
    assert counts(app, cast) == (0, 0)
    assert browser.post(f"{PAGE}/new", data=WORDS | {"form": form_of(answered.text)}).status_code == 302


def test_a_refused_reply_keeps_its_text(app, browser, cast: Cast, asked: str) -> None:
    long = "긴 글 " * 1400
    answered = browser.post(f"{PAGE}/{asked}", data={"text": long, "form": "0" * 26})
    assert (answered.status_code, long.strip() in answered.text) == (422, True)
    assert browser.post(f"{PAGE}/{asked}").status_code == 422
    assert counts(app, cast) == (1, 2)


def test_an_answer_is_news_until_it_is_read(browser, log_in, cast: Cast, asked: str) -> None:
    hana = log_in(cast.hana)
    assert waits(browser.get("/manage").text) == ["1", "1"], "in the menu and on the card"
    assert "새 답" in browser.get(PAGE).text
    assert "읽지 않은 답 1건" in browser.get("/manage/help").text
    assert waits(hana.get(f"{PAGE}/{asked}").text) == []
    assert "드라이버를 새로 설치해 주십시오." in browser.get(f"{PAGE}/{asked}").text
    assert waits(browser.get("/manage").text) == []
    assert "새 답" not in browser.get(PAGE).text


def test_it_is_closed_and_opened_again_by_a_reply(app, browser, cast: Cast, asked: str) -> None:
    address = f"{PAGE}/{asked}"
    assert "문의를 닫았습니다" in browser.post(address, data={"deed": "close"}, follow_redirects=True).text
    assert browser.post(address, data={"deed": "close"}).status_code == 302
    page = browser.get(address).text
    assert 'value="close"' not in page
    assert "닫힘" in page
    browser.post(address, data={"deed": "reply", "text": "아직 그렇습니다.", "form": form_of(page)})
    page = browser.get(address).text
    assert "답을 기다림" in page
    assert page.count("bh-said-text") == 3


def test_the_admin_sees_the_agents_and_not_the_other_way(log_in, cast: Cast, asked: str) -> None:
    hana, nari, chul = log_in(cast.hana), log_in(cast.nari), log_in(cast.chul)
    page = hana.get(PAGE).text
    assert asked in page
    assert "보라" in page
    assert hana.get(f"{PAGE}/{asked}").status_code == 200
    for stranger in (nari, chul):
        assert asked not in stranger.get(PAGE).text
        assert stranger.get(f"{PAGE}/{asked}").status_code == 404
        assert stranger.post(f"{PAGE}/{asked}", data={"deed": "close"}).status_code == 404


def test_the_log_says_who_asked_what(browser, log_in, cast: Cast) -> None:
    form = form_of(browser.get(f"{PAGE}/new").text)
    browser.post(f"{PAGE}/new", data=WORDS | {"form": form})
    page = log_in(cast.hana).get("/manage/log?kind=inquiry").text
    assert "문의 보내기" in page
    assert "화면이 검게 보입니다" in page
    assert "B-12가" not in page


def test_too_many_are_refused_with_the_text_kept(app, browser, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        for _ in range(5):
            ask(cast.bora)
    form = form_of(browser.get(f"{PAGE}/new").text)
    answered = browser.post(f"{PAGE}/new", data=WORDS | {"form": form})
    assert (answered.status_code, WORDS["subject"] in answered.text) == (422, True)
    assert "내 문의가 5건" in answered.text


def test_scripts_stay_text(app, browser, log_in, cast: Cast) -> None:
    make_operator(app)
    oper = log_operator_in(app)
    with app.app_context(), tenant_scope(cast.maru.id):
        inquiry = ask(cast.bora, HOSTILE[1], "\n".join(HOSTILE))
        answer(inquiry, "\n".join(HOSTILE))
    ours, theirs = ("/manage/log", PAGE, f"{PAGE}/{inquiry}"), (PAGE, f"{PAGE}/{inquiry}")
    opers = ("/operator/inquiries", f"/operator/inquiries/maru/{inquiry}")
    for reader, paths in ((log_in(cast.hana), ours), (browser, theirs), (oper, opers)):
        for path in paths:
            page = reader.get(path).text
            assert dangers_of(page) == [], path
            assert "&lt;script&gt;alert(2)" in page, path
    refused = browser.post(f"{PAGE}/{inquiry}", data={"text": "\n".join(HOSTILE), "form": "x"})
    assert (refused.status_code, dangers_of(refused.text)) == (409, [])


@pytest.mark.parametrize("page", ["0", "-1", "99999999", "²", "x" * 300])
def test_any_page_is_answered(browser, asked: str, page: str) -> None:
    assert asked in browser.get(PAGE, query_string={"page": page}).text


def test_it_has_pages_and_speaks_english(app, log_in, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        for n in range(21):
            inquiry = ask(cast.hana, f"질문 {n}", at_once=True)
            answer(inquiry)
    hana = log_in(cast.hana)
    hana.set_cookie("barohelp_language", "en")
    page = hana.get(PAGE).text
    assert page.count("Answered") == 20
    assert 'rel="next"' in page
    assert waits(page) == ["21"]
