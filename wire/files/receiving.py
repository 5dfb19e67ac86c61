"""Inbox: the jobs the other end sends. What may come, in which order, and what is stored of it.

Writes no disk: the owner stores what ChunkArrived holds and calls `chunk_stored`, which acknowledges it. A
chunk must be the next one of its file's round; after a break, and after a time in which chunks were not
wanted, the next round begins where the stored bytes end. Chunks of older rounds may still be on their way and
are dropped, up to a bound. The SHA-256 runs along with what is stored.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wire.errors import LimitExceeded, ProtocolError, WrongState
from wire.files import events as e
from wire.files import messages as m
from wire.files.jobs import OpenFile, OpenJob, OpenJobs
from wire.files.names import parts_of
from wire.limits import MAX_FILE_WINDOW, MAX_OPEN_FILES, MAX_OPEN_JOBS

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["Inbox"]

_KEPT_ANSWERS: Final = 4 * MAX_OPEN_FILES


@dataclass(slots=True)
class _File(OpenFile):
    is_awaited: bool = False
    round: int = 0
    number: int = 0
    arrived: int = 0
    stored: int = 0
    hash: _Hash = field(default_factory=hashlib.sha256)
    whole: bytes | None = None


@dataclass(slots=True)
class _Job(OpenJob[_File]):
    files_left: int = 0
    folders_left: int = 0
    bytes_left: int = 0
    stored_bytes: int = 0


class Inbox(OpenJobs[_Job, _File]):
    """Used by FilesProtocol alone; messages go to `say`, events to `tell`."""

    def __init__(self, say: Callable[[m.FileMessage], None], tell: Callable[[e.FilesEvent], None]) -> None:
        super().__init__(say)
        self._tell = tell
        self._last_job = 0
        self._last_file = 0
        self._answers: OrderedDict[int, m.Stored | m.Drop] = OrderedDict()
        self._strays = MAX_FILE_WINDOW
        self._is_halted = False

    # -- the owner's deeds

    def take(self, job: int) -> None:
        """The job is welcome."""
        known = self._jobs.get(job)
        if known is not None and not known.is_taken:
            known.is_taken = True
            self._say_if_open(m.Take(job))

    def refuse(self, job: int, code: str) -> None:
        """The job is not welcome."""
        known = self._jobs.get(job)
        if known is not None and not known.is_taken:
            self._say_if_open(m.Refuse(job, code))
            self._remove(known)

    def ready(self, file: int) -> None:
        """There is a place for the file: let its bytes come."""
        found = self._find(file)
        if found is not None and not found[1].is_awaited:
            found[1].is_awaited = True
            self._begin_round(found[1])

    def chunk_stored(self, file: int, data: bytes) -> None:
        """The bytes of the newest ChunkArrived are stored."""
        found = self._find(file)
        if found is None:
            return
        job, known = found
        known.hash.update(data)
        known.stored += len(data)
        job.stored_bytes += len(data)
        if self.is_open:
            self._say(m.Ack(file, known.round, known.number - 1, known.stored))

    def stored(self, file: int, path: str) -> None:
        """The file is there under its name, or the folder is made."""
        found = self._find(file)
        if found is not None:
            self._answer(*found, m.Stored(file, path))

    def drop(self, file: int, code: str) -> None:
        """The file cannot be stored."""
        found = self._find(file)
        if found is not None:
            self._answer(*found, m.Drop(file, code))

    def halt(self, on: bool) -> None:
        """Store nothing for a while: the right to receive is gone. What comes is dropped, and asked for anew
        afterwards.
        """
        if on == self._is_halted:
            return
        self._is_halted = on
        self._allow_strays()
        if not on and self.is_open:
            for job in self._jobs.values():
                for file in job.files.values():
                    if file.is_awaited:
                        self._begin_round(file)

    @property
    def is_halted(self) -> bool:
        """Whether what comes is dropped for now."""
        return self._is_halted

    def stored_bytes(self, job: int) -> int:
        """How many bytes of the job are stored here."""
        known = self._jobs.get(job)
        return known.stored_bytes if known else 0

    def open_files(self, job: int) -> tuple[int, ...]:
        """The files of the job that have begun and not ended."""
        known = self._jobs.get(job)
        return tuple(known.files) if known else ()

    # -- the connection

    def greeted(self, sending: Iterable[int], paused: Iterable[int]) -> None:
        """The other end's hello has come: what it no longer sends is over."""
        self.is_open = True
        self._allow_strays()
        still, paused_there = set(sending), set(paused)
        for number, job in list(self._jobs.items()):
            job.paused_there = number in paused_there
            if number not in still:
                self._end(job, "cancelled")

    # -- the other end's messages

    def receive(self, message: m.FileMessage) -> None:
        """Take a message that names a job or file of the other end."""
        if isinstance(message, m.Job):
            self._take_job(message)
        elif isinstance(message, m.Offer):
            self._take_offer(message)
        elif isinstance(message, m.Whole):
            self._take_whole(message)
        elif isinstance(message, m.Drop):
            found = self._find(message.file)
            if found is not None:
                self._forget(*found)
                self._tell(e.FileDropped(message.file, found[0].message.job, message.code))
        elif isinstance(message, m.Done | m.Cancel | m.Pause):
            job = self._jobs.get(message.job)
            if job is not None:
                self._take_about_job(job, message)
            elif isinstance(message, m.Done) and message.job <= self._last_job:
                self._say(m.Finished(message.job))
        else:
            raise WrongState(f"{message.TYPE} names a job of the one who sends it")

    def chunk(self, chunk: m.Chunk) -> None:
        """Take the next bytes of a file."""
        found = self._find(chunk.file)
        if found is None or self._is_halted or chunk.round < found[1].round:
            self._take_stray(chunk)
            return
        job, file = found
        if chunk.round != file.round or file.whole is not None or not file.is_awaited:
            raise WrongState(f"chunk {chunk.number} of round {chunk.round}, this is round {file.round}")
        if chunk.number == 0 and chunk.offset == 0 and file.arrived > 0:
            self._begin_anew(job, file)
        if (chunk.number, chunk.offset) != (file.number, file.arrived):
            raise WrongState(
                f"chunk {chunk.number} at {chunk.offset}, due is {file.number} at {file.arrived}"
            )
        if chunk.offset + len(chunk.data) > file.offer.size:
            raise LimitExceeded("file bytes", chunk.offset + len(chunk.data), file.offer.size)
        file.number += 1
        file.arrived += len(chunk.data)
        self._tell(e.ChunkArrived(chunk.file, chunk.offset, chunk.data))

    def _take_job(self, message: m.Job) -> None:
        known = self._jobs.get(message.job)
        if known is not None:
            if known.is_taken:
                self._say(m.Take(message.job))
            return
        if message.job <= self._last_job:
            self._say(m.Refuse(message.job, "over"))
            return
        if len(self._jobs) >= MAX_OPEN_JOBS:
            raise LimitExceeded("open jobs", len(self._jobs) + 1, MAX_OPEN_JOBS)
        self._last_job = message.job
        self._jobs[message.job] = _Job(
            message, files_left=message.files, folders_left=message.folders, bytes_left=message.bytes
        )
        self._tell(
            e.JobOffered(
                message.job, message.name, message.files, message.folders, message.bytes, message.reply
            )
        )

    def _take_offer(self, offer: m.Offer) -> None:
        found = self._find(offer.file)
        if found is not None:
            if found[1].offer != offer:
                raise ProtocolError(f"file {offer.file} is offered a second time as another")
            if found[1].is_awaited:
                self._begin_round(found[1])
            return
        if offer.file <= self._last_file:
            self._say(self._answers.get(offer.file) or m.Drop(offer.file, "over"))
            return
        self._last_file = offer.file
        job = self._jobs.get(offer.job)
        if job is None:
            if offer.job > self._last_job:
                raise WrongState(f"file {offer.file} of job {offer.job}, which was not announced")
            return  # it crossed our cancel
        if not job.is_taken:
            raise WrongState(f"file {offer.file} of job {offer.job}, which was not taken")
        self._admit(job, offer)

    def _admit(self, job: _Job, offer: m.Offer) -> None:
        if len(self._job_of) >= MAX_OPEN_FILES:
            raise LimitExceeded("open files", len(self._job_of) + 1, MAX_OPEN_FILES)
        parts = parts_of(offer.path)
        if offer.folder:
            job.folders_left -= 1
        else:
            job.files_left -= 1
            job.bytes_left -= offer.size
        if min(job.files_left, job.folders_left, job.bytes_left) < 0:
            raise ProtocolError(f"job {offer.job} holds more than was announced")
        job.files[offer.file] = _File(offer)
        self._job_of[offer.file] = offer.job
        self._tell(e.FileOffered(offer.file, offer.job, parts, offer.size, offer.folder))

    def _take_whole(self, message: m.Whole) -> None:
        found = self._find(message.file)
        if found is None or message.round < found[1].round or self._is_halted:
            return
        job, file = found
        if message.round != file.round or not file.is_awaited or file.whole is not None:
            raise WrongState(f"whole of round {message.round}, this is round {file.round}")
        if file.arrived != file.offer.size or file.stored != file.arrived:
            raise WrongState(f"file {message.file} is whole after {file.arrived} of {file.offer.size} bytes")
        file.whole = message.sha256
        if file.hash.digest() == message.sha256:
            self._tell(e.FileWhole(message.file, message.sha256))
        else:
            self._answer(job, file, m.Drop(message.file, "hash"))
            self._tell(e.FileDropped(message.file, job.message.job, "hash"))

    def _take_about_job(self, job: _Job, message: m.Done | m.Cancel | m.Pause) -> None:
        if isinstance(message, m.Pause):
            job.paused_there = message.on
            self._tell(e.JobPaused(message.job, message.on))
        elif isinstance(message, m.Cancel):
            self._end(job, message.code)
        else:
            # What the other end dropped while nobody could be told.
            for number in list(job.files):
                self._forget(job, job.files[number])
                self._tell(e.FileDropped(number, message.job, "over"))
            self._remove(job)
            self._say(m.Finished(message.job))
            self._tell(e.JobEnded(message.job, "", message.skipped))

    # -- inside

    def _begin_round(self, file: _File) -> None:
        if not self.is_open or self._is_halted:
            return
        file.round += 1
        file.number, file.arrived, file.whole = 0, file.stored, None
        self._say(m.Ready(file.offer.file, file.round, file.stored, file.hash.digest()))

    def _begin_anew(self, job: _Job, file: _File) -> None:
        """What is stored is not what the other end has sent."""
        job.stored_bytes -= file.stored
        file.arrived = file.stored = 0
        file.hash = hashlib.sha256()
        self._tell(e.FileRestarted(file.offer.file))

    def _take_stray(self, chunk: m.Chunk) -> None:
        if chunk.file > self._last_file:
            raise WrongState(f"a chunk of file {chunk.file}, which was not offered")
        self._strays -= len(chunk.data)
        if self._strays < 0:
            raise LimitExceeded("unwanted bytes", MAX_FILE_WINDOW - self._strays, MAX_FILE_WINDOW)

    def _allow_strays(self) -> None:
        """Something ended here: what was on its way meanwhile is nobody's fault."""
        self._strays = MAX_FILE_WINDOW

    def _answer(self, job: _Job, file: _File, message: m.Stored | m.Drop) -> None:
        self._forget(job, file)
        if isinstance(message, m.Drop):
            job.stored_bytes -= file.stored
        self._answers[message.file] = message
        while len(self._answers) > _KEPT_ANSWERS:
            self._answers.popitem(last=False)
        self._say_if_open(message)

    def _end(self, job: _Job, code: str) -> None:
        self._remove(job)
        self._tell(e.JobEnded(job.message.job, code))

    def _forget(self, job: _Job, file: _File) -> None:
        super()._forget(job, file)
        self._allow_strays()
