"""SignalLink: the program's signal socket, kept alive for as long as the log-in or credential lives.

Decides when to connect, come back and give up. Leaves resume, gaps and commands to wire/signal/client.py
and what the messages mean to the program's model. Callbacks run on the link thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import quote

from desktop.backoff import Backoff
from desktop.connection import Connection, LinkThread, Timer
from desktop.web import WebRefused, post_json
from wire.errors import LimitExceeded, LinkLost, ProtocolError
from wire.limits import MAX_SIGNAL_MESSAGE, MAX_TICKET, RETRY_CONNECTED_S, RETRY_MOST_S
from wire.signal.client import SUBPROTOCOL, Answered, Broken, Ready, SignalClient
from wire.signal.commands import Answer, Command, TokenRenew
from wire.signal.messages import CLOSE, Received
from wire.terms import Side
from wire.websocket import Closed, Opened, TextReceived, WebSocketClient

__all__ = ["SignalLink", "SignalState"]

log = logging.getLogger(__name__)

SignalState: TypeAlias = Literal["connecting", "online", "offline", "ended"]

_WHY: Final = {
    CLOSE.REPLACED: "replaced",
    CLOSE.REFUSED: "refused",
    CLOSE.LOGIN_ENDED: "login_ended",
    CLOSE.TENANT_STOPPED: "tenant_stopped",
    CLOSE.SESSION_OVER: "session_over",
}
# The web half's own "no" to the bearer; 429 and 5xx mean "later".
_FINAL_STATUS: Final = frozenset({400, 401, 403, 404, 410})
_STEADY_S: Final = 5.0
# With somebody being helped a network that comes back must be noticed soon.
_HURRIED_S: Final = 4.0
_RENEW_S: Final = 4 * 3600.0


class SignalLink:
    """One program's way to the web half, over any number of sockets."""

    def __init__(
        self,
        link: LinkThread,
        base_url: str,
        bearer: str,
        *,
        role: Side,
        on_message: Callable[[Received], None],
        on_state: Callable[[SignalState, str], None],
        on_answer: Callable[[Command, Answer], None] | None = None,
        language: str = "ko",
        ca_file: str | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """`base_url` is the server's http(s) address. on_message gets every message in order, snapshots
        included, each once. on_state gets (state, why): "ended" is final, `why` one of replaced, refused,
        login_ended, tenant_stopped, session_over, or the web half's B-code.
        """
        self._link = link
        self._base_url = base_url.rstrip("/")
        self._bearer = bearer
        self._role: Side = role
        self._on_message, self._on_state, self._on_answer = on_message, on_state, on_answer
        self._language, self._ca_file = language, ca_file
        self._backoff = backoff or Backoff()
        self._client = SignalClient(role)
        self._callbacks: dict[str, Callable[[Answer], None]] = {}
        self._socket: WebSocketClient | None = None
        self._connection: Connection | None = None
        self._closed: Closed | None = None
        self._state: SignalState | None = None
        self._connected = False
        self._online_since: float | None = None
        self._tick_timer: Timer | None = None
        self._tick_at = 0.0
        self._retry: Timer | None = None
        self._stopped = False

    # -- from any thread

    def start(self) -> None:
        """Begin; from any thread."""
        self._link.call(self._begin)

    def send(self, command: Command, on_answer: Callable[[Answer], None] | None = None) -> None:
        """Queue a command; from any thread. It is repeated with the same id over reconnects until it is
        answered.

        Two answers are made here: ok=False, code "busy", retry=True, when 256 commands wait; ok=False,
        code "replaced", when a newer ticket.need or link of the same channel took this one's place.
        """
        self._link.call(self._send, command, on_answer)

    @property
    def bearer(self) -> str:
        """The newest token, for a log-out."""
        return self._bearer

    def set_bearer(self, bearer: str) -> None:
        """Use a renewed token from the next connection on; from any thread."""
        self._link.call(setattr, self, "_bearer", bearer)

    def set_connected(self, connected: bool) -> None:
        """Tell whether a support session is connected: then retries are at most 2 s apart. Any thread."""
        self._link.call(self._set_connected, connected)

    def stop(self) -> None:
        """Close for good; from any thread. No callbacks after it has run."""
        self._link.call(self._stop)

    # -- connecting

    def _begin(self) -> None:
        self._tell("connecting", "")
        if self._role == "agent":
            self._link.call_later(_RENEW_S, self._renew)
        self._connect()

    def _connect(self) -> None:
        self._retry = None
        if self._stopped:
            return
        url, bearer = f"{self._base_url}/signal/ticket", self._bearer

        # Reaching it is hurried, its answer is not: asking a busy web half again makes it no faster.
        reach_s = _HURRIED_S if self._connected else None

        def ask() -> dict[str, Any]:
            return post_json(
                url,
                {},
                bearer=bearer,
                language=self._language,
                connect_timeout=reach_s,
                ca_file=self._ca_file,
            )

        self._link.run_aside(ask, self._take_ticket)

    def _take_ticket(self, result: object) -> None:
        if self._stopped:
            return
        if isinstance(result, WebRefused):
            if result.status in _FINAL_STATUS:
                self._end(result.code)
            else:
                self._come_back(str(result), result.retry_after_s or 0.0)
        elif isinstance(result, LinkLost):
            if result.retry:
                self._come_back(str(result))
            else:
                self._end(str(result))
        elif isinstance(result, BaseException):
            log.error("signal_ticket_failed", exc_info=result)
            self._come_back(type(result).__name__)
        else:
            self._open(result)

    def _open(self, answer: object) -> None:
        ticket = answer.get("ticket") if isinstance(answer, dict) else None
        if not isinstance(ticket, str) or not 0 < len(ticket) <= MAX_TICKET:
            self._come_back("the web half gave no ticket")
            return
        base = self._base_url.replace("http", "ws", 1)
        url = f"{base}/signal?ticket={quote(ticket)}&after={self._client.after}"
        self._closed = None
        self._socket = WebSocketClient(url, max_message=MAX_SIGNAL_MESSAGE, subprotocol=SUBPROTOCOL)
        self._connection = self._link.open(
            url, self._socket, self._take_event, self._take_loss, ca_file=self._ca_file
        )

    def _come_back(self, why: str, at_least_s: float = 0.0) -> None:
        self._tell("offline", why)
        most_s = RETRY_CONNECTED_S if self._connected else RETRY_MOST_S
        wait_s = max(self._backoff.next_s(most_s), min(at_least_s, most_s))
        self._retry = self._link.call_later(wait_s, self._connect)

    def _end(self, why: str) -> None:
        self._stopped = True
        log.info("signal_ended", extra={"reason": why})
        self._tell("ended", why)

    # -- one socket

    def _take_event(self, event: object) -> None:
        now = self._link.clock()
        if isinstance(event, Opened):
            self._client.connected(now)
        elif isinstance(event, TextReceived):
            try:
                self._client.receive(event.text, now)
            except ProtocolError as error:
                log.warning("signal_bad_message", extra={"reason": str(error)})
                self._drop(CLOSE.BAD_MESSAGE, str(error))
                return
        elif isinstance(event, Closed):
            self._closed = event
            return
        else:
            self._drop(CLOSE.BAD_MESSAGE, "not a text message")
            return
        self._pump()

    def _pump(self) -> None:
        for event in self._client.events():
            if isinstance(event, Received):
                self._link.guard(self._on_message, event)
            elif isinstance(event, Ready):
                self._online_since = self._link.clock()
                log.info("signal_opened", extra={"resumed": event.resumed})
                self._tell("online", "")
            elif isinstance(event, Answered):
                self._answered(event)
            elif isinstance(event, Broken):
                self._drop(CLOSE.RESTART, event.reason)
                return
        socket, connection = self._socket, self._connection
        if socket is not None and connection is not None and socket.is_open:
            for text in self._client.outgoing():
                socket.send_text(text)
            connection.flush()
        self._arm()

    def _drop(self, code: int, why: str) -> None:
        if self._socket is not None and self._connection is not None:
            self._socket.close(code, why)
            self._connection.finish()
        self._gone(why)

    def _take_loss(self, lost: LinkLost) -> None:
        closed = self._closed
        if closed is not None and closed.code in _WHY:
            self._forget_socket()
            self._end(_WHY[closed.code])
        else:
            self._gone(closed.reason or str(closed.code) if closed is not None else str(lost))

    def _gone(self, why: str) -> None:
        log.info("signal_closed", extra={"reason": why})
        if self._online_since is not None and self._link.clock() - self._online_since >= _STEADY_S:
            self._backoff.reset()
        self._online_since = None
        self._forget_socket()
        if not self._stopped:
            self._come_back(why)

    def _forget_socket(self) -> None:
        self._client.disconnected()
        self._socket = self._connection = None
        if self._tick_timer is not None:
            self._tick_timer.cancel()
            self._tick_timer = None

    # -- time

    def _arm(self) -> None:
        due = self._client.next_due()
        if due is None or (self._tick_timer is not None and self._tick_at <= due):
            return
        if self._tick_timer is not None:
            self._tick_timer.cancel()
        self._tick_at = due
        self._tick_timer = self._link.call_later(max(0.0, due - self._link.clock()), self._tick)

    def _tick(self) -> None:
        self._tick_timer = None
        self._client.tick(self._link.clock())
        self._pump()

    def _renew(self) -> None:
        if not self._stopped:
            self._send(TokenRenew(), None)
            self._link.call_later(_RENEW_S, self._renew)

    # -- commands

    def _send(self, command: Command, on_answer: Callable[[Answer], None] | None) -> None:
        if self._stopped:
            return
        try:
            id = self._client.send(command)
        except LimitExceeded:
            log.warning("signal_command_refused", extra={"type": command.TYPE})
            if on_answer is not None:
                self._link.guard(on_answer, Answer("", ok=False, code="busy", retry=True))
            return
        for key in [key for key in self._callbacks if not self._client.is_pending(key)]:
            # A newer need of the same channel took its place; whoever counts answers must hear of it.
            self._link.guard(self._callbacks.pop(key), Answer(key, ok=False, code="replaced"))
        if on_answer is not None:
            self._callbacks[id] = on_answer
        self._pump()

    def _answered(self, event: Answered) -> None:
        token = (event.answer.data or {}).get("token")
        if isinstance(event.command, TokenRenew) and event.answer.ok and isinstance(token, str):
            self._bearer = token
        callback = self._callbacks.pop(event.id, None)
        if callback is not None:
            self._link.guard(callback, event.answer)
        if self._on_answer is not None:
            self._link.guard(self._on_answer, event.command, event.answer)

    def _set_connected(self, connected: bool) -> None:
        self._connected = connected
        if connected and self._retry is not None:
            # A wait of half a minute that began before the session was connected is cut short.
            self._retry.cancel()
            self._retry = self._link.call_later(self._backoff.next_s(RETRY_CONNECTED_S), self._connect)

    def _stop(self) -> None:
        self._stopped = True
        if self._retry is not None:
            self._retry.cancel()
        if self._socket is not None and self._connection is not None:
            self._socket.close(1000, "")
            self._connection.finish()
        self._forget_socket()

    def _tell(self, state: SignalState, why: str) -> None:
        if state != self._state:
            self._state = state
            self._link.guard(self._on_state, state, why)
