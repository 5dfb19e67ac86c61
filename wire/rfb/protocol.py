"""What both ends of an RFB connection have in common: bytes in, events out, answers that do not pile up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from wire.buffer import Buffer, Reading
from wire.errors import ProtocolError, WrongState
from wire.rfb.clipboard import Clipboard
from wire.rfb.states import Phase

__all__ = ["Protocol"]

Event = TypeVar("Event")


class Protocol(Generic[Event]):
    """One connection; ends are made of it in server.py and viewer.py. Not thread-safe.

    `phase` is where the connection stands; `clipboard.is_open` switches the clipboard.
    """

    def __init__(self) -> None:
        self.clipboard = Clipboard()
        self.phase = Phase.VERSION
        self._buffer = Buffer()
        self._events: list[Event] = []
        self._out: list[bytes] = []
        self._answered: set[str | bytes] = set()
        self._parser = self._parse()
        next(self._parser)

    def receive(self, data: bytes | bytearray | memoryview) -> None:
        """Take any slice of the peer's bytes.

        Raises ProtocolError when they break the contract (its text may be shown); events before the fault
        are still in `events`, and what `outgoing` holds may still be sent. After that every call raises
        WrongState.
        """
        if self.phase is Phase.FAILED:
            raise WrongState("the connection has failed before")
        self._buffer.append(data)
        try:
            next(self._parser)
        except ProtocolError:
            self.phase = Phase.FAILED
            raise

    def events(self) -> list[Event]:
        """Return what has happened since the last call."""
        events, self._events = self._events, []
        return events

    def outgoing(self) -> bytes:
        """Return the bytes to send, emptied by the call."""
        if not self._out:
            return b""
        parts, self._out = self._out, []
        self._answered.clear()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _parse(self) -> Reading[None]:
        """Read the peer's messages for ever; yields first, once."""
        raise NotImplementedError

    def _answer(self, kind: str | bytes, make: Callable[[], bytes]) -> None:
        """Queue what the peer causes, one of a kind until what is queued is fetched.

        Otherwise a peer that only asks makes this end hold megabytes for each twelve bytes.
        """
        if kind not in self._answered:
            self._answered.add(kind)
            self._out.append(make())

    def _check_normal(self) -> None:
        if self.phase is not Phase.NORMAL:
            raise WrongState(f"nothing can be sent in phase {self.phase.name.lower()}")
