"""/api/v1: what a key reads, page by page, and what it never sees."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.api.document import describe
from app.api.models import ApiKey
from app.api.rules import REQUESTS_PER_MINUTE, make_cursor, read_cursor, read_limit, read_moment
from app.team.departments import create_department
from tenants.audit import SYSTEM
from tenants.database import db, now_utc, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing
from tests.cast import Cast
from tests.factories import support as make

API = "/api/v1"


@pytest.fixture
def maru(key_of, cast: Cast):
    return key_of(cast.maru)


@pytest.fixture
def sessions(app: Flask, cast: Cast) -> list[str]:
    """Maru has three support sessions, the oldest first; Nuri has one."""
    with app.app_context(), tenant_scope(cast.nuri.id):
        make.make_slot(cast.chul)
    with app.app_context(), tenant_scope(cast.maru.id):
        return [make.make_slot(cast.bora).session for _ in range(3)]


def test_it_works(maru, app: Flask, cast: Cast) -> None:
    answer = maru.get(f"{API}/agents")
    assert [agent["id"] for agent in answer.json["items"]] == ["admin", "bora", "nari"]
    assert answer.json["next_cursor"] is None
    one = maru.get(f"{API}/agents/BORA").json
    assert (one["id"], one["name"], one["department"]) == ("bora", "보라", None)
    assert "password" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_departments_are_read(maru, app: Flask, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        made = create_department("영업", by=SYSTEM).public_id
    assert maru.get(f"{API}/departments").json["items"] == [{"id": made, "name": "영업"}]


def test_support_sessions_are_read_the_newest_first(maru, sessions: list[str]) -> None:
    items = maru.get(f"{API}/sessions").json["items"]
    assert [item["id"] for item in items] == sessions[::-1]
    assert items[0]["agent"] == {"id": "bora", "name": "보라"}
    assert maru.get(f"{API}/sessions/{sessions[0]}").json["state"] == "offline"


def test_filters_narrow_the_list(maru, sessions: list[str]) -> None:
    def count(**asked: str) -> int:
        return len(maru.get(f"{API}/sessions", query_string=asked).json["items"])

    assert (count(agent="BORA"), count(agent="nari"), count(state="connected")) == (3, 0, 0)
    tomorrow = (now_utc() + timedelta(days=1)).isoformat()
    assert (count(to=tomorrow), count(**{"from": tomorrow})) == (3, 0)


@pytest.mark.parametrize("what", ["agents", "sessions"])
def test_pages_hold_each_row_once(maru, sessions: list[str], what: str) -> None:
    seen: list[str] = []
    asked: dict[str, str] = {"limit": "1"}
    while True:
        page = maru.get(f"{API}/{what}", query_string=asked).json
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        asked["cursor"] = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 3


def test_a_cursor_is_for_its_own_list_and_company(maru, key_of, cast: Cast, sessions: list[str]) -> None:
    cursor = maru.get(f"{API}/agents", query_string={"limit": 1}).json["next_cursor"]
    for client, what in ((maru, "departments"), (maru, "sessions"), (key_of(cast.nuri), "agents")):
        answer = client.get(f"{API}/{what}", query_string={"cursor": cursor})
        assert answer.status_code == 400, what


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "x"},
        {"limit": "-1"},
        {"limit": ""},
        {"cursor": ""},
        {"cursor": "!"},
        {"cursor": "A" * 500},
        {"cursor": "가"},
    ],
)
def test_nonsense_is_told_as_a_problem(maru, asked: dict[str, str]) -> None:
    answer = maru.get(f"{API}/agents", query_string=asked)
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert {"type", "title", "status", "detail", "code"} <= answer.json.keys()


@pytest.mark.parametrize("asked", [{"state": "x"}, {"from": "yesterday"}, {"to": "2026-11-20T00:00:00"}])
def test_nonsense_filters_are_told(maru, asked: dict[str, str]) -> None:
    assert maru.get(f"{API}/sessions", query_string=asked).status_code == 400


@pytest.mark.parametrize(
    "secret", ["", "x", "apikey.maru." + "A" * 43, "apikey.nobody." + "A" * 43, "Basic x"]
)
def test_without_a_good_key_nothing_is_read(client, secret: str) -> None:
    answer = client.get(f"{API}/agents", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


def test_a_browser_is_no_key(log_in, cast: Cast) -> None:
    assert log_in(cast.hana).get(f"{API}/agents").status_code == 401


def test_a_key_reads_only_its_scopes(key_of, cast: Cast, sessions: list[str]) -> None:
    reader = key_of(cast.maru, "sessions")
    assert reader.get(f"{API}/sessions").status_code == 200
    assert reader.get(f"{API}/agents").status_code == 403


def test_it_hides_other_tenants(maru, key_of, cast: Cast, sessions: list[str]) -> None:
    nuri = key_of(cast.nuri)
    assert [agent["id"] for agent in nuri.get(f"{API}/agents").json["items"]] == ["chul"]
    assert nuri.get(f"{API}/agents/bora").status_code == 404
    assert nuri.get(f"{API}/sessions/{sessions[0]}").text == nuri.get(f"{API}/sessions/{'0' * 26}").text


def test_a_revoked_or_old_key_opens_nothing(app: Flask, maru, cast: Cast) -> None:
    for field in ("revoked_at", "expires_at"):
        with app.app_context(), tenant_scope(cast.maru.id), writing():
            key = db.session.query(ApiKey).one()
            key.revoked_at = key.expires_at = None
            setattr(key, field, now_utc())
        assert maru.get(f"{API}/agents").status_code == 401, field


def test_a_suspended_company_reads_nothing(app: Flask, maru, cast: Cast) -> None:
    with app.app_context(), writing():
        db.session.get_one(Tenant, cast.maru.id).state = "suspended"
    assert maru.get(f"{API}/agents").status_code == 401


def test_many_requests_have_to_wait(app: Flask, maru, monkeypatch) -> None:
    from app.api import keys, views

    moment = now_utc().replace(second=10)
    monkeypatch.setattr(keys, "REQUESTS_PER_MINUTE", 3)
    monkeypatch.setattr(views, "now_utc", lambda: moment)
    assert [maru.get(f"{API}/agents").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = maru.get(f"{API}/agents")
    assert answer.headers["Retry-After"] == "50"
    monkeypatch.setattr(views, "now_utc", lambda: moment + timedelta(minutes=1))
    assert maru.get(f"{API}/agents").status_code == 200


def test_its_use_is_noted(app: Flask, maru, cast: Cast) -> None:
    left = int(maru.get(f"{API}/agents").headers["RateLimit-Remaining"])
    assert left == REQUESTS_PER_MINUTE - 1
    with app.app_context(), tenant_scope(cast.maru.id):
        key = db.session.query(ApiKey).one()
        assert (key.last_ip, key.last_used_at is not None) == ("127.0.0.1", True)


def test_the_document_describes_every_address(app: Flask, client) -> None:
    told = set(client.get(f"{API}/openapi.json").json["paths"])
    there = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint not in ("api.openapi", "api.docs")
    }
    assert told == there
    assert describe("x")["openapi"] == "3.1.0"


def test_the_document_is_shown(client) -> None:
    page = client.get(f"{API}/docs")
    assert page.status_code == 200
    assert "GET /api/v1/sessions/{session}" in page.text


def test_nothing_can_be_changed(maru) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = maru.open(f"{API}/agents", method=method)
        assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")


def test_rules_read_only_what_they_made() -> None:
    cursor = make_cursor(["bora", 7], key=b"k")
    assert read_cursor(cursor, key=b"k") == ["bora", 7]
    assert read_cursor(cursor, key=b"other") is None
    assert (read_limit(None), read_limit("200"), read_limit("٣")) == (50, 200, None)
    assert read_moment("2026-11-20T09:00:00+09:00").isoformat() == "2026-11-20T00:00:00+00:00"  # type: ignore[union-attr]
    assert read_moment("0001-01-01T00:00:00+14:00") is None
