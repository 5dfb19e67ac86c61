"""The wall's three guards, on both databases: a scope is chosen, it filters everything, keys do not cross.

And on PostgreSQL the second lock: row-level security, for statements that the filter does not see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.team.models import Agent, Department, OptionValue
from tenants.audit import AuditEntry
from tenants.database import db, no_scope, operator_scope, tenant_scope
from tenants.errors import CrossTenantError, NoTenantError, WallError, WriteOutsideAction
from tenants.models import Tenant
from tenants.writing import writing
from tests.conftest import Walled

STATEMENTS: dict[str, Callable[[], object]] = {
    "select": lambda: db.session.scalars(select(Agent)).all(),
    "one column": lambda: db.session.scalars(select(Agent.login_id)).all(),
    "count": lambda: db.session.scalar(select(func.count()).select_from(Agent)),
    "get": lambda: db.session.get(Agent, 1),
    "subquery": lambda: db.session.scalars(
        select(Tenant).where(Tenant.id.in_(select(Agent.tenant_id)))
    ).all(),
    "exists": lambda: db.session.scalar(select(select(Agent).exists())),
    "query": lambda: db.session.query(Agent).all(),
    "join": lambda: db.session.execute(select(Tenant, Agent).join(Agent, Agent.tenant_id == Tenant.id)).all(),
}


@pytest.fixture
def walled(databases: Walled) -> Iterator[Walled]:
    with databases.app.app_context():
        yield databases
        db.session.rollback()


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_refuses_without_a_scope(walled: Walled, name: str) -> None:
    with pytest.raises(NoTenantError):
        STATEMENTS[name]()


def test_it_shows_each_company_its_own(walled: Walled) -> None:
    for company, people in ((walled.cast.maru, {"admin", "bora", "nari"}), (walled.cast.nuri, {"chul"})):
        with tenant_scope(company.id):
            assert set(db.session.scalars(select(Agent.login_id))) == people
            assert db.session.scalar(select(func.count()).select_from(Agent)) == len(people)
            assert {row.login_id for row in db.session.query(Agent)} == people


def test_it_filters_subqueries_and_aliases(walled: Walled) -> None:
    with tenant_scope(walled.cast.nuri.id):
        reached = db.session.scalars(select(Tenant.slug).where(Tenant.id.in_(select(Agent.tenant_id)))).all()
        assert reached == ["nuri"]
        assert not db.session.scalar(select(select(Agent).where(Agent.login_id == "bora").exists()))


def test_it_hides_other_tenants_by_id(walled: Walled) -> None:
    with tenant_scope(walled.cast.nuri.id):
        assert db.session.get(Agent, walled.cast.bora.id) is None


def test_it_forgets_rows_when_the_scope_changes(walled: Walled) -> None:
    """A row in the identity map is found by key without asking the database, so it must not stay there."""
    with operator_scope("test"):
        assert db.session.get(Agent, walled.cast.bora.id) is not None
        with tenant_scope(walled.cast.nuri.id):
            assert db.session.get(Agent, walled.cast.bora.id) is None


def test_it_changes_and_removes_only_inside(walled: Walled) -> None:
    with tenant_scope(walled.cast.nuri.id), writing():
        changed = db.session.execute(update(Agent).values(name="바뀜"))
        removed = db.session.execute(delete(OptionValue))
        assert (changed.rowcount, removed.rowcount) == (1, 0)
    with tenant_scope(walled.cast.maru.id):
        assert db.session.get(Agent, walled.cast.bora.id).name == "보라"


def test_it_stamps_new_rows(walled: Walled) -> None:
    with tenant_scope(walled.cast.nuri.id), writing():
        db.session.add(Department(name="기술", name_key="기술"))
        db.session.execute(insert(Department), [{"name": "영업", "name_key": "영업"}])
        db.session.execute(insert(Department).values(name="총무", name_key="총무"))
    with operator_scope("test"):
        assert set(db.session.scalars(select(Department.tenant_id))) == {walled.cast.nuri.id}


@pytest.mark.parametrize(
    "write",
    [
        lambda other: db.session.add(Department(tenant_id=other, name="x", name_key="x")),
        lambda other: db.session.execute(insert(Department).values(tenant_id=other, name="x", name_key="x")),
        lambda other: db.session.execute(
            insert(Department), [{"tenant_id": other, "name": "x", "name_key": "x"}]
        ),
        lambda other: db.session.execute(update(Agent).values(tenant_id=other)),
        lambda other: setattr(db.session.scalars(select(Agent)).first(), "tenant_id", other),
    ],
)
def test_it_refuses_to_write_across(walled: Walled, write: Callable[[int], object]) -> None:
    with pytest.raises(CrossTenantError), tenant_scope(walled.cast.nuri.id), writing():
        write(walled.cast.maru.id)


def test_it_refuses_keys_that_point_across(walled: Walled) -> None:
    with tenant_scope(walled.cast.maru.id), writing():
        department = Department(name="기술", name_key="기술")
        db.session.add(department)
    with pytest.raises(IntegrityError), tenant_scope(walled.cast.nuri.id), writing():
        db.session.execute(update(Agent).values(department_id=department.id))


def test_it_refuses_writes_outside_an_action(walled: Walled) -> None:
    with tenant_scope(walled.cast.nuri.id):
        db.session.add(Department(name="x", name_key="x"))
        with pytest.raises(WriteOutsideAction):
            db.session.flush()
        db.session.rollback()
        with pytest.raises(WriteOutsideAction):
            db.session.execute(delete(Department))


def test_it_refuses_one_company_inside_another(walled: Walled) -> None:
    with tenant_scope(walled.cast.maru.id):
        with pytest.raises(WallError), tenant_scope(walled.cast.nuri.id):
            pass
        with pytest.raises(WallError), operator_scope("grow"):
            pass
        with no_scope(), pytest.raises(NoTenantError):
            db.session.scalars(select(Agent)).all()


def test_it_refuses_a_new_scope_inside_an_action(walled: Walled) -> None:
    """The open transaction would be thrown away, and nobody would hear of it."""
    with walled.app.app_context(), writing():
        scope = tenant_scope(walled.cast.maru.id)
        with pytest.raises(WallError):
            scope.__enter__()


def write_and_fail() -> None:
    with writing():
        db.session.add(Department(name="x", name_key="x"))
        db.session.flush()
        raise ZeroDivisionError


def test_it_rolls_everything_back(walled: Walled) -> None:
    with tenant_scope(walled.cast.nuri.id), pytest.raises(ZeroDivisionError):
        write_and_fail()
    with tenant_scope(walled.cast.nuri.id):
        assert db.session.scalars(select(Department)).all() == []


# The second lock. These statements are forbidden outside tenants/ by tests/test_architecture.py; here they
# show what would happen if somebody wrote one all the same.


@pytest.fixture
def fenced(postgres_app, postgres_template) -> Iterator[Walled]:
    with postgres_app.app_context():
        yield Walled(postgres_app, postgres_template[1], is_postgres=True)
        db.session.rollback()


def test_raw_statements_see_no_foreign_row(fenced: Walled) -> None:
    with tenant_scope(fenced.cast.nuri.id):
        assert db.session.execute(text("SELECT login_id FROM agent")).scalars().all() == ["chul"]
        assert db.session.execute(select(Agent.__table__.c.login_id)).scalars().all() == ["chul"]
        changed = db.session.execute(text("UPDATE agent SET name = 'x' WHERE login_id = 'bora'"))
        assert changed.rowcount == 0


def test_raw_statements_see_nothing_without_a_scope(fenced: Walled) -> None:
    for table in ("agent", "department", "login_session", "option_value", "audit_entry", "audit_head"):
        assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0


def test_raw_statements_cannot_write_across(fenced: Walled) -> None:
    statement = text("INSERT INTO department (tenant_id, name, name_key, version) VALUES (:t, 'x', 'x', 1)")
    with tenant_scope(fenced.cast.nuri.id), pytest.raises(ProgrammingError, match="row-level security"):
        db.session.execute(statement, {"t": fenced.cast.maru.id})


def test_the_operator_sees_all(fenced: Walled) -> None:
    with operator_scope("test"):
        assert db.session.execute(text("SELECT count(*) FROM agent")).scalar() == 4
        assert db.session.scalar(select(func.count()).select_from(Agent)) == 4


def test_a_pooled_connection_forgets_its_company(fenced: Walled) -> None:
    with tenant_scope(fenced.cast.nuri.id):
        assert db.session.execute(text("SELECT count(*) FROM agent")).scalar() == 1
    assert db.session.execute(text("SELECT count(*) FROM agent")).scalar() == 0
    assert db.session.execute(text("SELECT current_user")).scalar() == "barohelp_web"


def test_every_tenants_table_is_fenced(fenced: Walled) -> None:
    """A table of a later migration that forgets `protect` is found here."""
    owned = {
        table.name
        for table in db.metadata.sorted_tables
        if "tenant_id" in table.c and table.name != "attempt" and not table.info.get("shared")
    }
    rows = db.session.execute(
        text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
    ).scalars()
    assert owned == set(rows)


def test_the_web_role_owns_nothing_and_is_nobody(fenced: Walled) -> None:
    role = text("SELECT rolsuper, rolbypassrls, rolinherit FROM pg_roles WHERE rolname = current_user")
    assert db.session.execute(role).one() == (False, False, False)
    owned = text("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
    assert db.session.execute(owned).scalar() == 0


@pytest.mark.parametrize("deed", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
def test_the_audit_log_is_append_only(databases: Walled, deed: str) -> None:
    with databases.app.app_context(), tenant_scope(databases.cast.maru.id):
        assert db.session.scalars(select(AuditEntry)).all()
        with pytest.raises(Exception, match="append-only|permission denied"):
            db.session.execute(text(deed))
        db.session.rollback()
