"""The link thread: one thread a program that owns all its sockets, and the connections it drives.

Decides how bytes move (TCP, proxy, TLS, deadlines, bounded buffers; nothing blocks). Leaves what they mean to
the sans-I/O protocol objects of wire/, and what follows to the callbacks, which all run on the link thread:
they must be quick and must not touch Tk. Other threads use `call` only.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import heapq
import ipaddress
import itertools
import logging
import os
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import Any, Final, Protocol

from desktop import network
from desktop.proxy import PROXY_REFUSED, Proxy, Tunnel, open_tunnel
from desktop.tls import CERTIFICATE_REFUSED, TlsLayer, tls_context
from wire.errors import LinkLost
from wire.limits import CONNECT_TIMEOUT_S, KIB, LINK_LOW_WATER, MAX_LINK_PENDING
from wire.websocket import address_of

__all__ = ["Connection", "LinkThread", "SocketProtocol", "Timer"]

log = logging.getLogger(__name__)

_READ_BYTES: Final = 256 * KIB
_SEND_BYTES: Final = 128 * KIB
# An address that does not answer makes way for the next one of the same name (RFC 8305, in turn).
_NEXT_ADDRESS_S: Final = 2.0
# A network that comes back is noticed by a new dialling sooner than by the kernel's, which waits ever longer.
_DIAL_S: Final = 4.0
# How long a closed connection may take to get its last words out.
_FINISH_S: Final = 2.0
_STOP_S: Final = 1.0


class SocketProtocol(Protocol):
    """What a sans-I/O protocol object of wire/ offers to a Connection (WebSocketClient, SealedChannel do)."""

    def receive(self, data: bytes) -> None:
        """Take bytes of the socket."""

    def eof(self) -> None:
        """The peer ended the stream."""

    def events(self) -> Iterable[Any]:
        """Return what happened since the last call."""

    def outgoing(self) -> bytes:
        """Return the bytes to send, and forget them."""

    @property
    def is_closed(self) -> bool:
        """Whether the conversation is over: the socket is closed once everything was sent."""


class Timer:
    """A call that waits for its time."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function: Callable[[], Any] | None = function

    def cancel(self) -> None:
        """Never run it; link thread only, harmless afterwards."""
        self._function = None

    def run(self) -> None:
        """Run it, once; the link thread calls this."""
        function, self._function = self._function, None
        if function is not None:
            function()


class _State(Enum):
    CONNECTING = auto()
    TUNNEL = auto()  # a proxy is asked to let us through
    TLS = auto()
    OPEN = auto()
    FINISHING = auto()  # nothing is read any more but thrown away; what waits is still sent
    CLOSED = auto()


class Connection:
    """One socket and the protocol object that it feeds. Made by LinkThread.open, used on the link thread."""

    def __init__(
        self,
        link: LinkThread,
        protocol: SocketProtocol,
        on_event: Callable[[Any], None],
        on_lost: Callable[[LinkLost], None],
    ) -> None:
        self.protocol = protocol
        self.on_drained: Callable[[], None] | None = None
        """Called when pending_bytes has fallen to LINK_LOW_WATER after it was above."""
        self.sent_bytes = 0
        self.received_bytes = 0
        self._link = link
        self._on_event: Callable[[Any], None] | None = on_event
        self._on_lost: Callable[[LinkLost], None] | None = on_lost
        self._state = _State.CONNECTING
        self._socket: socket.socket | None = None
        self._addresses: deque[tuple[Any, ...]] = deque()
        self._hurry: Timer | None = None
        self._tls: TlsLayer | None = None
        self._tls_wanted: tuple[ssl.SSLContext, str] | None = None
        self._tunnel_wanted: Callable[[], Tunnel] | None = None
        self._tunnel: Tunnel | None = None
        self._out: deque[memoryview] = deque()
        self._out_bytes = 0
        self._was_above = False
        self._held = False
        self._delivering = False
        self._deadline: Timer | None = link.call_later(
            CONNECT_TIMEOUT_S, lambda: self._lose("no answer in time")
        )

    @property
    def pending_bytes(self) -> int:
        """How many bytes wait here for the line; readable from any thread. Encode nothing new above ~256 KiB.

        The kernel holds at most about 128 KiB more where it has TCP_NOTSENT_LOWAT (Linux, macOS).
        """
        return self._out_bytes

    @property
    def is_closed(self) -> bool:
        """Whether nothing will come or go any more."""
        return self._state in (_State.FINISHING, _State.CLOSED)

    def flush(self) -> None:
        """Send what the protocol object has to say and deliver its events; call it after
        protocol.send(...).
        """
        self._deliver()
        self._take_outgoing()
        self._watch()

    def hold(self, on: bool) -> None:
        """Stop (True) or go on (False) reading: so our own full queue slows the sender down."""
        self._held = on
        self._watch()

    def has_lost_address(self) -> bool:
        """Whether this PC no longer has the address that the connection began from: nothing can arrive."""
        if self._socket is None or self._state is not _State.OPEN:
            return False
        try:
            host, *_ = self._socket.getsockname()
            with socket.socket(self._socket.family, socket.SOCK_DGRAM) as probe:
                probe.bind((host, 0))
        except OSError as error:
            return error.errno == errno.EADDRNOTAVAIL
        return False

    def finish(self) -> None:
        """Send what waits, then close; no callback is called any more."""
        if self.is_closed:
            return
        self._on_event = self._on_lost = self.on_drained = None
        if self._state is not _State.OPEN:
            self.close()
            return
        self._take_outgoing()
        self._finish()

    def close(self) -> None:
        """Close at once; no callback is called any more."""
        self._on_event = self._on_lost = self.on_drained = None
        self._shut()

    # -- opening

    def connect(
        self,
        addresses: Iterable[tuple[Any, ...]],
        tls: tuple[ssl.SSLContext, str] | None,
        tunnel: Callable[[], Tunnel] | None = None,
    ) -> None:
        """Try these getaddrinfo results in turn, the proxy's where there is a `tunnel` to make behind it;
        LinkThread.open calls this.
        """
        if self._state is not _State.CONNECTING:
            return
        self._addresses.extend(addresses)
        self._tls_wanted, self._tunnel_wanted = tls, tunnel
        self._try_next("no address")

    def adopt(self, sock: socket.socket) -> None:
        """Go on with a socket that a listener accepted; LinkThread.adopt calls this."""
        self._socket = sock
        self._state = _State.OPEN
        self.flush()

    def refuse(self, reason: str, code: str = "B-10") -> None:
        """The address has no meaning or no answer; LinkThread.open calls this."""
        self._lose(reason, code)

    def _try_next(self, why: str) -> None:
        self._drop_socket()
        if self._hurry is not None:
            self._hurry.cancel()
        while self._addresses:
            family, kind, proto, _, address = self._addresses.popleft()
            try:
                self._socket = _new_socket(family, kind, proto)
                self._socket.connect(address)
            except BlockingIOError:
                pass
            except OSError as error:
                why = error.strerror or type(error).__name__
                self._drop_socket()
                continue
            patience_s = _NEXT_ADDRESS_S if self._addresses else _DIAL_S
            self._hurry = self._link.call_later(patience_s, self._hurry_on)
            self._watch()
            return
        self._lose(why, PROXY_REFUSED if self._tunnel_wanted is not None else "B-10")

    def _hurry_on(self) -> None:
        if self._state is _State.CONNECTING:
            self._try_next("no answer in time")

    def _connected(self) -> None:
        assert self._socket is not None
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self._try_next(os.strerror(error))
            return
        if self._tunnel_wanted is not None:
            self._state = _State.TUNNEL
            self._tunnel = self._tunnel_wanted()
            self._push(self._tunnel.outgoing())
            self._watch()
        else:
            self._begin(b"")

    def _step_tunnel(self, data: bytes) -> None:
        assert self._tunnel is not None
        try:
            self._tunnel.receive(data)
        except LinkLost as error:
            self._lose(str(error), error.code)
            return
        self._push(self._tunnel.outgoing())
        if self._tunnel.is_open:
            self._begin(self._tunnel.rest)
        else:
            self._watch()

    def _begin(self, first: bytes) -> None:
        """The way to the server is free; `first` is what it has said already."""
        if self._tls_wanted is not None:
            self._tls = TlsLayer(*self._tls_wanted)
            self._state = _State.TLS
            self._step_tls(first)
            return
        self._state = _State.OPEN
        self.flush()
        if first:
            self._feed(first)

    def _step_tls(self, data: bytes) -> None:
        assert self._tls is not None
        try:
            plain = self._tls.receive(data)
        except ssl.SSLCertVerificationError as error:
            self._lose(f"the server's certificate was refused: {error.verify_message}", CERTIFICATE_REFUSED)
            return
        except ssl.SSLError as error:
            self._lose(f"TLS: {error.reason or 'failed'}")
            return
        self._push(self._tls.outgoing())
        if self._state is _State.TLS and self._tls.is_open:
            self._state = _State.OPEN
            self._take_outgoing()
        if plain:
            self._feed(plain)
        self._watch()

    # -- the socket is ready

    def ready(self, mask: int) -> None:
        """The selector says so; the link thread calls this."""
        if self._socket is None:
            return  # closed by another callback of the same turn
        if self._state is _State.CONNECTING:
            self._connected()
            return
        if mask & selectors.EVENT_WRITE:
            self._send()
        if mask & selectors.EVENT_READ and self._state is not _State.CLOSED:
            self._read()

    def _read(self) -> None:
        assert self._socket is not None
        try:
            data = self._socket.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(error.strerror or type(error).__name__)
            return
        self.received_bytes += len(data)
        if self._state is _State.FINISHING:
            if not data:
                self._shut()
        elif not data:
            self._end_of_stream()
        elif self._state is _State.TUNNEL:
            self._step_tunnel(data)
        elif self._tls is not None:
            self._step_tls(data)
        else:
            self._feed(data)

    def _feed(self, data: bytes) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self.protocol.receive(data)
        self.flush()

    def _end_of_stream(self) -> None:
        self.protocol.eof()
        self._deliver()
        self._lose("the stream ended")

    def _deliver(self) -> None:
        if self._delivering:
            return  # a callback sends: what that causes comes after the events it stands among
        self._delivering = True
        while events := list(self.protocol.events()):
            for event in events:
                if self._on_event is not None:
                    self._link.guard(self._on_event, event)
        self._delivering = False
        if self.protocol.is_closed and not self.is_closed:
            self._take_outgoing()
            lost, self._on_event, self._on_lost = self._on_lost, None, None
            if self._state is _State.OPEN:
                self._finish()
            else:
                self._shut()
            if lost is not None:
                self._link.guard(lost, LinkLost("closed"))

    # -- sending

    def _take_outgoing(self) -> None:
        if self._state is not _State.OPEN:
            return  # what the protocol object says before that waits in it
        data = self.protocol.outgoing()
        if self._tls is not None:
            self._tls.send(data)
            data = self._tls.outgoing()
        self._push(data)

    def _push(self, data: bytes) -> None:
        if not data:
            return
        self._out.append(memoryview(data))
        self._out_bytes += len(data)
        self._was_above = self._was_above or self._out_bytes > LINK_LOW_WATER
        if self._out_bytes > MAX_LINK_PENDING:
            self._lose(f"{self._out_bytes} bytes wait to be sent, the limit is {MAX_LINK_PENDING}")

    def _send(self) -> None:
        assert self._socket is not None
        chunk = self._next_chunk()
        if chunk:
            try:
                sent = self._socket.send(chunk)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self._lose(error.strerror or type(error).__name__)
                return
            self.sent_bytes += sent
            self._forget(sent)
        if self._state is _State.FINISHING and not self._out:
            self._half_close()
        self._watch()
        if self._was_above and self._out_bytes <= LINK_LOW_WATER:
            self._was_above = False
            if self.on_drained is not None:
                self._link.guard(self.on_drained)

    def _next_chunk(self) -> memoryview | bytes:
        """At most 128 KiB a turn, so that one fast sender does not starve the other sockets; small writes
        joined.
        """
        if not self._out:
            return b""
        if len(self._out[0]) >= _SEND_BYTES or len(self._out) == 1:
            return self._out[0][:_SEND_BYTES]
        taken: list[memoryview] = []
        size = 0
        for part in self._out:
            if taken and size + len(part) > _SEND_BYTES:
                break
            taken.append(part)
            size += len(part)
        return b"".join(taken)

    def _forget(self, sent: int) -> None:
        self._out_bytes -= sent
        while sent:
            first = self._out[0]
            if sent < len(first):
                self._out[0] = first[sent:]
                return
            sent -= len(first)
            self._out.popleft()

    # -- ending

    def _lose(self, reason: str, code: str = "B-10") -> None:
        lost = self._on_lost
        self._on_event = self._on_lost = self.on_drained = None
        self._shut()
        if lost is not None:
            self._link.guard(lost, LinkLost(reason, code=code))

    def _finish(self) -> None:
        self._state = _State.FINISHING
        self._cancel_deadline()
        self._deadline = self._link.call_later(_FINISH_S, self._shut)
        if not self._out:
            self._half_close()
        self._watch()

    def _half_close(self) -> None:
        assert self._socket is not None
        try:
            # Closing with unread bytes resets the connection, and the reset overtakes our last words.
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self._shut()

    def _shut(self) -> None:
        self._state = _State.CLOSED
        self._cancel_deadline()
        self._out.clear()
        self._out_bytes = 0
        self._drop_socket()
        self._link.forget(self)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _drop_socket(self) -> None:
        if self._socket is not None:
            self._link.watch(self._socket, 0, self.ready)
            self._socket.close()
            self._socket = None

    def _watch(self) -> None:
        if self._socket is None:
            return
        mask = 0
        if self._state is _State.CONNECTING or self._out:
            mask |= selectors.EVENT_WRITE
        if self._state is not _State.CONNECTING and (not self._held or self._state is _State.FINISHING):
            mask |= selectors.EVENT_READ
        self._link.watch(self._socket, mask, self.ready)


def _new_socket(family: int, kind: int, proto: int) -> socket.socket:
    made = socket.socket(family, kind, proto)
    made.setblocking(False)
    _set_options(made)
    return made


def _set_options(sock: socket.socket) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    low_water = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if low_water is not None:
        # The backlog stays with us, where screen updates can still be merged (design: relay.md).
        sock.setsockopt(socket.IPPROTO_TCP, low_water, _SEND_BYTES)


class LinkThread(threading.Thread):
    """The thread. `call`, `start` and `stop` from any thread; everything else on it."""

    def __init__(self, name: str = "link", clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(name=name, daemon=True)
        self.clock = clock
        self._selector = selectors.DefaultSelector()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)
        self._wake_out.setblocking(False)
        self._calls: deque[tuple[Callable[..., Any], tuple[Any, ...]]] = deque()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._connections: set[Connection] = set()
        self._stop_by: float | None = None

    def call(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Run function(*arguments) on the link thread soon, in the order of the calls. From any thread."""
        self._calls.append((function, arguments))
        if threading.current_thread() is not self:
            self._wake()

    def call_later(self, seconds: float, function: Callable[[], Any]) -> Timer:
        """Run function() on the link thread after `seconds`; link thread only."""
        timer = Timer(function)
        heapq.heappush(self._timers, (self.clock() + seconds, next(self._order), timer))
        return timer

    def run_aside(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Run blocking `work()` in a thread of its own, then done(its result or exception) on the link
        thread.
        """

        def run() -> None:
            try:
                result: Any = work()
            except Exception as error:
                result = error
            self.call(done, result)

        threading.Thread(target=run, name=f"{self.name}-aside", daemon=True).start()

    def open(
        self,
        url: str,
        protocol: SocketProtocol,
        on_event: Callable[[Any], None],
        on_lost: Callable[[LinkLost], None],
        *,
        ca_file: str | None = None,
    ) -> Connection:
        """Connect to the ws:// or wss:// `url` and drive `protocol`.

        on_event gets each event in order; on_lost comes once at the end, unless close() or finish() was
        called. The first byte of the server must come within CONNECT_TIMEOUT_S. `ca_file` is trusted
        instead of the system's authorities. Raises ProtocolError for an address of another kind.
        """
        address = address_of(url)
        connection = Connection(self, protocol, on_event, on_lost)
        self._connections.add(connection)
        settings = network.current()
        tls = (tls_context(ca_file or settings.ca_file), address.host) if address.secure else None

        def connect(found: Any) -> None:
            if isinstance(found, LinkLost):
                connection.refuse(str(found), found.code)
            elif isinstance(found, Exception):
                connection.refuse("the server's name was not found")
            else:
                proxy, addresses = found
                tunnel = functools.partial(open_tunnel, proxy, address.host, address.port) if proxy else None
                connection.connect(addresses, tls, tunnel)

        def look_up() -> tuple[Proxy | None, list[Any]]:
            return _find_way(url, settings, address.host, address.port)

        if _is_literal(address.host) and settings.mode == "none":
            # Later, not now: the caller has the connection in hand before the first callback.
            self.call(connect, look_up())
        else:
            self.run_aside(look_up, connect)
        return connection

    def dial(
        self,
        host: str,
        port: int,
        protocol: SocketProtocol,
        on_event: Callable[[Any], None],
        on_lost: Callable[[LinkLost], None],
    ) -> Connection:
        """Connect to an address straight, without a proxy and without TLS; as open. Raises ValueError for a
        name.
        """
        version = ipaddress.ip_address(host).version
        family = socket.AF_INET if version == 4 else socket.AF_INET6
        connection = Connection(self, protocol, on_event, on_lost)
        self._connections.add(connection)
        self.call(connection.connect, [(family, socket.SOCK_STREAM, 0, "", (host, port))], None)
        return connection

    def adopt(
        self,
        sock: socket.socket,
        protocol: SocketProtocol,
        on_event: Callable[[Any], None],
        on_lost: Callable[[LinkLost], None],
    ) -> Connection:
        """Drive `protocol` on a connected non-blocking socket; as open, but for the way to it."""
        sock.setblocking(False)
        _set_options(sock)
        connection = Connection(self, protocol, on_event, on_lost)
        self._connections.add(connection)
        self.call(connection.adopt, sock)
        return connection

    def stop(self) -> None:
        """Close every connection and end the thread, within a second; from any thread. Then join it."""
        self.call(self._begin_to_stop)

    # -- for Connection

    def watch(self, sock: socket.socket, mask: int, ready: Callable[[int], None]) -> None:
        """Call ready(mask) when `sock` is ready for `mask`; 0 forgets it."""
        known = self._selector.get_map().get(sock)
        if known is None:
            if mask:
                self._selector.register(sock, mask, ready)
        elif not mask:
            self._selector.unregister(sock)
        elif known.events != mask:
            self._selector.modify(sock, mask, ready)

    def forget(self, connection: Connection) -> None:
        """The connection is closed."""
        self._connections.discard(connection)

    # -- the loop

    def run(self) -> None:
        """Serve until stop(); do not call."""
        self._selector.register(self._wake_in, selectors.EVENT_READ, self._woken)
        try:
            while not self._is_over():
                self._turn()
        finally:
            for connection in list(self._connections):
                connection.close()
            self._selector.close()
            self._wake_in.close()
            self._wake_out.close()

    def _turn(self) -> None:
        for key, mask in self._selector.select(self._patience()):
            self.guard(key.data, mask)
        now = self.clock()
        while self._timers and self._timers[0][0] <= now:
            self.guard(heapq.heappop(self._timers)[2].run)
        for _ in range(len(self._calls)):  # what these calls add waits for the next turn
            function, arguments = self._calls.popleft()
            self.guard(function, *arguments)

    def _patience(self) -> float | None:
        if self._calls:
            return 0
        due = [self._timers[0][0]] if self._timers else []
        if self._stop_by is not None:
            due.append(self._stop_by)
        return max(0.0, min(due) - self.clock()) if due else None

    def guard(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Call an owner's function; its exception is logged and goes no further."""
        try:
            function(*arguments)
        except Exception:  # an edge: a bug in one callback must not end every connection of the program
            log.exception("link_callback_failed")

    def _is_over(self) -> bool:
        if self._stop_by is None:
            return False
        return not self._connections or self.clock() >= self._stop_by

    def _begin_to_stop(self) -> None:
        self._stop_by = self.clock() + _STOP_S
        for connection in list(self._connections):
            if not connection.is_closed:
                connection.close()

    def _wake(self) -> None:
        # Full: it is awake already; closed: the thread has ended.
        with contextlib.suppress(OSError):
            self._wake_out.send(b"w")

    def _woken(self, _mask: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self._wake_in.recv(4096)


def _find_way(
    url: str, settings: network.NetworkSettings, host: str, port: int
) -> tuple[Proxy | None, list[Any]]:
    """The proxy for `url` and the addresses to dial: its, or the server's. Raises OSError, LinkLost."""
    try:
        proxy = network.find_proxy(url, settings)
    except ValueError as error:
        raise LinkLost(str(error), code=PROXY_REFUSED) from error
    try:
        place = (proxy.host, proxy.port) if proxy else (host, port)
        return proxy, list(socket.getaddrinfo(*place, type=socket.SOCK_STREAM))
    except OSError as error:
        if proxy is None:
            raise
        raise LinkLost("the proxy's name was not found", code=PROXY_REFUSED) from error


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
