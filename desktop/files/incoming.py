"""The jobs this end receives: welcomed or not, stored, checked, named.

Runs on the porter's thread. Knows the disk (store.py) and the protocol's inbox, nothing of threads or links.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from desktop.files.store import Store, StoreError
from desktop.files.views import FileFact, JobRecord, JobView, Speed, State, is_over
from wire.files import events as e
from wire.files.protocol import FilesProtocol

__all__ = ["Incoming", "ReceivedJob", "Welcome"]

Welcome = Callable[[e.JobOffered], str]
"""What to do with a job: "take", "ask" (somebody decides later), or the code it is refused with."""

_SHOWN_FAILURES: Final = 50
# After one of these nothing more of the job can be stored either.
_ENDS_THE_JOB: Final = frozenset({"disk_full", "read_only"})


@dataclass(slots=True)
class _File:
    job: ReceivedJob
    path: str
    size: int


@dataclass(slots=True)
class ReceivedJob:
    """One job of the other end."""

    key: int
    message: e.JobOffered
    store: Store
    state: State = "asked"
    code: str = ""
    files_done: int = 0
    done_bytes: int = 0
    paused_here: bool = False
    paused_there: bool = False
    place: Path | None = None
    facts: list[FileFact] = field(default_factory=list)
    speed: Speed = field(default_factory=Speed)

    @property
    def failures(self) -> tuple[tuple[str, str], ...]:
        """What did not arrive, and why."""
        return tuple((fact.name, fact.result) for fact in self.facts if fact.result != "stored")


class Incoming:
    """All jobs of the other end."""

    def __init__(
        self,
        protocol: FilesProtocol,
        store_for: Callable[[e.JobOffered], Store],
        welcome: Welcome,
        on_over: Callable[[JobRecord], object],
        next_key: Callable[[], int],
    ) -> None:
        self._inbox = protocol.inbox
        self._store_for = store_for
        self._welcome = welcome
        self._on_over = on_over
        self._next_key = next_key
        self.jobs: dict[int, ReceivedJob] = {}
        self._by_number: dict[int, ReceivedJob] = {}
        self._files: dict[int, _File] = {}

    # -- what people do

    def answer(self, key: int, *, accepted: bool) -> None:
        """Somebody decided about a job that asked."""
        job = self.jobs.get(key)
        if job is None or job.state != "asked" or job.message.job not in self._by_number:
            return
        if accepted:
            self._begin(job)
        else:
            self._inbox.refuse(job.message.job, "refused")
            self._end(job, "refused", "refused")

    def cancel(self, key: int, code: str = "cancelled") -> None:
        """End a job that is not over."""
        job = self.jobs.get(key)
        if job is not None and job.message.job in self._by_number:
            if job.state == "asked":
                self._inbox.refuse(job.message.job, code)
            else:
                self._inbox.cancel(job.message.job, code)
            self._end(job, "failed", code)

    def pause(self, key: int, on: bool) -> None:
        """Let a job rest or go on."""
        job = self.jobs.get(key)
        if job is not None and job.message.job in self._by_number:
            job.paused_here = on
            self._inbox.pause(job.message.job, on)

    def cancel_all(self, code: str) -> None:
        """End every job."""
        for job in list(self._by_number.values()):
            self.cancel(job.key, code)

    def forget_over(self) -> None:
        """Take what is over off the list."""
        self.jobs = {key: job for key, job in self.jobs.items() if not is_over(job.state)}

    def has_work(self) -> bool:
        """Whether a job is not over."""
        return bool(self._by_number)

    # -- what happens

    def is_theirs(self, job: int) -> bool:
        """Whether that number names a job of the other end that is not over."""
        return job in self._by_number

    def take(self, event: e.FilesEvent) -> None:
        """Take an event about a job of the other end."""
        if isinstance(event, e.JobOffered):
            self._take_job(event)
        elif isinstance(event, e.FileOffered):
            self._take_offer(event)
        elif isinstance(event, e.ChunkArrived):
            self._take_chunk(event)
        elif isinstance(event, e.FileRestarted):
            self._guarded(event.file, lambda store: store.restart(event.file))
        elif isinstance(event, e.FileWhole):
            self._take_whole(event)
        elif isinstance(event, e.FileDropped):
            self._forget(event.file, event.code)
        elif isinstance(event, e.JobPaused):
            self._by_number[event.job].paused_there = event.on
        elif isinstance(event, e.JobEnded) and event.job in self._by_number:
            job = self._by_number[event.job]
            if event.code:
                self._end(job, "failed", event.code)
            else:
                is_partly = job.failures or event.skipped or job.files_done < job.message.files
                self._end(job, "partly" if is_partly else "done", "")

    def _take_job(self, event: e.JobOffered) -> None:
        job = ReceivedJob(self._next_key(), event, self._store_for(event))
        self.jobs[job.key] = job
        self._by_number[event.job] = job
        verdict = self._welcome(event)
        if verdict == "take":
            self._begin(job)
        elif verdict != "ask":
            self._inbox.refuse(event.job, verdict)
            self._end(job, "refused", verdict)

    def _begin(self, job: ReceivedJob) -> None:
        try:
            job.store.check_room(job.message.bytes)
        except StoreError as error:
            self._inbox.refuse(job.message.job, error.code)
            self._end(job, "refused", error.code)
            return
        job.state = "running"
        self._inbox.take(job.message.job)

    def _take_offer(self, event: e.FileOffered) -> None:
        job = self._by_number.get(event.job)
        if job is None:
            return
        try:
            if event.folder:
                path = job.store.make_folder(event.job, event.parts)
                self._inbox.stored(event.file, path)
                return
            self._files[event.file] = _File(job, "/".join(event.parts), event.size)
            job.store.begin(event.file, event.job, event.parts)
        except StoreError as error:
            self._refuse_file(event.file, event.job, error.code)
            return
        self._inbox.ready(event.file)

    def _take_chunk(self, event: e.ChunkArrived) -> None:
        if self._guarded(event.file, lambda store: store.write(event.file, event.offset, event.data)):
            self._inbox.chunk_stored(event.file, event.data)

    def _take_whole(self, event: e.FileWhole) -> None:
        file = self._files.get(event.file)
        if file is None:
            return
        try:
            path = file.job.store.finish(event.file)
        except StoreError as error:
            self._refuse_file(event.file, file.job.message.job, error.code)
            return
        del self._files[event.file]
        file.job.files_done += 1
        file.job.place = file.job.store.place_of(file.job.message.job)
        file.job.facts.append(FileFact(path, file.size, event.sha256.hex(), "stored"))
        self._inbox.stored(event.file, path)

    def _guarded(self, number: int, deed: Callable[[Store], None]) -> bool:
        file = self._files.get(number)
        if file is None:
            return False
        try:
            deed(file.job.store)
        except StoreError as error:
            self._refuse_file(number, file.job.message.job, error.code)
            return False
        return True

    def _refuse_file(self, number: int, job: int, code: str) -> None:
        self._inbox.drop(number, code)
        self._forget(number, code)
        known = self._by_number.get(job)
        if known is not None and code in _ENDS_THE_JOB:
            self._inbox.cancel(job, code)
            self._end(known, "failed", code)

    def _forget(self, number: int, code: str) -> None:
        file = self._files.pop(number, None)
        if file is not None:
            file.job.store.discard(number)
            file.job.facts.append(FileFact(file.path, file.size, "", code))

    def _end(self, job: ReceivedJob, state: State, code: str) -> None:
        number = job.message.job
        for file in [n for n, one in self._files.items() if one.job is job]:
            self._forget(file, code or "over")
        job.done_bytes = sum(fact.size for fact in job.facts if fact.result == "stored")
        job.place = job.store.place_of(number)
        job.store.end_job(number)
        job.state, job.code = state, code
        del self._by_number[number]
        self._on_over(JobRecord("in", job.message.name, job.message.bytes, code or state, tuple(job.facts)))

    def close(self) -> None:
        """The support session is over: leave nothing half."""
        for number in list(self._files):
            self._forget(number, "over")

    # -- what is shown

    def views(self, now: float, *, is_connected: bool) -> list[JobView]:
        """Every job as it stands."""
        return [self._view(job, now, is_connected) for job in self.jobs.values()]

    def _view(self, job: ReceivedJob, now: float, is_connected: bool) -> JobView:
        message, state = job.message, job.state
        if message.job in self._by_number:
            job.done_bytes = self._inbox.stored_bytes(message.job)
        if state == "running":
            if job.paused_here or job.paused_there:
                state = "paused" if job.paused_here else "paused_there"
            elif not is_connected:
                state = "broken"
        job.speed.note(job.done_bytes, now) if state == "running" else job.speed.rest()
        speed = job.speed.bytes_per_s
        left = message.bytes - job.done_bytes
        return JobView(
            key=job.key,
            way="in",
            name=message.name,
            files=message.files,
            folders=message.folders,
            size=message.bytes,
            done=min(job.done_bytes, message.bytes),
            files_done=job.files_done,
            state=state,
            code=job.code,
            current=next((file.path for file in self._files.values() if file.job is job), ""),
            bytes_per_s=speed,
            remaining_s=left / speed if speed > 0 else None,
            failures=job.failures[:_SHOWN_FAILURES],
            place=str(job.place or job.store.folder),
        )
