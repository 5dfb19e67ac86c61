"""What the two ends of a participant say on its files channel: JSON records, and chunks with a short head.

Decides the fields, who may send each message (SENDER) and, for what the agent's program sends, which option
must be on (OPTION) and which right the customer must have given (RIGHT). Leaves order and limits to
sending.py, receiving.py and protocol.py, and whether the right is given to customer_agent/rights.py. A job is
one act of a person: some files, or one folder with all that is in it. Numbers of jobs and files are odd when
the agent's program sends the bytes, even when the customer's does. Sizes and offsets are bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from struct import Struct
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from wire.errors import LimitExceeded, ProtocolError
from wire.limits import (
    MAX_FILE_CHUNK,
    MAX_FILE_SIZE,
    MAX_JOB_FILES,
    MAX_NAME_BYTES,
    MAX_OPEN_JOBS,
    MAX_PATH_CHARS,
)
from wire.record import MAX_EXACT, Between, Items, Pattern, Record, Size, Text
from wire.terms import Right, Side

__all__ = [
    "FILES_VERSION",
    "FILE_MESSAGES",
    "Ack",
    "Cancel",
    "Chunk",
    "Done",
    "Drop",
    "Entry",
    "FileMessage",
    "Finished",
    "Get",
    "Hello",
    "Job",
    "Listing",
    "ListFolder",
    "No",
    "Offer",
    "Pause",
    "Ready",
    "Refuse",
    "Stored",
    "Take",
    "Want",
    "Whole",
    "is_own",
]

FILES_VERSION: Final = 1

Number: TypeAlias = Annotated[int, Between(1, 2**31 - 1)]
Numbers: TypeAlias = Annotated[tuple[Number, ...], Items(2 * MAX_OPEN_JOBS)]
Bytes: TypeAlias = Annotated[int, Between(0, MAX_FILE_SIZE)]
Hash: TypeAlias = Annotated[bytes, Size(32, 32)]
Code: TypeAlias = Annotated[str, Pattern("[a-z_]{1,24}")]
Path: TypeAlias = Annotated[str, Text(MAX_PATH_CHARS, least=1)]
Place: TypeAlias = Annotated[str, Text(MAX_PATH_CHARS)]
Name: TypeAlias = Annotated[str, Text(MAX_NAME_BYTES, least=1)]
Count: TypeAlias = Annotated[int, Between(0, MAX_JOB_FILES)]


def is_own(number: int, side: Side) -> bool:
    """Whether this number names a job, file or request of `side`."""
    return bool(number % 2) == (side == "agent")


class FileMessage(Record):
    """A message of the files channel. OPTION and RIGHT concern the agent's program as its sender."""

    __slots__ = ()
    SENDER: ClassVar[Literal["agent", "customer", "both"]] = "both"
    OPTION: ClassVar[str | None] = None
    RIGHT: ClassVar[Right | None] = None


@dataclass(frozen=True, slots=True)
class Hello(FileMessage):
    """The first message of each side on each connection: what it still knows of, so that both go on alike.

    `sending` and `receiving` are the jobs this side has open, `paused` those that it paused.
    """

    TYPE: ClassVar[str] = "hello"
    version: Annotated[int, Between(1, 1000)]
    sending: Numbers = ()
    receiving: Numbers = ()
    paused: Numbers = ()


# --------------------------------------------------------------------------------- the side with the bytes


@dataclass(frozen=True, slots=True)
class Job(FileMessage):
    """These files and folders want to come: how many, and how many bytes at most. `reply`: they were asked
    for by that request.
    """

    TYPE: ClassVar[str] = "job"
    OPTION: ClassVar[str | None] = "send_file"
    RIGHT: ClassVar[Right | None] = "files_in"
    job: Number
    name: Name
    files: Count
    folders: Count
    bytes: Bytes
    reply: Number | None = None


@dataclass(frozen=True, slots=True)
class Offer(FileMessage):
    """One file or folder of a job that was taken; `path` has its parts between slashes."""

    TYPE: ClassVar[str] = "offer"
    OPTION: ClassVar[str | None] = "send_file"
    RIGHT: ClassVar[Right | None] = "files_in"
    file: Number
    job: Number
    path: Path
    size: Bytes = 0
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Whole(FileMessage):
    """All bytes of the file were sent; they have this SHA-256."""

    TYPE: ClassVar[str] = "whole"
    OPTION: ClassVar[str | None] = "send_file"
    RIGHT: ClassVar[Right | None] = "files_in"
    file: Number
    round: Number
    sha256: Hash


@dataclass(frozen=True, slots=True)
class Done(FileMessage):
    """Nothing more will be offered in this job; `skipped` could not be read."""

    TYPE: ClassVar[str] = "done"
    job: Number
    skipped: Count = 0


# ------------------------------------------------------------------------------------- the side that stores


@dataclass(frozen=True, slots=True)
class Take(FileMessage):
    """The job is welcome: offer its files."""

    TYPE: ClassVar[str] = "take"
    job: Number


@dataclass(frozen=True, slots=True)
class Refuse(FileMessage):
    """The job is not welcome."""

    TYPE: ClassVar[str] = "refuse"
    job: Number
    code: Code


@dataclass(frozen=True, slots=True)
class Ready(FileMessage):
    """Send the file from `offset` on; what is stored before it has this SHA-256. A higher `round` makes all
    chunks of the lower ones void.
    """

    TYPE: ClassVar[str] = "ready"
    file: Number
    round: Number
    offset: Bytes
    sha256: Hash


@dataclass(frozen=True, slots=True)
class Ack(FileMessage):
    """Chunk `number` of this round, and all before it, are stored: `offset` bytes."""

    TYPE: ClassVar[str] = "ack"
    file: Number
    round: Number
    number: Annotated[int, Between(0, MAX_EXACT)]
    offset: Bytes


@dataclass(frozen=True, slots=True)
class Stored(FileMessage):
    """The file is there, whole and checked, under this path of the job."""

    TYPE: ClassVar[str] = "stored"
    file: Number
    path: Path


@dataclass(frozen=True, slots=True)
class Finished(FileMessage):
    """The answer to `done`."""

    TYPE: ClassVar[str] = "finished"
    job: Number


# ---------------------------------------------------------------------------------------------- both sides


@dataclass(frozen=True, slots=True)
class Drop(FileMessage):
    """This one file does not come; the job goes on."""

    TYPE: ClassVar[str] = "drop"
    file: Number
    code: Code


@dataclass(frozen=True, slots=True)
class Cancel(FileMessage):
    """The job ends here."""

    TYPE: ClassVar[str] = "cancel"
    job: Number
    code: Code


@dataclass(frozen=True, slots=True)
class Pause(FileMessage):
    """The sender of this message wants the job to rest, or to go on."""

    TYPE: ClassVar[str] = "pause"
    job: Number
    on: bool


# ------------------------------------------------------------------------------------------------ requests


@dataclass(frozen=True, slots=True)
class Want(FileMessage):
    """Ask the customer to choose files. The answer is a job with `reply`, or `no`."""

    TYPE: ClassVar[str] = "want"
    SENDER: ClassVar[Literal["agent", "customer", "both"]] = "agent"
    OPTION: ClassVar[str | None] = "get_file"
    RIGHT: ClassVar[Right | None] = "files_out"
    request: Number


@dataclass(frozen=True, slots=True)
class ListFolder(FileMessage):
    """Ask what is in a folder of the customer's PC, from entry `start` on; "" = where to begin."""

    TYPE: ClassVar[str] = "list"
    SENDER: ClassVar[Literal["agent", "customer", "both"]] = "agent"
    OPTION: ClassVar[str | None] = "two_way_files"
    RIGHT: ClassVar[Right | None] = "files_out"
    request: Number
    path: Place = ""
    start: Annotated[int, Between(0, MAX_JOB_FILES)] = 0


@dataclass(frozen=True, slots=True)
class Get(FileMessage):
    """Ask for a file or folder of the customer's PC. The answer is a job with `reply`, or `no`."""

    TYPE: ClassVar[str] = "get"
    SENDER: ClassVar[Literal["agent", "customer", "both"]] = "agent"
    OPTION: ClassVar[str | None] = "two_way_files"
    RIGHT: ClassVar[Right | None] = "files_out"
    request: Number
    path: Path


@dataclass(frozen=True, slots=True)
class Entry(Record):
    """One line of a listing; `path` only where it is not below the folder that was asked for."""

    name: Name
    size: Annotated[int, Between(0, MAX_EXACT)] = 0
    modified: Annotated[int, Between(0, MAX_EXACT)] = 0
    folder: bool = False
    path: Place = ""


@dataclass(frozen=True, slots=True)
class Listing(FileMessage):
    """What is in a folder, by name, folders first; `next` = where the rest begins."""

    TYPE: ClassVar[str] = "listing"
    SENDER: ClassVar[Literal["agent", "customer", "both"]] = "customer"
    request: Number
    path: Place
    entries: Annotated[tuple[Entry, ...], Items(256)] = ()
    next: Count | None = None


@dataclass(frozen=True, slots=True)
class No(FileMessage):
    """The request is refused, or there is no such thing."""

    TYPE: ClassVar[str] = "no"
    SENDER: ClassVar[Literal["agent", "customer", "both"]] = "customer"
    request: Number
    code: Code


FILE_MESSAGES: Final[Mapping[str, type[FileMessage]]] = {
    kind.TYPE: kind
    for kind in (
        Hello,
        Job,
        Offer,
        Whole,
        Done,
        Take,
        Refuse,
        Ready,
        Ack,
        Stored,
        Finished,
        Drop,
        Cancel,
        Pause,
        Want,
        ListFolder,
        Get,
        Listing,
        No,
    )
}
"""Every JSON message of the channel, by `t`."""


# -------------------------------------------------------------------------------------------------- chunks


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of a file: number `number` of this round, at `offset`. Not JSON: 21 bytes, then the data."""

    HEAD: ClassVar[Struct] = Struct(">BIIIQ")
    KIND: ClassVar[int] = 1
    SENDER: ClassVar[Literal["agent", "customer", "both"]] = "both"
    OPTION: ClassVar[str | None] = "send_file"
    RIGHT: ClassVar[Right | None] = "files_in"
    file: int
    round: int
    number: int
    offset: int
    data: bytes

    def encode(self) -> bytes:
        """Return the record."""
        head = self.HEAD.pack(self.KIND, self.file, self.round, self.number, self.offset)
        return head + self.data

    @classmethod
    def decode(cls, plain: bytes) -> Chunk:
        """Return the chunk in a record; raises ProtocolError: cut off, empty, or above the limit."""
        size = len(plain) - cls.HEAD.size
        if size > MAX_FILE_CHUNK:
            raise LimitExceeded("chunk bytes", size, MAX_FILE_CHUNK)
        if size < 1:
            raise ProtocolError(f"a chunk record of {len(plain)} bytes")
        _, file, round_, number, offset = cls.HEAD.unpack_from(plain)
        if offset > MAX_FILE_SIZE:
            raise LimitExceeded("chunk offset", offset, MAX_FILE_SIZE)
        return cls(file, round_, number, offset, plain[cls.HEAD.size :])
