"""/operator/login: our own staff, with a cookie of their own and a second step."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, update

from app.operator import audit, second_step
from app.operator.anchors import anchor_head, read_anchors
from app.operator.models import Operator, OperatorAudit, OperatorLogin, OperatorRecoveryCode
from app.operator.staff import set_password
from tenants.audit import SYSTEM
from tenants.database import db, now_utc
from tenants.writing import writing
from tests.cast import Cast
from tests.conftest import make_settings
from tests.factories.operators import OPER_PASSWORD, log_operator_in, make_operator

LOGIN = "/operator/login"
FORM = {"login_id": "oper", "password": OPER_PASSWORD}


@pytest.fixture
def staff(app) -> int:
    return make_operator(app).id


def deeds(app) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(OperatorAudit.action).order_by(OperatorAudit.n)))


def add_second_step(app, operator_id: int) -> str:
    """Give Oper a second step that was set up two minutes ago; the secret."""
    return second_step_of(app, operator_id)[0]


def second_step_of(app, operator_id: int) -> tuple[str, list[str]]:
    """The same, with the recovery codes."""
    then = now_utc() - timedelta(minutes=2)
    with app.app_context():
        secret, _address = second_step.begin_totp(operator_id)
        code = pyotp.TOTP(secret).at(then)
        return secret, second_step.confirm_totp(operator_id, code, password=OPER_PASSWORD, now=then)


def codes_on(page: str) -> list[str]:
    """The recovery codes that a page shows."""
    return re.findall(r"\b[2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4}\b", page.split('id="codes">', 1)[-1])


def log_in_with(app, code: str):
    """What comes of the password and this code, in a browser of its own."""
    browser = app.test_client()
    browser.post(LOGIN, data=FORM)
    return browser.post("/operator/login/code", data={"code": code})


def test_it_works(app, client, staff: int) -> None:
    answer = client.post(LOGIN, data=FORM | {"login_id": "OPER"})
    assert answer.location == "/operator"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("barohelp_operator=operator.")
    assert "HttpOnly" in cookie
    assert client.get("/operator").status_code == 200
    assert deeds(app)[-2:] == ["operator.logged_in", "wall.crossed"]


def test_it_leads_back_and_nowhere_else(client, staff: int) -> None:
    asked = client.get("/operator/log?company=maru")
    assert asked.location == "/operator/login?next=/operator/log?company%3Dmaru"
    assert client.post(asked.location, data=FORM).location == "/operator/log?company=maru"
    assert client.post(f"{LOGIN}?next=//evil.example", data=FORM).location == "/operator"


def test_a_companys_people_are_nobody_here(client, log_in, staff: int, cast: Cast) -> None:
    assert client.post(LOGIN, data={"login_id": "admin", "password": cast.hana.password}).status_code == 401
    assert log_in(cast.hana).get("/operator").location.startswith(LOGIN)


def test_an_operator_is_nobody_in_a_company(app, staff: int) -> None:
    browser = log_operator_in(app)
    assert browser.get("/manage").location.startswith("/manage/login")
    assert browser.post("/manage/departments", data={"name": "x"}).status_code == 401


def test_both_cookies_do_not_mix(app, log_in, staff: int, cast: Cast) -> None:
    """One browser, logged in as Hana and as Oper: each page knows its own."""
    browser = log_in(cast.hana)
    browser.post(LOGIN, data=FORM)
    assert "하나" in browser.get("/manage").text
    assert "오퍼" in browser.get("/operator").text
    hanas = browser.environ_base["HTTP_X_CSRF_TOKEN"]
    answer = browser.post("/operator/options", data={"key": "drawing", "reason": "xxx", "csrf_token": hanas})
    assert answer.status_code == 403


def test_wrong_tries_block_and_are_noted(app, client, staff: int) -> None:
    wrong = FORM | {"password": "wrong"}
    answers = [client.post(LOGIN, data=wrong) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert client.post(LOGIN, data=FORM).status_code == 429
    assert deeds(app).count("operator.log_in_refused") == 5


def test_a_stranger_locks_nobody_out(app, client, staff: int) -> None:
    """Five wrong tries elsewhere: Oper's own place stays open, a place that nobody knows waits."""
    client.post(LOGIN, data=FORM)
    wrong = FORM | {"password": "wrong"}
    for _ in range(5):
        assert client.post(LOGIN, data=wrong, environ_base={"REMOTE_ADDR": "198.51.100.9"}).status_code == 401
    assert app.test_client().post(LOGIN, data=FORM).status_code == 302
    for _ in range(5):
        assert client.post(LOGIN, data=wrong, environ_base={"REMOTE_ADDR": "198.51.100.8"}).status_code == 401
    assert client.post(LOGIN, data=FORM, environ_base={"REMOTE_ADDR": "203.0.113.5"}).status_code == 429


def test_an_unknown_id_gets_the_same_words(client, staff: int) -> None:
    pages = [
        client.post(LOGIN, data={"login_id": "oper", "password": password}) for password in ("wrong", "")
    ] + [client.post(LOGIN, data={"login_id": "oper", "password": "x"} | {"login_id": "nobody"})]
    texts = {page.text.replace("nobody", "oper") for page in pages}
    assert ({page.status_code for page in pages}, len(texts)) == ({401}, 1)


def test_the_second_step_is_asked(app, client, staff: int) -> None:
    secret = add_second_step(app, staff)
    answer = client.post(LOGIN, data=FORM)
    assert answer.location == "/operator/login/code"
    assert client.get("/operator").status_code == 302, "the password alone opens nothing"
    assert client.post(answer.location, data={"code": "000000"}).status_code == 401
    code = pyotp.TOTP(secret).now()
    assert client.post(answer.location, data={"code": code}).location == "/operator"
    assert client.get("/operator").status_code == 200
    other = app.test_client()
    other.post(LOGIN, data=FORM)
    assert other.post("/operator/login/code", data={"code": code}).status_code == 401, "a code is good once"


def test_the_second_step_is_set_up_on_the_page(app, staff: int) -> None:
    browser = log_operator_in(app)
    page = browser.get("/operator/me").text
    assert "data:image/svg+xml" in page
    assert "2단계 로그인이 꺼져 있습니다" in browser.get("/operator").text
    secret = page.split('id="secret">', 1)[1].split("<", 1)[0]
    form = {"deed": "confirm", "code": pyotp.TOTP(secret).now()}
    assert browser.post("/operator/me", data=form | {"current": "wrong"}).status_code == 403
    page = browser.post("/operator/me", data=form | {"current": OPER_PASSWORD})
    assert (page.status_code, len(codes_on(page.text))) == (200, 10)
    assert "2단계 로그인이 꺼져 있습니다" not in browser.get("/operator").text


def test_a_recovery_code_stands_in_for_a_phone_once(app, staff: int) -> None:
    _secret, codes = second_step_of(app, staff)
    assert len(set(codes)) == 10
    assert log_in_with(app, codes[0].upper().replace("-", " ")).location == "/operator"
    assert log_in_with(app, codes[0]).status_code == 401
    assert log_in_with(app, codes[1]).location == "/operator"
    with app.app_context():
        stored = db.session.scalars(select(OperatorRecoveryCode)).all()
        assert not set(codes) & {row.hash for row in stored}
        assert sum(row.used_at is not None for row in stored) == 2


def test_guessed_recovery_codes_are_counted(app, staff: int) -> None:
    _secret, codes = second_step_of(app, staff)
    answers = [log_in_with(app, f"abcd-efgh-jkm{last}").status_code for last in "23456"]
    assert answers == [401] * 5
    assert log_in_with(app, codes[0]).status_code == 429


def test_another_operators_code_opens_nothing(app, staff: int) -> None:
    other = make_operator(app, "second", "둘째").id
    _secret, theirs = second_step_of(app, other)
    add_second_step(app, staff)
    assert log_in_with(app, theirs[0]).status_code == 401


def test_new_recovery_codes_end_the_old_ones(app, staff: int) -> None:
    _secret, codes = second_step_of(app, staff)
    browser = app.test_client()
    browser.post(LOGIN, data=FORM)
    browser.post("/operator/login/code", data={"code": codes[0]})
    page = browser.get("/operator/me").text
    assert "남은 복구 코드 9개" in page
    token = page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    form = {"deed": "renew", "csrf_token": token, "current": "wrong"}
    assert browser.post("/operator/me", data=form).status_code == 403
    new = codes_on(browser.post("/operator/me", data=form | {"current": OPER_PASSWORD}).text)
    assert log_in_with(app, codes[1]).status_code == 401
    assert log_in_with(app, new[0]).location == "/operator"
    assert "operator.recovery_codes_made" in deeds(app)


def test_a_reset_takes_the_recovery_codes_away(app, client, staff: int) -> None:
    second_step_of(app, staff)
    assert app.test_cli_runner().invoke(args=["operator", "reset-two-step", "oper"]).exit_code == 0
    with app.app_context():
        assert db.session.scalars(select(OperatorRecoveryCode)).all() == []


def test_another_password_ends_other_browsers(app, staff: int) -> None:
    browser, other = log_operator_in(app), log_operator_in(app)
    new = {"password": "Other2027Help", "password_again": "Other2027Help"}
    form = {"deed": "password", "current": OPER_PASSWORD} | new
    assert browser.post("/operator/me", data=form | {"current": "wrong"}).status_code == 403
    assert browser.post("/operator/me", data=form).status_code == 302
    assert (browser.get("/operator").status_code, other.get("/operator").status_code) == (200, 302)


def test_it_ends_after_a_quarter_of_an_hour(app, staff: int) -> None:
    browser = log_operator_in(app)
    with app.app_context(), writing():
        db.session.execute(update(OperatorLogin).values(expires_at=now_utc()))
    assert browser.get("/operator").status_code == 302


def test_logging_out_ends_it(app, staff: int) -> None:
    browser = log_operator_in(app)
    stolen = browser.get_cookie("barohelp_operator").value
    assert browser.post("/operator/logout").location == LOGIN
    browser.set_cookie("barohelp_operator", stolen)
    assert browser.get("/operator").status_code == 302


@pytest.mark.parametrize(
    "cookie", ["", "operator.", "operator." + "a" * 43, "x" * 4000, "web.maru." + "a" * 43]
)
def test_invented_cookies_open_nothing(client, staff: int, cookie: str) -> None:
    client.set_cookie("barohelp_operator", cookie)
    assert client.get("/operator").status_code == 302
    assert client.post("/operator/login/code", data={"code": "000000"}).status_code == 302


def test_from_other_networks_there_is_no_such_page(app, client, staff: int, tmp_path) -> None:
    known = app.extensions["settings"]
    app.extensions["settings"] = make_settings(tmp_path, OPERATOR_NETWORKS="10.0.0.0/8")
    try:
        assert [client.get(path).status_code for path in ("/operator", LOGIN)] == [404, 404]
        client.environ_base["REMOTE_ADDR"] = "10.1.2.3"
        assert [client.get(path).status_code for path in ("/operator", LOGIN)] == [302, 200]
    finally:
        app.extensions["settings"] = known


def test_operators_are_made_on_the_command_line(app, client) -> None:
    runner = app.test_cli_runner()
    made = runner.invoke(args=["operator", "create", "oper", "--name", "오퍼"], input=f"{OPER_PASSWORD}\n")
    assert made.exit_code == 0, made.output
    assert client.post(LOGIN, data=FORM).status_code == 302
    again = runner.invoke(args=["operator", "create", "Oper", "--name", "x"], input=f"{OPER_PASSWORD}\n")
    weak = runner.invoke(args=["operator", "create", "weak", "--name", "x"], input="weak\n")
    assert (again.exit_code, weak.exit_code) == (1, 1)
    assert runner.invoke(args=["operator", "disable", "oper"]).exit_code == 0
    assert client.get("/operator").status_code == 302
    assert client.post(LOGIN, data=FORM).status_code == 401


@pytest.mark.parametrize("command", [["tenant", "create"], ["agent", "create"], ["operator", "create"]])
def test_each_command_says_what_it_does(app, command: list[str]) -> None:
    result = app.test_cli_runner().invoke(args=[*command, "--help"])
    assert result.exit_code == 0
    usage, _, options = result.output.partition("Options:")
    assert len(usage.split()) > 15, "it says what it makes"
    for described in re.split(r"\n\s+--", options)[1:]:
        words = re.sub(r"\[.*?\]", "", described).split()
        assert len(words) > 3, f"without a word of help: --{described}"


def test_a_lost_phone_is_mended_on_the_command_line(app, client, staff: int) -> None:
    add_second_step(app, staff)
    assert app.test_cli_runner().invoke(args=["operator", "reset-two-step", "oper"]).exit_code == 0
    assert client.post(LOGIN, data=FORM).location == "/operator"


def test_the_log_is_chained(app, staff: int, storage) -> None:
    log_operator_in(app)
    runner = app.test_cli_runner()
    assert runner.invoke(args=["operator", "verify-log"]).output == "operators: ok\n"
    with app.app_context():
        connection = db.engine.raw_connection()
        connection.execute("DROP TRIGGER append_only_operator_audit_update")
        connection.execute("UPDATE operator_audit SET reason = 'x' WHERE n = 2")
        connection.close()
        assert audit.first_broken_entry() == 2
    assert runner.invoke(args=["operator", "verify-log"]).exit_code == 1
    whole = runner.invoke(args=["audit", "verify"])
    assert (whole.exit_code, whole.output.splitlines()[-1]) == (1, "(operators): broken at entry 2")


def test_a_tail_that_was_cut_off_is_found(app, staff: int, tmp_path) -> None:
    """Together with its head, so that the chain alone looks whole."""
    log_operator_in(app)
    with app.app_context():
        assert [anchor_head(tmp_path, now_utc()) for _ in range(2)] == [True, False]
        connection = db.engine.raw_connection()
        connection.execute("DROP TRIGGER append_only_operator_audit_delete")
        connection.execute("DELETE FROM operator_audit WHERE n > 1")
        connection.execute(
            "UPDATE operator_audit_head SET n = 1, mac = (SELECT mac FROM operator_audit WHERE n = 1)"
        )
        connection.close()
        assert audit.first_broken_entry() is None
        assert audit.first_broken_entry(read_anchors(tmp_path)) == 2


@pytest.fixture
def storage(app, tmp_path, monkeypatch: pytest.MonkeyPatch):
    """A folder for anchors that no other test's log has been written down in."""
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], storage_dir=tmp_path))
    return tmp_path


def test_a_log_computed_anew_with_the_key_is_found(app, staff: int, storage) -> None:
    """Cut, and written on by somebody who has the key and the database: only the anchors know better."""
    log_operator_in(app)
    runner = app.test_cli_runner()
    with app.app_context():
        anchor_head(storage, now_utc())
        length = db.session.scalars(select(OperatorAudit.n).order_by(OperatorAudit.n.desc())).first()
        connection = db.engine.raw_connection()
        connection.execute("DROP TRIGGER append_only_operator_audit_delete")
        connection.execute("DELETE FROM operator_audit WHERE n > 1")
        connection.execute(
            "UPDATE operator_audit_head SET n = 1, mac = (SELECT mac FROM operator_audit WHERE n = 1)"
        )
        connection.close()
        with writing():
            for _ in range(length + 2):
                audit.record("operator.logged_in", f"operator:{staff}", by=SYSTEM)
        assert audit.first_broken_entry() is None
    whole = runner.invoke(args=["audit", "verify"])
    assert (whole.exit_code, whole.output.splitlines()[-1]) == (1, f"(operators): broken at entry {length}")


def test_the_whole_log_holds_with_its_anchors(app, staff: int, storage) -> None:
    log_operator_in(app)
    with app.app_context():
        anchor_head(storage, now_utc())
    log_operator_in(app)
    runner = app.test_cli_runner()
    assert runner.invoke(args=["audit", "verify"]).output.splitlines() == [
        "maru: ok",
        "nuri: ok",
        "(operators): ok",
    ]


def test_nobody_changes_the_log(app, staff: int) -> None:
    with app.app_context(), pytest.raises(Exception, match="append-only"), writing():
        db.session.execute(update(OperatorAudit).values(reason="x"))


def test_the_database_alone_gives_no_secret_away(app, staff: int) -> None:
    secret = add_second_step(app, staff)
    with app.app_context():
        row = db.session.scalars(select(Operator)).one()
        assert secret.encode() not in row.totp_sealed
        assert OPER_PASSWORD not in row.password_hash
        set_password(row, "Other2027Help", by=SYSTEM, now=now_utc())
