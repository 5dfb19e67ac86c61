"""POST /programs/login: the waiting program's door."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.accounts.models import LoginSession
from app.team.actions import set_option
from app.team.models import Agent
from app.team.queries import get_agent
from tenants.audit import SYSTEM, AuditEntry
from tenants.database import db, now_utc, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing
from tests.cast import Cast


def change_tenant(app, cast: Cast, **values: object) -> None:
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        db.session.execute(update(Tenant).where(Tenant.id == cast.maru.id).values(**values))


def change_agent(app, cast: Cast, **values: object) -> None:
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        db.session.execute(update(Agent).where(Agent.id == cast.bora.id).values(**values))


def log_ins(app, cast: Cast) -> list[tuple[str, str | None]]:
    with app.app_context(), tenant_scope(cast.maru.id):
        rows = db.session.scalars(select(LoginSession).order_by(LoginSession.id)).all()
        return [(row.kind, row.end_reason) for row in rows]


def audited(app, cast: Cast) -> list[str]:
    with app.app_context(), tenant_scope(cast.maru.id):
        return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.n)))


def test_it_works(app, client, cast: Cast) -> None:
    answer = client.post("/programs/login", json=cast.bora.credentials | {"device": "BORA-PC"})
    assert answer.status_code == 200
    assert answer.json["expires_s"] == 12 * 3600
    assert answer.json["agent"] == {"id": cast.bora.id, "name": "보라"}
    assert "refresh" not in answer.json
    with app.app_context(), tenant_scope(cast.maru.id):
        row = db.session.scalars(select(LoginSession)).one()
        assert (row.agent_id, row.kind, row.device, row.ended_at) == (
            cast.bora.id,
            "program",
            "BORA-PC",
            None,
        )
        assert db.session.get(Agent, cast.bora.id).last_access_at is not None
    assert answer.json["token"] not in repr(vars(row))
    assert audited(app, cast)[-1] == "log_in.granted"


@pytest.mark.parametrize(
    "changed", [{"password": "wrong"}, {"id": "nobody"}, {"id": "chul"}, {"password": ""}]
)
def test_it_refuses_in_the_same_words(client, cast: Cast, changed: dict[str, str]) -> None:
    answer = client.post("/programs/login", json=cast.bora.credentials | changed)
    assert answer.status_code == 401
    assert answer.json["text"] == "아이디나 비밀번호가 맞지 않습니다. 다시 확인해 주십시오."


def test_ids_have_no_case_and_companies_neither(client, cast: Cast) -> None:
    credentials = cast.bora.credentials | {"tenant": "MARU", "id": " Bora "}
    assert client.post("/programs/login", json=credentials).status_code == 200


def test_it_says_kindly_that_there_is_no_such_company(client, cast: Cast) -> None:
    answer = client.post("/programs/login", json=cast.bora.credentials | {"tenant": "nobody"})
    assert (answer.status_code, answer.json["code"]) == (404, "B-47")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"state": "suspended"}, "멈추어"),
        ({"expires_at": now_utc() - timedelta(seconds=1)}, "사용 기간이 끝났습니다"),
    ],
)
def test_it_refuses_when_the_company_is_stopped(app, client, cast: Cast, values, says: str) -> None:
    change_tenant(app, cast, **values)
    answer = client.post("/programs/login", json=cast.bora.credentials)
    assert (answer.status_code, answer.json["code"]) == (403, "B-48")
    assert says in answer.json["text"]
    assert log_ins(app, cast) == []


@pytest.mark.parametrize("values", [{"state": "disabled"}, {"deleted_at": now_utc()}])
def test_it_refuses_who_may_not_work(app, client, cast: Cast, values) -> None:
    change_agent(app, cast, **values)
    assert client.post("/programs/login", json=cast.bora.credentials).status_code == 401


@pytest.mark.parametrize(
    "values",
    [
        {"state": "disabled"},
        {"deleted_at": now_utc()},
    ],
)
def test_a_log_in_ends_with_its_agent(app, program_of, cast: Cast, values) -> None:
    program = program_of(cast.bora)
    change_agent(app, cast, **values)
    assert program.post("/programs/logout").status_code == 401


def test_a_log_in_ends_with_its_company(app, program_of, cast: Cast) -> None:
    program = program_of(cast.bora)
    change_tenant(app, cast, state="suspended")
    assert program.post("/programs/logout").status_code == 401


def test_a_second_log_in_ends_the_first(app, client, program_of, cast: Cast) -> None:
    first, second = program_of(cast.bora), program_of(cast.bora)
    assert log_ins(app, cast) == [("program", "elsewhere"), ("program", None)]
    assert first.post("/programs/logout").status_code == 401
    assert second.post("/programs/logout").status_code == 200


def test_a_browser_and_a_program_live_beside_each_other(log_in, program_of, cast: Cast) -> None:
    browser, program = log_in(cast.bora), program_of(cast.bora)
    assert browser.get("/manage").status_code == 200
    assert program.post("/programs/logout").status_code == 200


def test_a_second_log_in_is_refused_by_option(app, client, program_of, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        set_option("force_login", False, by=cast.hana.actor)
    first = program_of(cast.bora)
    answer = client.post("/programs/login", json=cast.bora.credentials)
    assert (answer.status_code, answer.json["code"]) == (409, "B-49")
    assert first.post("/programs/logout").status_code == 200
    assert client.post("/programs/login", json=cast.bora.credentials).status_code == 200


def test_five_wrong_tries_block(app, client, cast: Cast) -> None:
    wrong = cast.bora.credentials | {"password": "wrong"}
    assert [client.post("/programs/login", json=wrong).status_code for _ in range(6)] == [401] * 5 + [429]
    right = client.post("/programs/login", json=cast.bora.credentials)
    assert (right.status_code, right.json["code"]) == (429, "B-42")
    assert 0 < int(right.headers["Retry-After"]) <= 30
    assert audited(app, cast).count("log_in.refused") == 5


def test_a_forged_address_does_not_unblock(client, cast: Cast) -> None:
    wrong = cast.bora.credentials | {"password": "wrong"}
    codes = [
        client.post("/programs/login", json=wrong, headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code
        for n in range(7)
    ]
    assert codes == [401] * 5 + [429] * 2


def test_guessing_companies_is_counted_too(client, cast: Cast) -> None:
    credentials = [cast.bora.credentials | {"tenant": f"nobody-{n}"} for n in range(7)]
    codes = [client.post("/programs/login", json=body).status_code for body in credentials]
    assert codes == [404] * 5 + [429] * 2


def test_many_sources_cannot_lock_the_agent_out_of_their_own(app, client, cast: Cast) -> None:
    home = {"REMOTE_ADDR": "203.0.113.7"}
    assert client.post("/programs/login", json=cast.bora.credentials, environ_base=home).status_code == 200
    wrong = cast.bora.credentials | {"password": "wrong"}
    codes = [
        client.post(
            "/programs/login", json=wrong, environ_base={"REMOTE_ADDR": f"198.51.100.{n}"}
        ).status_code
        for n in range(8)
    ]
    assert codes == [401] * 5 + [429] * 3
    assert client.post("/programs/login", json=cast.bora.credentials, environ_base=home).status_code == 200


def test_a_remembering_program_comes_back_by_its_refresh_token(app, client, cast: Cast) -> None:
    granted = client.post("/programs/login", json=cast.bora.credentials | {"remember": True}).json
    again = client.post("/programs/login", json={"refresh": granted["refresh"]})
    assert again.status_code == 200
    assert again.json["refresh"] != granted["refresh"]
    assert log_ins(app, cast) == [("program", "renewed"), ("program", None)]
    assert client.post("/programs/login", json={"refresh": granted["refresh"]}).status_code == 401


def test_a_refresh_token_dies_with_its_log_in(app, client, program_of, cast: Cast) -> None:
    granted = client.post("/programs/login", json=cast.bora.credentials | {"remember": True}).json
    program_of(cast.bora)
    assert client.post("/programs/login", json={"refresh": granted["refresh"]}).status_code == 401


@pytest.mark.parametrize(
    "refresh", ["", "refresh.maru.x", "program.maru." + "a" * 43, "refresh.nuri." + "a" * 43]
)
def test_it_refuses_invented_refresh_tokens(client, cast: Cast, refresh: str) -> None:
    assert client.post("/programs/login", json={"refresh": refresh}).status_code in (400, 401)


def test_a_token_of_one_company_opens_nothing_in_another(client, program_of, cast: Cast) -> None:
    token = program_of(cast.bora).environ_base["HTTP_AUTHORIZATION"].replace(".maru.", ".nuri.")
    assert client.post("/programs/logout", headers={"Authorization": token}).status_code == 401


def test_a_token_ends_after_its_hours(app, program_of, cast: Cast) -> None:
    program = program_of(cast.bora)
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        db.session.execute(update(LoginSession).values(expires_at=now_utc()))
    assert program.post("/programs/logout").status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {"tenant": "maru"},
        {"tenant": 1, "id": "bora", "password": "x"},
        {"tenant": "maru", "id": ["bora"], "password": "x"},
        {"tenant": "maru", "id": "b" * 300, "password": "x"},
        {"tenant": "maru", "id": "bora\x00", "password": "x"},
    ],
)
def test_it_refuses_malformed_bodies(client, body: object) -> None:
    answer = client.post("/programs/login", json=body)
    assert (answer.status_code, answer.json["code"]) == (400, "B-40")


def test_strange_passwords_are_only_wrong(client, cast: Cast) -> None:
    for password in (None, 7, "\x00", "p" * 9000, "😀" * 60):
        answer = client.post("/programs/login", json=cast.bora.credentials | {"password": password})
        assert answer.status_code in (401, 429)


def test_a_changed_password_ends_every_log_in(app, client, log_in, program_of, cast: Cast) -> None:
    from app.accounts.actions import set_password

    browser, program = log_in(cast.bora), program_of(cast.bora)
    with app.app_context(), tenant_scope(cast.maru.id):
        set_password(cast.bora.id, "Another2026", by=SYSTEM)
    assert browser.get("/manage").status_code == 302
    assert program.post("/programs/logout").status_code == 401
    assert client.post("/programs/login", json=cast.bora.credentials).status_code == 401
    renewed = cast.bora.credentials | {"password": "Another2026"}
    assert client.post("/programs/login", json=renewed).status_code == 200


@pytest.mark.parametrize(
    ("told", "kept"),
    [("192.168.0.7", "192.168.0.7"), ("fe80::1", "fe80::1"), ("<b>", None), ("", None), ("10.0.0.1;", None)],
)
def test_its_own_address_is_kept(app, client, cast: Cast, told: str, kept: str | None) -> None:
    answer = client.post("/programs/login", json=cast.bora.credentials | {"ip_local": told})
    assert answer.status_code == 200
    with app.app_context(), tenant_scope(cast.maru.id):
        assert get_agent(cast.bora.id).last_ip_private == kept
