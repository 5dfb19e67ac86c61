"""What the web half's tests stand on: settings, an app with its own database, the cast, logged-in clients.

One app and one SQLite file per test process; before each test the file is the template again (companies and
cast stored once, by the real actions), which takes a millisecond. Tests of the programs use none of this.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from config.settings import Settings, load

if TYPE_CHECKING:  # The programs' tests load this file too; they need neither the web half nor its second.
    from tests.cast import Cast, Person
    from tests.databases import PostgresServer

ROOT = Path(__file__).resolve().parent.parent
SECRETS = {
    "SECRET_KEY": "51" * 32,
    "CODE_PEPPER": "52" * 32,
    "CODE_SEAL_KEY": "53" * 32,
    "AUDIT_KEY": "54" * 32,
    "TOTP_KEY": "55" * 32,
}


def make_settings(storage_dir: Path, **environ: str) -> Settings:
    """Settings of a test environment; nothing comes from the machine's own environment."""
    return load({"BAROHELP_ENV": "test", "STORAGE_DIR": str(storage_dir), **SECRETS, **environ})


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of `app`."""
    return make_settings(tmp_path_factory.mktemp("web"))


@dataclass
class _Stage:
    """The one app of this test process, its people, and the file that each test starts from.

    Every test has a file of another name: a connection that a thread of the last test still holds would
    otherwise take away the new file's log when it closes.
    """

    app: Flask
    cast: Cast
    database: Path
    template: Path
    tests_begun: int = 0

    def reset(self) -> None:
        """Give the app a new database that is a copy of the template."""
        from tenants.database import db

        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()
        for old in self.database.parent.glob(f"{self.database.stem}-*.sqlite3*"):
            old.unlink(missing_ok=True)
        self.tests_begun += 1
        shutil.copyfile(self.template, self.current)

    @property
    def current(self) -> Path:
        """The database file of the running test."""
        return self.database.with_name(f"{self.database.stem}-{self.tests_begun}.sqlite3")

    def connect_to_current(self) -> None:
        """Let every new connection open the running test's file."""
        from tenants.database import db

        with self.app.app_context():

            @event.listens_for(db.engine, "do_connect")
            def _open_current(_dialect: object, _record: object, args: list[Any], _options: object) -> None:
                args[0] = str(self.current)


def compile_translations() -> None:
    """Make the catalogues that the pages read, where the texts are newer; `make setup` does the same."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in (ROOT / "app" / "translations").glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        fresh = target.with_suffix(f".{os.getpid()}")  # other test processes may be reading the old one
        with source.open("rb") as file, fresh.open("wb") as output:
            write_mo(output, read_po(file))
        fresh.replace(target)


@pytest.fixture(scope="session")
def stage(settings: Settings) -> _Stage:
    """The app and its template database, made once."""
    from app import create_app
    from tenants.database import db
    from tenants.row_security import protect_all
    from tests.cast import make_cast

    compile_translations()
    web = create_app(settings)
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    with web.app_context():
        db.create_all()
        with db.engine.begin() as connection:
            protect_all(connection, db.metadata)
        cast = make_cast()
        db.session.remove()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")  # a checkpoint waits for no transaction, not even ours
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        db.engine.dispose()
    template = database.with_suffix(".template")
    shutil.copyfile(database, template)
    stage = _Stage(web, cast, database, template)
    stage.connect_to_current()
    return stage


@pytest.fixture
def app(stage: _Stage) -> Iterator[Flask]:
    """The web half with a fresh database that holds the cast. No context is open."""
    stage.reset()
    yield stage.app
    with stage.app.app_context():
        from tenants.database import db

        db.session.remove()


@pytest.fixture
def cast(app: Flask, stage: _Stage) -> Cast:
    """Hana, Bora, Nari, Chul and their companies."""
    return stage.cast


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser or program that is logged in nowhere."""
    return app.test_client()


@pytest.fixture
def in_maru(app: Flask, cast: Cast) -> Iterator[None]:
    """The test's own code runs in Maru's scope. For tests without a client: requests open their own."""
    from tenants.database import tenant_scope

    with app.app_context(), tenant_scope(cast.maru.id):
        yield


@pytest.fixture
def log_in(app: Flask) -> Callable[..., FlaskClient]:
    """`log_in(cast.bora)` gives a browser in which Bora is logged in, with her CSRF token as a header."""

    def browser_of(person: Person) -> FlaskClient:
        browser = app.test_client()
        form = {"tenant": person.tenant, "login_id": person.login_id, "password": person.password}
        assert browser.post("/manage/login", data=form).status_code == 302
        page = browser.get("/manage").get_data(as_text=True)
        token = page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
        browser.environ_base["HTTP_X_CSRF_TOKEN"] = token
        return browser

    return browser_of


@pytest.fixture
def program_of(app: Flask) -> Callable[..., FlaskClient]:
    """`program_of(cast.bora)` gives Bora's waiting program, logged in by its bearer token."""

    def waiting_program(person: Person) -> FlaskClient:
        program = app.test_client()
        answer = program.post("/programs/login", json=person.credentials)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {answer.json['token']}"
        return program

    return waiting_program


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[PostgresServer]:
    """A running PostgreSQL, one a run; the test is skipped where there is none."""
    from tests.databases import find_programs, running_postgres

    if find_programs() is None:
        pytest.skip("no PostgreSQL on this machine")
    base = tmp_path_factory.getbasetemp()
    with running_postgres(base if worker_id == "master" else base.parent) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Cast]:
    """A migrated database with the cast in it, which each test copies; made once a process."""
    from flask_migrate import upgrade

    from app import create_app
    from tenants.database import db
    from tests.cast import make_cast

    name = postgres.create_database()
    web = create_app(postgres_settings(postgres, name, tmp_path_factory.mktemp("postgres-web")))
    with web.app_context():
        upgrade()
        cast = make_cast()
        db.session.remove()
        db.engine.dispose()
    return name, cast


def postgres_settings(server: PostgresServer, database: str, storage_dir: Path) -> Settings:
    """Settings of a web half on this server, logged in as the role that owns nothing."""
    from tests.databases import OWNER, WEB

    return make_settings(
        storage_dir,
        DATABASE_URL=server.url(database, WEB),
        MIGRATION_DATABASE_URL=server.url(database, OWNER),
    )


@pytest.fixture
def postgres_app(
    postgres: PostgresServer, postgres_template: tuple[str, Cast], tmp_path: Path
) -> Iterator[Flask]:
    """The web half on PostgreSQL, with a fresh database that holds the cast."""
    from app import create_app
    from tenants.database import db

    template, _cast = postgres_template
    name = postgres.create_database(template)
    web = create_app(postgres_settings(postgres, name, tmp_path))
    yield web
    with web.app_context():
        db.session.remove()
        db.engine.dispose()
    postgres.drop_database(name)


@dataclass(frozen=True)
class Walled:
    """A web half and its people, on one of the two databases."""

    app: Flask
    cast: Cast
    is_postgres: bool


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Walled:
    """The same test on both databases, each with the cast."""
    if request.param == "sqlite":
        return Walled(request.getfixturevalue("app"), request.getfixturevalue("cast"), is_postgres=False)
    web = request.getfixturevalue("postgres_app")
    return Walled(web, request.getfixturevalue("postgres_template")[1], is_postgres=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a PostgreSQL server is no unit test: see ops/run_tests.py."""
    for item in items:
        if "postgres" in getattr(item, "fixturenames", ()) or "[postgresql" in item.name:
            item.add_marker(pytest.mark.heavy)
