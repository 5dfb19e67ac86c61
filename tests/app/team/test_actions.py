"""Making departments and agents."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.errors import NotFound
from app.team.actions import create_agent
from app.team.departments import create_department
from app.team.errors import AgentRejected, DepartmentRejected
from app.team.models import Agent
from app.team.option_settings import set_option
from tenants.audit import AuditEntry
from tenants.database import db, no_scope, now_utc, tenant_scope
from tenants.models import Tenant
from tenants.writing import writing
from tests.cast import PASSWORD, Cast
from tests.factories.team import make_agent

pytestmark = pytest.mark.usefixtures("in_maru")


def set_seats(cast: Cast, **seats: int) -> None:
    with writing():
        db.session.execute(update(Tenant).where(Tenant.id == cast.maru.id).values(**seats))


def test_it_works(cast: Cast) -> None:
    agent = create_agent(login_id="Sora-1", name=" 소라 ", password=PASSWORD, by=cast.hana.actor)
    row = db.session.get(Agent, agent.id, populate_existing=True)
    assert (row.login_id, row.login_key, row.name, row.role) == ("Sora-1", "sora-1", "소라", "agent")
    assert row.password_hash.startswith("$argon2id$")
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc())).first()
    assert (entry.action, entry.object, entry.actor_name) == ("agent.created", f"agent:{agent.id}", "하나")
    assert PASSWORD not in entry.data


@pytest.mark.parametrize("login_id", ["abc", "a" * 13, "한글아이디", "a b c d", "bora!", "", "bora\n1"])
def test_it_refuses_bad_ids(cast: Cast, login_id: str) -> None:
    with pytest.raises(AgentRejected):
        create_agent(login_id=login_id, name="x", password=PASSWORD, by=cast.hana.actor)


@pytest.mark.parametrize("password", ["Short1", "alllower1", "ALLUPPER1", "NoDigitsHere", "", "A1a" * 50])
def test_it_refuses_weak_passwords(cast: Cast, password: str) -> None:
    with pytest.raises(AgentRejected):
        create_agent(login_id="sora", name="소라", password=password, by=cast.hana.actor)


@pytest.mark.parametrize("login_id", ["bora", "BORA", "Admin"])
def test_ids_are_unique_without_case(cast: Cast, login_id: str) -> None:
    with pytest.raises(AgentRejected):
        create_agent(login_id=login_id, name="x", password=PASSWORD, by=cast.hana.actor)


def test_another_company_may_have_the_same_id(app, cast: Cast) -> None:
    with no_scope(), tenant_scope(cast.nuri.id):
        assert create_agent(login_id="bora", name="보라", password=PASSWORD, by=cast.chul.actor).id


def test_seats_are_counted(cast: Cast) -> None:
    set_seats(cast, seats_pc=3, seats_mobile=1)
    make_agent(seat="pc_mobile")
    with pytest.raises(AgentRejected):
        make_agent()
    set_seats(cast, seats_pc=9, seats_mobile=1)
    with pytest.raises(AgentRejected):
        make_agent(seat="pc_mobile")
    assert make_agent().seat == "pc"


def test_departments_stay_in_their_company(app, cast: Cast) -> None:
    department = create_department("기술 지원", by=cast.hana.actor)
    with pytest.raises(DepartmentRejected):
        create_department(" 기술 지원 ", by=cast.hana.actor)
    assert make_agent(department_id=department.id).department_id == department.id
    with no_scope(), tenant_scope(cast.nuri.id), pytest.raises(NotFound):
        make_agent(department_id=department.id)


def test_options_of_a_foreign_agent_are_not_found(cast: Cast) -> None:
    with pytest.raises(NotFound):
        set_option("drawing", False, by=cast.hana.actor, agent_id=cast.chul.id)


@pytest.mark.parametrize("values", [{"role": "agent"}, {"deleted_at": now_utc()}])
def test_the_admin_stays_the_admin(cast: Cast, values: dict[str, object]) -> None:
    """The database itself refuses it."""
    with pytest.raises(IntegrityError), writing():
        db.session.execute(update(Agent).where(Agent.id == cast.hana.id).values(**values))
