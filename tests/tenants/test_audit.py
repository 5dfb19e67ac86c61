"""The audit log: part of the deed, in order, chained; what was changed, cut or added is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tenants.anchors import anchor_heads, folder, read_anchors
from tenants.audit import SYSTEM, Actor, AuditEntry, AuditHead, first_broken_entry, record
from tenants.database import db, now_utc, tenant_scope
from tenants.errors import WriteOutsideAction
from tenants.writing import writing
from tests.cast import Cast
from tests.conftest import Walled

BORA = Actor("agent", "2", "보라", ip="203.0.113.9", user_agent="U" * 900)


def add(*actions: str) -> None:
    with writing():
        for action in actions:
            record(action, "agent:2", {"이름": "보라", "n": 1}, by=BORA)


def tamper(statement: str) -> None:
    """Change a stored row as somebody with the database file could."""
    connection = db.session.connection()
    for deed in ("update", "delete"):
        connection.execute(text(f"DROP TRIGGER IF EXISTS append_only_audit_entry_{deed}"))
    connection.execute(text(statement))
    db.session.commit()
    db.session.expire_all()


@pytest.mark.usefixtures("in_maru")
def test_it_numbers_without_gaps_and_holds() -> None:
    before = db.session.scalars(select(AuditHead)).one().n
    add("a.done", "b.done")
    add("c.done")
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.n > before).order_by(AuditEntry.n)).all()
    assert [(row.n - before, row.action) for row in rows] == [(1, "a.done"), (2, "b.done"), (3, "c.done")]
    assert rows[1].prev_mac == rows[0].mac
    assert rows[0].data == '{"n":1,"이름":"보라"}'
    assert len(rows[0].user_agent) == 300
    assert first_broken_entry() is None


@pytest.mark.usefixtures("in_maru")
def test_it_goes_with_its_action() -> None:
    before = db.session.scalars(select(AuditHead)).one().n

    def fail() -> None:
        with writing():
            record("a.done", "x", by=SYSTEM)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert db.session.scalars(select(AuditHead)).one().n == before
    with pytest.raises(WriteOutsideAction):
        record("a.done", "x", by=SYSTEM)


@pytest.mark.usefixtures("in_maru")
@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit_entry SET actor_name = 'x' WHERE n = 2 AND tenant_id = 1", 2),
        ("UPDATE audit_entry SET ip = '1' WHERE n = 2 AND tenant_id = 1", 2),
        ("DELETE FROM audit_entry WHERE n = 2 AND tenant_id = 1", 2),
        ("DELETE FROM audit_entry WHERE n = (SELECT max(n) FROM audit_entry) AND tenant_id = 1", None),
        ("UPDATE audit_entry SET at = datetime(at, '-1 day') WHERE n = 1 AND tenant_id = 1", 1),
    ],
)
def test_it_finds_what_was_changed(statement: str, broken_at: int | None) -> None:
    add("a.done", "b.done", "c.done")
    length = db.session.scalars(select(AuditHead)).one().n
    tamper(statement)
    assert first_broken_entry() == (broken_at or length)


@pytest.mark.usefixtures("in_maru")
def test_it_finds_a_chain_made_anew_without_the_key(app) -> None:
    add("a.done")
    settings = app.extensions["settings"]
    app.extensions["settings"] = replace(settings, audit_key=b"x" * 32)
    try:
        assert first_broken_entry() == 1
    finally:
        app.extensions["settings"] = settings


def cut(keep: int) -> None:
    """Cut the log after `keep` entries and set its head back, as somebody with the database could."""
    tamper(f"DELETE FROM audit_entry WHERE tenant_id = 1 AND n > {keep}")
    mac = db.session.scalars(select(AuditEntry.mac).where(AuditEntry.n == keep)).one()
    tamper(f"UPDATE audit_head SET n = {keep}, mac = '{mac}' WHERE tenant_id = 1")


@pytest.fixture
def anchored(app, cast: Cast, tmp_path: Path) -> dict[int, str]:
    """Maru's log has grown and was written down outside."""
    with app.app_context():
        with tenant_scope(cast.maru.id):
            add("a.done", "b.done", "c.done")
        assert anchor_heads(tmp_path, now_utc()) == 2  # Nuri's head, too
        assert anchor_heads(tmp_path, now_utc()) == 0
    return read_anchors(tmp_path)[cast.maru.id]


def test_it_finds_a_tail_that_was_cut_with_its_head(app, cast: Cast, anchored: dict[int, str]) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        length = db.session.scalars(select(AuditHead)).one().n
        cut(length - 2)
        assert first_broken_entry() is None
        assert first_broken_entry(anchors=anchored) == length - 1


def test_it_finds_a_log_computed_anew_with_the_key(app, cast: Cast, anchored: dict[int, str]) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        length = db.session.scalars(select(AuditHead)).one().n
        cut(length - 3)
        add("a.done", "something else", "c.done", "d.done")
        assert first_broken_entry() is None
        assert first_broken_entry(anchors=anchored) == length


def test_a_log_that_only_grew_is_whole(app, cast: Cast, anchored: dict[int, str]) -> None:
    with app.app_context(), tenant_scope(cast.maru.id):
        add("d.done")
        assert first_broken_entry(anchors=anchored) is None


def test_half_a_line_of_anchors_is_passed_over(app, cast: Cast, anchored: dict[int, str], tmp_path) -> None:
    (file,) = folder(tmp_path).iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text(file.read_text() + '{"tenant": 1, "n"')
    assert read_anchors(tmp_path)[cast.maru.id] == anchored


def test_the_database_lets_nobody_change_it(databases: Walled) -> None:
    """The web half's own role may add entries; it may not change or remove one, by whatever statement."""
    with databases.app.app_context(), tenant_scope(databases.cast.maru.id):
        add("a.done")
        for statement in ("UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"):
            with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
                db.session.connection().execute(text(statement))
            db.session.rollback()
        assert first_broken_entry() is None


@pytest.mark.usefixtures("in_maru")
def test_it_reads_long_logs_page_by_page() -> None:
    add(*[f"a.{n}" for n in range(25)])
    assert first_broken_entry(page=7) is None


def test_each_company_has_its_own(databases: Walled) -> None:
    with databases.app.app_context():
        for company in (databases.cast.maru, databases.cast.nuri):
            with tenant_scope(company.id):
                add("a.done")
                assert first_broken_entry() is None
                assert {row.tenant_id for row in db.session.scalars(select(AuditEntry))} == {company.id}


def test_the_command_tells_which_log_is_broken(app, cast: Cast) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(args=["audit", "verify"]).exit_code == 0
    with app.app_context():
        tamper("UPDATE audit_entry SET action = 'x' WHERE n = 1 AND tenant_id = 1")
    result = runner.invoke(args=["audit", "verify"])
    assert result.exit_code == 1
    assert "maru: broken at entry 1" in result.output
    assert "nuri: ok" in result.output


def test_the_command_compares_with_the_anchors(app, cast: Cast) -> None:
    runner = app.test_cli_runner()
    with app.app_context(), tenant_scope(cast.maru.id):
        add("a.done", "b.done")
    assert "2 heads written down" in runner.invoke(args=["audit", "anchor"]).output
    assert runner.invoke(args=["audit", "verify"]).exit_code == 0
    with app.app_context(), tenant_scope(cast.maru.id):
        length = db.session.scalars(select(AuditHead)).one().n
        cut(length - 1)
    result = runner.invoke(args=["audit", "verify"])
    for file in folder(app.extensions["settings"].storage_dir).iterdir():
        file.unlink()
    assert (result.exit_code, f"maru: broken at entry {length}" in result.output) == (1, True)
