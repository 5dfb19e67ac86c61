"""Commands of the web half to its relays: close a support session or participant, how are you.

Orders leave after the commit, from one background thread with a bounded queue, so that no deed waits for a
relay. A lost order costs nothing but time: no new tickets are made, and the ends close their channels on
`ended`.

A relay judges times by a clock of its own, which no correction of the system clock moves. Where the two
clocks part (somebody set one of them), the relay's is asked for and kept to: `ahead_s` (docs/decisions/0083).
"""

from __future__ import annotations

import http.client
import json
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask, current_app

from app.support.models import Participant, SupportSession
from config.settings import RelayAddress, Settings
from tenants.database import current_tenant_id
from tenants.resolve import get_tenant
from tenants.writing import after_commit
from wire.ticket import Deed, make_order, read_signing_key, sign_order

log = structlog.get_logger()

MAX_QUEUE = 1000
TIMEOUT_S = 2.0
#: A relay's figures of ten thousand ended channels have about 2 MB.
MAX_ANSWER = 8 * 1024 * 1024
_COMMAND_PATH = "/relay/-/command"
_STATUS_PATH = "/relay/-/status"
_HEALTH_PATH = "/relay/-/health"
#: Clocks that differ by less are as good as equal; tickets allow five seconds.
_SAME_CLOCK_S = 1.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    relay: RelayAddress
    tenant: str
    session: str
    participant: str


class RelayRefused(http.client.HTTPException):
    """A relay does not take an order: another key, spent, or of another time."""


class OrderDesk:
    """The queue and the thread that posts orders; one per process, started by its first order."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._queue: queue.Queue[_Waiting] = queue.Queue(MAX_QUEUE)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._key: Ed25519PrivateKey | None = None
        self._ahead_s: dict[str, float] = {}

    @property
    def key(self) -> Ed25519PrivateKey:
        """The web half's signing key, read once. Raises FileNotFoundError before `make setup`."""
        if self._key is None:
            self._key = read_signing_key(self._settings.ticket_signing_key.read_bytes())
        return self._key

    def sign(
        self, relay: RelayAddress, do: Deed, *, tenant: str = "", session: str = "", participant: str = ""
    ) -> str:
        """Return a signed order for one relay."""
        order = make_order(
            self.key,
            relay=relay.id,
            do=do,
            now=time.time() + self.ahead_s(relay),
            tenant=tenant,
            session=session,
            participant=participant,
        )
        return sign_order(order, self.key)

    def ahead_s(self, relay: RelayAddress) -> float:
        """How far a relay's clock is ahead of ours, as it was last found; 0 while the two agree."""
        return self._ahead_s.get(relay.id, 0.0)

    def _learn_clock(self, relay: RelayAddress) -> None:
        """Ask a relay that refused an order for its time. Raises as `dial`, or ValueError."""
        told = json.loads(dial(relay, "GET", _HEALTH_PATH))
        unix = told.get("unix") if isinstance(told, dict) else None
        if not isinstance(unix, int | float):
            raise ValueError("the relay tells no time")
        ahead_s = unix - time.time()
        self._ahead_s[relay.id] = ahead_s if abs(ahead_s) > _SAME_CLOCK_S else 0.0
        log.warning("relay_clock", relay=relay.id, ahead_s=round(ahead_s, 1))

    def close(self, *, relay_id: str | None, tenant: str, session: str = "", participant: str = "") -> None:
        """Queue a close order for the relay of a support session, or for all relays when it has none yet."""
        for relay in self._settings.relays:
            if relay_id is None or relay.id == relay_id:
                self._put(_Waiting(relay, tenant, session, participant))

    def _put(self, waiting: _Waiting) -> None:
        try:
            self._queue.put_nowait(waiting)
        except queue.Full:
            log.warning("relay_order_dropped", relay=waiting.relay.id)
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._post_all, name="relay-orders", daemon=True)
                self._thread.start()

    def _post_all(self) -> None:
        while True:
            waiting = self._queue.get()
            try:
                self._post(waiting)
            except (OSError, ValueError, http.client.HTTPException) as error:
                log.warning("relay_order_lost", relay=waiting.relay.id, reason=type(error).__name__)

    def _post(self, waiting: _Waiting) -> None:
        def order() -> bytes:
            text = self.sign(
                waiting.relay,
                "close",
                tenant=waiting.tenant,
                session=waiting.session,
                participant=waiting.participant,
            )
            return dial(waiting.relay, "POST", _COMMAND_PATH, body=text)

        self._in_its_time(waiting.relay, order)

    def _in_its_time(self, relay: RelayAddress, ask: Callable[[], bytes]) -> bytes:
        """Ask, and once more by the relay's own clock when it refuses."""
        try:
            return ask()
        except RelayRefused:
            self._learn_clock(relay)
            return ask()

    def status(self, relay: RelayAddress) -> dict[str, Any] | None:
        """Return what a relay says of itself, or None when it does not answer within two seconds."""

        def ask() -> bytes:
            bearer = f"Bearer {self.sign(relay, 'status')}"
            return dial(relay, "GET", _STATUS_PATH, headers={"Authorization": bearer})

        try:
            answer = json.loads(self._in_its_time(relay, ask))
        except (OSError, http.client.HTTPException, ValueError):
            return None
        return answer if isinstance(answer, dict) else None


def dial(
    relay: RelayAddress,
    method: str,
    path: str,
    *,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    """Send one request to a relay and return the body of a 2xx answer.

    Raises OSError or HTTPException: no answer in time, another status, or more than MAX_ANSWER bytes; of the
    latter RelayRefused for a 403, which also an order of another time gets.
    """
    parts = urlsplit(relay.url)
    kind = http.client.HTTPSConnection if parts.scheme == "wss" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        connection.request(method, parts.path.rstrip("/") + path, body=body, headers=headers or {})
        response = connection.getresponse()
        data = response.read(MAX_ANSWER + 1)
        if len(data) > MAX_ANSWER:
            raise http.client.HTTPException("the answer is too long")
        if response.status == HTTPStatus.FORBIDDEN:
            raise RelayRefused
        if not 200 <= response.status < 300:
            raise http.client.HTTPException(f"status {response.status}")
        return data
    finally:
        connection.close()


def desk() -> OrderDesk:
    """Return the process's order desk."""
    found: OrderDesk = current_app.extensions["support.orders"]
    return found


def close_later(session: SupportSession, participant: Participant | None = None) -> None:
    """After the commit, make the relay close what it carries of a support session or one participant."""
    if session.relay_id is None:
        return
    orders, tenant = desk(), get_tenant(current_tenant_id()).slug
    relay_id, session_id = session.relay_id, session.public_id
    participant_id = participant.public_id if participant else ""
    after_commit(
        lambda: orders.close(relay_id=relay_id, tenant=tenant, session=session_id, participant=participant_id)
    )


def init_app(app: Flask, settings: Settings) -> None:
    """Give the process its order desk."""
    app.extensions["support.orders"] = OrderDesk(settings)
