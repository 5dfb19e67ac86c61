"""Logging in with a second step: in the browser, in programs, once per code, and without the phone."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.accounts import second_factor
from app.accounts.actions import LoggedIn, Visit, log_in
from app.accounts.errors import CodeNeeded
from app.accounts.models import LoginSession, RecoveryCode, SecondFactor
from app.accounts.policy import change_policy, read_policy
from app.accounts.rules import Policy
from app.errors import AppError
from tenants.audit import AuditEntry
from tenants.database import db, now_utc, tenant_scope
from tests.app.accounts.test_actions import at_once
from tests.app.accounts.test_log_in import form_of
from tests.cast import PASSWORD, Cast, Person
from tests.conftest import Walled
from tests.factories.accounts import Phone, enrol

CODE_PAGE = "/manage/login/code"


@pytest.fixture
def phone(app, cast: Cast) -> Phone:
    """Bora has a second step."""
    with app.app_context(), tenant_scope(cast.maru.id):
        return enrol(cast.bora)


def require_for(app, cast: Cast, who: str) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        policy = Policy(two_step=who, version=read_policy().version)
        change_policy(policy, by=cast.hana.actor, now=now_utc())


def ask(client, person: Person, **more: object):
    return client.post("/programs/login", json=person.credentials | more)


def test_the_browser_is_asked_for_the_code(client, phone: Phone, cast: Cast) -> None:
    answer = client.post("/manage/login?next=/manage/me", data=form_of(cast.bora))
    assert answer.location == f"{CODE_PAGE}?next=/manage/me"
    assert client.get("/manage").status_code == 302, "the password alone opens nothing"
    answer = client.post(answer.location, data={"code": phone.code()})
    assert (answer.status_code, answer.location) == (302, "/manage/me")
    assert client.get("/manage/me").status_code == 200


def test_a_wrong_code_is_refused_and_noted(app, client, phone: Phone, cast: Cast) -> None:
    client.post("/manage/login", data=form_of(cast.bora))
    page = client.post(CODE_PAGE, data={"code": "000000"})
    assert page.status_code == 401
    assert "인증 번호가 맞지 않습니다" in page.text
    with app.app_context(), tenant_scope(cast.maru.id):
        last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc())).first()
        assert (last.action, '"reason":"code"' in last.data) == ("log_in.refused", True)


def test_after_five_wrong_codes_the_right_one_waits(client, phone: Phone, cast: Cast) -> None:
    answers = [ask(client, cast.bora, otp="000000").json["code"] for _ in range(6)]
    assert answers == ["B-54"] * 5 + ["B-42"]
    assert ask(client, cast.bora, otp=phone.code()).status_code == 429


def test_a_code_page_without_a_password_leads_back(client, cast: Cast) -> None:
    assert client.get(CODE_PAGE).location == "/manage/login"
    client.set_cookie("barohelp_step", "step.maru." + "a" * 43)
    assert client.post(CODE_PAGE, data={"code": "000000"}).location == "/manage/login"


def test_a_program_is_told_and_asks_again(client, phone: Phone, cast: Cast) -> None:
    first = ask(client, cast.bora)
    assert (first.status_code, first.json["code"]) == (401, "B-52")
    second = ask(client, cast.bora, otp=phone.code(), remember=True)
    assert second.status_code == 200
    again = client.post("/programs/login", json={"refresh": second.json["refresh"]})
    assert again.status_code == 200, "the second step was shown when the token was asked for"


def test_a_wrong_password_never_asks_for_a_code(client, phone: Phone, cast: Cast) -> None:
    answer = client.post("/programs/login", json=cast.bora.credentials | {"password": "Wrong2026!"})
    assert answer.json["code"] == "B-41"


def test_the_same_code_opens_once(databases: Walled) -> None:
    """Of twenty at once with one code exactly one gets in."""
    with databases.app.app_context(), tenant_scope(databases.cast.maru.id):
        phone = enrol(databases.cast.bora)
    code = phone.code()

    def enter(n: int) -> LoggedIn:
        with databases.app.app_context():
            visit = Visit(f"203.0.113.{n}", f"203.0.113.{n}")
            return log_in(
                slug="maru", login_id="bora", password=PASSWORD, kind="program", visit=visit, code=code
            )

    counted = Counter(type(r).__name__ if isinstance(r, LoggedIn) else r for r in at_once(20, enter))
    assert counted["LoggedIn"] == 1
    assert set(counted) <= {"LoggedIn", "CodeRefused", "TooManyAttempts"}


def test_a_recovery_code_opens_once(client, phone: Phone, cast: Cast) -> None:
    code = phone.recovery_codes[3].upper().replace("-", " ")
    assert ask(client, cast.bora, otp=code).status_code == 200
    assert ask(client, cast.bora, otp=code).json["code"] == "B-54"


def test_the_database_alone_gives_nothing_away(app, phone: Phone, cast: Cast) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        sealed = db.session.scalars(select(SecondFactor.sealed)).one()
        hashes = db.session.scalars(select(RecoveryCode.hash)).all()
        assert phone.secret.encode() not in sealed
        assert not any(code.replace("-", "") in "".join(hashes) for code in phone.recovery_codes)
        assert len(hashes) == 10


def test_a_secret_opens_only_in_its_own_row(app, phone: Phone, cast: Cast) -> None:
    """Bora's sealed secret, copied into Nari's row, is no second step of Nari's."""
    with app.app_context(), tenant_scope(cast.maru.id):
        enrol(cast.nari)
        sealed = db.session.get(SecondFactor, (cast.maru.id, cast.bora.id)).sealed
        db.session.rollback()
    with app.app_context():
        db.session.execute(
            text("UPDATE second_factor SET sealed = :sealed WHERE agent_id = :id"),
            {"sealed": sealed, "id": cast.nari.id},
        )
        db.session.commit()
    assert ask(app.test_client(), cast.nari, otp=phone.code()).json["code"] == "B-54"


def test_it_is_set_up_with_the_picture(app, log_in, cast: Cast) -> None:
    browser = log_in(cast.bora)
    page = browser.get("/manage/me/two-step").text
    assert "data:image/svg+xml" in page
    assert page == browser.get("/manage/me/two-step").text, "looking again draws no other secret"
    with app.app_context(), tenant_scope(cast.maru.id):
        secret = second_factor.begin_second_factor(cast.bora.id).secret
    data = {"deed": "confirm", "code": Phone(secret).code(), "password": PASSWORD}
    assert browser.post("/manage/me/two-step", data=data | {"password": "wrong"}).status_code == 403
    done = browser.post("/manage/me/two-step", data=data)
    assert done.status_code == 200
    assert done.text.count("-") >= 20
    assert "복구 코드" in done.text
    with app.app_context(), tenant_scope(cast.maru.id):
        assert second_factor.find_second_factor(cast.bora.id) is not None
        assert second_factor.count_recovery_codes(cast.bora.id) == 10


def test_whoever_needs_one_is_led_there_first(app, log_in, cast: Cast) -> None:
    browser = log_in(cast.bora)
    require_for(app, cast, "all")
    assert browser.get("/manage").location == "/manage/me/two-step"
    assert browser.post("/manage/me", data={"phone": "1"}).status_code == 403
    assert "회사가 2단계 로그인을 쓰도록 정했습니다" in browser.get("/manage/me/two-step").text
    with app.app_context(), tenant_scope(cast.maru.id):
        secret = second_factor.begin_second_factor(cast.bora.id).secret
    data = {"deed": "confirm", "code": Phone(secret).code()}
    assert browser.post("/manage/me/two-step", data=data).status_code == 200
    assert browser.get("/manage").status_code == 200
    assert (
        browser.post("/manage/me/two-step", data={"deed": "remove", "password": PASSWORD}).status_code == 403
    )


def test_a_new_log_in_without_one_is_led_there_too(app, client, cast: Cast) -> None:
    require_for(app, cast, "admins")
    client.post("/manage/login", data=form_of(cast.hana))
    assert client.get("/manage/log").location == "/manage/me/two-step"
    assert client.post("/programs/login", json=cast.bora.credentials).status_code == 200


def test_programs_of_those_who_lack_one_end(app, program_of, cast: Cast) -> None:
    program = program_of(cast.bora)
    require_for(app, cast, "all")
    assert program.post("/signal/ticket").status_code == 401
    assert ask(app.test_client(), cast.bora).json["code"] == "B-55"


def test_an_admin_resets_it_with_their_own_password(app, log_in, client, phone: Phone, cast: Cast) -> None:
    browser, page = log_in(cast.hana), "/manage/agents/bora/two-step"
    assert browser.post(page, data={"password": "wrong"}).status_code == 403
    assert browser.post(page, data={"password": PASSWORD}).status_code == 302
    assert ask(client, cast.bora).status_code == 200
    with app.app_context(), tenant_scope(cast.maru.id):
        entry = db.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "agent.two_step_reset")
        ).one()
        assert (entry.actor_name, entry.object) == ("하나", f"agent:{cast.bora.id}")
        assert second_factor.count_recovery_codes(cast.bora.id) == 0


def test_an_agent_resets_nobodys(log_in, phone: Phone, cast: Cast) -> None:
    assert (
        log_in(cast.nari).post("/manage/agents/bora/two-step", data={"password": PASSWORD}).status_code == 403
    )


def test_a_step_is_void_when_the_password_changes(app, client, phone: Phone, cast: Cast) -> None:
    from app.accounts.actions import set_password

    client.post("/manage/login", data=form_of(cast.bora))
    with app.app_context(), tenant_scope(cast.maru.id):
        set_password(cast.bora.id, "Baro2027Help", by=cast.hana.actor)
    assert client.post(CODE_PAGE, data={"code": phone.code()}).location == "/manage/login"


def test_a_step_lasts_five_minutes(app, phone: Phone, cast: Cast) -> None:
    from app.accounts.actions import log_in_by_code

    visit, now = Visit("203.0.113.7", "203.0.113.7"), now_utc()
    with app.app_context():
        with pytest.raises(CodeNeeded) as needed:
            log_in(slug="maru", login_id="bora", password=PASSWORD, kind="web", visit=visit, now=now)
        later = now + timedelta(minutes=6)
        with pytest.raises(AppError, match="B-41"):
            log_in_by_code(step=needed.value.step, code=phone.code(later), visit=visit, now=later)
        with tenant_scope(cast.maru.id):
            assert db.session.scalars(select(LoginSession)).all() == []
