"""/manage/login and /manage/logout: agents and admins in the browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.accounts.models import LoginSession
from tenants.database import db, now_utc, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing
from tests.cast import Cast


def form_of(person) -> dict[str, str]:
    return {"tenant": person.tenant, "login_id": person.login_id, "password": person.password}


def change_log_in(app, cast: Cast, **values: object) -> None:
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        db.session.execute(update(LoginSession).values(**values))


def test_it_works(client, cast: Cast) -> None:
    answer = client.post("/manage/login", data=form_of(cast.hana))
    assert (answer.status_code, answer.location) == (302, "/manage")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("barohelp=web.maru.")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "마루 상담실" in client.get("/manage").text


def test_it_shows_the_company_from_the_link(client) -> None:
    assert 'value="maru"' in client.get("/manage/login?tenant=maru").text


def test_it_keeps_what_was_typed_but_the_password(client, cast: Cast) -> None:
    page = client.post("/manage/login", data=form_of(cast.bora) | {"password": "wr0ng-secret"})
    assert page.status_code == 401
    assert 'value="bora"' in page.text
    assert "wr0ng-secret" not in page.text
    assert "아이디나 비밀번호가 맞지 않습니다" in page.text


def test_it_names_empty_fields(client) -> None:
    page = client.post("/manage/login", data={"tenant": "maru"})
    assert page.status_code == 422
    assert "비밀번호를 적어 주십시오." in page.text


def test_it_leads_back_to_the_page_that_was_asked_for(client, cast: Cast) -> None:
    asked = client.get("/manage?x=1")
    assert asked.location == "/manage/login?next=/manage?x%3D1"
    assert client.post(asked.location, data=form_of(cast.hana)).location == "/manage?x=1"


def test_it_leads_nowhere_else(client, cast: Cast) -> None:
    answer = client.post("/manage/login?next=//evil.example", data=form_of(cast.hana))
    assert answer.location == "/manage"


def test_five_wrong_tries_block(client, cast: Cast) -> None:
    wrong = form_of(cast.hana) | {"password": "wrong"}
    codes = [client.post("/manage/login", data=wrong).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    assert "30초 뒤에" in client.post("/manage/login", data=form_of(cast.hana)).text


def test_logging_out_ends_the_log_in_everywhere(app, client, log_in, cast: Cast) -> None:
    browser = log_in(cast.hana)
    stolen = browser.get_cookie("barohelp").value
    answer = browser.post("/manage/logout")
    assert (answer.status_code, answer.location) == (302, "/manage/login")
    client.set_cookie("barohelp", stolen)
    assert client.get("/manage").status_code == 302
    with app.app_context(), tenant_scope(cast.maru.id):
        assert db.session.scalars(select(LoginSession)).one().end_reason == "logout"


def test_it_ends_after_half_an_hour_of_stillness(app, log_in, cast: Cast) -> None:
    browser = log_in(cast.hana)
    change_log_in(app, cast, expires_at=now_utc())
    assert browser.get("/manage").status_code == 302


def test_use_pushes_the_end(app, log_in, cast: Cast) -> None:
    browser = log_in(cast.hana)
    soon = now_utc() + timedelta(seconds=5)
    change_log_in(app, cast, seen_at=now_utc() - timedelta(minutes=2), expires_at=soon)
    assert browser.get("/manage").status_code == 200
    with app.app_context(), tenant_scope(cast.maru.id):
        assert db.session.scalars(select(LoginSession)).one().expires_at > soon + timedelta(minutes=20)


def test_after_the_term_only_the_admin_comes_in(app, client, cast: Cast) -> None:
    """Somebody must be able to come and renew it."""
    with app.app_context(), writing():
        db.session.execute(update(Tenant).values(expires_at=now_utc()))
    assert client.post("/manage/login", data=form_of(cast.bora)).status_code == 403
    assert client.post("/manage/login", data=form_of(cast.hana)).status_code == 302
    assert "사용 기간 끝남" in client.get("/manage").text


def test_a_suspended_company_comes_not_in_at_all(app, client, log_in, cast: Cast) -> None:
    browser = log_in(cast.hana)
    with app.app_context(), writing():
        db.session.execute(update(Tenant).values(state="suspended"))
    assert browser.get("/manage").status_code == 302
    assert client.post("/manage/login", data=form_of(cast.hana)).status_code == 403


def test_the_signing_key_forges_no_log_in(app, client, cast: Cast) -> None:
    """Flask signs a cookie for short notes; nothing in it says who somebody is."""
    with client.session_transaction() as notes:
        notes["_user_id"] = notes["agent_id"] = str(cast.hana.id)
        notes["barohelp"] = "web.maru." + "a" * 43
    assert client.get("/manage").status_code == 302


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "web",
        "web.maru.",
        "web.maru." + "a" * 43,
        "program.maru." + "a" * 43,
        "web.nobody." + "a" * 43,
        "x" * 4000,
    ],
)
def test_invented_cookies_open_nothing(client, cast: Cast, cookie: str) -> None:
    client.set_cookie("barohelp", cookie)
    assert client.get("/manage").status_code == 302


def test_a_program_token_is_no_cookie(client, program_of, cast: Cast) -> None:
    token = program_of(cast.hana).environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    client.set_cookie("barohelp", token)
    assert client.get("/manage").status_code == 302
