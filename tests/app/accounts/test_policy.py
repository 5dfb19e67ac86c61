"""/manage/log-in-rules: limits and allowed addresses, for browsers and programs, at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.actions import Visit, log_in
from app.accounts.models import AllowedIp, LoginSession
from app.accounts.policy import allow_range, change_policy, list_ranges, read_policy
from app.accounts.rules import Policy
from app.team.actions import set_option
from tenants.audit import AuditEntry
from tenants.database import db, now_utc, tenant_scope
from tests.app.accounts.test_log_in import change_log_in, form_of
from tests.cast import PASSWORD, Cast
from tests.conftest import Walled, make_settings

PAGE = "/manage/log-in-rules"
RULES = {"failed_limit": "5", "block_s": "30", "idle_s": "1800", "two_step": "none", "version": "0"}


@pytest.fixture
def browser(log_in, cast: Cast):
    return log_in(cast.hana)


def address(browser, audience: str, text: str, deed: str = "add", **more: str):
    data = {"audience": audience, "address": text, "deed": deed} | more
    return browser.post(f"{PAGE}/addresses", data=data)


def ranges(app, cast: Cast) -> list[tuple[str, str]]:
    with app.app_context(), tenant_scope(cast.maru.id):
        return [(row.audience, row.cidr) for row in db.session.scalars(select(AllowedIp))]


def from_ip(client, ip: str):
    client.environ_base["REMOTE_ADDR"] = ip
    return client


def test_it_works(app, browser, cast: Cast) -> None:
    assert 'value="1800"' in browser.get(PAGE).text
    assert browser.post(PAGE, data=RULES | {"failed_limit": "3", "block_s": "60"}).status_code == 302
    with app.app_context(), tenant_scope(cast.maru.id):
        assert read_policy() == Policy(failed_limit=3, block_s=60, version=1)
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc())).first()
        assert (entry.action, entry.data) == (
            "log_in.rules_changed",
            '{"block_s":"30 → 60","failed_limit":"5 → 3"}',
        )


def test_agents_may_not(log_in, cast: Cast) -> None:
    assert log_in(cast.bora).get(PAGE).status_code == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("failed_limit", "2"),
        ("failed_limit", "21"),
        ("block_s", "9"),
        ("block_s", ""),
        ("idle_s", "299"),
        ("idle_s", "99999999999"),
        ("idle_s", "१८००"),
        ("two_step", "some"),
    ],
)
def test_it_refuses_what_no_company_may_choose(app, browser, cast: Cast, name: str, value: str) -> None:
    answer = browser.post(PAGE, data=RULES | {name: value})
    assert answer.status_code == 422
    with app.app_context(), tenant_scope(cast.maru.id):
        assert read_policy() == Policy()


def test_the_second_of_two_admins_is_told(browser) -> None:
    assert browser.post(PAGE, data=RULES | {"block_s": "60"}).status_code == 302
    assert browser.post(PAGE, data=RULES | {"block_s": "90"}).status_code == 409


def test_the_companys_own_limit_counts(client, browser, cast: Cast) -> None:
    browser.post(PAGE, data=RULES | {"failed_limit": "3", "block_s": "60"})
    wrong = form_of(cast.bora) | {"password": "wrong"}
    answers = [client.post("/manage/login", data=wrong) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401] * 3 + [429]
    assert "60초 뒤에" in answers[3].text
    other = form_of(cast.chul) | {"password": "wrong"}
    assert [client.post("/manage/login", data=other).status_code for _ in range(5)] == [401] * 5


def test_idle_time_holds_for_browsers_that_are_open(app, browser, program_of, cast: Cast) -> None:
    program_of(cast.bora)
    browser.post(PAGE, data=RULES | {"idle_s": "300"})
    with app.app_context(), tenant_scope(cast.maru.id):
        left = {row.kind: row.expires_at - row.seen_at for row in db.session.scalars(select(LoginSession))}
    assert left == {"web": timedelta(seconds=300), "program": timedelta(hours=12)}
    change_log_in(app, cast, seen_at=now_utc() - timedelta(minutes=2))
    assert browser.get("/manage").status_code == 200
    with app.app_context(), tenant_scope(cast.maru.id):
        web = db.session.scalars(select(LoginSession).where(LoginSession.kind == "web")).one()
        assert web.expires_at - web.seen_at == timedelta(seconds=300)


def test_the_page_says_when_it_will_be_empty(browser) -> None:
    assert '<meta name="idle-s" content="1800">' in browser.get("/manage").text


def test_only_listed_addresses_log_in(app, browser, client, cast: Cast) -> None:
    assert address(browser, "agent", "203.0.113.*").status_code == 302
    assert ranges(app, cast) == [("agent", "203.0.113.0/24")]
    outside = client.post("/manage/login", data=form_of(cast.bora))
    assert outside.status_code == 403
    assert "127.0.0.1" in outside.text
    assert client.post("/programs/login", json=cast.bora.credentials).json["code"] == "B-51"
    assert client.post("/manage/login", data=form_of(cast.hana)).status_code == 302, (
        "admins have a list of their own"
    )
    inside = from_ip(app.test_client(), "203.0.113.9")
    assert inside.post("/programs/login", json=cast.bora.credentials).status_code == 200


def test_from_outside_nobody_learns_who_exists(browser, client, cast: Cast) -> None:
    """The same words for a right password, a wrong one and an id that nobody has."""
    address(browser, "agent", "203.0.113.7")
    bodies = [
        client.post("/programs/login", json=cast.bora.credentials | changes).json
        for changes in ({}, {"password": "wrong"}, {"id": "nobody"})
    ]
    assert bodies[0] == bodies[1] == bodies[2]


def test_log_ins_from_elsewhere_end(app, browser, program_of, cast: Cast) -> None:
    program = program_of(cast.bora)
    address(browser, "agent", "203.0.113.7")
    assert program.post("/signal/ticket").status_code == 401
    with app.app_context(), tenant_scope(cast.maru.id):
        row = db.session.scalars(select(LoginSession).where(LoginSession.kind == "program")).one()
        assert row.end_reason == "rules"


def test_a_stolen_cookie_is_worth_nothing_elsewhere(app, browser, log_in, cast: Cast) -> None:
    address(browser, "agent", "127.0.0.0/8")
    thief = from_ip(app.test_client(), "198.51.100.9")
    thief.set_cookie("barohelp", log_in(cast.bora).get_cookie("barohelp").value)
    assert thief.get("/manage").status_code == 302
    assert from_ip(thief, "127.0.0.2").get("/manage").status_code == 200


def test_a_refresh_token_is_asked_where_it_comes_from(app, browser, client, cast: Cast) -> None:
    refresh = client.post("/programs/login", json=cast.bora.credentials | {"remember": True}).json["refresh"]
    address(browser, "agent", "127.0.0.1")
    far = from_ip(app.test_client(), "198.51.100.9")
    assert far.post("/programs/login", json={"refresh": refresh}).json["code"] == "B-51"


def test_a_forged_header_is_no_address(browser, client, cast: Cast) -> None:
    """X-Forwarded-For counts only where a trusted proxy wrote it (tests/app/test_remote.py)."""
    address(browser, "agent", "203.0.113.7")
    headers = {"X-Forwarded-For": "203.0.113.7"}
    assert client.post("/manage/login", data=form_of(cast.bora), headers=headers).status_code == 403


def test_a_trusted_proxys_header_is_one(app, browser, client, tmp_path, cast: Cast) -> None:
    address(browser, "agent", "203.0.113.7")
    known = app.extensions["settings"]
    app.extensions["settings"] = make_settings(tmp_path, TRUSTED_PROXIES="127.0.0.0/8")
    try:
        for ip, status in (("203.0.113.7", 302), ("198.51.100.9, 203.0.113.8", 403)):
            answer = client.post("/manage/login", data=form_of(cast.bora), headers={"X-Forwarded-For": ip})
            assert answer.status_code == status
    finally:
        app.extensions["settings"] = known


def test_without_force_a_second_browser_waits(app, client, log_in, cast: Cast) -> None:
    """The option `force_login` off: the first log-in stays, the second is refused until it ends."""
    with app.app_context(), tenant_scope(cast.maru.id):
        set_option("force_login", False, by=cast.hana.actor)
    first = log_in(cast.bora)
    refused = client.post("/manage/login", data=form_of(cast.bora))
    assert (refused.status_code, "이미 다른 곳에서" in refused.text) == (409, True)
    first.post("/manage/logout")
    assert client.post("/manage/login", data=form_of(cast.bora)).status_code == 302


def test_an_admin_does_not_lock_themselves_out_unasked(app, browser, cast: Cast) -> None:
    asked = address(browser, "admin", "203.0.113.7")
    assert asked.status_code == 409
    assert "그래도 저장" in asked.text
    assert ranges(app, cast) == []
    assert address(browser, "admin", "203.0.113.7", sure="yes").status_code == 302
    assert browser.get(PAGE).status_code == 302, "they meant it"


def test_removing_the_own_address_asks_as_well(app, browser, cast: Cast) -> None:
    address(browser, "admin", "127.0.0.1")
    address(browser, "admin", "203.0.113.7")
    assert address(browser, "admin", "127.0.0.1", "remove").status_code == 409
    assert address(browser, "admin", "203.0.113.7", "remove").status_code == 302
    assert address(browser, "admin", "127.0.0.1", "remove").status_code == 302, "an empty list is everywhere"
    assert ranges(app, cast) == []


def test_nonsense_is_refused_and_kept_in_the_field(app, browser, cast: Cast) -> None:
    answer = address(browser, "agent", "<script>alert(1)</script>")
    assert answer.status_code == 422
    assert "&lt;script&gt;" in answer.text
    assert address(browser, "nobody", "*").status_code == 404
    assert ranges(app, cast) == []


def test_a_hundred_and_one_are_too_many(app, browser, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        from tenants.writing import writing

        with writing():
            db.session.add_all(AllowedIp(audience="agent", cidr=f"10.0.0.{n}") for n in range(100))
    assert address(browser, "agent", "10.1.0.1").status_code == 422


def test_it_works_on_both_databases(databases: Walled) -> None:
    """Required second steps and allowed addresses end and lead the log-ins that are open."""
    cast, now = databases.cast, now_utc()
    with databases.app.app_context():
        for kind in ("web", "program"):
            visit = Visit("203.0.113.7", "203.0.113.7")
            log_in(slug="maru", login_id="bora", password=PASSWORD, kind=kind, visit=visit)  # type: ignore[arg-type]
        with tenant_scope(cast.maru.id):
            change_policy(Policy(two_step="all", idle_s=600), by=cast.hana.actor, now=now)
            rows = {row.kind: row for row in db.session.scalars(select(LoginSession))}
            assert (rows["web"].duty, rows["program"].end_reason) == ("two_step", "rules")
            assert rows["web"].expires_at - rows["web"].seen_at == timedelta(seconds=600)
            allow_range("agent", "198.51.100.*", here="", by=cast.hana.actor, now=now)
            assert all(row.ended_at for row in db.session.scalars(select(LoginSession)))
        with tenant_scope(cast.nuri.id):
            assert read_policy() == Policy()
            assert list_ranges() == []


def test_the_command_line_opens_the_doors_again(app, browser, client, cast: Cast) -> None:
    address(browser, "admin", "203.0.113.7", sure="yes")
    result = app.test_cli_runner().invoke(args=["tenant", "allow-all-addresses", "maru"])
    assert result.exit_code == 0, result.output
    assert client.post("/manage/login", data=form_of(cast.hana)).status_code == 302
