"""The migration step: a copy first, and nothing at all when nothing is to be done."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ops import prepare
from ops.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path, 1, 2, 3)


def write(places: Places, *statements: str) -> None:
    with closing(sqlite3.connect(places.database)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def test_it_copies_the_database_with_what_the_log_holds(places: Places) -> None:
    with closing(sqlite3.connect(places.database)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE kept (word TEXT)")
        database.execute("INSERT INTO kept VALUES ('안녕')")
        database.commit()
        prepare._copy_database(places)
    (copy,) = (places.var / "backups").iterdir()
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("SELECT word FROM kept").fetchone() == ("안녕",)


def test_it_keeps_the_newest_five_copies(places: Places) -> None:
    write(places, "CREATE TABLE kept (word TEXT)")
    folder = places.var / "backups"
    folder.mkdir()
    for day in range(1, 9):
        (folder / f"before-migration-202611{day:02}T000000.sqlite3").touch()
    prepare._copy_database(places)
    assert len(list(folder.iterdir())) == prepare.KEPT_COPIES
    assert not (folder / "before-migration-20261101T000000.sqlite3").exists()


def test_it_migrates_again_when_an_older_copy_was_put_back(places: Places) -> None:
    write(
        places,
        "CREATE TABLE alembic_version (version_num TEXT)",
        "INSERT INTO alembic_version VALUES ('0002')",
    )
    prepare._remember_migrated(places)
    assert prepare._is_migrated(places)
    write(places, "UPDATE alembic_version SET version_num = '0001'")
    assert not prepare._is_migrated(places)


def test_it_makes_the_demo_tenant_where_its_logins_are_lost(places: Places) -> None:
    write(places, "CREATE TABLE tenant (id INTEGER, slug TEXT)", "INSERT INTO tenant VALUES (1, 'demo')")
    assert not prepare._has_demo(places)
    places.demo_logins.write_text("admin …")
    assert prepare._has_demo(places)
