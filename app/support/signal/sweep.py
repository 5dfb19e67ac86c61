"""What a worker looks after for its open sockets and pages, every two seconds, in one thread.

Finds in the database what a lost wake has missed: new messages, ended log-ins, stopped tenants. Renews the
lease by which others know that a program is here. Holds a connection only while it looks, with a few queries
over all tenants: a worker may have sockets of thousands.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from datetime import datetime, timedelta

import structlog
from flask import Flask
from sqlalchemy import select, update

from app.accounts.models import LoginSession
from app.support import orders
from app.support.signal.hub import Hub, stream_topic
from app.support.signal.models import SignalStream
from tenants.database import db, now_utc, operator_scope
from tenants.models import Tenant
from tenants.rules import standing
from tenants.writing import writing

log = structlog.get_logger()

EVERY_S = 2.0
LEASE_EVERY_S = 15.0
#: News of this age is looked at again: another node's clock may be behind, and a commit may be slow.
OVERLAP = timedelta(seconds=10)
CHUNK = 500


class Sweep:
    """The worker's list of open sockets, and the thread that looks after them."""

    def __init__(self, app: Flask, hub: Hub) -> None:
        self.hub = hub
        #: True once the worker is to end: every socket closes with 1012 and its program comes back elsewhere.
        self.stopping = False
        self._app = app
        self._lock = threading.Lock()
        self._sockets: dict[int, dict[int, str]] = defaultdict(dict)
        self._stopped: set[int] = set()
        self._lease_due = 0.0
        self._thread: threading.Thread | None = None

    def add(self, tenant_id: int, stream_id: int, socket_id: str) -> None:
        """Look after a socket from now on."""
        with self._lock:
            self._sockets[tenant_id][stream_id] = socket_id
        self.start()

    def remove(self, stream_id: int, socket_id: str) -> None:
        """Forget a socket, unless a newer one has taken its stream over in this worker."""
        with self._lock:
            for sockets in self._sockets.values():
                if sockets.get(stream_id) == socket_id:
                    del sockets[stream_id]

    def count(self) -> int:
        """Return how many sockets are open in this worker."""
        with self._lock:
            return sum(len(sockets) for sockets in self._sockets.values())

    def start(self) -> None:
        """Start the thread and the hub's listener, once."""
        with self._lock:
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._run, name="signal-sweep", daemon=True)
        self.hub.start()
        self._thread.start()

    def stop(self) -> None:
        """Close every socket of this worker with 1012; the programs come back to another one."""
        self.stopping = True
        with self._lock:
            streams = [stream_id for sockets in self._sockets.values() for stream_id in sockets]
        self.hub.wake_here(stream_topic(stream_id) for stream_id in streams)

    def look(self, now: datetime) -> None:
        """Look once at everything; also called by tests."""
        renew = time.monotonic() >= self._lease_due
        if renew:
            self._lease_due = time.monotonic() + LEASE_EVERY_S
        with self._lock:
            tenants = {tenant_id: dict(sockets) for tenant_id, sockets in self._sockets.items() if sockets}
        if not tenants:
            return
        with operator_scope("looking after open sockets", is_routine=True):
            suspended = _suspended_tenants(now)
            with_news = _streams_with_news(now - OVERLAP, now)
            if renew:
                _renew(
                    {stream_id: one for sockets in tenants.values() for stream_id, one in sockets.items()},
                    now,
                )
        for tenant_id, sockets in tenants.items():
            self._wake(tenant_id, sockets, with_news, suspended.get(tenant_id))

    def _wake(
        self, tenant_id: int, sockets: dict[int, str], with_news: set[int], suspended_slug: str | None
    ) -> None:
        if suspended_slug is None:
            self._stopped.discard(tenant_id)
            self.hub.wake_here(stream_topic(one) for one in with_news.intersection(sockets))
            return
        if tenant_id not in self._stopped:
            self._stopped.add(tenant_id)
            orders.desk().close(relay_id=None, tenant=suspended_slug)
        self.hub.wake_here(stream_topic(stream_id) for stream_id in sockets)

    def _run(self) -> None:
        while True:
            time.sleep(EVERY_S)
            try:
                with self._app.app_context():
                    self.look(now_utc())
            except Exception as error:  # an edge: this thread must outlive every trouble of the database
                log.warning("sweep_failed", reason=type(error).__name__)


def _suspended_tenants(now: datetime) -> dict[int, str]:
    rows = db.session.scalars(select(Tenant).where(Tenant.state == "suspended")).all()
    return {row.id: row.slug for row in rows if standing(row.state, row.expires_at, now) == "suspended"}


def _streams_with_news(since: datetime, now: datetime) -> set[int]:
    """The streams of all tenants that have new messages, or whose log-in ended."""
    found = set(db.session.scalars(select(SignalStream.id).where(SignalStream.changed_at >= since)))
    of_log_ins = select(SignalStream.id).join(LoginSession, LoginSession.id == SignalStream.login_session_id)
    # Two questions, so that each has its index.
    for has_ended in (LoginSession.ended_at >= since, LoginSession.expires_at.between(since, now)):
        found.update(db.session.scalars(of_log_ins.where(has_ended)))
    return found


def _renew(sockets: dict[int, str], now: datetime) -> None:
    ids = list(sockets)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        with writing():
            db.session.execute(
                update(SignalStream)
                .where(
                    SignalStream.id.in_(chunk), SignalStream.socket_id.in_([sockets[one] for one in chunk])
                )
                .values(seen_at=now)
                .execution_options(synchronize_session=False)
            )
