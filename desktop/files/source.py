"""What is sent, as it is on this disk: files and folders, looked through once, read piece by piece.

Decides: only regular files are read (no devices, no pipes, no links inside folders), and a file that changes
while it is being sent is given up rather than sent as a mixture. Raises SourceError with a code of the wire.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wire.files.names import wire_name
from wire.limits import MAX_FILE_SIZE, MAX_JOB_FILES, MAX_NAME_BYTES, MAX_PATH_CHARS, MAX_PATH_PARTS

__all__ = ["Source", "SourceError", "SourceFile", "Survey", "survey"]

# A pipe without a writer would hold the open for ever.
_OPEN_FLAGS: Final = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
)


class SourceError(Exception):
    """It cannot be sent; `code` says why, in a word of the wire."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Source:
    """One file or folder to send, as it was when it was looked at."""

    path: Path
    offered: str
    size: int
    changed_ns: int
    is_folder: bool


@dataclass(frozen=True, slots=True)
class Survey:
    """A job before it begins: everything in it, and what cannot be sent with the reason."""

    name: str
    sources: tuple[Source, ...]
    skipped: tuple[tuple[str, str], ...]

    @property
    def files(self) -> int:
        """How many files."""
        return sum(not source.is_folder for source in self.sources)

    @property
    def folders(self) -> int:
        """How many folders."""
        return sum(source.is_folder for source in self.sources)

    @property
    def size(self) -> int:
        """How many bytes."""
        return sum(source.size for source in self.sources)


def survey(paths: Sequence[Path]) -> Survey:
    """Look at files and folders that somebody chose; a chosen link stands for what it leads to.

    Raises SourceError: nothing in it can be sent, or it is more than a job may hold.
    """
    sources: list[Source] = []
    skipped: list[tuple[str, str]] = []
    taken: set[str] = set()
    for path in paths:
        top = _unused(wire_name(path.name)[:MAX_NAME_BYTES], taken)
        for source in _walk(path, (top,), skipped):
            sources.append(source)
            if len(sources) + len(skipped) > MAX_JOB_FILES:
                raise SourceError("too_many")
    if not sources:
        raise SourceError(skipped[0][1] if skipped else "missing")
    found = Survey(_name_of(paths), tuple(sources), tuple(skipped))
    if found.size > MAX_FILE_SIZE:
        raise SourceError("too_big")
    return found


def _name_of(paths: Sequence[Path]) -> str:
    return wire_name(paths[0].name)[:MAX_NAME_BYTES]


def _unused(name: str, taken: set[str]) -> str:
    """Two chosen files of one name come from two folders."""
    free, number = name, 1
    while free in taken:
        stem, dot, ending = name.rpartition(".")
        free = f"{stem} ({number}).{ending}" if dot and stem else f"{name} ({number})"
        number += 1
    taken.add(free)
    return free


def _walk(path: Path, parts: tuple[str, ...], skipped: list[tuple[str, str]]) -> Iterator[Source]:
    offered = "/".join(parts)
    try:
        found = path.stat() if len(parts) == 1 else path.lstat()
        if stat.S_ISDIR(found.st_mode):
            children = sorted(os.listdir(path))
        elif not stat.S_ISREG(found.st_mode):
            raise SourceError("not_a_file")
        elif found.st_size > MAX_FILE_SIZE:
            raise SourceError("too_big")
        if len(parts) > MAX_PATH_PARTS or len(offered) > MAX_PATH_CHARS:
            raise SourceError("name")
    except SourceError as error:
        skipped.append((offered, error.code))
        return
    except FileNotFoundError:
        skipped.append((offered, "missing"))
        return
    except OSError:
        skipped.append((offered, "unreadable"))
        return
    is_folder = stat.S_ISDIR(found.st_mode)
    yield Source(path, offered, 0 if is_folder else found.st_size, found.st_mtime_ns, is_folder)
    if is_folder:
        for child in children:
            yield from _walk(path / child, (*parts, wire_name(child)[:MAX_NAME_BYTES]), skipped)


class SourceFile:
    """An open file that must stay as it was."""

    def __init__(self, source: Source) -> None:
        self._source = source
        try:
            self._descriptor = os.open(source.path, _OPEN_FLAGS)
        except FileNotFoundError as error:
            raise SourceError("missing") from error
        except OSError as error:
            raise SourceError("unreadable") from error
        try:
            self.check()
        except SourceError:
            self.close()
            raise

    def check(self) -> None:
        """Raise SourceError("changed") unless it is still what was offered."""
        try:
            found = os.fstat(self._descriptor)
        except OSError as error:
            raise SourceError("unreadable") from error
        if not stat.S_ISREG(found.st_mode):
            raise SourceError("not_a_file")
        if (found.st_size, found.st_mtime_ns) != (self._source.size, self._source.changed_ns):
            raise SourceError("changed")

    def read(self, offset: int, size: int) -> bytes:
        """Return these bytes, all of them."""
        try:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            data = os.read(self._descriptor, size)
            while len(data) < size:
                more = os.read(self._descriptor, size - len(data))
                if not more:
                    raise SourceError("changed")
                data += more
        except OSError as error:
            raise SourceError("unreadable") from error
        self.check()
        return data

    def close(self) -> None:
        """Read no more."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
