"""/manage/me: people's own details, password, options, and where they are logged in."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.accounts.models import LoginSession
from app.mail.outbox import list_letters
from app.team.queries import get_agent
from tenants.audit import AuditEntry
from tenants.database import db, tenant_scope
from tests.app.accounts.test_log_in import form_of
from tests.cast import PASSWORD, Cast

PAGE = "/manage/me"
NEW = "Baro2027Help"


@pytest.fixture
def browser(log_in, cast: Cast):
    return log_in(cast.bora)


def latest_deed(app, cast: Cast) -> AuditEntry:
    with app.app_context(), tenant_scope(cast.maru.id):
        return db.session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc())).first()


def test_it_works(app, browser, cast: Cast) -> None:
    answer = browser.post(PAGE, data={"phone": "02-123-4567", "email": ""})
    assert answer.status_code == 302
    with app.app_context(), tenant_scope(cast.maru.id):
        assert get_agent(cast.bora.id).phone == "02-123-4567"
    assert latest_deed(app, cast).data == '{"changed":["phone"]}'


def test_another_mail_address_needs_the_password(app, browser, cast: Cast) -> None:
    form = {"phone": "", "email": "bora@example.com"}
    assert browser.post(PAGE, data=form).status_code == 403
    assert browser.post(PAGE, data=form | {"password": PASSWORD}).status_code == 302
    with app.app_context(), tenant_scope(cast.maru.id):
        assert get_agent(cast.bora.id).email == "bora@example.com"


def test_the_old_address_is_warned_of_a_new_one(app, browser, cast: Cast) -> None:
    for email in ("bora@example.com", "thief@example.com"):
        browser.post(PAGE, data={"phone": "", "email": email, "password": PASSWORD})
    with app.app_context(), tenant_scope(cast.maru.id):
        (row,) = list_letters()
        assert (row.recipient, row.letter) == ("bora@example.com", "email_changed")


@pytest.mark.parametrize("wrong", [{"phone": "call me"}, {"email": "nowhere"}, {"phone": "<script>"}])
def test_nonsense_is_refused_and_kept_in_the_field(browser, wrong: dict[str, str]) -> None:
    answer = browser.post(PAGE, data={"phone": "", "email": "", "password": PASSWORD} | wrong)
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


def test_one_logs_out_elsewhere(app, browser, program_of, cast: Cast) -> None:
    program = program_of(cast.bora)
    (name,) = re.findall(r"/manage/me/log-ins/([0-9a-f]{20})/end", browser.get(PAGE).text)
    assert browser.post(f"{PAGE}/log-ins/{name}/end").status_code == 302
    assert program.post("/signal/ticket").status_code == 401
    assert latest_deed(app, cast).data == '{"reason":"logout there"}'


@pytest.mark.parametrize("name", ["0" * 20, "a", "%", "f" * 64, "_" * 20])
def test_what_is_not_ones_own_is_not_found(app, browser, program_of, cast: Cast, name: str) -> None:
    program_of(cast.nari)
    with app.app_context(), tenant_scope(cast.maru.id):
        row = db.session.scalars(select(LoginSession).where(LoginSession.agent_id == cast.nari.id)).one()
        hers = row.handle_hash[:20]
    assert browser.post(f"{PAGE}/log-ins/{name}/end").status_code == 404
    assert browser.post(f"{PAGE}/log-ins/{hers}/end").status_code == 404


def test_a_new_password_keeps_this_browser_only(app, browser, program_of, client, cast: Cast) -> None:
    program = program_of(cast.bora)
    form = {"current": PASSWORD, "password": NEW, "password_again": NEW}
    assert browser.post(f"{PAGE}/password", data=form).status_code == 302
    assert browser.get(PAGE).status_code == 200
    assert program.post("/signal/ticket").status_code == 401
    assert client.post("/manage/login", data=form_of(cast.bora) | {"password": NEW}).status_code == 302
    assert latest_deed(app, cast).action == "log_in.granted"


@pytest.mark.parametrize(
    ("changes", "status", "says"),
    [
        ({"current": "wrong"}, 403, "비밀번호가 맞지 않습니다"),
        ({"password_again": "Other2027Help"}, 422, "서로 다릅니다"),
        ({"password": "short1A", "password_again": "short1A"}, 422, "더 필요한 것: 여덟 글자<"),
        ({"password": "BARO2027HELP", "password_again": "BARO2027HELP"}, 422, "더 필요한 것: 소문자<"),
        ({"password": "baro2027help", "password_again": "baro2027help"}, 422, "더 필요한 것: 대문자<"),
        ({"password": "BaroHelpBaro", "password_again": "BaroHelpBaro"}, 422, "더 필요한 것: 숫자<"),
        ({"password": "Password2027", "password_again": "Password2027"}, 422, "흔히 쓰이는"),
        ({"password": "xBora2027x", "password_again": "xBora2027x"}, 422, "아이디가 들어"),
        ({"password": PASSWORD, "password_again": PASSWORD}, 422, "다른 것으로"),
    ],
)
def test_it_says_what_is_missing(browser, changes: dict[str, str], status: int, says: str) -> None:
    form = {"current": PASSWORD, "password": NEW, "password_again": NEW} | changes
    answer = browser.post(f"{PAGE}/password", data=form)
    assert answer.status_code == status
    assert says in answer.text


def test_a_borrowed_browser_is_no_place_to_guess(browser) -> None:
    form = {"current": "guess", "password": NEW, "password_again": NEW}
    codes = [browser.post(f"{PAGE}/password", data=form).status_code for _ in range(6)]
    assert codes == [403] * 5 + [429]
    right = form | {"current": PASSWORD}
    assert browser.post(f"{PAGE}/password", data=right).status_code == 429


def test_one_sees_what_one_may_do(browser) -> None:
    page = browser.get(f"{PAGE}/options").text
    assert "파일 보내기" in page
    assert page.count("<tr>") > 50


def test_strangers_see_nothing(client) -> None:
    for path in (PAGE, f"{PAGE}/password", f"{PAGE}/options", f"{PAGE}/two-step"):
        assert client.get(path).status_code == 302
