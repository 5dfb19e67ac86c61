"""/manage/reset: a link by mail, the same answer for everybody, good once for half an hour."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.accounts.housekeeping import forget_old
from app.accounts.models import PasswordReset
from app.mail import outbox
from app.mail.models import OutboxMail
from app.team.queries import get_agent
from tenants.audit import AuditEntry
from tenants.database import db, now_utc, tenant_scope
from tenants.writing import writing
from tests.app.accounts.test_actions import at_once
from tests.app.accounts.test_log_in import form_of
from tests.cast import PASSWORD, Cast
from tests.factories.accounts import enrol, last_letter, link_in, make_reset_link

PAGE = "/manage/reset"
NEW = "Baro2027Help"
BOTH = {"password": NEW, "password_again": NEW}


@pytest.fixture
def mailed(app, cast: Cast) -> None:
    """Bora has an address."""
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        get_agent(cast.bora.id).email = "bora@example.com"


@pytest.fixture
def link(app, cast: Cast) -> str:
    """The path of a link that Bora was mailed."""
    with app.app_context(), tenant_scope(cast.maru.id):
        return f"{PAGE}/{make_reset_link(cast.bora)}"


def letters(app, cast: Cast) -> list[OutboxMail]:
    with app.app_context(), tenant_scope(cast.maru.id):
        return list(outbox.list_letters())


def ask(client, tenant: str = "maru", login_id: str = "bora", **more: str):
    return client.post(PAGE, data={"tenant": tenant, "login_id": login_id}, **more)


def test_it_works(app, client, mailed: None, cast: Cast) -> None:
    assert ask(client).status_code == 200
    with app.app_context(), tenant_scope(cast.maru.id):
        letter = last_letter()
    assert "보라 님" in letter.text
    path = link_in(letter.text).removeprefix("http://127.0.0.1:8000")
    assert client.get(path).status_code == 200
    answer = client.post(path, data=BOTH)
    assert (answer.status_code, answer.location) == (302, "/manage/login?tenant=maru")
    assert client.post("/manage/login", data=form_of(cast.bora)).status_code == 401
    assert client.post("/manage/login", data=form_of(cast.bora) | {"password": NEW}).status_code == 302


def test_whoever_owns_the_address_is_warned(app, client, link: str, cast: Cast) -> None:
    client.post(link, data=BOTH)
    with app.app_context(), tenant_scope(cast.maru.id):
        letter = last_letter()
    assert letter.subject == "[바로헬프] 마루 상담실 비밀번호가 바뀌었습니다"
    assert "127.0.0.1" in letter.text


def test_the_letter_is_in_the_readers_language(app, client, mailed: None, cast: Cast) -> None:
    client.post(PAGE, data={"tenant": "maru", "login_id": "bora"}, headers={"Accept-Language": "en"})
    with app.app_context(), tenant_scope(cast.maru.id):
        letter = last_letter()
    assert letter.subject == "[BaroHelp] Choose a new password for 마루 상담실"
    assert "Hello 보라" in letter.text


def test_everybody_gets_the_same_answer(app, client, mailed: None, cast: Cast) -> None:
    """Known, without an address, unknown, another company's, no company at all."""
    asked = [("maru", "bora"), ("maru", "nari"), ("maru", "nobody"), ("nuri", "bora"), ("nowhere", "bora")]
    pages = [ask(client, *who) for who in asked]
    assert {page.status_code for page in pages} == {200}
    assert len({page.text for page in pages}) == 1
    assert [row.recipient for row in letters(app, cast)] == ["bora@example.com"]


def test_looking_does_not_use_it_up_and_using_does(client, link: str) -> None:
    assert [client.get(link).status_code for _ in range(3)] == [200] * 3
    assert client.post(link, data=BOTH).status_code == 302
    again = client.post(link, data=BOTH)
    assert (again.status_code, client.get(link).status_code) == (404, 404)
    assert "B-56" in again.text


def test_a_weak_password_leaves_it_good(client, link: str) -> None:
    weak = client.post(link, data={"password": "short", "password_again": "short"})
    assert weak.status_code == 422
    assert client.post(link, data=BOTH | {"password_again": "Other2027Help"}).status_code == 422
    assert client.post(link, data=BOTH).status_code == 302


def test_of_many_at_once_exactly_one_sets_the_password(app, link: str) -> None:
    results = at_once(8, lambda n: app.test_client().post(link, data=BOTH).status_code)
    assert sorted(results) == [302] + [404] * 7


def test_it_ends_after_half_an_hour(app, client, link: str, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        db.session.execute(update(PasswordReset).values(expires_at=now_utc()))
    assert client.get(link).status_code == 404


def test_it_ends_every_log_in_and_every_other_link(app, link: str, log_in, program_of, cast: Cast) -> None:
    browser, program = log_in(cast.bora), program_of(cast.bora)
    with app.app_context(), tenant_scope(cast.maru.id):
        other = f"{PAGE}/{make_reset_link(cast.bora)}"
    assert app.test_client().post(link, data=BOTH).status_code == 302
    assert browser.get("/manage").status_code == 302
    assert program.post("/signal/ticket").status_code == 401
    assert app.test_client().get(other).status_code == 404


def test_it_takes_no_second_step_away(app, client, link: str, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        enrol(cast.bora)
    client.post(link, data=BOTH)
    answer = client.post("/programs/login", json=cast.bora.credentials | {"password": NEW})
    assert answer.json["code"] == "B-52"


def test_a_changed_password_voids_the_link(app, client, link: str, log_in, cast: Cast) -> None:
    form = {"current": PASSWORD, "password": NEW, "password_again": NEW}
    assert log_in(cast.bora).post("/manage/me/password", data=form).status_code == 302
    assert client.get(link).status_code == 404


@pytest.mark.parametrize("token", ["x", "reset.maru." + "a" * 43, "web.maru." + "a" * 43, "a" * 500])
def test_invented_links_open_nothing(client, token: str) -> None:
    assert client.get(f"{PAGE}/{token}").status_code == 404


def test_a_disabled_agent_gets_none(app, client, mailed: None, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        get_agent(cast.bora.id).state = "disabled"
    assert ask(client).status_code == 200
    assert letters(app, cast) == []


def test_an_agent_gets_three_letters_an_hour(app, client, mailed: None, cast: Cast) -> None:
    assert [ask(client).status_code for _ in range(5)] == [200] * 5
    assert len(letters(app, cast)) == 3


def test_a_source_that_asks_too_often_waits(client) -> None:
    codes = [ask(client, login_id=f"agent{n}").status_code for n in range(11)]
    assert codes == [200] * 10 + [429]


def test_what_is_over_is_forgotten_after_a_day(app, link: str, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        assert forget_old(now_utc() + timedelta(hours=23)) == 0
        assert forget_old(now_utc() + timedelta(hours=25)) == 1
        assert len(outbox.claim_due(now_utc() + timedelta(hours=25))) == 0, "it came too late"
        assert forget_old(now_utc() + timedelta(days=31)) == 1
        assert outbox.list_letters() == []


def test_nothing_of_the_link_stands_in_the_database(app, link: str, cast: Cast) -> None:
    secret = link.rpartition(".")[2].encode()
    with app.app_context(), tenant_scope(cast.maru.id):
        row = db.session.scalars(select(OutboxMail)).one()
        assert secret not in row.sealed
        assert db.session.scalar(select(func.count()).select_from(PasswordReset)) == 1
        assert row.expires_at - row.created_at == timedelta(minutes=30)
        deeds = db.session.scalars(select(AuditEntry.action)).all()
    assert "agent.reset_asked" in deeds
