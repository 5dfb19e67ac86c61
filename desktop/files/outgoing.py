"""The jobs this end sends: looked through, announced, offered file by file, read piece by piece.

Runs on the porter's thread. Knows the disk (source.py) and the protocol's outbox, nothing of threads or
links.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from desktop.files.source import Source, SourceError, SourceFile, Survey, survey
from desktop.files.views import FileFact, JobRecord, JobView, Speed, State, is_over
from wire.files import events as e
from wire.files import messages as m
from wire.files.protocol import FilesProtocol

__all__ = ["Outgoing", "SentJob"]

log = logging.getLogger(__name__)

_SHOWN_FAILURES: Final = 50


@dataclass(slots=True)
class SentJob:
    """One job of ours. `job` is its number on the wire, 0 before it is announced."""

    key: int
    paths: tuple[Path, ...]
    reply: int | None
    survey: Survey | None = None
    job: int = 0
    state: State = "waiting"
    code: str = ""
    files_done: int = 0
    done_bytes: int = 0
    paused_here: bool = False
    paused_there: bool = False
    left: deque[Source] = field(default_factory=deque)
    facts: list[FileFact] = field(default_factory=list)
    speed: Speed = field(default_factory=Speed)

    @property
    def name(self) -> str:
        """What the job is called."""
        return self.survey.name if self.survey else self.paths[0].name

    @property
    def failures(self) -> tuple[tuple[str, str], ...]:
        """What did not arrive, and why."""
        return tuple((fact.name, fact.result) for fact in self.facts if fact.result != "stored")


class Outgoing:
    """All jobs of this end."""

    def __init__(
        self, protocol: FilesProtocol, on_over: Callable[[JobRecord], object], next_key: Callable[[], int]
    ) -> None:
        self._protocol = protocol
        self._outbox = protocol.outbox
        self._on_over = on_over
        self._next_key = next_key
        self.jobs: dict[int, SentJob] = {}
        self._waiting: deque[SentJob] = deque()
        self._by_number: dict[int, SentJob] = {}
        self._sources: dict[int, tuple[SentJob, Source]] = {}
        self._open_file: tuple[int, SourceFile] | None = None

    # -- what people do

    def send(self, paths: Sequence[Path], reply: int | None = None) -> SentJob:
        """Begin a job of these files and folders."""
        job = SentJob(self._next_key(), tuple(paths), reply)
        self.jobs[job.key] = job
        try:
            job.survey = survey(paths)
        except SourceError as error:
            self._end(job, "failed", error.code)
            return job
        job.left = deque(job.survey.sources)
        job.facts = [FileFact(name, 0, "", code) for name, code in job.survey.skipped]
        self._waiting.append(job)
        return job

    def cancel(self, key: int, code: str = "cancelled") -> None:
        """End a job that is not over."""
        job = self.jobs.get(key)
        if job is None or job not in self._active():
            return
        if job.job:
            self._outbox.cancel(job.job, code)
        self._end(job, "failed", code)

    def pause(self, key: int, on: bool) -> None:
        """Let a job rest or go on."""
        job = self.jobs.get(key)
        if job is not None:
            job.paused_here = on
            if job.job:
                self._outbox.pause(job.job, on)

    def cancel_all(self, code: str, *, but: Callable[[SentJob], bool] = lambda _job: False) -> None:
        """End every job but those for which `but` is true."""
        for job in list(self._active()):
            if not but(job):
                self.cancel(job.key, code)

    def forget_over(self) -> None:
        """Take what is over off the list."""
        self.jobs = {key: job for key, job in self.jobs.items() if not is_over(job.state)}

    def has_work(self) -> bool:
        """Whether a job is not over."""
        return any(True for _ in self._active())

    def _active(self) -> list[SentJob]:
        return [*self._waiting, *self._by_number.values()]

    # -- what is due

    def work(self) -> None:
        """Announce and offer as much as may be."""
        while self._waiting and self._outbox.may_announce:
            self._announce(self._waiting.popleft())
        for job in list(self._by_number.values()):
            self._offer(job)

    def _announce(self, job: SentJob) -> None:
        assert job.survey is not None
        job.job = self._protocol.next_number()
        self._by_number[job.job] = job
        found = job.survey
        reply = job.reply if job.reply and self._protocol.answer_with_job(job.reply) else None
        self._outbox.announce(m.Job(job.job, found.name, found.files, found.folders, found.size, reply))
        if job.paused_here:
            self._outbox.pause(job.job, on=True)

    def _offer(self, job: SentJob) -> None:
        while job.left and self._outbox.may_offer(job.job):
            source = job.left.popleft()
            number = self._protocol.next_number()
            self._sources[number] = (job, source)
            self._outbox.offer(m.Offer(number, job.job, source.offered, source.size, source.is_folder))
            if not job.left:
                self._outbox.no_more(job.job, len(job.survey.skipped) if job.survey else 0)

    def read(self, now: float) -> bool:
        """Read the piece that is due and send it; False: nothing is due now."""
        due = self._outbox.next_read(now)
        if due is None:
            return False
        _, source = self._sources[due.file]
        try:
            data = self._opened(due.file, source).read(due.offset, due.size)
        except SourceError as error:
            log.info("file_not_sent", extra={"code": error.code})
            self._outbox.drop(due.file, error.code)
            self._note(due.file, error.code)
            return True
        if due.offset + due.size == source.size:
            self._close_file()
        self._outbox.feed(due.file, data, now)
        return True

    def _opened(self, number: int, source: Source) -> SourceFile:
        if self._open_file is None or self._open_file[0] != number:
            self._close_file()
            self._open_file = (number, SourceFile(source))
        return self._open_file[1]

    def _close_file(self) -> None:
        if self._open_file is not None:
            self._open_file[1].close()
            self._open_file = None

    # -- what happens

    def take(self, event: e.FilesEvent) -> None:
        """Take an event about a job of ours."""
        if isinstance(event, e.JobTaken):
            self._by_number[event.job].state = "running"
        elif isinstance(event, e.JobPaused):
            self._by_number[event.job].paused_there = event.on
        elif isinstance(event, e.FileStored):
            self._note(event.file, "stored", event.sha256)
        elif isinstance(event, e.FileDropped):
            self._note(event.file, event.code)
        elif isinstance(event, e.JobEnded) and event.job in self._by_number:
            job = self._by_number[event.job]
            if event.code:
                self._end(job, "refused" if job.state == "waiting" else "failed", event.code)
            else:
                self._end(job, "partly" if job.failures else "done", "")

    def is_ours(self, job: int) -> bool:
        """Whether that number names a job of ours that is not over."""
        return job in self._by_number

    def _note(self, number: int, result: str, sha256: bytes | None = None) -> None:
        job, source = self._sources.pop(number, (None, None))
        if self._open_file is not None and self._open_file[0] == number:
            self._close_file()
        if job is None or source is None or source.is_folder:
            return
        job.files_done += result == "stored"
        job.facts.append(FileFact(source.offered, source.size, sha256.hex() if sha256 else "", result))

    def _end(self, job: SentJob, state: State, code: str) -> None:
        if job.job:
            job.done_bytes = sum(fact.size for fact in job.facts if fact.result == "stored")
        for number in [n for n, (of, _) in self._sources.items() if of is job]:
            self._note(number, code or "over")
        job.facts += [FileFact(s.offered, s.size, "", code) for s in job.left if not s.is_folder]
        job.left.clear()
        job.state, job.code = state, code
        self._by_number.pop(job.job, None)
        if job in self._waiting:
            self._waiting.remove(job)
        size = job.survey.size if job.survey else 0
        self._on_over(JobRecord("out", job.name, size, code or state, tuple(job.facts)))

    def close(self) -> None:
        """Read no more."""
        self._close_file()

    # -- what is shown

    def views(self, now: float, *, is_connected: bool) -> list[JobView]:
        """Every job as it stands."""
        return [self._view(job, now, is_connected) for job in self.jobs.values()]

    def _view(self, job: SentJob, now: float, is_connected: bool) -> JobView:
        state = job.state
        size = job.survey.size if job.survey else 0
        if job.job in self._by_number:
            job.done_bytes = self._outbox.acked_bytes(job.job)
        if state in ("waiting", "running"):
            if job.paused_here or job.paused_there:
                state = "paused" if job.paused_here else "paused_there"
            elif not is_connected and job.job:
                state = "broken"
        job.speed.note(job.done_bytes, now) if state == "running" else job.speed.rest()
        speed = job.speed.bytes_per_s
        current = next((source.offered for of, source in self._sources.values() if of is job), "")
        found = job.survey
        return JobView(
            key=job.key,
            way="out",
            name=job.name,
            files=found.files if found else len(job.paths),
            folders=found.folders if found else 0,
            size=size,
            done=min(job.done_bytes, size),
            files_done=job.files_done,
            state=state,
            code=job.code,
            current=current,
            bytes_per_s=speed,
            remaining_s=(size - job.done_bytes) / speed if speed > 0 else None,
            failures=job.failures[:_SHOWN_FAILURES],
            place=str(job.paths[0].parent),
            may_retry=job.state in ("failed", "partly", "refused"),
        )
