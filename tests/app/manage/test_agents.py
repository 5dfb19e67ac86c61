"""/manage/agents: the list, making, changing, stopping and deleting agents."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import event, select, update

from app.accounts.models import LoginSession
from app.support.models import Participant, Slot, SupportSession
from app.team.models import Agent
from tenants.audit import AuditEntry
from tenants.database import db, now_utc, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing
from tests.cast import PASSWORD, Cast
from tests.factories.support import make_slot

PAGE = "/manage/agents"
SORA = {
    "login_id": "sora-1",
    "name": "소라",
    "password": PASSWORD,
    "password_again": PASSWORD,
    "department": "",
    "seat": "pc",
    "phone": "02-123-4567",
    "email": "sora@maru.example",
}


@pytest.fixture
def browser(app, log_in, cast: Cast):
    """Hana's browser; Maru has ten seats."""
    change(app, cast, update(Tenant).where(Tenant.id == cast.maru.id).values(seats_pc=10, seats_mobile=1))
    return log_in(cast.hana)


def change(app, cast: Cast, statement) -> None:
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        db.session.execute(statement)


def read(app, cast: Cast, statement):
    with app.app_context(), tenant_scope(cast.maru.id):
        return db.session.scalars(statement).all()


def agent_of(app, cast: Cast, login_key: str) -> Agent:
    return read(app, cast, select(Agent).where(Agent.login_key == login_key))[0]


def edited(agent: Agent, **values: str) -> dict[str, str]:
    form = {"name": agent.name, "seat": agent.seat, "department": "", "version": str(agent.version)}
    return form | {"password": "", "password_again": ""} | values


def seat_connected(app, cast: Cast) -> None:
    """Put Bora into a connected support session."""
    with app.app_context(), tenant_scope(cast.maru.id):
        waiting = make_slot(cast.bora)
        with writing():
            session = db.session.get(SupportSession, waiting.session_id)
            session.state, session.connected_at = "connected", now_utc()
            db.session.add(
                Participant(support_session_id=session.id, ordinal=1, agent_id=cast.bora.id, role="lead")
            )


def test_it_works(browser) -> None:
    page = browser.get(PAGE).text
    assert all(name in page for name in ("하나", "보라", "나리"))
    assert "PC 2 / 10명" in page
    assert "그중 PC + 모바일 0 / 1명" in page


def test_agents_may_not(log_in, cast: Cast) -> None:
    assert log_in(cast.bora).get(PAGE).status_code == 403


def test_it_searches_by_id_and_by_name(browser) -> None:
    for words in ("BOR", "보라"):
        page = browser.get(PAGE, query_string={"q": words}).text
        assert "보라" in page
        assert "나리" not in page
    assert "찾는 상담원이 없습니다" in browser.get(PAGE, query_string={"q": "100%_"}).text


@pytest.mark.parametrize("sort", ["name", "department", "presence", "seat", "access", "ip_public", "x'--"])
def test_it_sorts_by_every_column(browser, sort: str) -> None:
    down = browser.get(PAGE, query_string={"sort": sort, "dir": "desc", "page": "-1"})
    assert down.status_code == 200
    assert all(name in down.text for name in ("하나", "보라", "나리"))


def test_it_shows_who_is_there(app, browser, cast: Cast) -> None:
    assert "지원 중</span>" not in browser.get(PAGE).text
    seat_connected(app, cast)
    assert "지원 중</span>" in browser.get(PAGE).text
    assert "보라" in browser.get(PAGE, query_string={"state": "session"}).text
    assert "보라" not in browser.get(PAGE, query_string={"state": "offline"}).text


@pytest.mark.heavy
def test_ten_thousand_agents_cost_as_many_queries_as_three(app, browser, cast: Cast) -> None:
    few = count_queries(app, lambda: browser.get(PAGE))
    rows = [
        {"login_id": f"ag{n:06}", "login_key": f"ag{n:06}", "name": f"상담원 {n}", "password_hash": "x"}
        for n in range(10_000)
    ]
    with app.app_context(), tenant_scope(cast.maru.id), writing():
        db.session.add_all(Agent(**row) for row in rows)
    page = browser.get(PAGE, query_string={"page": "2"}).text
    assert "2 / 501쪽" in page
    assert count_queries(app, lambda: browser.get(PAGE)) == few


def count_queries(app, call: Callable[[], object]) -> int:
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_more) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return sum(statement.lstrip().upper().startswith("SELECT") for statement in seen)


def test_an_agent_is_made(app, browser, cast: Cast) -> None:
    answer = browser.post(f"{PAGE}/new", data=SORA, follow_redirects=True)
    assert "소라 상담원을 만들었습니다. 아이디는 sora-1입니다." in answer.text
    made = agent_of(app, cast, "sora-1")
    assert (made.phone, made.email, made.seat, made.role) == ("02-123-4567", SORA["email"], "pc", "agent")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("login_id", "abc", "4~12자로"),
        ("login_id", "a" * 13, "4~12자로"),
        ("login_id", "BORA", "이미 쓰고 있는"),
        ("name", "", "이름을 적어"),
        ("password", "weak", "서로 다릅니다"),
        ("phone", "<b>", "전화번호를"),
        ("email", "nobody", "이메일 주소를"),
        ("department", "0" * 26, "is-invalid"),
        ("seat", "boss", "is-invalid"),
    ],
)
def test_bad_details_are_told(browser, field: str, value: str, words: str) -> None:
    answer = browser.post(f"{PAGE}/new", data=SORA | {field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert PASSWORD not in answer.text
    assert "/manage/agents/sora-1" not in browser.get(PAGE).text


@pytest.mark.parametrize("password", ["Password1", "P@ssw0rd!", "Qwer1234", "Abc12345", "Sora-1-Sora-1"])
def test_common_passwords_are_refused(browser, password: str) -> None:
    answer = browser.post(f"{PAGE}/new", data=SORA | {"password": password, "password_again": password})
    assert answer.status_code == 422
    assert "흔히 쓰이는 비밀번호" in answer.text


def test_no_seat_no_agent(app, browser, cast: Cast) -> None:
    change(app, cast, update(Tenant).where(Tenant.id == cast.maru.id).values(seats_pc=2))
    answer = browser.post(f"{PAGE}/new", data=SORA)
    assert answer.status_code == 422
    assert "남은 상담원 수가 없습니다" in answer.text


@pytest.mark.parametrize(
    ("asked", "words"), [("sora", "쓸 수 있는"), ("Bora", "이미 쓰고"), ("a b", "4~12자로"), ("", "4~12자.")]
)
def test_it_tells_whether_an_id_is_free(browser, asked: str, words: str) -> None:
    assert words in browser.get("/manage/agent-id", query_string={"login_id": asked}).text


def test_an_agent_is_changed(app, browser, cast: Cast) -> None:
    bora = agent_of(app, cast, "bora")
    answer = browser.post(f"{PAGE}/bora", data=edited(bora, name="보라 김", seat="pc_mobile"))
    assert answer.status_code == 302
    after = agent_of(app, cast, "bora")
    assert (after.name, after.seat, after.version) == ("보라 김", "pc_mobile", bora.version + 1)
    assert after.password_hash == bora.password_hash
    entry = read(app, cast, select(AuditEntry).order_by(AuditEntry.n.desc()))[0]
    assert (entry.action, '"changed":["name","seat"]' in entry.data) == ("agent.changed", True)


def test_a_new_password_ends_the_log_ins(app, browser, log_in, cast: Cast) -> None:
    bora = log_in(cast.bora)
    form = edited(agent_of(app, cast, "bora"), password="Neues2027x", password_again="Neues2027x")
    assert browser.post(f"{PAGE}/bora", data=form).status_code == 302
    assert bora.get("/manage").status_code == 302


def test_the_second_of_two_admins_is_told(app, browser, cast: Cast) -> None:
    bora = agent_of(app, cast, "bora")
    browser.post(f"{PAGE}/bora", data=edited(bora, name="첫째"))
    answer = browser.post(f"{PAGE}/bora", data=edited(bora, name="둘째"))
    assert answer.status_code == 409
    assert "다른 사람이 먼저 바꾸었습니다" in answer.text
    assert 'value="둘째"' in answer.text
    assert agent_of(app, cast, "bora").name == "첫째"


def test_phone_seats_are_counted_at_a_change_too(app, browser, cast: Cast) -> None:
    browser.post(f"{PAGE}/bora", data=edited(agent_of(app, cast, "bora"), seat="pc_mobile"))
    answer = browser.post(f"{PAGE}/nari", data=edited(agent_of(app, cast, "nari"), seat="pc_mobile"))
    assert answer.status_code == 422
    assert agent_of(app, cast, "nari").seat == "pc"


def test_a_stopped_agent_is_out_at_once(app, browser, log_in, cast: Cast) -> None:
    bora = log_in(cast.bora)
    seat_connected(app, cast)
    assert browser.post(f"{PAGE}/bora/state", data={"state": "disabled"}).status_code == 302
    assert bora.get("/manage").status_code == 302
    assert set(read(app, cast, select(SupportSession.state))) == {"expired"}
    assert read(app, cast, select(Slot).where(Slot.closed_at.is_(None))) == []
    browser.post(f"{PAGE}/bora/state", data={"state": "active"})
    assert log_in(cast.bora).get("/manage").status_code == 200


def test_deleting_asks_for_the_admins_password(app, browser, log_in, cast: Cast) -> None:
    log_in(cast.bora)
    assert browser.post(f"{PAGE}/bora/delete", data={"password": "wrong"}).status_code == 403
    assert agent_of(app, cast, "bora").deleted_at is None
    answer = browser.post(f"{PAGE}/bora/delete", data={"password": PASSWORD}, follow_redirects=True)
    assert "보라 상담원을 지웠습니다" in answer.text
    assert agent_of(app, cast, "bora").deleted_at is not None
    live = select(LoginSession).where(LoginSession.agent_id == cast.bora.id, LoginSession.ended_at.is_(None))
    assert read(app, cast, live) == []
    assert browser.get(f"{PAGE}/bora").status_code == 404


def test_guessing_the_admins_password_is_stopped(browser) -> None:
    codes = [browser.post(f"{PAGE}/bora/delete", data={"password": "x"}).status_code for _ in range(6)]
    assert codes == [403] * 5 + [429]


def test_nobody_in_a_support_session_is_deleted(app, browser, cast: Cast) -> None:
    seat_connected(app, cast)
    answer = browser.post(f"{PAGE}/bora/delete", data={"password": PASSWORD})
    assert answer.status_code == 422
    assert "원격지원 중인 상담원은" in answer.text
    assert agent_of(app, cast, "bora").deleted_at is None


@pytest.mark.parametrize("deed", ["delete", "state"])
def test_the_admin_is_neither_deleted_nor_stopped(app, browser, cast: Cast, deed: str) -> None:
    answer = browser.post(f"{PAGE}/admin/{deed}", data={"password": PASSWORD, "state": "disabled"})
    assert answer.status_code == 422
    hana = agent_of(app, cast, "admin")
    assert (hana.state, hana.deleted_at) == ("active", None)


def test_a_deleted_id_is_free_again(app, browser, cast: Cast) -> None:
    browser.post(f"{PAGE}/bora/delete", data={"password": PASSWORD})
    assert browser.post(f"{PAGE}/new", data=SORA | {"login_id": "bora"}).status_code == 302
    assert len(read(app, cast, select(Agent).where(Agent.login_key == "bora"))) == 2


def test_it_hides_other_tenants(browser, cast: Cast) -> None:
    assert browser.get(f"{PAGE}/{cast.chul.login_id}").status_code == 404
    assert "철" not in browser.get(PAGE).text
