"""Brings the database to the newest revision and makes the demo tenant, before the web half starts.

Under a lock, and after copying an SQLite file that will be changed (var/backups/, the newest five are kept).
Both steps are skipped when a look into the SQLite file shows that nothing is to be done: a second start is
quick. PostgreSQL is always asked, by the web half's own command. Usage: python -m ops.prepare
"""

from __future__ import annotations

import fcntl
import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

from ops.places import ROOT, Places, check_folder, read_places
from ops.say import CannotStart, say, stop
from ops.setup import make_keys

KEPT_COPIES: Final = 5
DEMO_SLUG: Final = "demo"


def prepare(places: Places) -> None:
    """Keys, migration, then the demo tenant and its logins, each where missing. Raises CannotStart."""
    places.logs.mkdir(parents=True, exist_ok=True)
    make_keys(places.var)
    with (places.var / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        embedded = "DATABASE_URL" not in places.environment()
        if not (embedded and _is_migrated(places)):
            _copy_database(places)
            _flask(
                places,
                ["db", "upgrade"],
                "데이터베이스를 바꾸지 못했습니다",
                "The database could not be migrated",
            )
            _remember_migrated(places)
        if not (embedded and _has_demo(places)):
            _flask(
                places,
                ["demo", "create", "--logins-file", str(places.demo_logins)],
                "데모 회사를 만들지 못했습니다",
                "The demo tenant could not be made",
            )


def _flask(places: Places, command: Sequence[str], korean: str, english: str) -> None:
    log = places.logs / "prepare.log"
    with log.open("ab") as output:
        code = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *command],
            cwd=ROOT, env=places.environment(), stdout=output, stderr=output, check=False,
        ).returncode  # fmt: skip
    if code != 0:
        raise CannotStart(f"{korean}. 이유는 {log}에 있습니다.", f"{english}; the reason is in {log}.")


# The stamp holds a hash of the migration files and the revision that they led to. The same files and the same
# revision in the database mean that nothing is to be done; a restored older copy has another revision.


def _migration_files() -> str:
    digest = hashlib.sha256()
    for path in sorted((ROOT / "migrations").rglob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _is_migrated(places: Places) -> bool:
    stamp = places.var / ".migrated"
    return stamp.is_file() and stamp.read_text() == f"{_migration_files()} {_revision(places)}"


def _remember_migrated(places: Places) -> None:
    (places.var / ".migrated").write_text(f"{_migration_files()} {_revision(places)}")


def _revision(places: Places) -> str:
    return _one_value(places, "SELECT version_num FROM alembic_version")


def _has_demo(places: Places) -> bool:
    found = _one_value(places, f"SELECT id FROM tenant WHERE slug = '{DEMO_SLUG}'")  # noqa: S608 (a constant)
    return found != "" and places.demo_logins.is_file()


def _one_value(places: Places, query: str) -> str:
    """The first value of the first row, or "" where there is no file, table or row."""
    if not places.database.is_file():
        return ""
    try:
        with closing(sqlite3.connect(f"file:{places.database}?mode=ro", uri=True)) as database:
            row = database.execute(query).fetchone()
    except sqlite3.Error:
        return ""
    return str(row[0]) if row else ""


def _copy_database(places: Places) -> None:
    """Keep the SQLite file as it was; sqlite3's own backup also copies what the write-ahead log holds."""
    if not places.database.is_file():
        return
    folder = places.var / "backups"
    folder.mkdir(exist_ok=True, mode=0o700)
    copy = folder / f"before-migration-{datetime.now(UTC):%Y%m%dT%H%M%S}.sqlite3"
    with closing(sqlite3.connect(places.database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    copy.chmod(0o600)
    for old in sorted(folder.glob("before-migration-*.sqlite3"))[:-KEPT_COPIES]:
        old.unlink()
    say(f"데이터베이스 사본을 두었습니다: {copy}", "The database was copied before the migration.")


if __name__ == "__main__":
    try:
        check_folder(read_places().var)
        prepare(read_places())
    except CannotStart as problem:
        stop(problem)
