"""Both ends of a files channel in one process: bytes in memory instead of disks, a wire that can be cut."""

from __future__ import annotations

from collections import deque
from typing import Any

from wire.files import events as e
from wire.files import messages as m
from wire.files.protocol import FilesProtocol
from wire.terms import Side

__all__ = ["End", "Pair"]


class End:
    """One end: sends what is in `source`, stores into `disk`, takes every job."""

    def __init__(self, side: Side) -> None:
        self.protocol = FilesProtocol(side)
        self.source: dict[int, bytes] = {}
        self.paths: dict[int, str] = {}
        self.disk: dict[int, bytearray] = {}
        self.names: dict[int, str] = {}
        self.stored: dict[str, bytes] = {}
        self.events: list[e.FilesEvent] = []
        self.waiting: deque[tuple[int, str, bytes]] = deque()
        self.finished_jobs: set[int] = set()
        self.takes_jobs = True
        self.sent_bytes = 0

    def send(self, files: dict[str, bytes], name: str = "job") -> int:
        """Announce one job of these files."""
        job = self.protocol.next_number()
        total = sum(map(len, files.values()))
        self.waiting.extend((job, path, data) for path, data in files.items())
        self.protocol.outbox.announce(m.Job(job, name, len(files), 0, total))
        return job

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def work(self, now: float) -> None:
        """What a program does: take, offer, read, store."""
        for event in self.protocol.events():
            self.events.append(event)
            self._take(event)
        outbox = self.protocol.outbox
        while self.waiting and outbox.may_offer(self.waiting[0][0]):
            job, path, data = self.waiting.popleft()
            file = self.protocol.next_number()
            self.source[file] = data
            outbox.offer(m.Offer(file, job, path, len(data)))
            if job not in {waiting[0] for waiting in self.waiting}:
                outbox.no_more(job, 0)
        while (read := outbox.next_read(now)) is not None:
            self.sent_bytes += read.size
            outbox.feed(read.file, self.source[read.file][read.offset : read.offset + read.size], now)

    def _take(self, event: e.FilesEvent) -> None:
        inbox = self.protocol.inbox
        if isinstance(event, e.JobOffered) and self.takes_jobs:
            inbox.take(event.job)
        elif isinstance(event, e.FileOffered):
            self.disk[event.file], self.names[event.file] = bytearray(), "/".join(event.parts)
            inbox.ready(event.file)
        elif isinstance(event, e.FileRestarted):
            self.disk[event.file].clear()
        elif isinstance(event, e.ChunkArrived):
            assert len(self.disk[event.file]) == event.offset
            self.disk[event.file] += event.data
            inbox.chunk_stored(event.file, event.data)
        elif isinstance(event, e.FileWhole):
            self.stored[self.names[event.file]] = bytes(self.disk[event.file])
            inbox.stored(event.file, self.names[event.file])
        elif isinstance(event, e.JobEnded):
            self.finished_jobs.add(event.job)


class Pair:
    """The two ends and the records between them, `delay` turns long."""

    def __init__(self) -> None:
        self.agent, self.customer = End("agent"), End("customer")
        self.now = 100.0
        self.carried = 0
        self._ways: dict[End, deque[bytes]] = {self.agent: deque(), self.customer: deque()}
        self.connect()

    def other(self, end: End) -> End:
        return self.customer if end is self.agent else self.agent

    def connect(self) -> None:
        for end in (self.agent, self.customer):
            end.protocol.opened()

    def cut(self) -> None:
        """The line breaks: what is on its way is lost."""
        for end, way in self._ways.items():
            way.clear()
            end.protocol.closed()

    def step(self, records: int = 1) -> bool:
        """Carry at most so many records each way; whether anything moved."""
        moved = False
        self.now += 0.001
        for end, way in self._ways.items():
            end.work(self.now)
            way.extend(end.protocol.outgoing())
            for _ in range(min(records, len(way))):
                record = way.popleft()
                self.carried += len(record)
                self.other(end).protocol.receive(record, self.now)
                self.other(end).work(self.now)
                moved = True
        return moved

    def run(self) -> None:
        """Until nothing moves."""
        idle = 0
        while idle < 200:
            idle = 0 if self.step(8) else idle + 1
