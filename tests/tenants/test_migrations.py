"""Migrations: they make exactly what the models say, go down again, and wait for each other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, inspect, text

from app import create_app
from app.start_checks import newest_revision, problem_with_database
from tenants.database import db
from tests.conftest import SECRETS, make_settings, postgres_settings

pytestmark = pytest.mark.heavy


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A web half on a database in which there is nothing."""
    if request.param == "sqlite":
        web = create_app(make_settings(tmp_path))
        with web.app_context():
            yield web
            db.engine.dispose()
        return
    server = request.getfixturevalue("postgres")
    name = server.create_database()
    web = create_app(postgres_settings(server, name, tmp_path))
    with web.app_context():
        yield web
        db.session.remove()
        db.engine.dispose()
    server.drop_database(name)


def environment_of(web: Flask) -> dict[str, str]:
    """What a process needs to be the same web half."""
    settings = web.extensions["settings"]
    return {
        **os.environ,
        **SECRETS,
        "BAROHELP_ENV": "test",
        "STORAGE_DIR": str(settings.storage_dir),
        "DATABASE_URL": settings.database_url,
        "MIGRATION_DATABASE_URL": settings.migration_database_url,
    }


def tables() -> set[str]:
    engine = create_engine(_owner_url())
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def _owner_url() -> str:
    from flask import current_app

    return str(current_app.extensions["settings"].migration_database_url)


def test_they_make_what_the_models_say(empty_app: Flask) -> None:
    upgrade()
    engine = create_engine(_owner_url())
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, db.metadata)
    engine.dispose()
    assert differences == []


def test_they_go_down_and_up_again(empty_app: Flask) -> None:
    upgrade()
    made = tables()
    downgrade(revision="base")
    assert tables() == {"alembic_version"}
    upgrade()
    assert tables() == made


@pytest.mark.slow  # going all the way down and up again takes each step as well
def test_they_go_one_by_one(empty_app: Flask) -> None:
    from alembic.script import ScriptDirectory

    steps = [script.revision for script in ScriptDirectory("migrations").walk_revisions()][::-1]
    for revision in steps:
        upgrade(revision=revision)
    for revision in steps[-2::-1]:
        downgrade(revision=revision)
        upgrade(revision="+1")
        downgrade(revision=revision)


@pytest.mark.flow
def test_two_at_once_wait_for_each_other(empty_app: Flask) -> None:
    """Two nodes start together; real processes, because alembic keeps one context a process."""
    environ = environment_of(empty_app)
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    runs = [subprocess.Popen(command, env=environ, stderr=subprocess.PIPE) for _ in range(2)]
    problems = [run.communicate(timeout=60)[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], problems
    assert problem_with_database() is None


def test_a_worker_refuses_a_foreign_revision(empty_app: Flask) -> None:
    assert "flask --app wsgi db upgrade" in (problem_with_database() or "")
    upgrade()
    assert problem_with_database() is None
    engine = create_engine(_owner_url())
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert f"needs {newest_revision()}" in (problem_with_database() or "")


def test_a_worker_refuses_a_role_above_the_wall(postgres, tmp_path: Path) -> None:
    from tests.databases import OWNER

    name = postgres.create_database()
    web = create_app(make_settings(tmp_path, DATABASE_URL=postgres.url(name, OWNER)))
    with web.app_context():
        upgrade()
        assert "MIGRATION_DATABASE_URL" in (problem_with_database() or "")
        db.engine.dispose()
    postgres.drop_database(name)


def test_departments_that_are_there_already_get_an_address(empty_app: Flask) -> None:
    """Row-level security holds back the owner too; 0003 must reach the rows all the same."""
    upgrade(revision="0002")
    engine = create_engine(_owner_url())
    company = "1, 'maru', '마루', '마루', '', '', '', 'active', '2030-01-01', 3, 0, false, '2026-01-01', 1"
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('app.tenant_id', '1', true)"))
        connection.execute(
            text(
                "INSERT INTO tenant (id, slug, title, company, contact_name, contact_phone, contact_email,"
                " state, expires_at, seats_pc, seats_mobile, code_required, created_at, version)"
                f" VALUES ({company})"
            )
        )
        for number in (1, 2):
            connection.execute(
                text(f"INSERT INTO department VALUES (1, {number}, '부서 {number}', '부서 {number}', 1)")
            )
    upgrade()
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('app.tenant_id', '1', true)"))
        found = connection.execute(text("SELECT public_id FROM department")).scalars().all()
    engine.dispose()
    assert [len(public_id) for public_id in found] == [26, 26]
    assert len(set(found)) == 2
