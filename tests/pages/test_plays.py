"""Each page played as its people would, in a real browser: forms typed into, buttons pressed, files received.

One story of each console is in `make test`; the others, and both in English, are in `make test-all`. Nothing
is looked up by its words, so that the same story is played in both languages.
"""

from __future__ import annotations

import csv
import io
import re

import pyotp
import pytest
from flask import Flask
from openpyxl import load_workbook

from app.team.departments import create_department
from tenants.database import db, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing
from tests.cast import PASSWORD, Cast
from tests.factories.accounts import enrol
from tests.factories.operators import OPER_PASSWORD
from tests.factories.support import close, connect, make_slot, open_stream
from tests.pages.plays import Desk, Play, play

__all__ = ["play"]

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(120)]

KOREAN_NOW = [
    pytest.param("ko", id="ko"),
    pytest.param("en", id="en", marks=pytest.mark.slow),
]
in_both = pytest.mark.parametrize("language", ["ko", "en"])
REASON = "사기 신고가 들어옴"


@pytest.fixture
def hana(play: Play, cast: Cast, language: str) -> Desk:
    """Hana at her console, in the language of the test."""
    play.language = language
    return play.at_manage(cast.hana)


@pytest.fixture
def oper(play: Play, language: str) -> Desk:
    play.language = language
    return play.at_operator()


def type_agent(desk: Desk, login_id: str) -> None:
    """Fill the form for a new agent in and send it."""
    desk.go("/manage/agents/new")
    desk.fill(login_id=login_id, name="두리", password=PASSWORD, password_again=PASSWORD)
    desk.see("#id-answer .bh-good")
    desk.tab.locator("#department").select_option(label="영업")
    desk.press("form.bh-narrow .btn-primary")


@pytest.mark.parametrize("language", KOREAN_NOW)
def test_a_department_and_an_agent_are_made_until_the_seats_are_taken(
    hana: Desk, app: Flask, cast: Cast, language: str
) -> None:
    with app.app_context(), writing():
        db.session.get_one(Tenant, cast.maru.id).seats_pc = 3
    hana.go("/manage/departments")
    hana.fill(name="영업")
    hana.press("form.bh-row .btn-primary")
    hana.see(".bh-table", "영업")
    type_agent(hana, "duri")
    hana.see(".bh-table", "duri")
    assert re.findall(r"\d+", hana.see(".bh-seats")) == ["3", "3"]
    type_agent(hana, "narae")
    hana.see(".bh-refusal")
    assert hana.tab.locator("#login_id").input_value() == "narae"


@pytest.mark.parametrize("language", KOREAN_NOW)
def test_a_company_is_made_suspended_and_let_go_on(oper: Desk, play: Play, language: str) -> None:
    oper.go("/operator/companies/new")
    oper.fill(slug="hanul", title="하늘", company="하늘 주식회사", days="30", seats_pc="5", seats_mobile="1")
    oper.tab.locator("input[name=kind][value=active]").check()
    oper.press("form.bh-narrow .btn-primary")
    oper.see("h1", "하늘")
    oper.tab.locator("#reason-state").fill(REASON)
    oper.press("button[name=state][value=suspended]")
    oper.see(".bh-table", REASON)
    customer = play.desk()
    customer.go("/hanul")
    assert customer.tab.locator("input[name=code]").count() == 0
    oper.tab.locator("#reason-state").fill("확인 완료")
    oper.press("button[name=state][value=active]")
    customer.go("/hanul")
    assert customer.tab.locator("input[name=code]").count() > 0


def state_of(desk: Desk, key: str) -> bool:
    """Whether an option's line says that it is on now."""
    return desk.tab.locator(f".bh-option:has(#o-{key}) .bh-state.is-connected").count() == 1


@pytest.mark.slow
@in_both
def test_options_are_set_previewed_applied_and_explained(hana: Desk, language: str) -> None:
    hana.go("/manage/options")
    hana.tab.locator("#o-drawing").select_option("off")
    hana.press(".bh-sticky .btn-primary")
    assert not state_of(hana, "drawing")
    hana.go("/manage/options/apply")
    hana.tab.locator("#o-recording").select_option("off")
    hana.press("button[value=preview]")
    assert {"bora", "nari"} <= set(hana.see(".bh-table").split())
    hana.press("button[value=apply]")
    hana.go("/manage/agents/bora/options")
    assert not state_of(hana, "recording")
    line = hana.tab.locator(".bh-option:has(#o-recording) details")
    line.locator("summary").click()
    line.locator(".is-deciding").wait_for(state="visible")


@pytest.mark.slow
@in_both
def test_options_are_found_and_set_by_the_table(hana: Desk, language: str) -> None:
    hana.go("/manage/options")
    hana.tab.locator("#table-mobile [data-set-all=off]").click()
    choices = hana.tab.locator("#table-mobile select:enabled")
    assert {choices.nth(n).input_value() for n in range(choices.count())} == {"off"}
    hana.fill(q="zzzz")
    hana.tab.wait_for_function(
        "() => ![...document.querySelectorAll('.bh-option')].some(o => o.offsetParent)"
    )


def types_of(desk: Desk) -> list[str]:
    names = desk.tab.locator("[data-order] input[name=name]")
    return [names.nth(n).input_value() for n in range(names.count())]


@pytest.mark.slow
@in_both
def test_issue_types_are_dragged_renamed_deleted_and_brought_back(hana: Desk, language: str) -> None:
    hana.go("/manage/issue-types")
    for name in ("프린터", "인터넷", "문서"):
        hana.fill(name=name)
        hana.press("form.bh-row .btn-primary")
    assert types_of(hana) == ["프린터", "인터넷", "문서"]
    lines = hana.tab.locator("[data-place]")
    with hana.tab.expect_navigation(wait_until="load"):
        lines.nth(2).locator("[data-grip]").drag_to(lines.nth(0), target_position={"x": 40, "y": 3})
    assert types_of(hana) == ["문서", "프린터", "인터넷"]
    hana.tab.locator("[data-order] input[name=name]").first.fill("한글 문서")
    hana.press("[data-place] button[value=rename]")
    hana.press("[data-place] button[value=delete]")
    assert types_of(hana) == ["프린터", "인터넷"]
    hana.press("form.bh-note .btn")
    assert types_of(hana) == ["한글 문서", "프린터", "인터넷"]


@pytest.mark.slow
@in_both
def test_settings_are_saved_and_the_second_of_two_is_told(hana: Desk, language: str) -> None:
    other = Desk(hana.url, hana.tab.context.new_page())
    for desk in (hana, other):
        desk.go("/manage/settings")
    hana.fill(hours="평일 09:00 – 18:00")
    hana.tab.locator("#code_required").set_checked(False)
    hana.press("form.bh-narrow .btn-primary")
    assert hana.tab.locator("#hours").input_value() == "평일 09:00 – 18:00"
    other.fill(hours="쉽니다")
    other.press("form.bh-narrow .btn-primary")
    other.see(".bh-refusal")
    hana.go("/maru")
    hana.see("main", "평일 09:00 – 18:00")


def received(desk: Desk, selector: str) -> bytes:
    """The file that comes when this is pressed."""
    with desk.tab.expect_download() as coming:
        desk.tab.locator(selector).first.click()
    return coming.value.path().read_bytes()


@pytest.mark.slow
@in_both
def test_the_log_is_filtered_and_received_as_excel_and_csv(hana: Desk, language: str) -> None:
    hana.go("/manage/departments")
    hana.fill(name="영업")
    hana.press("form.bh-row .btn-primary")
    hana.go("/manage/log")
    before = hana.tab.locator("#found tbody tr").count()
    hana.fill(who="하나")
    hana.tab.locator("#kind").select_option(index=1)
    hana.tab.wait_for_function(f"() => document.querySelectorAll('#found tbody tr').length !== {before}")
    hana.go("/manage/log")
    hana.press("form[action$=excel] button")
    hana.see("#document .btn-primary")
    book = load_workbook(io.BytesIO(received(hana, "#document .btn-primary")))
    assert book.active is not None
    assert book.active.max_row > before
    hana.go("/manage/log")
    hana.press("form[action$=csv] button")
    rows = list(csv.reader(io.StringIO(received(hana, "#document .btn-primary").decode("utf-8-sig"))))
    assert len(rows) > before


@pytest.mark.slow
@in_both
def test_an_api_key_is_made_used_and_revoked(hana: Desk, app: Flask, language: str) -> None:
    hana.go("/manage/api-keys")
    hana.fill(name="사내 통계")
    hana.tab.locator("#scope-agents").check()
    hana.press("form.bh-narrow .btn-primary")
    key = {"Authorization": f"Bearer {hana.see('#secret').strip()}"}
    assert app.test_client().get("/api/v1/agents", headers=key).status_code == 200
    hana.tab.once("dialog", lambda question: question.dismiss())
    hana.tab.locator(".bh-deeds button").click()
    assert app.test_client().get("/api/v1/agents", headers=key).status_code == 200
    hana.tab.once("dialog", lambda question: question.accept())
    hana.press(".bh-deeds button")
    hana.see(".bh-empty")
    assert app.test_client().get("/api/v1/agents", headers=key).status_code == 401


@pytest.mark.slow
@in_both
def test_two_step_log_in_is_set_up_and_a_recovery_code_opens(
    hana: Desk, play: Play, cast: Cast, language: str
) -> None:
    hana.go("/manage/me/two-step")
    secret = hana.see("#secret").replace(" ", "")
    hana.fill(code=pyotp.TOTP(secret).now(), password=PASSWORD)
    hana.press("button[value=confirm]")
    codes = hana.see("#codes").split()
    assert len(codes) == 10
    again = play.at_manage(cast.hana)
    assert again.tab.url.endswith("/manage/login/code")
    again.fill(code=codes[3])
    again.press("form.bh-form .btn-primary")
    assert again.tab.url.endswith("/manage")


@pytest.mark.slow
@in_both
def test_a_file_of_agents_is_looked_at_and_taken(hana: Desk, app: Flask, cast: Cast, language: str) -> None:
    with app.app_context():
        with writing():
            db.session.get_one(Tenant, cast.maru.id).seats_pc = 9
        with tenant_scope(cast.maru.id):
            create_department("영업", by=cast.hana.actor)
    hana.go("/manage/agents")
    shown = received(hana, "a[href$='agents.csv']").decode("utf-8-sig")
    assert "bora" in shown
    hana.go("/manage/import/agents")
    text = f"아이디,이름,비밀번호,부서\nduri,두리,{PASSWORD},영업\nbora,보라,,영업\n"
    file = {"name": "agents.csv", "mimeType": "text/csv", "buffer": text.encode()}
    hana.tab.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    hana.press("main form .btn-primary")
    hana.see("main", "2")
    hana.press("main form .btn-primary")
    hana.go("/manage/agents")
    hana.see(".bh-table", "duri")
    assert "영업" in hana.see("tr:has(a[href$=bora])")


@pytest.mark.slow
@in_both
def test_an_agent_changes_what_is_theirs(play: Play, cast: Cast, language: str) -> None:
    play.language = language
    bora = play.at_manage(cast.bora)
    bora.go("/manage/me")
    bora.fill(phone="010-1234-5678")
    bora.press("main form:has(#phone) .btn-primary")
    assert bora.tab.locator("#phone").input_value() == "010-1234-5678"
    bora.go("/manage/me/password")
    form = {"password": "Other2027!", "password_again": "Other2027!"}
    bora.tab.locator("input[type=password]").first.fill(PASSWORD)
    bora.fill(**form)
    bora.press("main form .btn-primary")
    again = play.desk()
    fields = {"tenant": "maru", "login_id": "bora", "password": "Other2027!"}
    again.log_in("/manage/login", fields)
    assert again.tab.url.endswith("/manage")


@pytest.mark.slow
@in_both
def test_an_operator_tells_everybody_and_switches_an_option_off(
    oper: Desk, play: Play, cast: Cast, language: str
) -> None:
    oper.go("/operator/notices")
    oper.fill(text_ko="오늘 밤 점검합니다.", text_en="Maintenance tonight.")
    oper.press("main form:has(#text_ko) .btn-primary")
    oper.go("/operator/companies/maru")
    oper.tab.locator("#options select[name=key]").select_option("drawing")
    oper.tab.locator("#options input[name=reason]").fill(REASON)
    oper.press("#options form:has(select[name=key]) button")
    hana = play.at_manage(cast.hana)
    hana.see(".bh-notice", "오늘 밤" if language == "ko" else "Maintenance")
    hana.go("/manage/options")
    assert not state_of(hana, "drawing")
    oper.go("/operator/log")
    oper.see(".bh-table", REASON)
    oper.go("/operator/options")
    oper.tab.locator("#key").select_option("recording")
    oper.tab.locator("#reason-option").fill(REASON)
    oper.press("button[value=force]")
    oper.press("button[value=release]")
    oper.go("/operator/notices")
    oper.press("form[action$=withdraw] button")
    hana.go("/manage")
    assert hana.tab.locator(".bh-notice").count() == 0
    oper.tab.locator("details:has(form[action$=logout]) summary").click()
    oper.press("form[action$=logout] button")
    assert "/operator/login" in oper.tab.url


@pytest.mark.slow
@in_both
def test_an_agent_is_changed_stopped_and_deleted_with_a_password(
    hana: Desk, play: Play, cast: Cast, language: str
) -> None:
    hana.go("/manage/agents/bora")
    hana.fill(name="보라 팀장")
    hana.press("form.bh-narrow .btn-primary")
    assert "보라 팀장" in hana.see("tr:has(a[href$='/bora'])")
    hana.go("/manage/agents/bora")
    hana.press("button[name=state][value=disabled]")
    stopped = play.at_manage(cast.bora)
    assert stopped.tab.url.endswith("/manage/login")
    hana.go("/manage/agents/bora/delete")
    hana.fill(password="wrong")
    hana.press(".btn-danger")
    hana.see(".bh-refusal")
    hana.fill(password=PASSWORD)
    hana.press(".btn-danger")
    hana.fill(q="bora")
    hana.see(".bh-empty")


@pytest.mark.slow
@in_both
def test_a_department_is_renamed_deleted_and_brought_back(hana: Desk, language: str) -> None:
    hana.go("/manage/departments")
    hana.fill(name="영업")
    hana.press("form.bh-row .btn-primary")
    hana.press(".bh-table td a")
    hana.fill(name="영업 1팀")
    hana.press("form.bh-row .btn-primary")
    hana.go("/manage/departments")
    hana.see(".bh-table", "영업 1팀")
    hana.press(".bh-table td a")
    hana.press(".btn-danger")
    hana.see(".bh-empty")
    hana.press("form.bh-note .btn")
    hana.see(".bh-table", "영업 1팀")


@pytest.mark.slow
@in_both
def test_the_company_and_its_rules_of_log_in_are_changed(
    hana: Desk, play: Play, cast: Cast, language: str
) -> None:
    hana.go("/manage/account")
    hana.fill(title="마루 도움", contact_name="하나", contact_phone="02-123-4567")
    hana.press("form.bh-narrow .btn-primary")
    customer = play.desk()
    customer.go("/maru")
    customer.see("body", "마루 도움")
    hana.go("/manage/log-in-rules")
    hana.tab.locator("#address-agent").fill("203.0.113.0/24")
    hana.press("form:has(#address-agent) .btn")
    hana.see("code", "203.0.113.0/24")
    assert play.at_manage(cast.bora).tab.url.endswith("/manage/login")
    hana.tab.locator("#two_step").select_option("all")
    hana.press("form:has(#two_step) .btn-primary")
    assert hana.tab.url.endswith("/manage/me/two-step")


@pytest.mark.slow
@in_both
def test_downloads_help_and_ones_own_options_are_read(hana: Desk, language: str) -> None:
    hana.go("/manage/downloads")
    hana.fill(q="zzzz")
    hana.see("#found .bh-empty")
    hana.go("/manage/help")
    hana.see("h1")
    hana.go("/manage/me/options")
    hana.see(".bh-table")


@pytest.mark.slow
@in_both
def test_an_operator_changes_term_seats_and_name_and_ends_everything(
    oper: Desk, play: Play, cast: Cast, language: str
) -> None:
    hana = play.at_manage(cast.hana)
    oper.go("/operator")
    oper.fill(q="maru")
    oper.press("form[role=search] .btn")
    oper.press(".bh-table td a")
    oper.fill(days="60")
    oper.press("form:has(#days) .btn")
    oper.fill(seats_pc="7", seats_mobile="2")
    oper.press("form:has(#seats_pc) .btn")
    assert oper.tab.locator("#seats_pc").input_value() == "7"
    oper.tab.locator("input#company").fill("마루 주식회사")
    oper.tab.locator("#reason-name").fill("사업자등록증 확인")
    oper.press("form:has(#reason-name) .btn")
    oper.see(".bh-lead", "마루 주식회사")
    oper.tab.locator("#reason-stop").fill(REASON)
    oper.press("form:has(#reason-stop) .btn")
    hana.go("/manage")
    assert "/manage/login" in hana.tab.url
    oper.go("/operator/letters?company=maru")
    oper.see(".bh-empty")


@pytest.mark.slow
@in_both
def test_an_operators_recovery_code_opens_once(oper: Desk, play: Play, language: str) -> None:
    oper.go("/operator/me")
    secret = oper.see("#secret").strip()
    oper.tab.locator("#code").fill(pyotp.TOTP(secret).now())
    oper.tab.locator("#current-2").fill(OPER_PASSWORD)
    oper.press("button[value=confirm]")
    codes = oper.see("#codes").split()
    fields = {"login_id": "oper", "password": OPER_PASSWORD}
    for code, opens in ((codes[0], True), (codes[0], False), (codes[1], True)):
        again = play.desk()
        again.log_in("/operator/login", fields)
        again.fill(code=code)
        again.press("form.bh-form .btn-primary")
        assert again.tab.url.endswith("/operator") is opens
    oper.go("/operator/me")
    oper.see("form", "8")
    oper.tab.locator("#current-2").fill(OPER_PASSWORD)
    oper.press("button[value=renew]")
    assert not set(oper.see("#codes").split()) & set(codes)


@pytest.mark.slow
@in_both
def test_a_question_is_asked_answered_and_closed(play: Play, cast: Cast, oper: Desk, language: str) -> None:
    bora = play.at_manage(cast.bora)
    bora.go("/manage/inquiries/new")
    bora.fill(subject="화면이 검습니다", text="어제부터 화면이 검게 보입니다.")
    bora.press("form.bh-narrow .btn-primary")
    oper.go("/operator/inquiries")
    oper.press("#found td a")
    oper.fill(text="드라이버를 새로 설치해 주십시오.")
    oper.press("button[value=answer]")
    bora.go("/manage/inquiries")
    bora.press("main td a")
    bora.see("main", "드라이버를")
    bora.fill(text="됩니다. 고맙습니다.")
    bora.press("button[value=reply]")
    bora.press("button[value=close]")
    assert bora.tab.locator("button[value=close]").count() == 0


@pytest.mark.slow
@in_both
def test_a_support_is_found_described_and_counted(play: Play, app: Flask, cast: Cast, language: str) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        waiting, stream = make_slot(cast.bora), open_stream(cast.bora)
        connect(cast.bora, waiting, stream)
        close(cast.bora, waiting)
    play.language = language
    bora = play.at_manage(cast.bora)
    bora.go("/manage/me/records")
    bora.press("#found td a")
    bora.tab.locator("#result").select_option("solved")
    bora.fill(content="드라이버를 새로 깔았습니다.")
    bora.press("#report .btn-primary")
    assert bora.tab.locator("#content").input_value() == "드라이버를 새로 깔았습니다."
    bora.go("/manage/me/statistics")
    bora.see("main", "1")


@pytest.mark.slow
@in_both
def test_an_agent_who_lost_the_phone_is_helped_and_a_department_gets_options(
    hana: Desk, app: Flask, cast: Cast, language: str
) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        enrol(cast.bora)
        create_department("영업", by=cast.hana.actor)
    hana.go("/manage/agents/bora/two-step")
    hana.fill(password=PASSWORD)
    hana.press("main .btn-danger")
    hana.go("/manage/agents/bora/two-step")
    assert hana.tab.locator("main .btn-danger").count() == 0
    hana.go("/manage/options")
    hana.press(".bh-tabs .btn")
    hana.tab.locator("#o-drawing").select_option("off")
    hana.press(".bh-sticky .btn-primary")
    assert not state_of(hana, "drawing")
