"""The administration's statements on SQLite and PostgreSQL alike, inside the wall."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.errors import NotFound
from app.manage.actions import delete_agent, edit_agent, set_agent_state
from app.manage.queries import find_agents, find_entries
from app.manage.records.queries import find_own_records, list_own_lengths
from app.manage.records.rules import RecordsAsked, add_up
from app.manage.rules import AGENT_SORTS, AgentsAsked, LogAsked
from app.support.actions.reports import write_report
from app.support.models import Slot
from app.team.actions import AgentDetails
from app.team.departments import create_department, delete_department, rename_department
from app.team.download_counts import count_download, read_counts
from app.team.issue_types import create_issue_type, delete_issue_type
from app.team.models import Agent
from app.team.option_settings import apply_to_all, plan_for_all, set_options
from app.team.queries import count_seats, effective_options, get_agent, get_department, list_departments
from tenants.database import db, no_scope, now_utc, tenant_scope
from tests.cast import PASSWORD
from tests.conftest import Walled
from tests.factories.support import agent_row, close, connect, make_slot, open_stream
from wire.signal.commands import Report


@pytest.fixture
def maru(databases: Walled):
    """Maru's scope on either database; the cast."""
    with databases.app.app_context(), tenant_scope(databases.cast.maru.id):
        yield databases.cast


def test_the_list_is_sorted_and_searched(maru) -> None:
    make_slot(maru.bora)
    for sort in AGENT_SORTS:
        for state in ("", "online", "session", "offline", "disabled"):
            find_agents(AgentsAsked(sort=sort, state=state, is_descending=True, department="none"))
    found = find_agents(AgentsAsked(text="보라"))
    assert [(row.login_id, row.presence) for row in found.rows] == [("bora", "offline")]
    assert count_seats().taken == 2


def test_departments_are_made_renamed_and_deleted(maru) -> None:
    by = maru.hana.actor
    sales, head = create_department("영업", by=by).public_id, create_department("본사", by=by).public_id
    rename_department(sales, "영업부", version=1, by=by)
    details = AgentDetails("보라", department_id=get_department(sales).id)
    edit_agent(maru.bora.id, details, password="", version=1, by=by)
    assert [(row.name, count) for row, count in list_departments()] == [("본사", 0), ("영업부", 1)]
    assert delete_department(sales, move_to=head, by=by) == 1
    assert get_agent(maru.bora.id).department_id == get_department(head).id


def test_options_are_set_for_many(maru) -> None:
    by = maru.hana.actor
    set_options({"drawing": False}, by=by, agent_id=maru.bora.id)
    assert len(plan_for_all({"drawing": False}, department_id=None, also_own=True)) == 2
    apply_to_all({"drawing": True, "recording": False}, department_id=None, also_own=True, by=by)
    found = effective_options(get_agent(maru.bora.id))
    assert (found["drawing"].value, found["recording"].origin) == (True, "tenant")


def test_an_agent_is_stopped_and_deleted(maru) -> None:
    by, now = maru.hana.actor, now_utc()
    make_slot(maru.bora)
    set_agent_state(maru.bora.id, is_active=False, by=by, now=now)
    delete_agent(maru.bora.id, admin_id=maru.hana.id, password=PASSWORD, by=by, now=now)
    assert db.session.scalars(select(Slot).where(Slot.closed_at.is_(None))).all() == []
    with pytest.raises(NotFound):
        get_agent(maru.bora.id)
    deeds = [entry.action for entry in find_entries(LogAsked(who="하나"))[0]]
    assert deeds[:3] == ["agent.deleted", "agent.disabled", "slot.closed"]


def test_a_support_is_reported_found_and_added_up(maru) -> None:
    waiting, printer = make_slot(maru.bora), create_issue_type("프린터", by=maru.hana.actor).public_id
    connect(maru.bora, waiting, open_stream(maru.bora))
    close(maru.bora, waiting)
    write_report(Report(waiting.session, printer, "solved", "끝"), agent=agent_row(maru.bora), now=now_utc())
    delete_issue_type(printer, by=maru.hana.actor)
    found = find_own_records(maru.bora.id, RecordsAsked())
    assert [(row.issue_type_name, row.result, grade) for row, grade in found.rows] == [
        ("프린터", "solved", None)
    ]
    sums, total = add_up(list_own_lengths(maru.bora.id, RecordsAsked()), "month")
    assert (len(sums), total.count) == (1, 1)


def test_downloads_are_counted(databases: Walled) -> None:
    with databases.app.test_request_context(), tenant_scope(databases.cast.maru.id):
        for _ in range(3):
            count_download("NOTICES.txt")
        assert read_counts() == {"NOTICES.txt": 3}
        with no_scope(), tenant_scope(databases.cast.nuri.id):
            assert read_counts() == {}


def test_the_wall_stands_between(databases: Walled) -> None:
    cast = databases.cast
    with databases.app.app_context():
        with tenant_scope(cast.maru.id):
            sales = create_department("영업", by=cast.hana.actor).public_id
        with no_scope(), tenant_scope(cast.nuri.id):
            assert [row.login_id for row in find_agents(AgentsAsked()).rows] == ["chul"]
            assert list_departments() == []
            for deed in (
                lambda: delete_department(sales, move_to="", by=cast.chul.actor),
                lambda: set_options({"drawing": False}, by=cast.chul.actor, agent_id=cast.bora.id),
                lambda: set_agent_state(cast.bora.id, is_active=False, by=cast.chul.actor, now=now_utc()),
            ):
                with pytest.raises(NotFound):
                    deed()
        with tenant_scope(cast.maru.id):
            assert db.session.get(Agent, cast.bora.id).state == "active"
