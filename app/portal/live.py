"""Server-sent events for customer pages: the numbers that wait, and the steps of one arrival (decision D19).

One broadcaster a company and worker reads the database once for all its pages. An open stream holds a seat
(so many a worker, so many a source) and never a database connection. A page without a seat asks every five
seconds instead.
"""

from __future__ import annotations

import json
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

import structlog
from flask import Flask

from app.portal import queries
from app.support.models import Arrival
from app.support.signal.hub import Hub, session_topic, waiting_topic
from tenants.database import db, now_utc, tenant_scope

log = structlog.get_logger()

MAX_STREAMS: Final = 2000
MAX_STREAMS_PER_SOURCE: Final = 20
#: The database is asked at least this often: another process may have changed it without a wake.
LOOK_EVERY_S: Final = 5.0
#: A comment line at this pace shows a proxy, and us, that the page is still there.
ALIVE_EVERY_S: Final = 15.0
MAX_UNSENT: Final = 8


class Seats:
    """How many streams are open in this worker, and from where."""

    def __init__(self, total: int = MAX_STREAMS, per_source: int = MAX_STREAMS_PER_SOURCE) -> None:
        self._total, self._per_source = total, per_source
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    def take(self, source: str) -> Callable[[], None] | None:
        """Return what gives the seat back (once, however often it is called), or None when all are taken."""
        with self._lock:
            if self._taken.total() >= self._total or self._taken[source] >= self._per_source:
                return None
            self._taken[source] += 1
        given_back = threading.Event()

        def give_back() -> None:
            with self._lock:
                if not given_back.is_set():
                    given_back.set()
                    self._taken[source] -= 1
                    self._taken += Counter()  # forget sources at zero

        return give_back


class Broadcaster:
    """The numbers that wait at one company, read once for every page that shows them."""

    def __init__(self, app: Flask, hub: Hub, tenant_id: int) -> None:
        self._app, self._tenant_id = app, tenant_id
        self._is_over = False
        self._lock = threading.Lock()
        self._pages: set[queue.Queue[list[int]]] = set()
        self._numbers: list[int] | None = None
        self._news = threading.Event()
        self._unsubscribe = hub.subscribe(waiting_topic(tenant_id), self._news.set)
        threading.Thread(target=self._run, name="waiting-numbers", daemon=True).start()

    def join(self) -> queue.Queue[list[int]] | None:
        """Return a queue that gets the numbers at each change, the present ones first.

        None when this broadcaster has ended, because its last page had gone: make another one.
        """
        page: queue.Queue[list[int]] = queue.Queue(MAX_UNSENT)
        with self._lock:
            if self._is_over:
                return None
            self._pages.add(page)
            if self._numbers is not None:
                page.put_nowait(self._numbers)
        return page

    def leave(self, page: queue.Queue[list[int]]) -> None:
        """Forget a page."""
        with self._lock:
            self._pages.discard(page)

    def _run(self) -> None:
        while True:
            self._look()
            self._news.wait(LOOK_EVERY_S)
            self._news.clear()
            with self._lock:
                self._is_over = not self._pages
            if self._is_over:
                self._unsubscribe()
                return

    def _look(self) -> None:
        try:
            with self._app.app_context(), tenant_scope(self._tenant_id):
                numbers = queries.waiting_numbers(now_utc())
        except Exception as error:  # an edge: the pages wait while the database is away
            log.warning("waiting_numbers_failed", reason=type(error).__name__)
            return
        with self._lock:
            if numbers == self._numbers:
                return
            self._numbers = numbers
            for page in tuple(self._pages):
                try:
                    page.put_nowait(numbers)
                except queue.Full:  # it has not read eight changes: it will ask anew
                    self._pages.discard(page)


class Live:
    """The streams of this worker."""

    def __init__(self, app: Flask, hub: Hub) -> None:
        self.seats = Seats()
        self._app, self._hub = app, hub
        self._lock = threading.Lock()
        self._broadcasters: dict[int, Broadcaster] = {}

    def numbers(self, tenant_id: int) -> Iterator[str]:
        """Yield the numbers of a company as events, at once and at each change."""
        broadcaster, page = self._join(tenant_id)
        try:
            yield "retry: 2000\n\n"
            while True:
                try:
                    yield _event("numbers", page.get(timeout=ALIVE_EVERY_S))
                except queue.Empty:
                    yield ": alive\n\n"
        finally:
            broadcaster.leave(page)

    def arrival(self, tenant_id: int, arrival_id: int, session_id: int) -> Iterator[str]:
        """Yield how an arrival stands as events, at once and at each change."""
        news = threading.Event()
        unsubscribe = self._hub.subscribe(session_topic(session_id), news.set)
        try:
            yield "retry: 2000\n\n"
            last: dict[str, object] | None = None
            quiet_s = 0.0
            while True:
                state = self._read_arrival(tenant_id, arrival_id)
                if state is not None and state != last:
                    last, quiet_s = state, 0.0
                    yield _event("arrival", state)
                elif quiet_s >= ALIVE_EVERY_S:
                    quiet_s = 0.0
                    yield ": alive\n\n"
                if not news.wait(LOOK_EVERY_S):
                    quiet_s += LOOK_EVERY_S
                news.clear()
        finally:
            unsubscribe()

    def _read_arrival(self, tenant_id: int, arrival_id: int) -> dict[str, object] | None:
        try:
            with self._app.app_context(), tenant_scope(tenant_id):
                arrival = db.session.get(Arrival, arrival_id)
                return queries.view_arrival(arrival).as_json() if arrival else None
        except Exception as error:  # an edge: the page waits while the database is away
            log.warning("arrival_state_failed", reason=type(error).__name__)
            return None

    def _join(self, tenant_id: int) -> tuple[Broadcaster, queue.Queue[list[int]]]:
        with self._lock:
            broadcaster = self._broadcasters.get(tenant_id)
            page = broadcaster.join() if broadcaster else None
            if broadcaster is None or page is None:
                broadcaster = self._broadcasters[tenant_id] = Broadcaster(self._app, self._hub, tenant_id)
                page = broadcaster.join()
                assert page is not None, "a new broadcaster has five seconds to live"
            return broadcaster, page


def _event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


OpenStream = Callable[["Live"], Iterator[str]]
