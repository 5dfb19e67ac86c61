"""Outbox: the jobs this end sends. Which bytes are due, what is on its way, where to go on after a break.

Reads no disk: `next_read` says which bytes are due, the owner reads them and gives them to `feed`. Files of
a job are sent one after the other, small ones overlap. For each chunk on its way the running hash at its
end is kept, so that after a break the other end's "I have so much, with this SHA-256" is compared with what
was really sent; where it differs the file begins anew.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wire.errors import LimitExceeded, ProtocolError, WrongState
from wire.files import events as e
from wire.files import messages as m
from wire.files.jobs import OpenFile, OpenJob, OpenJobs
from wire.files.pacing import Pacer
from wire.limits import MAX_OPEN_FILES, MAX_OPEN_JOBS

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["Outbox", "Read"]

NO_BYTES: Final = hashlib.sha256().digest()


@dataclass(frozen=True, slots=True)
class Read:
    """Read `size` bytes of the file at `offset` and give them to `feed`."""

    file: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class _Mark:
    """The end of a chunk: its number, where it ends, the hash up to there, when it left."""

    number: int
    offset: int
    size: int
    hash: _Hash
    sent_at: float


@dataclass(slots=True)
class _File(OpenFile):
    round: int = 0
    position: int = 0
    number: int = 0
    hash: _Hash = field(default_factory=hashlib.sha256)
    #: The last acknowledged end, then the ends of what is on its way.
    marks: deque[_Mark] = field(default_factory=deque)
    is_whole: bool = False

    @property
    def in_flight(self) -> int:
        return sum(mark.size for mark in list(self.marks)[1:])

    @property
    def acked(self) -> int:
        return self.marks[0].offset if self.marks else 0


@dataclass(slots=True)
class _Job(OpenJob[_File]):
    was_done: bool = False
    skipped: int = 0
    acked_bytes: int = 0

    @property
    def is_paused(self) -> bool:
        return self.paused_here or self.paused_there


class Outbox(OpenJobs[_Job, _File]):
    """Used by FilesProtocol alone; numbers come from it, messages go to `say`, events to `tell`."""

    def __init__(
        self, say: Callable[[m.FileMessage | m.Chunk], None], tell: Callable[[e.FilesEvent], None]
    ) -> None:
        super().__init__(say)
        self._say: Callable[[m.FileMessage | m.Chunk], None] = say
        self._tell = tell
        self._ready: deque[int] = deque()
        self.pacer = Pacer()
        self.is_halted = False
        """Nothing is read while True: the right to send is gone for a while."""

    # -- the owner's deeds

    @property
    def may_announce(self) -> bool:
        """Whether one job more may be announced now."""
        return self.is_open and len(self._jobs) < MAX_OPEN_JOBS

    def announce(self, job: m.Job) -> None:
        """Announce a job; JobTaken or JobEnded follows."""
        self._jobs[job.job] = _Job(job)
        self._say(job)

    def may_offer(self, job: int) -> bool:
        """Whether one file more of that job may be offered now."""
        known = self._jobs.get(job)
        return self.is_open and known is not None and known.is_taken and len(self._job_of) < MAX_OPEN_FILES

    def offer(self, offer: m.Offer) -> None:
        """Offer one file or folder of a taken job."""
        job = self._jobs[offer.job]
        job.files[offer.file] = _File(offer)
        self._job_of[offer.file] = offer.job
        self._say(offer)

    def no_more(self, job: int, skipped: int) -> None:
        """All files of the job were offered; JobEnded follows when they are answered."""
        known = self._jobs[job]
        known.was_done, known.skipped = True, skipped
        self._finish(known)

    def drop(self, file: int, code: str) -> None:
        """The file cannot be read, or was changed: it does not come."""
        found = self._find(file)
        if found is not None:
            self._say_if_open(m.Drop(file, code))
            self._forget(*found)
            self._finish(found[0])

    def next_read(self, now: float) -> Read | None:
        """The bytes that are due now; None: nothing is, or nothing may be on its way yet."""
        if not self.is_open or self.is_halted:
            return None
        for number in self._ready:
            job, file = self._known(number)
            left = file.offer.size - file.position
            if job.is_paused or left == 0:
                continue
            size = min(self.pacer.chunk_bytes, left)
            return Read(number, file.position, size) if self.pacer.room(now) >= size else None
        return None

    def has_due(self) -> bool:
        """Whether bytes wait for their turn."""
        if not self.is_open or self.is_halted:
            return False
        files = (self._known(number) for number in self._ready)
        return any(not job.is_paused and file.position < file.offer.size for job, file in files)

    def feed(self, file: int, data: bytes, now: float) -> None:
        """Send the bytes of the newest `next_read`; harmless when the file ended meanwhile."""
        found = self._find(file)
        if found is None or not data or file not in self._ready:
            return
        _, known = found
        self._say(m.Chunk(file, known.round, known.number, known.position, data))
        known.hash.update(data)
        known.position += len(data)
        known.marks.append(_Mark(known.number, known.position, len(data), known.hash.copy(), now))
        known.number += 1
        self.pacer.sent(len(data))
        self._finish_file(known)

    def acked_bytes(self, job: int) -> int:
        """How many bytes of the job are stored at the other end."""
        known = self._jobs.get(job)
        return known.acked_bytes + sum(file.acked for file in known.files.values()) if known else 0

    # -- the connection

    def closed(self) -> None:
        """The connection is gone; everything keeps its place."""
        super().closed()
        self._ready.clear()

    def greeted(self, receiving: Iterable[int], paused: Iterable[int]) -> None:
        """The other end's hello has come: go on with what both know, announce the rest again."""
        self.is_open = True
        self.pacer = Pacer()
        known_there, paused_there = set(receiving), set(paused)
        for number, job in list(self._jobs.items()):
            job.paused_there = number in paused_there
            if not job.is_taken:
                self._say(job.message)
            elif number in known_there:
                for file in job.files.values():
                    self._say(file.offer)
                self._finish(job)
            else:
                self._end(job, "" if job.was_done and not job.files else "over")

    # -- the other end's answers

    def take(self, message: m.FileMessage, now: float) -> None:
        """Take a message that names a job or file of ours."""
        if isinstance(message, m.Take | m.Refuse | m.Finished | m.Cancel | m.Pause):
            job = self._jobs.get(message.job)
            if job is not None:
                self._take_about_job(job, message)
        elif isinstance(message, m.Ready | m.Ack | m.Stored | m.Drop):
            found = self._find(message.file)
            if found is not None:
                self._take_about_file(*found, message, now)
        else:
            raise WrongState(f"{message.TYPE} names a job of the one who gets it")

    def _take_about_job(
        self, job: _Job, message: m.Take | m.Refuse | m.Finished | m.Cancel | m.Pause
    ) -> None:
        number = job.message.job
        if isinstance(message, m.Take):
            if not job.is_taken:
                job.is_taken = True
                self._tell(e.JobTaken(number))
        elif isinstance(message, m.Refuse | m.Cancel):
            self._end(job, message.code)
        elif isinstance(message, m.Finished):
            if not job.was_done or job.files:
                raise WrongState(f"job {number} is finished before all of it was answered")
            self._end(job, "")
        else:
            job.paused_there = message.on
            self._tell(e.JobPaused(number, message.on))

    def _take_about_file(
        self, job: _Job, file: _File, message: m.Ready | m.Ack | m.Stored | m.Drop, now: float
    ) -> None:
        if isinstance(message, m.Ready):
            self._take_ready(file, message)
        elif isinstance(message, m.Ack):
            self._take_ack(file, message, now)
        elif isinstance(message, m.Stored):
            if not (file.is_whole or file.offer.folder):
                raise WrongState(f"file {message.file} is stored before all of it was sent")
            job.acked_bytes += file.offer.size
            digest = None if file.offer.folder else file.hash.digest()
            self._forget(job, file)
            self._tell(e.FileStored(message.file, job.message.job, message.path, digest))
            self._finish(job)
        else:
            self._forget(job, file)
            self._tell(e.FileDropped(message.file, job.message.job, message.code))
            self._finish(job)

    def _take_ready(self, file: _File, ready: m.Ready) -> None:
        if file.offer.folder:
            raise WrongState("a folder has no bytes to be ready for")
        if ready.round <= file.round:
            raise WrongState(f"round {ready.round} comes after round {file.round}")
        if ready.offset > file.offer.size:
            raise LimitExceeded("ready offset", ready.offset, file.offer.size)
        self.pacer.forget(file.in_flight)
        known = next((mark for mark in file.marks if mark.offset == ready.offset), None)
        if known is None or ready.offset == 0 or known.hash.digest() != ready.sha256:
            known = _Mark(0, 0, 0, hashlib.sha256(), 0.0)
        file.marks = deque([known])
        file.position, file.hash = known.offset, known.hash.copy()
        file.round, file.number, file.is_whole = ready.round, 0, False
        if file.offer.file not in self._ready:
            self._ready.append(file.offer.file)
        self._finish_file(file)

    def _take_ack(self, file: _File, ack: m.Ack, now: float) -> None:
        if ack.round < file.round:
            return
        sent = list(file.marks)[1:]
        reached = [mark for mark in sent if mark.number == ack.number and mark.offset == ack.offset]
        if ack.round != file.round or not reached:
            raise ProtocolError(
                f"acknowledged chunk {ack.number} of round {ack.round}, which is not on its way"
            )
        size = 0
        while file.marks[0] is not reached[0]:
            file.marks.popleft()
            size += file.marks[0].size
        self.pacer.acked(size, max(0.0, now - reached[0].sent_at), now)

    # -- inside

    def _finish_file(self, file: _File) -> None:
        """Say `whole` after the last byte. An empty file has no byte, and none may be stored of one that
        begins anew.
        """
        if file.position == file.offer.size and not file.is_whole:
            file.is_whole = True
            self._say(m.Whole(file.offer.file, file.round, file.hash.digest()))

    def _finish(self, job: _Job) -> None:
        if job.was_done and not job.files:
            self._say_if_open(m.Done(job.message.job, job.skipped))

    def _end(self, job: _Job, code: str) -> None:
        self._remove(job)
        self._tell(e.JobEnded(job.message.job, code, job.skipped))

    def _forget(self, job: _Job, file: _File) -> None:
        self.pacer.forget(file.in_flight)
        super()._forget(job, file)
        if file.offer.file in self._ready:
            self._ready.remove(file.offer.file)

    def _known(self, file: int) -> tuple[_Job, _File]:
        job = self._jobs[self._job_of[file]]
        return job, job.files[file]
