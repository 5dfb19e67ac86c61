"""/manage/import and /manage/export: every line or none, the same file twice is once, nobody else's file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.documents import making
from app.documents.models import Document
from app.mail.outbox import list_letters, read_letter
from app.manage.roster.rules import Known, Room, plan_agents, plan_departments
from app.passwords import is_right_password
from app.sheets import read_csv
from app.team.models import Agent, Department
from app.team.queries import find_agent
from tenants.audit import AuditEntry
from tenants.database import db, now_utc, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing
from tests.cast import PASSWORD, Cast

UPLOAD = "/manage/import/agents"
HEAD = "아이디,이름,부서,이용,전화번호,이메일,비밀번호\n"
GOOD = (
    f"{HEAD}minsu01,김민수,영업부,PC,02-123-4567,minsu@example.com,{PASSWORD}\n"
    "BORA,보라,영업부,,,bora@example.com,\n"
)
RENAMED = {"name": "보라미", "seat": "pc", "version": "1", "department": ""}


@pytest.fixture
def browser(log_in: Callable[..., FlaskClient], cast: Cast) -> FlaskClient:
    return log_in(cast.hana)


@pytest.fixture
def seats(app, cast: Cast) -> None:
    """Maru has a hundred seats."""
    with app.app_context(), writing():
        db.session.get_one(Tenant, cast.maru.id).seats_pc = 100


def send(browser: FlaskClient, text: str | bytes, what: str = "agents") -> TestResponse:
    data = text if isinstance(text, bytes) else text.encode()
    file = {"file": (io.BytesIO(data), "명단.csv")}
    return browser.post(f"/manage/import/{what}", data=file, follow_redirects=True)


def confirm(browser: FlaskClient, preview: TestResponse) -> TestResponse:
    digest = re.search(r'name="digest" value="(\w+)"', preview.text)
    assert digest, preview.text
    return browser.post(preview.request.path, data={"digest": digest[1]}, follow_redirects=True)


def count(app, cast: Cast, model: type) -> int:
    with app.app_context(), tenant_scope(cast.maru.id):
        return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.usefixtures("seats")
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp949"])
def test_it_works(app, browser, cast: Cast, encoding: str) -> None:
    preview = send(browser, GOOD.encode(encoding))
    assert "새 상담원 1명" in preview.text
    assert "바뀌는 상담원 1명" in preview.text
    assert PASSWORD not in preview.text
    done = confirm(browser, preview)
    assert "상담원 1명을 만들고 1명을 바꾸었습니다" in done.text
    with app.app_context(), tenant_scope(cast.maru.id):
        made, bora = find_agent("minsu01"), find_agent("bora")
        assert (made.name, made.phone, made.seat) == ("김민수", "02-123-4567", "pc")
        assert is_right_password(made.password_hash, PASSWORD)
        assert bora.department_id == made.department_id is not None
        entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc()).limit(3)).all()
        assert {entry.action for entry in entries} == {"agent.changed", "agent.created", "department.created"}
        assert {entry.actor_name for entry in entries} == {"하나"}


@pytest.mark.usefixtures("seats")
def test_who_has_no_password_is_invited_by_mail(app, browser, client, cast: Cast) -> None:
    confirm(browser, send(browser, GOOD.replace(PASSWORD, "")))
    with app.app_context(), tenant_scope(cast.maru.id):
        (letter,) = list_letters()
        written = read_letter(letter)
        assert (letter.recipient, letter.letter) == ("minsu@example.com", "invitation")
    link = re.search(r"/manage/reset/\S+", written.text)[0]
    assert (
        client.post(link, data={"password": "Minsu7Haru", "password_again": "Minsu7Haru"}).status_code == 302
    )
    with app.app_context(), tenant_scope(cast.maru.id):
        assert is_right_password(find_agent("minsu01").password_hash, "Minsu7Haru")


@pytest.mark.usefixtures("seats")
def test_nothing_is_stored_before_it_was_looked_at(app, browser, cast: Cast) -> None:
    before = count(app, cast, Agent), count(app, cast, Department), count(app, cast, AuditEntry)
    send(browser, GOOD)
    assert (count(app, cast, Agent), count(app, cast, Department), count(app, cast, AuditEntry)) == before


@pytest.mark.usefixtures("seats")
def test_the_same_file_twice_is_once(app, browser, cast: Cast) -> None:
    without_password = GOOD.replace(PASSWORD, "")
    confirm(browser, send(browser, without_password))
    before = count(app, cast, AuditEntry)
    again = send(browser, without_password)
    assert "달라지는 것이 없습니다" in again.text
    assert count(app, cast, AuditEntry) == before


@pytest.mark.usefixtures("seats")
def test_what_was_exported_changes_nothing(browser) -> None:
    browser.post("/manage/agents/bora", data={"name": "=1+1", "seat": "pc", "version": "1", "department": ""})
    exported = browser.get("/manage/export/agents.csv").data
    assert b"'=1+1" in exported
    assert "달라지는 것이 없습니다" in send(browser, exported).text


@pytest.mark.heavy
def test_ten_thousand_bad_lines_are_all_told_and_nothing_is_stored(app, browser, cast: Cast) -> None:
    before = count(app, cast, Agent)
    lines = "".join(f"x,,부서,자동차,전화,메일{n},약함\n" for n in range(10_000))
    preview = send(browser, HEAD + lines)
    assert "고칠 것" in preview.text
    assert 'name="digest"' not in preview.text
    problems = browser.get(f"{preview.request.path}/problems.csv").text.splitlines()
    assert {int(line.split(",")[0]) for line in problems[1:]} == set(range(2, 10_002))
    assert len(preview.data) < 200_000
    assert count(app, cast, Agent) == before


def test_one_bad_line_stops_all(app, browser, cast: Cast) -> None:
    preview = send(browser, f"{HEAD}good01,좋음,,,,,{PASSWORD}\nx,나쁨,,,,,{PASSWORD}\n")
    assert "아무것도 저장하지 않았습니다" in preview.text
    assert browser.post(preview.request.path, data={"digest": "0" * 64}).status_code == 409
    assert count(app, cast, Agent) == 3


def test_seats_are_counted(browser) -> None:
    """Maru has three seats and two agents."""
    lines = "".join(f"new{n:03},새,,,,,{PASSWORD}\n" for n in range(3))
    preview = send(browser, HEAD + lines)
    assert preview.text.count("남은 상담원 수를 넘습니다") == 2


@pytest.mark.usefixtures("seats")
def test_what_changed_meanwhile_is_told(app, browser, cast: Cast) -> None:
    preview = send(browser, GOOD)
    browser.post(
        "/manage/agents/bora", data={"name": "보라미", "seat": "pc", "version": "1", "department": ""}
    )
    digest = re.search(r'name="digest" value="(\w+)"', preview.text)
    answer = browser.post(preview.request.path, data={"digest": digest[1]})
    assert answer.status_code == 409
    with app.app_context(), tenant_scope(cast.maru.id):
        assert find_agent("minsu01") is None


def test_half_a_deed_is_no_deed(app, cast: Cast, browser, monkeypatch, seats) -> None:
    """Something breaks in the middle: not one row stays."""
    from app.manage.roster import taking

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(taking, "_change_agents", broken)
    preview = send(browser, GOOD)
    with pytest.raises(ZeroDivisionError):
        confirm(browser, preview)
    assert count(app, cast, Agent) == 3
    assert count(app, cast, Department) == 0
    with app.app_context(), tenant_scope(cast.maru.id):
        assert db.session.scalars(select(Document.state).where(Document.kind == "roster")).all() == ["failed"]


@pytest.mark.parametrize("data", ["\n", "이름\n김\n", "아 이 디 번호;이름\n1;2\n"])
def test_a_file_without_the_columns_is_told(browser, data: str) -> None:
    assert "열이 있어야 합니다" in send(browser, data).text


def test_no_file_is_told(browser) -> None:
    answer = browser.post(UPLOAD, data={})
    assert answer.status_code == 422
    assert "파일을 골라" in answer.text


def test_departments_have_their_own_file(app, browser, cast: Cast) -> None:
    preview = send(browser, "부서\n영업부\n 영업부 \n개발부\n", "departments")
    assert "새 부서 2개" in preview.text
    confirm(browser, preview)
    assert count(app, cast, Department) == 2
    rows = read_csv(browser.get("/manage/export/departments.csv").data)
    assert [row[0] for row in rows] == ["부서", "개발부", "영업부"]


def test_excel_is_made_by_the_jobs(browser) -> None:
    page = browser.post("/manage/export/agents/excel", follow_redirects=True)
    assert "파일 받기" in page.text
    file = browser.get(f"{page.request.path}/file")
    sheet = load_workbook(io.BytesIO(file.data)).active
    file.close()
    assert [row[0].value for row in sheet.iter_rows()] == ["아이디", "admin", "bora", "nari"]
    assert "maru-agents-" in file.headers["Content-Disposition"]


def test_documents_belong_to_who_asked(app, browser, log_in, cast: Cast) -> None:
    page = browser.post("/manage/export/agents/excel", follow_redirects=True)
    assert log_in(cast.bora).get(page.request.path).status_code == 403
    upload = send(browser, GOOD)
    assert browser.get(upload.request.path.replace(UPLOAD, "/manage/documents")).status_code == 404
    assert browser.get(upload.request.path.replace("agents", "departments")).status_code == 404


def test_an_upload_is_sealed_on_disk_and_forgotten_after_a_day(app, browser, cast: Cast) -> None:
    send(browser, GOOD)
    with app.app_context(), tenant_scope(cast.maru.id):
        row = db.session.scalars(select(Document)).one()
        path = making.path_of(row)
        assert PASSWORD.encode() not in path.read_bytes()
        assert making.forget_old(now_utc()) == 0
        assert making.forget_old(row.expires_at) == 1
        assert not path.exists()


def known(**fields: object) -> Known:
    base = {"id": 1, "version": 1, "login_id": "bora", "name": "보라", "department": "", "seat": "pc"}
    return Known(**(base | {"phone": "", "email": ""} | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (["abc", "이름", PASSWORD], "login_id"),
        (["a" * 13, "이름", PASSWORD], "login_id"),
        (["한글아이디", "이름", PASSWORD], "login_id"),
        (["good1", "", PASSWORD], "name"),
        (["good1", "가" * 41, PASSWORD], "name"),
        (["good1", "이름", "weak"], "password"),
        (["good1", "이름", "Password1"], "password"),
        (["good1", "이름", ""], "password"),
        (["admin", "하나", PASSWORD], "password"),
    ],
)
def test_each_rule_is_told_by_its_column(line: list[str], column: str) -> None:
    there = {"admin": known(login_id="admin", is_admin=True)}
    plan = plan_agents([["아이디", "이름", "비밀번호"], line], there, {}, Room(9, 9))
    assert [problem.column for problem in plan.problems] == [column]


def test_the_same_id_in_other_case_is_the_same_agent() -> None:
    rows = [
        ["id", "name", "password"],
        ["Minsu", "김", PASSWORD],
        ["minSU", "김", PASSWORD],
        ["BORA", "보라", ""],
    ]
    plan = plan_agents(rows, {"bora": known()}, {}, Room(9, 9))
    assert [problem.line for problem in plan.problems] == [3]
    assert plan.same == 1


def test_an_empty_cell_keeps_what_is_there() -> None:
    rows = [["id", "name", "department", "phone"], ["bora", "", "", "02-111-2222"]]
    plan = plan_agents(rows, {"bora": known(department="영업부")}, {"영업부": "영업부"}, Room(9, 9))
    assert plan.changed[0].values == {"phone": "02-111-2222"}


def test_departments_are_told_apart_without_case() -> None:
    plan = plan_departments([["부서"], ["Sales"], ["SALES"], ["x" * 41]], {})
    assert plan.departments == ("Sales",)
    assert [problem.line for problem in plan.problems] == [4]
