"""What the agent says of a support after its end: who may, which types count, what stays in the record."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from app.errors import NotFound
from app.support.actions import reports, sessions
from app.support.actions.reports import ReportRejected, write_report
from app.support.models import SessionEvent, SupportSession
from app.support.signal import commands
from app.team.issue_types import create_issue_type, delete_issue_type, rename_issue_type
from app.team.settings import Settings, change_settings
from tenants.audit import AuditEntry
from tenants.database import db, no_scope, now_utc, tenant_scope
from tests.cast import Cast, Person
from tests.factories import support as make
from wire.signal.commands import Report
from wire.signal.messages import AGENT_MESSAGES, message_from_json

pytestmark = pytest.mark.usefixtures("in_maru")


def help_once(person: Person, *, ends: bool = True) -> tuple[str, int]:
    """One support of this agent's, ended unless told otherwise: its id and the program's stream."""
    waiting, stream = make.make_slot(person), make.open_stream(person)
    make.connect(person, waiting, stream)
    if ends:
        sessions.end_by_agent(waiting.session, "", agent=make.agent_row(person), now=now_utc())
    return waiting.session, stream


def row_of(session: str) -> SupportSession:
    return db.session.query(SupportSession).filter_by(public_id=session).populate_existing().one()


def say(person: Person, session: str, issue_type: str | None = None, **more: str) -> None:
    report = Report(session, issue_type, **more)  # type: ignore[arg-type]
    write_report(report, agent=make.agent_row(person), now=now_utc())


def test_it_keeps_type_result_and_note(cast: Cast) -> None:
    printer = create_issue_type("프린터", by=cast.hana.actor)
    session, _ = help_once(cast.bora)
    say(cast.bora, session, printer.public_id, result="solved", content=" 새로 설치 \r\n끝\x07 ")
    row = row_of(session)
    assert (row.issue_type_name, row.result, row.content) == ("프린터", "solved", " 새로 설치\n끝".strip())
    entry = db.session.query(AuditEntry).filter_by(action="session.reported").one()
    assert json.loads(entry.data) == {"issue_type": "프린터", "result": "solved"}
    assert db.session.query(SessionEvent).filter_by(kind="reported").count() == 1


def test_it_asks_the_lead_before_it_says_the_end(cast: Cast) -> None:
    for name in ("프린터", "메\u202e일"):
        create_issue_type(name, by=cast.hana.actor)
    _, stream = help_once(cast.bora)
    asked, ended = make.messages_of(stream)[-2:]
    assert ended["t"] == "ended"
    assert [one["name"] for one in asked["types"]] == ["프린터", "메일"]  # type: ignore[attr-defined]
    assert asked["opens"] is True
    assert message_from_json(asked | {"n": 1}, AGENT_MESSAGES).message is not None


def test_it_says_when_the_form_does_not_open_by_itself(cast: Cast) -> None:
    change_settings(Settings(report_after=False), by=cast.hana.actor)
    _, stream = help_once(cast.bora)
    assert make.messages_of(stream)[-2]["opens"] is False


def test_nothing_is_asked_where_nobody_was_helped(cast: Cast) -> None:
    waiting, stream = make.make_slot(cast.bora), make.open_stream(cast.bora)
    make.go_online(waiting)
    make.close(cast.bora, waiting)
    assert "report.asked" not in [told["t"] for told in make.messages_of(stream)]


def test_thirty_long_names_fit_in_one_message(cast: Cast) -> None:
    for number in range(30):
        create_issue_type(f"{number:02}" + "🖨" * 38, by=cast.hana.actor)
    _, stream = help_once(cast.bora)
    assert len(make.messages_of(stream)[-2]["types"]) == 30  # type: ignore[arg-type]


def test_a_renamed_or_deleted_type_leaves_the_record_as_it_is(cast: Cast) -> None:
    printer = create_issue_type("프린터", by=cast.hana.actor).public_id
    session, _ = help_once(cast.bora)
    say(cast.bora, session, printer)
    rename_issue_type(printer, "인쇄", by=cast.hana.actor)
    delete_issue_type(printer, by=cast.hana.actor)
    assert row_of(session).issue_type_name == "프린터"
    assert reports.list_types_of(row_of(session)) == [(printer, "프린터", True)]
    say(cast.bora, session, printer, content="다시")
    assert row_of(session).issue_type_name == "프린터"


def test_a_type_that_went_after_the_end_may_still_be_chosen(cast: Cast) -> None:
    printer = create_issue_type("프린터", by=cast.hana.actor).public_id
    session, _ = help_once(cast.bora)
    delete_issue_type(printer, by=cast.hana.actor)
    say(cast.bora, session, printer)
    assert row_of(session).issue_type_name == "프린터"


def test_a_type_that_was_gone_before_is_refused(cast: Cast) -> None:
    printer = create_issue_type("프린터", by=cast.hana.actor).public_id
    delete_issue_type(printer, by=cast.hana.actor)
    session, _ = help_once(cast.bora)
    with pytest.raises(NotFound):
        say(cast.bora, session, printer, content="적지 않음")
    assert row_of(session).content is None


def test_another_companys_type_and_support_are_not_found(cast: Cast) -> None:
    session, _ = help_once(cast.bora)
    with no_scope(), tenant_scope(cast.nuri.id):
        their_type = create_issue_type("남의 것", by=cast.chul.actor).public_id
        their_session, _ = help_once(cast.chul)
    for named in ((session, their_type), (their_session, None)):
        with pytest.raises(NotFound):
            say(cast.bora, *named)


def test_only_the_lead_agent_may(cast: Cast) -> None:
    session, _ = help_once(cast.bora)
    with pytest.raises(NotFound):
        say(cast.hana, session, result="solved")
    assert row_of(session).result == "unchecked"


def test_a_support_that_goes_on_is_not_described(cast: Cast) -> None:
    session, _ = help_once(cast.bora, ends=False)
    with pytest.raises(NotFound):
        say(cast.bora, session, result="solved")


def test_too_long_a_note_is_refused(cast: Cast) -> None:
    session, _ = help_once(cast.bora)
    with pytest.raises(ReportRejected):
        say(cast.bora, session, content="가" * 501)


def test_the_same_command_is_done_once(cast: Cast) -> None:
    session, stream = help_once(cast.bora)
    owner = commands.Owner(cast.maru.id, stream, agent_id=cast.bora.id, login_session_id=1)
    first = commands.run("c1", Report(session, result="hold"), owner, now=now_utc())
    later = now_utc() + timedelta(seconds=5)
    assert commands.run("c1", Report(session, result="visit"), owner, now=later) == first
    assert json.loads(first)["ok"] is True
    assert row_of(session).result == "hold"
    assert db.session.query(AuditEntry).filter_by(action="session.reported").count() == 1
