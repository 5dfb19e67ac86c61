"""A real PostgreSQL for the tests that need one: started once a run, shared by its processes, gone after.

The server is never run as root: a run by root starts it as the user `postgres`. It listens on a Unix socket
in a folder of its own, on no port. The first process of a run starts it under a file lock; each database is
made from a migrated template. It ends by its process id when the last process of the run leaves.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg

__all__ = ["OWNER", "WEB", "PostgresServer", "find_programs", "running_postgres"]

OWNER: Final = "barohelp_owner"
WEB: Final = "barohelp_web"
STOP_DEADLINE_S: Final = 20.0
PREFIX: Final = "barohelp-postgres-"
INITDB_OPTIONS: Final = ["-U", "postgres", "-A", "trust", "-N", "--no-locale", "-E", "UTF8"]
SERVER_OPTIONS: Final = (
    "-c listen_addresses='' -c fsync=off -c full_page_writes=off"
    " -c max_connections=200 -c shared_buffers=32MB"
)


def find_programs() -> Path | None:
    """The folder of initdb and postgres, newest version first, or None where there is no PostgreSQL."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    return folders[-1] if folders else Path(on_path).parent if on_path else None


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server. The tables belong to OWNER; the web half logs in as WEB and owns nothing."""

    folder: Path

    def url(self, database: str, role: str) -> str:
        """The address of one database for one role."""
        return f"postgresql://{role}@/{database}?host={self.folder}"

    def create_database(self, template: str = "template1") -> str:
        """A new database of OWNER's, a copy of `template`; returns its name."""
        name = f"test_{uuid4().hex[:12]}"
        self.as_superuser(f'CREATE DATABASE "{name}" OWNER {OWNER} TEMPLATE "{template}"')
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, ending whoever still uses it."""
        self.as_superuser(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def as_superuser(self, statement: str) -> None:
        """Run one statement as the server's own superuser."""
        with psycopg.connect(
            f"host={self.folder} dbname=postgres user=postgres", autocommit=True
        ) as connection:
            connection.execute(statement)  # type: ignore[arg-type]


@contextmanager
def running_postgres(shared: Path) -> Iterator[PostgresServer]:
    """The run's server. `shared` is a folder that all processes of the run know."""
    note = shared / "postgres-folder"
    with _locked(shared):
        if not note.exists():
            _sweep()
            note.write_text(str(_start()))
        folder = Path(note.read_text())
        me = folder / "users" / str(os.getpid())
        me.touch()
    try:
        yield PostgresServer(folder)
    finally:
        with _locked(shared):
            me.unlink()
            if not any(me.parent.iterdir()):
                _stop(folder)
                note.unlink()


@contextmanager
def _locked(shared: Path) -> Iterator[None]:
    with (shared / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start() -> Path:
    """Make a cluster and start it; returns the folder that everything lies in."""
    programs = find_programs()
    assert programs is not None, "no PostgreSQL on this machine"
    # Not in pytest's own folder: that is closed to other users, and the server runs as one. Sockets need
    # a short path, too.
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))
    (folder / "users").mkdir()
    folder.chmod(0o755)
    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    data = folder / "data"
    data.mkdir(mode=0o700)
    if user is not None:
        os.chown(data, user.pw_uid, user.pw_gid)
        os.chown(folder, user.pw_uid, user.pw_gid)
    _run_as(user, [programs / "initdb", "-D", data, *INITDB_OPTIONS])
    options = f"{SERVER_OPTIONS} -k {folder}"
    _run_as(
        user,
        [
            programs / "pg_ctl",
            "-D",
            data,
            "-l",
            folder / "server.log",
            "-w",
            "-t",
            "60",
            "-o",
            options,
            "start",
        ],
    )
    server = PostgresServer(folder)
    server.as_superuser(f"CREATE ROLE {OWNER} LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS")
    server.as_superuser(f"CREATE ROLE {WEB} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE")
    return folder


def _sweep() -> None:
    """End servers of earlier runs that were killed before they could."""
    for folder in Path("/tmp").glob(f"{PREFIX}*"):
        users = folder / "users"
        if (
            users.is_dir()
            and any(users.iterdir())
            and not any(_is_alive(int(u.name)) for u in users.iterdir())
        ):
            _stop(folder)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _run_as(user: pwd.struct_passwd | None, command: list[object]) -> None:
    words = [str(word) for word in command]
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    subprocess.run(
        words,
        check=True,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        cwd="/",
        timeout=120,
        **identity,
    )  # type: ignore[call-overload]


def _stop(folder: Path) -> None:
    """Ask the server to end at once (SIGQUIT: the data is thrown away) and wait until it has."""
    try:
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + STOP_DEADLINE_S
        while _is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
    except (FileNotFoundError, ProcessLookupError):
        pass
    shutil.rmtree(folder, ignore_errors=True)
