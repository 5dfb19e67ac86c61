"""/operator/inquiries: all companies' in one list; each look and each answer is written down."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.inquiries.models import Inquiry
from app.operator import audit, inquiries
from app.operator.models import OperatorAudit
from tenants.audit import AuditEntry, first_broken_entry
from tenants.database import db, now_utc, public_id, tenant_scope
from tests.app.manage.test_inquiries import form_of, waits
from tests.cast import OPER, Cast
from tests.conftest import Walled
from tests.factories.inquiries import answer, ask

PAGE = "/operator/inquiries"


@pytest.fixture
def asked(app, cast: Cast) -> dict[str, str]:
    """Maru has asked twice and the first was answered; Nuri has asked once, last."""
    with app.app_context():
        with tenant_scope(cast.maru.id):
            answered, waiting = ask(cast.bora, "프린터"), ask(cast.hana, "100% 느림")
            answer(answered)
        with tenant_scope(cast.nuri.id):
            theirs = ask(cast.chul, "화면")
    return {"answered": answered, "waiting": waiting, "theirs": theirs}


def said_by_oper(app) -> list[tuple[str, str, str]]:
    with app.app_context():
        rows = db.session.scalars(select(OperatorAudit).order_by(OperatorAudit.n))
        return [(row.action, row.company, row.reason) for row in rows if "log" not in row.action]


def send(oper, inquiry: str, company: str = "maru", **form: str):  # type: ignore[no-untyped-def]
    page = oper.get(f"{PAGE}/{company}/{inquiry}").text
    seen = page.split('name="seen" value="', 1)[1].split('"', 1)[0]
    data = {"form": form_of(page), "seen": seen, "text": "다시 켜 주십시오.\r\n\r\n그래도 그렇습니까?"} | form
    return oper.post(f"{PAGE}/{company}/{inquiry}", data=data)


def test_open_ones_come_first_and_the_longest_waiting_before(oper, asked: dict[str, str]) -> None:
    page = oper.get(PAGE).text
    order = re.findall(PAGE + r"/\w+/(\w{26})", page)
    assert order == [asked["waiting"], asked["theirs"], asked["answered"]]
    assert "답을 기다리는 문의 2건" in page
    assert waits(page) == ["2"]
    front = oper.get("/operator").text
    assert "답을 기다리는 문의 2건" in front


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=maru", {"answered", "waiting"}),
        ("q=누리상사", {"theirs"}),
        ("q=프린터", {"answered"}),
        ("q=%25", {"waiting"}),
        ("q=_", set()),
        ("q=%00%1b", {"answered", "waiting", "theirs"}),
        ("q=%ff", set()),
        ("state=answered", {"answered"}),
        ("state=closed", set()),
        ("state=<script>&page=-1", {"answered", "waiting", "theirs"}),
        ("q=MARU&state=open&page=99999", {"waiting"}),
    ],
)
def test_it_finds(oper, asked: dict[str, str], query: str, found: set[str]) -> None:
    page = oper.get(f"{PAGE}?{query}").text
    assert {name for name, inquiry in asked.items() if inquiry in page} == found


def test_an_answer_stands_in_both_logs(app, oper, log_in, cast: Cast, asked: dict[str, str]) -> None:
    assert send(oper, asked["waiting"]).status_code == 302
    assert ("inquiry.answered", "maru", "") in said_by_oper(app)
    with app.app_context(), tenant_scope(cast.maru.id):
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc())).first()
        assert entry is not None
        assert (entry.action, entry.actor_kind, entry.actor_name) == ("inquiry.answered", "operator", "오퍼")
        assert "다시 켜" not in entry.data
        assert first_broken_entry() is None
    with app.app_context():
        assert audit.first_broken_entry() is None
    hana = log_in(cast.hana)
    assert (
        "다시 켜 주십시오.\n\n그래도 그렇습니까?</p>"
        in hana.get(f"/manage/inquiries/{asked['waiting']}").text
    )
    assert "운영자가 문의에 답하기" in hana.get("/manage/log").text
    assert waits(oper.get("/operator").text) == ["1"]


def test_each_look_is_written_down(app, oper, asked: dict[str, str]) -> None:
    before = len(said_by_oper(app))
    oper.get(f"{PAGE}?q=프린터&state=open")
    oper.get(f"{PAGE}/nuri/{asked['theirs']}")
    assert said_by_oper(app)[before:] == [
        ("wall.crossed", "", "inquiries"),
        ("wall.crossed", "nuri", "inquiry"),
    ]
    log = oper.get("/operator/log").text
    assert "page 1, state open, text 프린터" in log
    assert "문의 목록 보기" in log


def test_an_inquiry_is_of_its_company_only(oper, asked: dict[str, str]) -> None:
    for company, inquiry in (("nuri", asked["waiting"]), ("nobody", asked["waiting"]), ("maru", "0" * 26)):
        assert oper.get(f"{PAGE}/{company}/{inquiry}").status_code == 404
        data = {"text": "x", "seen": "1", "form": "0" * 26}
        assert oper.post(f"{PAGE}/{company}/{inquiry}", data=data).status_code == 404


def test_twice_is_once(app, oper, cast: Cast, asked: dict[str, str]) -> None:
    for _ in range(2):
        answered = send(oper, asked["waiting"], form="0" * 26, seen="1")
        assert answered.status_code == 302
    page = oper.get(f"{PAGE}/maru/{asked['waiting']}").text
    assert page.count("bh-said-text") == 2
    assert [deed for deed, _, _ in said_by_oper(app)].count("inquiry.answered") == 1


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"text": " \r\n"}, 422), ({"text": "가" * 5001}, 422), ({"seen": "0"}, 409), ({"form": ""}, 409)],
)
def test_a_wrong_answer_is_kept_in_the_form(
    app, oper, asked: dict[str, str], wrong: dict[str, str], status: int
) -> None:
    answered = send(oper, asked["waiting"], **wrong)
    assert answered.status_code == status
    kept = wrong.get("text", "그래도 그렇습니까?").strip()
    assert kept in answered.text
    assert answered.text.count("bh-said-text") == 1
    assert "inquiry.answered" not in [deed for deed, _, _ in said_by_oper(app)]


def test_it_is_closed_once_answered(app, oper, cast: Cast, asked: dict[str, str]) -> None:
    assert send(oper, asked["waiting"], deed="close").status_code == 409
    assert 'value="close"' not in oper.get(f"{PAGE}/maru/{asked['waiting']}").text
    assert send(oper, asked["answered"], deed="close").status_code == 302
    with app.app_context(), tenant_scope(cast.maru.id):
        states = {row.public_id: row.state for row in db.session.scalars(select(Inquiry))}
    assert (states[asked["waiting"]], states[asked["answered"]]) == ("open", "closed")
    assert ("inquiry.closed", "maru", "") in said_by_oper(app)


def test_reading_marks_it_as_read(app, oper, log_in, cast: Cast, asked: dict[str, str]) -> None:
    hana = log_in(cast.hana)
    assert "아직 읽지 않음" in hana.get(f"/manage/inquiries/{asked['waiting']}").text
    assert oper.get(PAGE).text.count("새 글") == 2
    oper.get(f"{PAGE}/maru/{asked['waiting']}")
    assert "아직 읽지 않음" not in hana.get(f"/manage/inquiries/{asked['waiting']}").text
    assert oper.get(PAGE).text.count("새 글") == 1


def test_it_works_on_both_databases(databases: Walled) -> None:
    cast = databases.cast
    with databases.app.app_context():
        with tenant_scope(cast.maru.id):
            inquiry = ask(cast.bora)
        found = inquiries.find_inquiries("", "", 1, by=OPER)
        assert [(row.company, row.asker, row.is_new) for row in found.rows] == [("maru", "보라", True)]
        assert inquiries.look_at("maru", inquiry, by=OPER).messages == 1
        now, form = now_utc(), public_id()
        inquiries.answer_inquiry("maru", inquiry, "답", form=form, seen=1, by=OPER, now=now)
        inquiries.close_inquiry("maru", inquiry, by=OPER, now=now)
        assert inquiries.find_inquiries("마루", "closed", 1, by=OPER).rows[0].is_new is False
        assert audit.first_broken_entry() is None
        with tenant_scope(cast.maru.id):
            assert first_broken_entry() is None
