"""What the files protocol tells its owner, in order. Frozen values; `job` and `file` are the wire's
numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from wire.files.messages import Entry

__all__ = [
    "ChunkArrived",
    "FileDropped",
    "FileOffered",
    "FileRestarted",
    "FileStored",
    "FileWhole",
    "FilesEvent",
    "FolderAsked",
    "JobEnded",
    "JobOffered",
    "JobPaused",
    "JobTaken",
    "Listed",
    "PathAsked",
    "RequestRefused",
    "Wanted",
]


@dataclass(frozen=True, slots=True)
class JobTaken:
    """The other end wants our job: offer its files."""

    job: int


@dataclass(frozen=True, slots=True)
class JobOffered:
    """The other end has a job for us; answer with `take` or `refuse`."""

    job: int
    name: str
    files: int
    folders: int
    bytes: int
    reply: int | None


@dataclass(frozen=True, slots=True)
class JobPaused:
    """The other end lets the job rest, or go on."""

    job: int
    on: bool


@dataclass(frozen=True, slots=True)
class JobEnded:
    """The job is over: `code` "" = all was offered and answered, else why not; "refused" before it began."""

    job: int
    code: str
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class FileStored:
    """The other end has our file, whole and checked, as `path`."""

    file: int
    job: int
    path: str
    sha256: bytes | None


@dataclass(frozen=True, slots=True)
class FileDropped:
    """The file does not come: told by the other end, or found here ("hash")."""

    file: int
    job: int
    code: str


@dataclass(frozen=True, slots=True)
class FileOffered:
    """A file or folder of a job that we took; answer with `ready` (folder: `stored`) or `drop`."""

    file: int
    job: int
    parts: tuple[str, ...]
    size: int
    folder: bool


@dataclass(frozen=True, slots=True)
class FileRestarted:
    """What is stored of the file is not what the other end has: empty it, the bytes come from the start."""

    file: int


@dataclass(frozen=True, slots=True)
class ChunkArrived:
    """The next bytes of the file: store them at `offset`, then call `chunk_stored`."""

    file: int
    offset: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FileWhole:
    """Every byte is stored and the SHA-256 is right: give it its name, then call `stored`."""

    file: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """The agent asks the customer to choose files."""

    request: int


@dataclass(frozen=True, slots=True)
class FolderAsked:
    """The agent asks what is in a folder."""

    request: int
    path: str
    start: int


@dataclass(frozen=True, slots=True)
class PathAsked:
    """The agent asks for this file or folder."""

    request: int
    path: str


@dataclass(frozen=True, slots=True)
class Listed:
    """What is in a folder of the customer's PC; `next` None = that was all."""

    request: int
    path: str
    entries: tuple[Entry, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """The customer, or the customer's program, said no."""

    request: int
    code: str


FilesEvent: TypeAlias = (
    JobTaken
    | JobOffered
    | JobPaused
    | JobEnded
    | FileStored
    | FileDropped
    | FileOffered
    | FileRestarted
    | ChunkArrived
    | FileWhole
    | Wanted
    | FolderAsked
    | PathAsked
    | Listed
    | RequestRefused
)
