"""One writer at a time on SQLite, waiting where others can run; one commit per action."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest
from sqlalchemy import func, select, update

from app.team.models import Agent, Department
from tenants import sqlite as sqlite_rules
from tenants import writing as writing_rules
from tenants.database import db, tenant_scope
from tenants.errors import DatabaseBusy, WriteOutsideAction
from tenants.sqlite import BUSY_TIMEOUT_MS
from tenants.writing import after_commit, is_writing, writing
from tests.cast import Cast


def add_department(name: str) -> None:
    db.session.add(Department(name=name, name_key=name))


@pytest.mark.usefixtures("in_maru")
def test_it_sets_the_connection_up() -> None:
    pragmas = {
        name: db.session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
        for name in ("journal_mode", "foreign_keys", "busy_timeout")
    }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": BUSY_TIMEOUT_MS}


def test_it_waits_for_the_disk_outside_tests(tmp_path) -> None:
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{tmp_path}/x.sqlite3")
    sqlite_rules.prepare(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    engine.dispose()


@pytest.mark.usefixtures("in_maru")
def test_it_commits_once_and_tells_afterwards() -> None:
    told = []
    with writing():
        add_department("기술")
        after_commit(lambda: told.append(is_writing()))
        with writing():
            add_department("영업")
        assert told == []
    assert told == [False]
    assert db.session.scalar(select(func.count()).select_from(Department)) == 2


@pytest.mark.usefixtures("in_maru")
def test_it_tells_nobody_after_a_rollback() -> None:
    told = []

    def fail() -> None:
        with writing():
            after_commit(lambda: told.append(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert told == []
    with pytest.raises(WriteOutsideAction):
        after_commit(lambda: None)


@pytest.mark.usefixtures("in_maru")
def test_it_reads_rows_as_they_are_now(stage, cast: Cast) -> None:
    agent = db.session.get(Agent, cast.bora.id)
    other = sqlite3.connect(stage.current)
    other.execute("UPDATE agent SET name = '새 이름' WHERE id = ?", (cast.bora.id,))
    other.commit()
    other.close()
    with writing():
        assert agent.name == "새 이름"


def test_threads_write_one_after_the_other(app, cast: Cast) -> None:
    """No update is lost, and nobody sees "database is locked"."""

    def raise_version() -> None:
        with app.app_context(), tenant_scope(cast.maru.id), writing():
            agent = db.session.get(Agent, cast.bora.id)
            version = agent.version
            time.sleep(0.001)  # a moment in which a second writer would read the same version
            db.session.execute(update(Agent).where(Agent.id == cast.bora.id).values(version=version + 1))

    threads = [threading.Thread(target=raise_version) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    with app.app_context(), tenant_scope(cast.maru.id):
        assert db.session.get(Agent, cast.bora.id).version == 21


@pytest.mark.usefixtures("in_maru")
def test_it_gives_up_kindly_when_another_process_holds_the_file(monkeypatch, stage) -> None:
    monkeypatch.setattr(sqlite_rules, "WRITE_WAIT_S", 0.2)
    other = sqlite3.connect(stage.current, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy), writing():
        add_department("기술")
    other.execute("ROLLBACK")
    other.close()
    with writing():
        add_department("기술")


@pytest.mark.usefixtures("in_maru")
def test_it_gives_up_kindly_when_another_action_hangs(monkeypatch) -> None:
    monkeypatch.setattr(writing_rules, "LOCK_WAIT_S", 0.05)
    assert writing_rules._lock.acquire(timeout=1)
    try:
        with pytest.raises(DatabaseBusy), writing():
            add_department("기술")
    finally:
        writing_rules._lock.release()
    assert not is_writing()
