"""One open signal socket: says hello, sends what its stream holds, answers commands, keeps the beat.

One greenlet does all of that, so nothing here is shared; simple-websocket's own greenlet only reads.
Between two turns no database connection is held. What a command does is in commands.py, what is told in
streams.py.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import current_app
from simple_websocket import ConnectionClosed
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from wsproto.utilities import LocalProtocolError

from app.accounts.models import LoginSession
from app.support.actions import sessions
from app.support.models import ProgramCredential, SupportSession
from app.support.signal import commands, outgoing, snapshots, streams
from app.support.signal.commands import Owner
from app.support.signal.hub import stream_topic
from app.support.signal.models import SignalMessage, SignalStream
from app.support.signal.sweep import Sweep
from app.support.signal.whole_socket import WholeSocket
from app.team.models import Agent
from tenants.database import current_tenant_id, db, now_utc, public_id, tenant_scope
from tenants.errors import DatabaseBusy
from tenants.resolve import get_tenant
from tenants.rules import standing
from wire.errors import ProtocolError
from wire.limits import SIGNAL_BEAT_S, SIGNAL_DEAD_S
from wire.signal.commands import Ack, Answer, dump_answer, read_command
from wire.signal.messages import CLOSE, Hello, LoginEnded, Ping, dump_message

log = structlog.get_logger()

#: A program may repeat 256 unanswered commands at once; after that, fifty a second.
COMMAND_BURST = 300
COMMANDS_PER_S = 50
ACK_WRITTEN_EVERY_S = 5.0
CLOSE_WAIT_S = 1.0
#: How long a socket outlives its log-in, so that the program hears why it ended.
FAREWELL_WAIT = timedelta(seconds=1)
#: The database is away or busy: the socket stays open and tries again.
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeout, DatabaseBusy)


class _Closing(Exception):
    """The socket is to be closed with a code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def serve(ws: Any, wire: WholeSocket, owner: Owner, after: int) -> None:
    """Serve one accepted socket until it ends; returns when it is closed."""
    wire.unread = lambda: len(ws.input_buffer)
    wire.on_close = ws.event.set
    one = SignalSocket(ws, wire, owner)
    started = time.monotonic()
    code, reason = 0, "gone"
    try:
        one.open(after)
        while True:
            one.turn()
    except _Closing as closing:
        code, reason = closing.code, str(closing)
        one.say_goodbye(code, reason)
    except TimeoutError:
        code, reason = CLOSE.TOO_SLOW, "too slow"
    except ConnectionClosed as closed:
        code, reason = int(closed.reason or 0), "closed by the program"
    except (OSError, LocalProtocolError) as error:  # the latter: simple-websocket said good-bye by itself
        reason = type(error).__name__
    finally:
        one.leave()
        log.info(
            "signal_closed",
            tenant_id=owner.tenant_id,
            stream=owner.stream_id,
            close_code=code,
            reason=reason,
            seconds=round(time.monotonic() - started, 1),
        )


class SignalSocket:
    """The turn-by-turn work of one socket."""

    def __init__(self, ws: Any, wire: WholeSocket, owner: Owner) -> None:
        self._ws, self._wire, self._owner = ws, wire, owner
        self._id = public_id()
        self._sent = 0
        self._heard = self._ping_due = time.monotonic()
        self._budget, self._budget_at = float(COMMAND_BURST), time.monotonic()
        self._acked = self._acked_stored = 0
        self._ack_stored_at = 0.0
        self._log_in_until: tuple[datetime, float] | None = None
        self._news = threading.Event()
        self._unsubscribe: Any = None
        self._sweep: Sweep = current_app.extensions["support.sweep"]

    def open(self, after: int) -> None:
        """Take the stream over and bring the program up to date."""
        self._unsubscribe = self._sweep.hub.subscribe(stream_topic(self._owner.stream_id), self._wake)
        self._sweep.add(self._owner.tenant_id, self._owner.stream_id, self._id)
        with tenant_scope(self._owner.tenant_id):
            self._take_stream()
        with tenant_scope(self._owner.tenant_id):
            self._why_end()  # the log-in's hours count from here
        with tenant_scope(self._owner.tenant_id):
            texts = self._first_messages(after)
        for text in texts:
            self._ws.send(text)
        self._news.set()

    def _take_stream(self) -> None:
        now = now_utc()
        if self._owner.agent_id is not None:
            agent = db.session.get(Agent, self._owner.agent_id)
            assert agent is not None, "the log-in's agent is there"
            sessions.open_agent_socket(self._owner.stream_id, self._id, agent, now=now)
        else:
            assert self._owner.session_id is not None
            sessions.open_customer_socket(self._owner.stream_id, self._id, self._owner.session_id, now=now)

    def _take_stream_back(self) -> None:
        """A socket that was taken for dead (somebody set the clock, the machine slept) says that it lives."""
        with tenant_scope(self._owner.tenant_id):
            stream = db.session.get(SignalStream, self._owner.stream_id, populate_existing=True)
            was_let_go = stream is not None and stream.socket_id is None
        if was_let_go:
            log.warning("signal_taken_for_dead", stream=self._owner.stream_id)
            with tenant_scope(self._owner.tenant_id):
                self._take_stream()

    def turn(self) -> None:
        """Wait for input, news or the beat, and do what is due."""
        if not self._news.is_set() and not self._ws.input_buffer:
            due = min(self._ping_due, self._heard + SIGNAL_DEAD_S)
            self._ws.event.wait(max(0.0, due - time.monotonic()))
        self._ws.event.clear()
        self._read()
        if self._news.is_set():
            self._news.clear()
            self._tell()
        self._beat()

    def say_goodbye(self, code: int, reason: str) -> None:
        """Send the close frame and wait a moment for the program's, so that it is not lost in a reset."""
        with suppress(ConnectionClosed, OSError, LocalProtocolError):
            self._ws.close(code, reason)
        self._wire.end_soon()
        if time.monotonic() - self._heard < SIGNAL_DEAD_S:
            self._ws.thread.join(CLOSE_WAIT_S)
        else:  # a dead program's presence must not wait for it
            self._wire.end_sending()

    def leave(self) -> None:
        """Give the stream back; the deadlines of presence and resume begin."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._sweep.remove(self._owner.stream_id, self._id)
        with suppress(*DATABASE_AWAY), tenant_scope(self._owner.tenant_id):
            self._store_ack()
            sessions.close_socket(
                self._owner.stream_id, self._id, session_id=self._owner.session_id, now=now_utc()
            )

    def _wake(self) -> None:
        self._news.set()
        self._ws.event.set()

    # --- sending ------------------------------------------------------------------------------------------

    def _first_messages(self, after: int) -> list[str]:
        """Return hello, and a snapshot when the program cannot go on after `after`; one reading."""
        if db.engine.dialect.name == "postgresql":
            db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        stream = db.session.get(SignalStream, self._owner.stream_id)
        assert stream is not None, "the ticket named it"
        start = streams.starting_point(stream, after)
        self._sent = start.after
        texts = [dump_message(Hello(stream=stream.public_id, last=start.last, resumed=start.resumed))]
        if not start.resumed:
            texts.append(dump_message(self._snapshot(stream)))
        return texts

    def _snapshot(self, stream: SignalStream) -> Any:
        if self._owner.agent_id is not None:
            agent = db.session.get(Agent, self._owner.agent_id)
            assert agent is not None, "the log-in's agent is there"
            return snapshots.agent_snapshot(stream, agent)
        session = db.session.get(SupportSession, self._owner.session_id)
        assert session is not None, "the credential's support session is there"
        return snapshots.customer_snapshot(session, now_utc())

    def _tell(self) -> None:
        """Send the durable messages that are new, then close when the stream's owner may speak no more."""
        while True:
            try:
                self._take_stream_back()
                with tenant_scope(self._owner.tenant_id):
                    ending = self._why_end()
                    if ending is not None and ending.code == CLOSE.REPLACED:
                        raise ending
                    stored = streams.list_messages(self._owner.stream_id, after=self._sent)
                    side, now = "agent" if self._owner.is_agent else "customer", time.time()
                    if ending is not None and self._is_farewell_being_written(stored):
                        ending = None
                    via = "browser" if self._owner.is_page else "program"
                    texts = [(row.n, outgoing.text_of(row, side, now=now, via=via)) for row in stored]  # type: ignore[arg-type]
            except DATABASE_AWAY as error:
                log.warning("signal_waits_for_database", reason=type(error).__name__)
                return
            for n, text in texts:
                self._ws.send(text)
                self._sent = n
            if len(texts) < streams.BATCH:
                break
        if ending is not None:
            raise ending

    def _why_end(self) -> _Closing | None:
        """Return why this socket may no longer live, or None."""
        if self._sweep.stopping:
            return _Closing(CLOSE.RESTART, "restart")
        stream = db.session.get(SignalStream, self._owner.stream_id, populate_existing=True)
        if stream is None or stream.socket_id != self._id:
            return _Closing(CLOSE.REPLACED, "replaced")
        tenant = get_tenant(current_tenant_id())
        if standing(tenant.state, tenant.expires_at, now_utc()) == "suspended":
            return _Closing(CLOSE.TENANT_STOPPED, "suspended")
        return self._why_agent_ends() if self._owner.is_agent else self._why_customer_ends()

    def _why_agent_ends(self) -> _Closing | None:
        log_in = db.session.get(LoginSession, self._owner.login_session_id, populate_existing=True)
        agent = db.session.get(Agent, self._owner.agent_id, populate_existing=True)
        is_over = log_in is None or log_in.ended_at is not None or self._has_expired(log_in)
        if is_over or agent is None or not agent.may_work:
            return _Closing(CLOSE.LOGIN_ENDED, "log-in ended")
        return None

    def _has_expired(self, log_in: LoginSession) -> bool:
        """Counted from when this socket first saw the date: setting the clock ends no support session."""
        if self._log_in_until is None or self._log_in_until[0] != log_in.expires_at:
            left_s = (log_in.expires_at - now_utc()).total_seconds()
            self._log_in_until = (log_in.expires_at, time.monotonic() + left_s)
        return time.monotonic() >= self._log_in_until[1]

    def _is_farewell_being_written(self, stored: Sequence[SignalMessage]) -> bool:
        """Whether the log-in ended a moment ago, and the message that says why follows in the next action."""
        log_in = db.session.get(LoginSession, self._owner.login_session_id) if self._owner.is_agent else None
        if log_in is None or log_in.ended_at is None or not sessions.is_told(log_in.end_reason):
            return False
        is_fresh = now_utc() - log_in.ended_at < FAREWELL_WAIT
        return is_fresh and not any(f'"{LoginEnded.TYPE}"' in row.body for row in stored)

    def _why_customer_ends(self) -> _Closing | None:
        credential = db.session.get(ProgramCredential, self._owner.credential_id, populate_existing=True)
        if credential is None or credential.revoked_at is not None:
            return _Closing(CLOSE.SESSION_OVER, "over")
        return None

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._heard >= SIGNAL_DEAD_S:
            raise _Closing(CLOSE.RESTART, "silent")
        if now >= self._ping_due:
            self._ping_due = now + SIGNAL_BEAT_S
            self._ws.send(dump_message(Ping()))

    # --- receiving ----------------------------------------------------------------------------------------

    def _read(self) -> None:
        while True:
            text = self._ws.receive(timeout=0)
            if text is None:
                return
            self._wire.made_room()
            self._heard = time.monotonic()
            self._spend_budget()
            try:
                self._handle(text)
            except ProtocolError as error:
                log.info("signal_bad_message", stream=self._owner.stream_id, reason=str(error)[:200])
                raise _Closing(CLOSE.BAD_MESSAGE, "bad message") from error

    def _handle(self, text: str | bytes) -> None:
        command_id, command = read_command(text, self._owner.table)
        if isinstance(command, Ack):
            self._acked = max(self._acked, min(command.n, self._sent))
            if time.monotonic() - self._ack_stored_at > ACK_WRITTEN_EVERY_S:
                with suppress(*DATABASE_AWAY), tenant_scope(self._owner.tenant_id):
                    self._store_ack()
        elif command_id is not None:
            self._ws.send(self._answer(command_id, command))

    def _answer(self, command_id: str, command: Any) -> str:
        try:
            with tenant_scope(self._owner.tenant_id):
                if self._why_end() is not None:
                    self._news.set()  # the last messages first, then the close
                    return dump_answer(Answer(command_id, ok=False, code="B-34"))
                return commands.run(command_id, command, self._owner, now=now_utc())
        except DATABASE_AWAY as error:
            log.warning("command_waits_for_database", reason=type(error).__name__)
            return dump_answer(Answer(command_id, ok=False, code="B-53", retry=True))

    def _spend_budget(self) -> None:
        now = time.monotonic()
        self._budget = min(COMMAND_BURST, self._budget + (now - self._budget_at) * COMMANDS_PER_S)
        self._budget_at = now
        self._budget -= 1
        if self._budget < 0:
            raise _Closing(CLOSE.TOO_SLOW, "too many commands")

    def _store_ack(self) -> None:
        if self._acked > self._acked_stored:
            sessions.acknowledge(self._owner.stream_id, self._acked, now=now_utc())
            self._acked_stored, self._ack_stored_at = self._acked, time.monotonic()


__all__ = ["serve"]
