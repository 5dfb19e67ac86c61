"""The link thread: one thread a program that owns all its sockets, and the connections it drives.

Decides how bytes move (non-blocking TCP, TLS, deadlines, bounded buffers). Leaves what the bytes mean to
the sans-I/O protocol objects of wire/, and what follows to the callbacks, which all run on the link thread:
they must be quick and must not touch Tk. Other threads use `call` only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from wire.errors import LinkLost

__all__ = ["Connection", "LinkThread", "SocketProtocol", "Timer"]


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
        """Whether the conversation is over and the socket may be closed once everything was sent."""


class Timer:
    """A call that waits for its time; `cancel()` from the link thread."""

    def cancel(self) -> None:
        """Never run it."""
        raise NotImplementedError


class Connection:
    """One socket and the protocol object it feeds. Made by LinkThread.open; link thread only, but for the
    properties.
    """

    protocol: SocketProtocol

    @property
    def pending_bytes(self) -> int:
        """How many bytes wait here for the line; readable from any thread. Hold back screen updates above
        ~256 KiB.
        """
        raise NotImplementedError

    on_drained: Callable[[], None] | None
    """Called when pending_bytes has fallen below `low_water` after it was above."""

    def flush(self) -> None:
        """Send what the protocol object has to say; call it after protocol.send(...)."""
        raise NotImplementedError

    def hold(self, on: bool) -> None:
        """Stop (True) or go on (False) reading: the way to slow a sender down when our own queue is full."""
        raise NotImplementedError

    def close(self) -> None:
        """Close without more words; on_lost is not called."""
        raise NotImplementedError


class LinkThread(threading.Thread):
    """The thread. `call` and `stop` from any thread; everything else on it."""

    def call(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Run function(*arguments) on the link thread soon, in the order of the calls. From any thread."""
        raise NotImplementedError

    def call_later(self, seconds: float, function: Callable[[], Any]) -> Timer:
        """Run function() on the link thread after `seconds`; link thread only."""
        raise NotImplementedError

    def run_aside(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Run blocking `work()` in a thread of its own, then done(result or the exception) on the link
        thread.
        """
        raise NotImplementedError

    def open(
        self,
        url: str,
        protocol: SocketProtocol,
        on_event: Callable[[Any], None],
        on_lost: Callable[[LinkLost], None],
    ) -> Connection:
        """Connect to ws:// or wss:// `url` and drive `protocol`. on_event once for each event in order;
        on_lost once at the end, unless close() was called.
        """
        raise NotImplementedError

    def stop(self) -> None:
        """Close everything and end the thread; from any thread. Join with a timeout."""
        raise NotImplementedError
