"""What is in a folder of the customer's PC, for an agent who may look there. Runs on the porter's thread.

Lists names, sizes and dates, nothing of what is in the files. "" lists where people keep their things. Links
are shown as what they lead to; what cannot be read is left out. Raises BrowseError with a code of the wire.
"""

from __future__ import annotations

import os
import stat
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from wire.files import messages as m
from wire.files.names import wire_name
from wire.limits import MAX_JOB_FILES, MAX_NAME_BYTES, MAX_PATH_CHARS

__all__ = ["BrowseError", "absolute", "list_folder"]

_A_PAGE: Final = 100
# A page stays far below the limit of a record, whatever the names are.
_PAGE_CHARS: Final = 12_000
_USUAL: Final = ("Desktop", "Documents", "Downloads", "Pictures", "바탕화면", "문서", "다운로드", "사진")


class BrowseError(Exception):
    """It cannot be listed; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def absolute(path: str) -> Path:
    """The path, which must be a whole one; raises BrowseError."""
    found = Path(path)
    if not found.is_absolute() or "\x00" in path:
        raise BrowseError("missing")
    return found


def list_folder(request: int, path: str, start: int, home: Path | None = None) -> m.Listing:
    """One page of the folder from entry `start` on, folders first, by name."""
    if not path:
        return m.Listing(request, "", tuple(_roots(home or Path.home())))
    try:
        with os.scandir(absolute(path)) as found:
            entries = sorted(filter(None, map(_entry, found)), key=lambda one: (not one.folder, one.name))
    except NotADirectoryError as error:
        raise BrowseError("not_a_file") from error
    except FileNotFoundError as error:
        raise BrowseError("missing") from error
    except OSError as error:
        raise BrowseError("unreadable") from error
    page: list[m.Entry] = []
    chars = 0
    for entry in entries[start : start + _A_PAGE]:
        chars += len(entry.name)
        if page and chars > _PAGE_CHARS:
            break
        page.append(entry)
    after = start + len(page)
    return m.Listing(request, path, tuple(page), after if after < min(len(entries), MAX_JOB_FILES) else None)


def _entry(found: os.DirEntry[str]) -> m.Entry | None:
    # A name that the wire would change could not be asked for afterwards.
    if wire_name(found.name) != found.name or len(found.name) > MAX_NAME_BYTES:
        return None
    try:
        facts = found.stat()
    except OSError:
        return None
    is_folder = stat.S_ISDIR(facts.st_mode)
    if not is_folder and not stat.S_ISREG(facts.st_mode):
        return None
    return m.Entry(found.name, 0 if is_folder else facts.st_size, max(0, int(facts.st_mtime)), is_folder)


def _roots(home: Path) -> Iterator[m.Entry]:
    yield _root(home.name or str(home), home)
    for name in _USUAL:
        if (home / name).is_dir():
            yield _root(name, home / name)
    if sys.platform == "win32":
        for letter in string.ascii_uppercase:
            if Path(f"{letter}:\\").exists():
                yield _root(f"{letter}:", Path(f"{letter}:\\"))
    else:
        yield _root("/", Path("/"))


def _root(name: str, path: Path) -> m.Entry:
    return m.Entry(
        wire_name(name)[:MAX_NAME_BYTES] if name != "/" else "/", 0, 0, True, str(path)[:MAX_PATH_CHARS]
    )
