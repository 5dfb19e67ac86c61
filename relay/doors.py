"""The relay's doors for the web half and for whoever starts it: health, status and the command door. Pure.

    GET  /relay/-/health    no secret: 200 {"ok": true, ...}, 503 while it drains; `unix` is the time by which
                            tickets and orders are judged here
    GET  /relay/-/status    Authorization: Bearer <signed order "status">: load, and bytes for each pair
    POST /relay/-/command   body: <signed order "close" or "void">: what it did

An order that does not hold gets the same 403 whatever is wrong with it; the word for it is in the log.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from relay.admission import Admission
from relay.clock import Clock
from relay.ledger import Ledger
from relay.rooms import Close, Effect, Rooms
from wire.errors import LimitExceeded, TicketRefused
from wire.frames import CloseCode
from wire.handshake import Head, Refuse, plain_response, refuse_response
from wire.ticket import Order

__all__ = ["PREFIX", "Answer", "Doors"]

PREFIX: Final = "/relay/-/"
_BEARER: Final = "bearer "

log = logging.getLogger("relay")


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole HTTP response, and what is to be done besides."""

    response: bytes
    effects: list[Effect]


class Doors:
    """Answers requests below PREFIX."""

    def __init__(self, admission: Admission, rooms: Rooms, ledger: Ledger, clock: Clock) -> None:
        self._admission: Final = admission
        self._rooms: Final = rooms
        self._ledger: Final = ledger
        self._clock: Final = clock
        self._started: Final = clock.monotonic()
        self.is_draining = False

    def answer(self, head: Head, body: bytes) -> Answer:
        """The answer to one request; `body` is at most MAX_TICKET bytes."""
        doors: dict[tuple[str, str], Callable[[Head, bytes], Answer]] = {
            ("GET", "health"): self._health,
            ("GET", "status"): self._status,
            ("POST", "command"): self._command,
        }
        name = head.path.removeprefix(PREFIX)
        door = doors.get((head.method, name))
        if door is not None:
            return door(head, body)
        allowed = [method for method, path in doors if path == name]
        if allowed:
            return _refused(HTTPStatus.METHOD_NOT_ALLOWED, ("Allow", allowed[0]))
        return _refused(HTTPStatus.NOT_FOUND)

    def _health(self, _head: Head, _body: bytes) -> Answer:
        state = "draining" if self.is_draining else "up"
        status = HTTPStatus.SERVICE_UNAVAILABLE if self.is_draining else HTTPStatus.OK
        unix = round(self._clock.unix(), 3)
        return _json({"ok": not self.is_draining, "state": state, "unix": unix}, status)

    def _status(self, head: Head, _body: bytes) -> Answer:
        bearer = head.headers.get("authorization", "")
        if not bearer.lower().startswith(_BEARER):
            return _refused(HTTPStatus.UNAUTHORIZED, ("WWW-Authenticate", "Bearer"))
        order = self._redeem(bearer[len(_BEARER) :])
        if order is None or order.do != "status":
            return _refused(HTTPStatus.FORBIDDEN)
        return _json(self._load(), connections=self._ledger.as_json(self._rooms, self._clock.monotonic()))

    def _load(self) -> dict[str, Any]:
        now = self._clock.monotonic()
        return {
            "relay": self._admission.relay,
            "state": "draining" if self.is_draining else "up",
            "up_s": round(now - self._started, 3),
            "cpu_s": round(time.process_time(), 3),
            "waiting": self._rooms.waiting,
            "pairs": len(self._rooms) - self._rooms.waiting,
            "sessions": len({(place.tenant, place.session) for place, _ in self._rooms}),
        }

    def _command(self, _head: Head, body: bytes) -> Answer:
        order = self._redeem(body.decode("latin-1").strip())
        if order is None or order.do == "status":
            return _refused(HTTPStatus.FORBIDDEN)
        scope = (order.tenant, order.session, order.participant)
        before_ms = max(order.before_ms, order.issued_ms + 1) if order.do == "close" else order.before_ms
        try:
            self._admission.void(before_ms, *scope)
        except LimitExceeded:
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, ("Retry-After", "5"))
        effects = self._rooms.close_matching(CloseCode.ENDED, *scope) if order.do == "close" else []
        closed = sum(isinstance(effect, Close) for effect in effects)
        log.info("order_done", extra={"do": order.do, "tenant_id": order.tenant, "closed": closed})
        return Answer(_json({"ok": True, "closed": closed}).response, effects)

    def _redeem(self, text: str) -> Order | None:
        try:
            return self._admission.redeem_order(text)
        except TicketRefused as error:
            log.warning("order_refused", extra={"reason": error.reason})
            return None


def _json(values: dict[str, Any], status: HTTPStatus = HTTPStatus.OK, **written: str) -> Answer:
    """An answer of `values`, and of fields that are `written` in JSON already."""
    text = json.dumps(values, separators=(",", ":"))
    for name, value in written.items():
        text = f'{text[:-1]},"{name}":{value}}}'
    return Answer(plain_response(status, text.encode(), content_type="application/json"), [])


def _refused(status: HTTPStatus, *headers: tuple[str, str]) -> Answer:
    return Answer(refuse_response(Refuse(status, "", headers)), [])
