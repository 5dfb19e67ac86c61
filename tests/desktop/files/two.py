"""Two porters with real disks, and a line between them that can be cut. No sockets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from desktop.files.porter import Ends, Line, Porter
from desktop.files.views import JobRecord, JobView
from tests.desktop.servers import wait_until
from wire.files import events as e
from wire.terms import Side

__all__ = ["FakeLink", "Person", "Two", "linked"]


class Person:
    """One end and what its windows would show."""

    def __init__(self, side: Side, folder: Path, line: Line, **given: Any) -> None:
        self.side = side
        self.folder = folder
        self.views: tuple[JobView, ...] = ()
        self.requests: list[e.FilesEvent] = []
        self.records: list[JobRecord] = []
        ends = Ends(
            on_views=self._show,
            on_request=self.requests.append,
            on_record=self.records.append,
            folder=lambda _job: folder,
            **given,
        )
        self.porter = Porter(side, line, ends)

    def _show(self, views: tuple[JobView, ...]) -> None:
        self.views = views

    def state(self) -> str:
        return self.views[-1].state if self.views else ""

    def wait(self, state: str) -> JobView:
        wait_until(lambda: self.state() == state, 20.0)
        return self.views[-1]

    def received(self) -> dict[str, bytes]:
        """Every file below the folder."""
        found = self.folder.rglob("*") if self.folder.exists() else ()
        return {str(p.relative_to(self.folder)): p.read_bytes() for p in found if p.is_file()}


class Two:
    """Agent and customer; `want` by either connects."""

    def __init__(
        self, folder: Path, customer: dict[str, Any] | None = None, agent: dict[str, Any] | None = None
    ) -> None:
        self._lock = threading.Lock()
        self.number = 0
        self.sent = {"agent": 0, "customer": 0}
        self.is_cut = False
        self.refused: list[str] = []
        self.on_record: Callable[[str, bytes], bytes | None] = lambda _side, record: record
        self.agent = Person("agent", folder / "agent", self._line("agent"), **(agent or {}))
        self.customer = Person("customer", folder / "customer", self._line("customer"), **(customer or {}))
        for person in (self.agent, self.customer):
            person.porter.start()

    def _line(self, side: Side) -> Line:
        return Line(
            send=lambda record, number: self._carry(side, record, number),
            pending_bytes=lambda: 0,
            screen_pending_bytes=lambda: 0,
            screen_moves=lambda: True,  # so a file takes long enough to be met on its way
            want=self.connect,
            hold=lambda _on: None,
            refuse=lambda: self.refused.append(side),
        )

    def _carry(self, side: str, record: bytes, number: int) -> None:
        changed = self.on_record(side, record)
        with self._lock:
            if number != self.number or self.is_cut or changed is None:
                return
            self.sent[side] += len(changed)
            (self.customer if side == "agent" else self.agent).porter.put(changed)

    def connect(self) -> None:
        with self._lock:
            if self.number and not self.is_cut:
                return
            self.number += 1
            self.is_cut = False
            for person in (self.agent, self.customer):
                person.porter.opened(self.number)

    def cut(self) -> None:
        with self._lock:
            self.is_cut = True
            for person in (self.agent, self.customer):
                person.porter.lost()

    def close(self) -> None:
        for person in (self.agent, self.customer):
            person.porter.stop()
        for person in (self.agent, self.customer):
            person.porter.join(5.0)
            assert not person.porter.is_alive()


class FakeLink:
    """One end of a files channel that opens when wanted; bytes go straight to the other desk."""

    def __init__(self) -> None:
        self.other: FakeLink
        self.desk: Any = None
        self.stream = 0
        self.is_refused = False
        self.wants = 0

    def number(self, channel: str) -> int:
        return self.stream

    def send(self, channel: str, plain: bytes, *, epoch: int | None = None) -> bool:
        if not self.stream or epoch != self.stream:
            return False
        self.other.desk.take(plain)
        return True

    def pending_bytes(self, channel: str) -> int:
        return 0

    def want(self, channel: str) -> None:
        self.wants += 1
        if self.stream or self.is_refused or self.other.is_refused:
            return
        self.stream = self.other.stream = 1
        self.desk.opened()
        self.other.desk.opened()

    def hold(self, channel: str, on: bool) -> None:
        pass

    def refuse_channel(self, channel: str) -> None:
        self.is_refused = True
        for link in (self, self.other):
            link.stream = 0
            link.desk.lost()


def linked() -> tuple[FakeLink, FakeLink]:
    """Two ends of one channel."""
    one, other = FakeLink(), FakeLink()
    one.other, other.other = other, one
    return one, other
