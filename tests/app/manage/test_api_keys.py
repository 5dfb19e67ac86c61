"""/manage/api-keys: made, shown once, revoked."""

from __future__ import annotations

import re

import pytest

from app.api.models import ApiKey
from app.api.rules import MAX_KEYS
from tenants.audit import AuditEntry
from tenants.bearer import hash_of
from tenants.database import db, tenant_scope
from tests.cast import Cast

PAGE = "/manage/api-keys"
FORM = {"name": "사내 통계", "scope": ["agents"], "days": "90"}


@pytest.fixture
def browser(log_in, cast: Cast):
    return log_in(cast.hana)


def make(browser) -> str:
    page = browser.post(PAGE, data=FORM).text
    return re.search(r'id="secret">([^<]+)<', page)[1]  # type: ignore[index]


def test_it_works(app, browser, cast: Cast) -> None:
    secret = make(browser)
    assert secret.startswith("apikey.maru.")
    page = browser.get(PAGE).text
    assert "사내 통계" in page
    assert secret not in page
    with app.app_context(), tenant_scope(cast.maru.id):
        key = db.session.query(ApiKey).one()
        assert (key.secret_hash, key.scopes, key.created_by) == (hash_of(secret), "agents", "하나")
        entry = db.session.query(AuditEntry).order_by(AuditEntry.n.desc()).first()
        assert (entry.action, entry.actor_name, secret in entry.data) == ("api_key.created", "하나", False)


def test_it_is_revoked_at_once(app, browser, client) -> None:
    secret = make(browser)
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/agents", headers=headers).status_code == 200
    key = re.search(r"api-keys/(\w+)/revoke", browser.get(PAGE).text)[1]  # type: ignore[index]
    assert browser.post(f"{PAGE}/{key}/revoke").status_code == 302
    assert client.get("/api/v1/agents", headers=headers).status_code == 401
    assert browser.post(f"{PAGE}/{key}/revoke").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "가" * 41},
        {"scope": []},
        {"scope": ["everything"]},
        {"days": "7"},
        {"days": ""},
    ],
)
def test_what_is_wrong_is_told(app, browser, cast: Cast, wrong: dict[str, object]) -> None:
    assert browser.post(PAGE, data=FORM | wrong).status_code == 422
    with app.app_context(), tenant_scope(cast.maru.id):
        assert db.session.query(ApiKey).count() == 0


def test_there_is_an_end_to_them(browser) -> None:
    for _ in range(MAX_KEYS):
        assert browser.post(PAGE, data=FORM).status_code == 200
    assert browser.post(PAGE, data=FORM).status_code == 422


def test_agents_may_not(log_in, cast: Cast) -> None:
    assert log_in(cast.bora).get(PAGE).status_code == 403
