"""The relay's only gevent: accepts, greets each connection in a greenlet, and carries out what others decide.

A connection lives in a greenlet until it is refused or holds its 101; from then on it is a plain socket in
the pump, called back by the hub's loop. The head is read without taking a byte that follows it, so that
nothing has to be kept for a leg that waits. rooms.py says who meets whom, admission.py who may come in,
doors.py what the web half is told.
"""

from __future__ import annotations

import errno
import gc
import logging
import signal
import socket
from http import HTTPStatus
from typing import Any, Final

import gevent
from gevent.event import Event

from config.relay_settings import RelaySettings
from relay.admission import Admission
from relay.clock import Clock
from relay.doors import PREFIX, Doors
from relay.keys import load_verify_keys
from relay.ledger import Ledger
from relay.listener import open_listener
from relay.parent import Parent
from relay.pump import Pump, SocketLeg
from relay.rooms import Close, Effect, Over, Pair, Rooms, Seat
from wire.errors import LimitExceeded, ProtocolError, TicketRefused
from wire.frames import CloseCode, FrameForwarder, Scratch
from wire.handshake import (
    Accept,
    HandshakePolicy,
    Head,
    Refuse,
    accept_response,
    check_upgrade,
    head_length,
    parse_head,
    refuse_response,
)
from wire.limits import KIB, MAX_REQUEST_HEAD, MAX_TICKET
from wire.ticket import CLOCK_SKEW_S, relay_id
from wire.transform import compiled

__all__ = ["Server"]

MAX_GREETINGS: Final = 4096  # beyond it the oldest half-sent request makes room
ACCEPTS_PER_TURN: Final = 64
TICK_S: Final = 0.5
MILLISECOND_S: Final = 0.001
ACCEPT_PAUSE_S: Final = 0.2
GOODBYE_S: Final = 1.0
MAX_DROPPED: Final = 64 * KIB  # of a refused request that goes on talking
_PATH: Final = "/relay/"
_SHORTAGES: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}

log = logging.getLogger("relay")


class Server:
    """One relay process: `run` listens until a signal drains it."""

    def __init__(self, settings: RelaySettings, parent: Parent) -> None:
        """Take the address; raises OSError when it is taken, KeyFileError without a key."""
        self._settings: Final = settings
        self._parent: Final = parent
        keys = load_verify_keys(settings.verify_keys)
        self._clock: Final = Clock()
        self._listener: Final = open_listener(settings.host, settings.port)
        host, port = self._listener.getsockname()[:2]
        self.address: Final = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        # From here on the address is ours: tickets issued before this moment are refused.
        relay = settings.public_id or relay_id(self.address)
        self._admission: Final = Admission(keys, relay, self._clock)
        self._policy: Final = HandshakePolicy(settings.origins)
        self._rooms: Final = Rooms(wait_s=settings.pair_wait_s)
        self._ledger: Final = Ledger()
        self._doors: Final = Doors(self._admission, self._rooms, self._ledger, self._clock)
        self._loop: Final = gevent.get_hub().loop
        FrameForwarder.takes_text = settings.takes_text
        transform = compiled() if settings.is_compiled else None
        scratch = Scratch(transform=transform)
        self._pump: Final = Pump(self._loop, self._clock.monotonic, self._on_end, scratch)
        log.info("relay_starts", extra={"loop": "compiled" if transform else "python"})
        self._greetings: dict[socket.socket, Any] = {}  # socket -> its greenlet, the oldest first
        self._accepting: Final = self._loop.io(self._listener.fileno(), 1)
        self._ended: Final = Event()
        self._is_drift_told = False
        # Whoever waits for this relay to be there may then issue tickets that are younger than its start.
        gevent.sleep(2 * MILLISECOND_S)

    @property
    def relay(self) -> str:
        """This relay's id in tickets."""
        return self._admission.relay

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then say goodbye to every leg."""
        for number in (signal.SIGTERM, signal.SIGINT):
            gevent.signal_handler(number, self.drain)
        self._accepting.start(self._on_connection)
        ticking = self._loop.timer(TICK_S, TICK_S)
        ticking.start(self._tick)
        gc.collect()
        gc.freeze()
        self._ended.wait()

    def drain(self) -> None:
        """Take nobody any more and send everybody to another relay; a second call ends at once."""
        if self._doors.is_draining:
            self._ended.set()
            return
        log.info("relay_drains", extra={"pairs": len(self._rooms) - self._rooms.waiting})
        self._doors.is_draining = True
        self._accepting.stop()
        self._listener.close()
        for greenlet in list(self._greetings.values()):
            greenlet.kill(block=False)
        self._carry_out(self._rooms.close_matching(CloseCode.RESTART))
        gevent.spawn(self._end_when_quiet)

    def _end_when_quiet(self) -> None:
        deadline = self._clock.monotonic() + self._settings.drain_s
        while self._pump.closing and self._clock.monotonic() < deadline:
            gevent.sleep(0.02)
        self._ended.set()

    def _tick(self) -> None:
        """Callback, now and then: what only time brings about."""
        try:
            now = self._clock.monotonic()
            self._carry_out(self._rooms.expire(now))
            self._pump.sweep()
            self._admission.forget()
            self._ledger.forget(now)
            self._watch_clock()
            if self._settings.dies_with_parent and self._parent.has_lost_parent:
                self.drain()
        except Exception:
            log.exception("tick_failed")

    def _watch_clock(self) -> None:
        """Tickets are checked against the clock at start: whoever corrected it since must hear of it."""
        drift_s = self._clock.drift_s()
        is_far = abs(drift_s) > CLOCK_SKEW_S / 2
        if is_far and not self._is_drift_told:
            log.warning("clock_moved", extra={"seconds": round(drift_s, 1), "remedy": "restart the relay"})
        self._is_drift_told = is_far

    def _carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Pair):
                self._pump.pair(_socket_leg(effect.agent), _socket_leg(effect.customer))
                log.info("pair_opened", extra=_fields(effect.agent.seat))
            elif isinstance(effect, Close):
                self._pump.close(_socket_leg(effect.leg), effect.code)
                if effect.code is CloseCode.PEER_ABSENT:
                    log.info("peer_absent", extra=_fields(effect.leg.seat))
            else:
                self._note_over(effect)

    def _note_over(self, over: Over) -> None:
        now = self._clock.monotonic()
        self._ledger.note(over, now=now, unix=self._clock.unix())
        place = over.place
        log.info(
            "pair_closed",
            extra={
                "tenant_id": place.tenant,
                "session_id": place.session,
                "participant": place.participant,
                "channel": place.channel,
                "code": int(over.code),
                "seconds": round(now - over.since, 1),
                "to_agent": over.bytes_to_agent,
                "to_customer": over.bytes_to_customer,
            },
        )

    def _on_end(self, leg: SocketLeg, code: CloseCode) -> None:
        self._carry_out(self._rooms.leave(leg, code))

    def _on_connection(self) -> None:
        """Callback: somebody knocks."""
        for _ in range(ACCEPTS_PER_TURN):
            try:
                sock, _address = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _SHORTAGES:
                    self._pause_accepting(error)
                    return
                continue  # it hung up before it was greeted
            sock.setblocking(False)
            if len(self._greetings) >= MAX_GREETINGS:
                self._end_oldest_greeting()
            self._greetings[sock] = gevent.spawn(self._greet, sock)

    def _pause_accepting(self, error: OSError) -> None:
        """Out of descriptors: room is made by the oldest half-sent request, and the loop does not spin."""
        log.warning("accept_paused", extra={"reason": str(error)})
        self._accepting.stop()
        self._end_oldest_greeting()
        gevent.spawn_later(ACCEPT_PAUSE_S, self._go_on_accepting)

    def _go_on_accepting(self) -> None:
        if not self._doors.is_draining:
            self._accepting.start(self._on_connection)

    def _end_oldest_greeting(self) -> None:
        for greenlet in list(self._greetings.values())[:1]:
            greenlet.kill(block=False)

    def _greet(self, sock: socket.socket) -> None:
        """Greenlet: one request, to its refusal, its answer, or its place in a room."""
        keeps = False
        try:
            with gevent.Timeout(self._settings.head_timeout_s, False):
                keeps = self._serve(sock)
        except (OSError, EOFError):
            pass  # it went away
        except Exception:
            log.exception("greeting_failed")
        finally:
            self._greetings.pop(sock, None)
            if not keeps:
                sock.close()

    def _serve(self, sock: socket.socket) -> bool:
        """Whether the socket lives on as a leg."""
        try:
            head = self._read_head(sock)
            if head.path.startswith(PREFIX):
                self._answer(sock, head)
                return False
            outcome = self._admit(head, sock)
        except LimitExceeded:
            outcome = Refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head-size")
        except ProtocolError as error:
            outcome = Refuse(HTTPStatus.BAD_REQUEST, str(error))
        if outcome is None:
            return True
        log.info("leg_refused", extra={"status": int(outcome.status), "reason": outcome.reason})
        self._say(sock, refuse_response(outcome))
        return False

    def _admit(self, head: Head, sock: socket.socket) -> Refuse | None:
        """Seat this request's leg; a Refuse when it may not come in."""
        if not head.path.startswith(_PATH):
            return Refuse(HTTPStatus.NOT_FOUND, "path")
        accept = check_upgrade(head, self._policy)
        if isinstance(accept, Refuse):
            return accept
        if self._doors.is_draining:
            return _busy("draining")
        session = head.path.removeprefix(_PATH)
        try:
            ticket = self._admission.redeem(accept.ticket, session=session, origin=accept.origin)
        except TicketRefused as error:
            return Refuse(HTTPStatus.FORBIDDEN, error.reason)
        seat = Seat.of(ticket)
        refusal = self._rooms.refusal(seat)
        if refusal is not None:
            return _busy("full") if refusal == "full" else Refuse(HTTPStatus.CONFLICT, "stale")
        self._seat(accept, seat, sock)
        return None

    def _seat(self, accept: Accept, seat: Seat, sock: socket.socket) -> None:
        response = accept_response(accept)
        if sock.send(response) != len(response):  # a fresh socket has room for 200 bytes
            raise EOFError
        leg = SocketLeg(seat, sock)
        self._carry_out(self._rooms.join(leg, self._clock.monotonic()))

    def _answer(self, sock: socket.socket, head: Head) -> None:
        body = self._read_body(sock, head)
        answer = self._doors.answer(head, body)
        self._carry_out(answer.effects)
        self._say(sock, answer.response)

    def _read_head(self, sock: socket.socket) -> Head:
        """The request head, and not one byte more: what follows belongs to the frames or the body."""
        data = bytearray()
        while True:
            self._wait(sock, 1)
            seen = sock.recv(MAX_REQUEST_HEAD, socket.MSG_PEEK)
            if not seen:
                raise EOFError
            length = head_length(data + seen)
            data += sock.recv(len(seen) if length is None else length - len(data))
            if length is not None:
                return parse_head(data)

    def _read_body(self, sock: socket.socket, head: Head) -> bytes:
        text = head.headers.get("content-length", "0")
        if "transfer-encoding" in head.headers or not (text.isascii() and text.isdigit() and len(text) < 6):
            raise ProtocolError("a body needs a plain Content-Length")
        length = int(text)
        if length > MAX_TICKET:
            raise LimitExceeded("body", length, MAX_TICKET)
        data = b""
        while len(data) < length:
            self._wait(sock, 1)
            more = sock.recv(length - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def _say(self, sock: socket.socket, response: bytes) -> None:
        """Send all of it and close so that it arrives: reading on a little keeps the kernel from a reset."""
        rest = memoryview(response)
        while rest:
            self._wait(sock, 2)
            rest = rest[sock.send(rest) :]
        sock.shutdown(socket.SHUT_WR)
        dropped = 0
        with gevent.Timeout(GOODBYE_S, False):
            while dropped < MAX_DROPPED:
                self._wait(sock, 1)
                more = sock.recv(4 * KIB)
                if not more:
                    return
                dropped += len(more)

    def _wait(self, sock: socket.socket, events: int) -> None:
        """Let others run until the socket is readable (1) or writable (2)."""
        watcher = self._loop.io(sock.fileno(), events)
        try:
            gevent.get_hub().wait(watcher)
        finally:
            watcher.close()


def _busy(reason: str) -> Refuse:
    return Refuse(HTTPStatus.SERVICE_UNAVAILABLE, reason, (("Retry-After", "1"),))


def _socket_leg(leg: object) -> SocketLeg:
    assert isinstance(leg, SocketLeg)
    return leg


def _fields(seat: Seat) -> dict[str, object]:
    place = seat.place
    return {
        "tenant_id": place.tenant,
        "session_id": place.session,
        "participant": place.participant,
        "channel": place.channel,
        "epoch": seat.epoch,
    }
