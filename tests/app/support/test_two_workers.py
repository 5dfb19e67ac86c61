"""Two gunicorn workers on PostgreSQL and Redis: one wins, wakes cross workers, a killed one loses nothing.

A flow: real processes. The requests go to one port, so the kernel gives them to either worker.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask

from app import create_app
from app.support import queries
from app.support.actions import arrivals
from app.support.models import Arrival, ProgramCredential
from tenants.database import db, now_utc, tenant_scope
from tests.app.support.programs import START_S, Program, post, until
from tests.cast import Cast, Person
from tests.conftest import SECRETS, make_settings
from tests.databases import OWNER, WEB, PostgresServer
from tests.displays import free_port, require_programs, start_process, stop_process
from tests.factories import support as make
from wire.signal.commands import SlotAdd
from wire.signal.messages import CLOSE, AgentSnapshot, SlotOpened

pytestmark = pytest.mark.flow
ROUNDS = 100


@dataclass(frozen=True)
class Cluster:
    """Two workers behind one port, and this process's own view of their database."""

    base: str
    app: Flask
    cast: Cast
    master: subprocess.Popen[bytes]
    redis: subprocess.Popen[bytes]

    def in_maru(self, call: Callable[[], object]) -> object:
        """Run `call` in Maru's scope in this process."""
        with self.app.app_context(), tenant_scope(self.cast.maru.id):
            return call()

    def workers(self) -> list[int]:
        """The process ids of the workers."""
        children = Path(f"/proc/{self.master.pid}/task/{self.master.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


@pytest.fixture(scope="module")
def cluster(
    postgres: PostgresServer, postgres_template: tuple[str, Cast], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Redis and two gunicorn workers on a database of their own."""
    require_programs("redis-server")
    template, cast = postgres_template
    name, folder = postgres.create_database(template), tmp_path_factory.mktemp("cluster")
    redis_port, web_port = free_port(), free_port()
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "keys").mkdir()
    (folder / "keys" / "ticket_sign.pem").write_bytes(key)
    urls = {
        "DATABASE_URL": postgres.url(name, WEB),
        "MIGRATION_DATABASE_URL": postgres.url(name, OWNER),
    }
    redis = start_process(
        [
            "redis-server",
            "--port",
            str(redis_port),
            "--save",
            "",
            "--bind",
            "127.0.0.1",
            "--dir",
            str(folder),
        ],
        stdout=subprocess.DEVNULL,
    )
    environ = {
        **os.environ,
        **SECRETS,
        **urls,
        "BAROHELP_ENV": "dev",
        "STORAGE_DIR": str(folder),
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
        "WEB_LISTEN": f"127.0.0.1:{web_port}",
        "WEB_WORKERS": "2",
    }
    with (folder / "web.log").open("wb") as log:
        command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "wsgi:app"]
        master = start_process(command, env=environ, stdout=log, stderr=log)
    web = create_app(make_settings(folder / "here", **urls))
    cluster = Cluster(f"http://127.0.0.1:{web_port}", web, cast, master, redis)
    try:
        _wait_for_both(cluster, folder / "web.log")
        yield cluster
    finally:
        stop_process(master)
        stop_process(redis)
        with web.app_context():
            db.session.remove()
            db.engine.dispose()
        postgres.drop_database(name)


def test_it_admits_one_of_two_customers_on_one_code(cluster: Cluster) -> None:
    waiting = cluster.in_maru(lambda: make.make_slot(cluster.cast.bora))
    for _ in range(ROUNDS):
        statuses = both(cluster, "/maru/code", {"code": waiting.code})
        assert sorted(statuses) == [303, 422]
        assert cluster.in_maru(lambda of=waiting: live_arrivals(of)) == 1
        waiting = cluster.in_maru(lambda of=waiting: make.renewed(of))
        cluster.in_maru(forget_tries)
    cluster.in_maru(lambda: make.close(cluster.cast.bora, waiting))


def test_it_admits_one_of_two_customers_on_one_number(cluster: Cluster) -> None:
    waiting = cluster.in_maru(lambda: make.make_slot(cluster.cast.bora))
    cluster.in_maru(lambda: make.open_stream(cluster.cast.bora))
    for _ in range(ROUNDS):
        cluster.in_maru(keep_present)
        statuses = both(cluster, f"/maru/number/{waiting.number}", {})
        assert sorted(statuses) == [303, 409]
        assert cluster.in_maru(lambda: live_arrivals(waiting)) == 1
        cluster.in_maru(lambda: make.renewed(waiting))
    cluster.in_maru(lambda: make.close(cluster.cast.bora, make.with_code(waiting)))


def test_it_leaves_one_of_two_programs_with_a_credential(cluster: Cluster) -> None:
    waiting = cluster.in_maru(lambda: make.make_slot(cluster.cast.bora))
    admitted = cluster.in_maru(lambda: make.admit(waiting))
    token = cluster.in_maru(lambda: arrivals.join_secret_of(admitted.token))
    body = {"tenant": "maru", "join_token": token}
    answers: list[dict[str, object]] = []
    for _ in range(ROUNDS):
        answers.clear()
        at_once(lambda: answers.append(post(f"{cluster.base}/programs/join", body)))
        assert [one["ok"] for one in answers] == [True, True]
        live = cluster.in_maru(lambda: db.session.query(ProgramCredential).filter_by(revoked_at=None).count())
        assert live == 1
    good = [
        one for one in answers if "ticket" in post(f"{cluster.base}/signal/ticket", bearer=one["credential"])
    ]
    assert len(good) == 1


def test_it_wakes_a_socket_in_the_other_worker(cluster: Cluster) -> None:
    program = log_in(cluster, cluster.cast.nari)
    seen_by_both = set()
    with program:
        program.wait_for(AgentSnapshot)
        for nth in range(1, 5):
            # Each redial may land in either worker; the deed is done by a third process or by the other one.
            answer = program.send(SlotAdd())
            assert answer.ok, answer
            program.wait_for(SlotOpened, nth=nth)
            seen_by_both.add(answer.data["slot"])
            program.drop()
            program.dial()
    assert len(seen_by_both) == 4


def test_it_shows_numbers_on_a_page_in_the_other_worker(cluster: Cluster) -> None:
    pages = [open_stream(cluster, "/nuri/live") for _ in range(6)]
    token = post(f"{cluster.base}/programs/login", cluster.cast.chul.credentials)["token"]
    with Program(cluster.base, token, "agent") as program:
        program.wait_for(AgentSnapshot)
        for page in pages:
            assert wait_for_numbers(page, [1])
    for page in pages:
        assert wait_for_numbers(page, [])
        page.close()


def test_it_believes_no_forged_forwarded_header(cluster: Cluster) -> None:
    statuses = [
        send(cluster, "/nuri/code", {"code": "000000"}, {"X-Forwarded-For": f"198.51.100.{n}"})
        for n in range(6)
    ]
    assert statuses == [422] * 5 + [429]


def test_it_goes_on_when_redis_is_gone_and_when_a_worker_is_killed(cluster: Cluster) -> None:
    bora = cluster.cast.bora
    with log_in(cluster, bora) as program:
        program.wait_for(AgentSnapshot)
        before = len(cluster.in_maru(lambda: queries.list_slots(bora.id)))
        os.kill(cluster.redis.pid, signal.SIGSTOP)
        try:
            cluster.in_maru(lambda: make.make_slot(bora))
            assert program.wait_for(SlotOpened).slot
        finally:
            os.kill(cluster.redis.pid, signal.SIGCONT)
        for pid in cluster.workers():
            os.kill(pid, signal.SIGKILL)
        program.thread.join(10)
        program.client.disconnected()
        until(lambda: _answers(int(cluster.base.rsplit(":", 1)[1])), "new workers", deadline_s=START_S)
        cluster.in_maru(lambda: make.make_slot(bora))
        program.dial()
        program.wait_for(SlotOpened, nth=2)
        assert len(program.all_of(AgentSnapshot)) == 1
        assert len(cluster.in_maru(lambda: queries.list_slots(bora.id))) == before + 2


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_stops_sends_its_programs_to_the_other(cluster: Cluster, how: int) -> None:
    """Close code 1012 within two seconds, not a reset."""
    with log_in(cluster, cluster.cast.nari) as program:
        program.wait_for(AgentSnapshot)
        begun = time.monotonic()
        stopped = set(cluster.workers())
        for pid in stopped:
            os.kill(pid, how)
        assert program.wait_closed() == CLOSE.RESTART
        assert time.monotonic() - begun < 2
    until(
        lambda: not stopped & set(cluster.workers()) and len(cluster.workers()) == 2,
        "new workers",
        deadline_s=START_S,
    )


def _wait_for_both(cluster: Cluster, log: Path) -> None:
    """Return once both workers run and one of them answers; fail with what they wrote."""
    port = int(cluster.base.rsplit(":", 1)[1])
    try:
        until(lambda: _answers(port) and len(cluster.workers()) == 2, "two workers", deadline_s=START_S)
    except AssertionError as error:
        raise AssertionError(log.read_text(errors="replace")) from error


def log_in(cluster: Cluster, person: Person) -> Program:
    """The waiting program of somebody at Maru."""
    token = post(f"{cluster.base}/programs/login", person.credentials)["token"]
    return Program(cluster.base, token, "agent")


def at_once(deed: Callable[[], object]) -> None:
    """Do it twice at the same time."""
    start = threading.Barrier(2)

    def run() -> None:
        start.wait(10)
        deed()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def both(cluster: Cluster, path: str, form: dict[str, str]) -> list[int]:
    """Post the form from two customers at once; the statuses."""
    statuses: list[int] = []
    at_once(lambda: statuses.append(send(cluster, path, form)))
    return statuses


def send(cluster: Cluster, path: str, form: dict[str, str], headers: dict[str, str] | None = None) -> int:
    """Post a form on a connection of its own; the status."""
    connection = http.client.HTTPConnection(cluster.base.removeprefix("http://"), timeout=10)
    try:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", path, urlencode(form), kind | (headers or {}))
        return connection.getresponse().status
    finally:
        connection.close()


def open_stream(cluster: Cluster, path: str) -> socket.SocketIO:
    """A live page's event stream, as a file of lines."""
    host, port = cluster.base.removeprefix("http://").split(":")
    raw = socket.create_connection((host, int(port)), timeout=10)
    raw.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    stream = raw.makefile("rb")
    raw.close()
    return stream  # type: ignore[return-value]


def wait_for_numbers(page: socket.SocketIO, numbers: list[int]) -> bool:
    """Read a stream until it shows these numbers."""
    return any(line.startswith(b"data: ") and json.loads(line[6:]) == numbers for line in page)


def live_arrivals(waiting: make.Waiting) -> int:
    """How many customers are on the way to a slot."""
    found = db.session.query(Arrival).filter_by(support_session_id=waiting.session_id, ended_at=None)
    return found.count()


def forget_tries() -> None:
    """Forgive the wrong tries of a round, which would otherwise block the next one."""
    from app.accounts.models import Attempt
    from tenants.writing import writing

    with writing():
        db.session.query(Attempt).delete()


def keep_present() -> None:
    """Renew the lease of a program that stands for a real one."""
    from app.support.signal.models import SignalStream
    from tenants.writing import writing

    with writing():
        db.session.query(SignalStream).filter_by(socket_id="socket").update({"seen_at": now_utc()})


def _answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/maru/numbers")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
