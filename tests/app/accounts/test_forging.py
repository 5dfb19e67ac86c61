"""What a thief could forge: with the signing key, with old tokens, by listening to the clock."""

from __future__ import annotations

import hashlib
import hmac
import re

import pytest
from itsdangerous import URLSafeTimedSerializer

from app import passwords
from tests.cast import PASSWORD, Cast
from tests.conftest import SECRETS
from tests.factories.operators import make_operator

DEED = "/manage/departments"
FORM = {"name": "영업"}


def bare(browser):
    """The browser without the header that the fixture gives it."""
    del browser.environ_base["HTTP_X_CSRF_TOKEN"]
    return browser


def test_the_signing_key_opens_no_page(app, client, cast: Cast) -> None:
    """SECRET_KEY signs short notes. A cookie made with it, in every name and form we know, logs nobody in."""
    session = app.session_interface.get_signing_serializer(app)
    for value in (
        session.dumps({"_user_id": str(cast.hana.id), "agent_id": cast.hana.id, "operator_id": 1}),
        URLSafeTimedSerializer(SECRETS["SECRET_KEY"]).dumps({"agent": cast.hana.id}),
        f"web.maru.{hmac.new(bytes.fromhex(SECRETS['SECRET_KEY']), b'1', hashlib.sha256).hexdigest()[:43]}",
    ):
        for name in ("barohelp", "barohelp_notes", "session", "remember_token", "barohelp_operator"):
            client.set_cookie(name, value)
        assert client.get("/manage").status_code == 302
        assert client.get("/operator").status_code == 302
        answer = client.post("/signal/ticket", headers={"Authorization": f"Bearer {value}"})
        assert answer.status_code == 401


def test_the_signing_key_makes_no_csrf_token(app, log_in, cast: Cast) -> None:
    browser = bare(log_in(cast.hana))
    for key in (SECRETS["SECRET_KEY"].encode(), bytes.fromhex(SECRETS["SECRET_KEY"])):
        for token in (
            hmac.new(key, b"csrf", hashlib.sha256).hexdigest(),
            URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps("x"),
        ):
            assert browser.post(DEED, data=FORM | {"csrf_token": token}).status_code == 403


def test_a_token_of_somebody_else_is_refused(log_in, cast: Cast) -> None:
    hers = log_in(cast.bora).environ_base["HTTP_X_CSRF_TOKEN"]
    browser = bare(log_in(cast.hana))
    assert browser.post(DEED, data=FORM | {"csrf_token": hers}).status_code == 403


def test_a_token_of_the_last_log_in_is_refused(log_in, cast: Cast) -> None:
    """Replayed after logging out and in again: each log-in has a secret of its own."""
    old = log_in(cast.hana).environ_base["HTTP_X_CSRF_TOKEN"]
    browser = bare(log_in(cast.hana))
    assert browser.post(DEED, data=FORM | {"csrf_token": old}).status_code == 403
    own = re.search(r'csrf-token" content="([0-9a-f]{64})"', browser.get("/manage").text)
    assert own is not None
    assert browser.post(DEED, data=FORM | {"csrf_token": own[1]}).status_code == 302


@pytest.mark.parametrize("token", ["", "0" * 64, "é", "x" * 100_000])
def test_an_invented_token_is_refused(log_in, cast: Cast, token: str) -> None:
    assert bare(log_in(cast.hana)).post(DEED, data=FORM | {"csrf_token": token}).status_code == 403


@pytest.fixture
def checked(client, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that an argon2 check was spent on."""
    with client.application.app_context():
        passwords._dummy_hash()  # made once a process, at its first use
    found: list[str] = []
    real = passwords._verify

    def counting(hasher: object, stored: str, password: str) -> bool:
        found.append(password)
        return real(hasher, stored, password)  # type: ignore[arg-type]

    monkeypatch.setattr(passwords, "_verify", counting)
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"password": "wrong"},
        {"id": "nobody"},
        {"id": "nobody", "password": "wrong"},
        {"tenant": "nowhere"},
        {"tenant": "!"},
    ],
)
def test_every_log_in_costs_one_hash(client, cast: Cast, checked: list[str], changes: dict[str, str]) -> None:
    """Known or not, right or wrong: the answer takes one argon2 check, so its time tells nothing."""
    client.post("/programs/login", json=cast.bora.credentials | changes)
    assert checked == [changes.get("password", PASSWORD)]


@pytest.mark.parametrize("login_id", ["oper", "nobody", ""])
def test_an_operators_log_in_costs_one_hash_too(app, client, checked: list[str], login_id: str) -> None:
    make_operator(app)
    client.post("/operator/login", data={"login_id": login_id, "password": "wrong"})
    assert checked == ["wrong"]
