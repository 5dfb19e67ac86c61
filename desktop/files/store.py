"""Received files on this disk: a temporary name while they come, the final one when they are whole.

Decides: nothing is written outside the folder, no file is ever overwritten, nothing half-left stays behind,
and no received file is executable. `name.part` stands in the folder of the file itself, so that the last
step is a rename within one file system; where a name is taken the next is "name (1)". Leaves which names
are harmless to wire/files/names.py. Raises StoreError with a code of the wire.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
import stat
from pathlib import Path
from typing import Final

from wire.files.names import disk_name, numbered

__all__ = ["Part", "Store", "StoreError", "received_folder"]

_MOST_NUMBERS: Final = 10_000
# The disk keeps this much for the rest of the system.
_SPARE_BYTES: Final = 32 * 1024 * 1024
_PART: Final = ".part"
# Waiting for the disk costs some 4 ms a file, on a busy one 40: small files, of which thousands come and
# which are sent again in a moment, are left to the system.
_SYNCED_BYTES: Final = 256 * 1024
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_CODES: Final = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EACCES: "read_only",
    errno.EPERM: "read_only",
    errno.EROFS: "read_only",
    errno.ENAMETOOLONG: "name",
    errno.EINVAL: "name",
    errno.EFBIG: "too_big",
}


class StoreError(Exception):
    """It cannot be stored; `code` says why, in a word of the wire."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @classmethod
    def of(cls, error: OSError) -> StoreError:
        """The code for what the system said."""
        return cls(_CODES.get(error.errno or 0, "failed"))


def received_folder(home: Path | None = None) -> Path:
    """Where received files go unless somebody chose another folder."""
    return (home or Path.home()) / "BaroHelp" / "Received Files"


class Part:
    """A file that is coming."""

    def __init__(self, folder: Path, name: str, shown_in: Path) -> None:
        """Open a new `name.part` in `folder`; the final path is told below `shown_in`."""
        self._name = name
        self._folder = folder
        self._shown_in = shown_in
        self._path, self._file = _open_new(folder, name)

    def write(self, offset: int, data: bytes) -> None:
        """Store bytes; when this returns they outlive this process, though not yet a power failure."""
        try:
            self._file.seek(offset)
            left = memoryview(data)
            while left:
                left = left[self._file.write(left) or 0 :]
        except OSError as error:
            raise StoreError.of(error) from error

    def restart(self) -> None:
        """Forget what was stored."""
        try:
            self._file.truncate(0)
        except OSError as error:
            raise StoreError.of(error) from error

    def finish(self) -> Path:
        """Give the whole file its name; the path below `shown_in`. Of a large file the bytes are on the disk
        for good by then.
        """
        try:
            if self._file.tell() >= _SYNCED_BYTES:
                os.fsync(self._file.fileno())
            self._file.close()
            final = self._rename()
        except OSError as error:
            self.discard()
            raise StoreError.of(error) from error
        return final.relative_to(self._shown_in)

    def discard(self) -> None:
        """Leave nothing of it."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _rename(self) -> Path:
        for number in range(_MOST_NUMBERS):
            final = self._folder / numbered(self._name, number)
            if _move_to_free_name(self._path, final):
                return final
        raise OSError(errno.EEXIST, "too many files of this name")


def _open_new(folder: Path, name: str) -> tuple[Path, io.FileIO]:
    for number in range(_MOST_NUMBERS):
        path = folder / f"{numbered(name, number)}{_PART}"
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_FOLLOW
            return path, io.FileIO(os.open(path, flags, 0o644), "r+")
        except FileExistsError:
            continue
        except OSError as error:
            raise StoreError.of(error) from error
    raise StoreError("name")


def _move_to_free_name(path: Path, final: Path) -> bool:
    """Move without ever replacing: a hard link fails where the name is taken, and so does Windows' rename."""
    try:
        if os.name == "nt":
            path.rename(final)
            return True
        os.link(path, final, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError:
        # A file system without links: take the name first, then move onto our own empty file.
        try:
            os.close(os.open(final, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o644))
        except FileExistsError:
            return False
        path.replace(final)
        return True
    path.unlink(missing_ok=True)
    return True


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Store:
    """One folder that receives, and what is coming into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts: dict[int, Part] = {}
        self._tops: dict[tuple[int, str], Path] = {}
        self._changed: set[Path] = set()

    def check_room(self, size: int) -> None:
        """Make the folder and see that so many bytes fit."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not stat.S_ISDIR(self.folder.stat().st_mode) or not os.access(self.folder, os.W_OK):
                raise StoreError("read_only")
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise StoreError.of(error) from error
        if size and size + _SPARE_BYTES > free:
            raise StoreError("disk_full")

    def begin(self, file: int, job: int, parts: tuple[str, ...]) -> None:
        """Make a place for a file."""
        folder = self._folder_for(job, parts[:-1])
        self._parts[file] = Part(folder, disk_name(parts[-1]), self.folder)

    def make_folder(self, job: int, parts: tuple[str, ...]) -> str:
        """Make a folder of a job; its path."""
        return self._folder_for(job, parts).relative_to(self.folder).as_posix()

    def write(self, file: int, offset: int, data: bytes) -> None:
        """Store bytes of a file that has begun."""
        self._parts[file].write(offset, data)

    def restart(self, file: int) -> None:
        """The bytes of the file come from the start again."""
        self._parts[file].restart()

    def finish(self, file: int) -> str:
        """The file is whole; its path below the folder."""
        path = self._parts.pop(file).finish()
        self._changed.add((self.folder / path).parent)
        return path.as_posix()

    def discard(self, file: int) -> None:
        """The file does not come: leave nothing of it."""
        part = self._parts.pop(file, None)
        if part is not None:
            part.discard()

    def end_job(self, job: int) -> None:
        """No more comes in this job: its names are on the disk for good."""
        changed, self._changed = self._changed, set()
        for folder in changed:
            _sync_folder(folder)
        self._tops = {key: path for key, path in self._tops.items() if key[0] != job}

    def close(self) -> None:
        """Leave nothing half."""
        for file in list(self._parts):
            self.discard(file)

    def place_of(self, job: int) -> Path:
        """The folder to show for a job: its own where it has one."""
        tops = [path for (of, _), path in self._tops.items() if of == job]
        return tops[0] if len(tops) == 1 else self.folder

    def _folder_for(self, job: int, parts: tuple[str, ...]) -> Path:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not parts:
                return self.folder
            folder = self._top(job, parts[0])
            for part in parts[1:]:
                folder /= disk_name(part)
                folder.mkdir(exist_ok=True)
        except FileExistsError as error:
            raise StoreError("name") from error
        except OSError as error:
            raise StoreError.of(error) from error
        # Somebody who can write here could have put a link in the way.
        if not folder.resolve().is_relative_to(self.folder.resolve()):
            raise StoreError("name")
        return folder

    def _top(self, job: int, part: str) -> Path:
        """A folder of its own for each folder that is received, never one that was there."""
        known = self._tops.get((job, part))
        if known is not None:
            return known
        for number in range(_MOST_NUMBERS):
            folder = self.folder / numbered(disk_name(part), number)
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            self._tops[(job, part)] = folder
            return folder
        raise StoreError("name")
