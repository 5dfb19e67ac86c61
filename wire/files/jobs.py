"""The open jobs of one direction, as both ends keep them: which there are, which files of them are open, and
what may be done with a job whoever sends it.

Leaves what the messages mean to sending.py and receiving.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from wire.files import messages as m

__all__ = ["OpenFile", "OpenJob", "OpenJobs"]


@dataclass(slots=True)
class OpenFile:
    """A file or folder that was offered and not answered."""

    offer: m.Offer


F = TypeVar("F", bound=OpenFile)


@dataclass(slots=True)
class OpenJob(Generic[F]):
    """A job that was announced and has not ended."""

    message: m.Job
    is_taken: bool = False
    paused_here: bool = False
    paused_there: bool = False
    files: dict[int, F] = field(default_factory=dict)


J = TypeVar("J", bound=OpenJob[Any])


class OpenJobs(Generic[J, F]):
    """The jobs of one direction; messages go to `say`."""

    def __init__(self, say: Callable[[m.FileMessage], None]) -> None:
        self._say = say
        self._jobs: dict[int, J] = {}
        self._job_of: dict[int, int] = {}
        self.is_open = False

    def cancel(self, job: int, code: str) -> None:
        """End a job."""
        known = self._jobs.get(job)
        if known is not None:
            self._say_if_open(m.Cancel(job, code))
            self._remove(known)

    def pause(self, job: int, on: bool) -> None:
        """Let a job rest, or go on."""
        known = self._jobs.get(job)
        if known is not None and known.paused_here != on:
            known.paused_here = on
            self._say_if_open(m.Pause(job, on))

    def open_jobs(self) -> tuple[int, ...]:
        """For hello: the jobs this end knows of."""
        return tuple(self._jobs)

    def paused_jobs(self) -> tuple[int, ...]:
        """For hello: what this end paused."""
        return tuple(number for number, job in self._jobs.items() if job.paused_here)

    def closed(self) -> None:
        """The connection is gone; everything keeps its place."""
        self.is_open = False

    def _find(self, file: int) -> tuple[J, F] | None:
        number = self._job_of.get(file)
        return None if number is None else (self._jobs[number], self._jobs[number].files[file])

    def _remove(self, job: J) -> None:
        for file in list(job.files.values()):
            self._forget(job, file)
        self._jobs.pop(job.message.job, None)

    def _forget(self, job: J, file: F) -> None:
        """The file is answered, or its job is over."""
        job.files.pop(file.offer.file, None)
        self._job_of.pop(file.offer.file, None)

    def _say_if_open(self, message: m.FileMessage) -> None:
        """What is said while nobody listens is told by the next hello."""
        if self.is_open:
            self._say(message)
