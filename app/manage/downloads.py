"""The download centre's list: what the operator laid into the download folder, with size, date and SHA-256.

A file's sum is computed once, away from the event loop, and again only when the file has changed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from gevent import get_hub, monkey

__all__ = ["Download", "find_download", "list_downloads"]

#: What a file's name begins with → what it is; the first that fits.
_KINDS: Final = (
    (re.compile(r"BaroHelp-Viewer"), _l("접속대기 프로그램")),
    (re.compile(r"BaroHelp-Remover"), _l("완전 삭제 프로그램")),
    (re.compile(r"BaroHelp-Manual"), _l("설명서")),
    (re.compile(r"NOTICES"), _l("오픈소스 고지")),
    (re.compile(r"BaroHelp-(linux|windows|macos)"), _l("고객 프로그램")),
)
_PLATFORMS: Final = (("windows", "Windows"), ("macos", "macOS"), ("linux", "Linux"))
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")
_VERSION: Final = re.compile(r"(?<![0-9.])(\d+\.\d+(?:\.\d+)?)(?![0-9])")


@dataclass(frozen=True, slots=True)
class Download:
    """One file to fetch."""

    name: str
    title: Any
    platform: str
    version: str
    size_bytes: int
    changed_at: datetime
    sha256: str


def list_downloads(folder: Path, words: str = "") -> Sequence[Download]:
    """The files of a kind that we know, whose title or name holds `words`; in the order of their kinds."""
    found = [_read(path) for path in sorted(folder.iterdir())] if folder.is_dir() else []
    order = [title for _pattern, title in _KINDS]
    shown = [one for one in found if one and words.casefold() in f"{one.title} {one.name}".casefold()]
    return sorted(shown, key=lambda one: (order.index(one.title), one.name))


def find_download(folder: Path, name: str) -> Path | None:
    """The file of that name in the folder itself, when it is one that the list shows; else None."""
    path = folder / name
    return path if _NAME.fullmatch(name) and path.is_file() and _title(name) else None


def _title(name: str) -> Any:
    return next((title for pattern, title in _KINDS if pattern.match(name)), None)


def _read(path: Path) -> Download | None:
    title = _title(path.name)
    if title is None or not path.is_file() or not _NAME.fullmatch(path.name):
        return None
    about = path.stat()
    name = path.name.casefold()
    platform = next((words for mark, words in _PLATFORMS if mark in name), "")
    version = _VERSION.search(path.name)
    return Download(
        path.name,
        title,
        platform,
        version[1] if version else "",
        about.st_size,
        datetime.fromtimestamp(about.st_mtime, UTC),
        _sum(path, about.st_mtime_ns, about.st_size),
    )


@lru_cache(maxsize=64)
def _sum(path: Path, _changed_ns: int, _size: int) -> str:
    def compute() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    if not monkey.is_module_patched("threading"):
        return compute()
    computed: str = get_hub().threadpool.apply(compute)
    return computed
