"""A small program on a real signal socket, for tests: SignalClient over a WebSocket in a thread."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from wire.signal.client import SUBPROTOCOL, Answered, SignalClient
from wire.signal.commands import Answer, Command
from wire.signal.messages import Received, SignalMessage
from wire.terms import Side

DEADLINE_S = 10.0
START_S = 40.0  # a process that starts shares the machine with the rest of the tests
Message = TypeVar("Message", bound=SignalMessage)


def post(url: str, body: dict[str, Any] | None = None, *, bearer: str | None = None) -> dict[str, Any]:
    """Post JSON and return the answer's JSON, errors included."""
    headers = {"Content-Type": "application/json"}
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    request = urllib.request.Request(url, json.dumps(body or {}).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return json.load(error)


def until(
    condition: Callable[[], Any], what: str = "the condition", *, deadline_s: float = DEADLINE_S
) -> Any:
    """Wait until the condition holds and return its value; fail after the deadline."""
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{what} did not come true in {deadline_s:g} s")


class Program:
    """One end of the signal socket: what it was told, and commands with their answers."""

    def __init__(self, base: str, bearer: str, role: Side) -> None:
        self.base, self.bearer = base, bearer
        self.client = SignalClient(role)
        self.received: list[Received] = []
        self.answers: dict[str, Answer] = {}
        self.close_code: int | None = None
        self._lock = threading.Lock()
        self.dial()

    def dial(self, *, after: int | None = None) -> None:
        """Open a socket, going on where the last one was."""
        ticket = post(f"{self.base}/signal/ticket", bearer=self.bearer)["ticket"]
        where = self.client.after if after is None else after
        url = f"{self.base.replace('http', 'ws', 1)}/signal?ticket={ticket}&after={where}"
        self.ws = connect(url, subprotocols=[SUBPROTOCOL], compression=None, legacy=True)  # type: ignore[list-item]
        self.close_code = None
        with self._lock:
            self.client.connected(time.monotonic())
        self.thread = threading.Thread(target=self._read, args=(self.ws,), daemon=True)
        self.thread.start()

    def _read(self, ws: Any) -> None:
        try:
            for text in ws:
                with self._lock:
                    self.client.receive(text, time.monotonic())
                    for event in self.client.events():
                        if isinstance(event, Answered):
                            self.answers[event.id] = event.answer
                        elif isinstance(event, Received):
                            self.received.append(event)
                    out = self.client.outgoing()
                for line in out:
                    ws.send(line)
        except ConnectionClosed:
            pass
        self.close_code = ws.close_code

    def drop(self) -> None:
        """Lose the connection without a word."""
        self.ws.socket.shutdown(2)
        self.thread.join(DEADLINE_S)
        with self._lock:
            self.client.disconnected()

    def send(self, command: Command) -> Answer:
        """Send a command and wait for its answer."""
        with self._lock:
            command_id = self.client.send(command)
            out = self.client.outgoing()
        for line in out:
            self.ws.send(line)
        return until(lambda: self.answers.get(command_id), f"the answer to {command.TYPE}")

    def all_of(self, kind: type[Message]) -> list[Message]:
        """Return every message of a kind so far."""
        return [one.message for one in self.received if isinstance(one.message, kind)]

    def wait_for(self, kind: type[Message], *, nth: int = 1) -> Message:
        """Return the nth message of a kind, waiting for it."""
        return until(lambda: self.all_of(kind)[nth - 1 : nth], f"{kind.TYPE} no. {nth}")[0]

    def wait_closed(self) -> int:
        """Return the close code that the web half sent."""
        self.thread.join(DEADLINE_S)
        assert self.close_code is not None, "the socket is still open"
        return self.close_code

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.ws.close()
        self.thread.join(DEADLINE_S)
