"""Ten thousand companies cost the two-second clocks a handful of statements, on both databases."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, insert, select, update

from app import jobs
from app.support.models import AccessCode, Slot, SupportSession
from app.support.signal.hub import Hub, stream_topic
from app.support.signal.sweep import Sweep
from app.team.models import Agent
from tenants.database import db, now_utc, operator_scope, public_id
from tenants.models import Tenant
from tenants.writing import writing
from tests.conftest import Walled

COMPANIES = 10_000
FIRST = 1_000_000
pytestmark = [pytest.mark.heavy, pytest.mark.timeout(300)]


@contextmanager
def counted() -> Iterator[list[str]]:
    """The SELECTs, UPDATEs and INSERTs that are sent meanwhile."""
    sent: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.lstrip()[:6].upper() in ("SELECT", "UPDATE", "INSERT"):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def crowd(databases: Walled) -> Walled:
    """Each company has an agent, a slot that waits with a code, and a program with an open socket."""
    now = now_utc()
    ids = range(FIRST, FIRST + COMPANIES)
    soon, far = now + timedelta(minutes=5), now + timedelta(days=100)
    with databases.app.app_context(), operator_scope("test"), writing():
        tenant = db.session.scalars(select(Tenant)).first()
        agent = db.session.scalars(select(Agent)).first()
        copied = {c.name: getattr(tenant, c.key) for c in Tenant.__table__.columns if c.name != "id"}
        db.session.execute(
            insert(Tenant), [copied | {"id": i, "slug": f"c{i}", "expires_at": far} for i in ids]
        )
        person = {c.name: getattr(agent, c.key) for c in Agent.__table__.columns if c.name != "id"}
        person["department_id"] = None
        db.session.execute(
            insert(Agent), [person | {"id": i, "tenant_id": i, "public_id": public_id()} for i in ids]
        )
        db.session.execute(
            insert(Slot),
            [
                {"id": i, "tenant_id": i, "agent_id": i, "position": 1, "number": 1, "opened_at": now}
                for i in ids
            ],
        )
        db.session.execute(
            insert(SupportSession),
            [{"id": i, "tenant_id": i, "slot_id": i, "agent_id": i, "number": 1} for i in ids],
        )
        db.session.execute(
            insert(AccessCode),
            [
                {"id": i, "tenant_id": i, "support_session_id": i, "digits": 6, "expires_at": soon}
                for i in ids
            ],
        )
    return databases


def test_the_jobs_clock_asks_all_of_them_at_once(crowd: Walled) -> None:
    app = crowd.app
    with app.app_context(), counted() as sent:
        begun = time.perf_counter()
        assert jobs.due_tenants(app) == []
        took_s = time.perf_counter() - begun
    assert len(sent) <= 4
    assert took_s < 0.5
    with app.app_context(), operator_scope("test"), writing():
        late = update(AccessCode).where(AccessCode.id == FIRST + 7).values(expires_at=now_utc())
        db.session.execute(late.execution_options(synchronize_session=False))
    assert jobs.due_tenants(app) == [FIRST + 7]
    with app.app_context(), counted() as sent:
        jobs.Ticker(app).tick()
    assert len(sent) < 60
    assert jobs.due_tenants(app) == []


def test_the_workers_clock_asks_all_of_them_at_once(crowd: Walled) -> None:
    app, hub, woken = crowd.app, Hub(), []
    sweep = Sweep(app, hub)
    sweep.start = lambda: None  # type: ignore[method-assign]  # no thread: the test looks itself
    long_ago = now_utc() - timedelta(hours=1)
    for i in range(FIRST, FIRST + COMPANIES):
        sweep.add(i, i, f"socket{i}")
    with app.app_context():
        hub.subscribe(stream_topic(FIRST + 7), lambda: woken.append(FIRST + 7))
        hub.subscribe(stream_topic(FIRST + 8), lambda: woken.append(FIRST + 8))
        with counted() as sent:  # the first look renews the lease: 10,000 rows by 500
            sweep.look(long_ago)
        assert len(sent) <= 4 + COMPANIES // 500
        with counted() as sent:
            begun = time.perf_counter()
            sweep.look(now_utc())
            took_s = time.perf_counter() - begun
        assert len(sent) <= 4
        assert took_s < 0.5
        assert woken == []
        with operator_scope("test"), writing():
            suspend = update(Tenant).where(Tenant.id == FIRST + 8).values(state="suspended")
            db.session.execute(suspend.execution_options(synchronize_session=False))
        sweep.look(now_utc())
        assert woken == [FIRST + 8]
