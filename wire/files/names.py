"""Names of files: what a path may be on the wire, and which name it gets on this computer's disk. Pure.

`parts_of` refuses what can only be an attack (a way out of the folder, an absolute path, too deep). Names
that are merely unwelcome on some system, `CON`, `a:b`, a trailing dot, are honest names elsewhere:
`disk_name` makes them harmless, by the strictest rules everywhere alike, so that what was received can be
copied on. Korean is kept, composed (NFC): macOS sends its syllables in pieces.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from wire.errors import LimitExceeded, ProtocolError
from wire.limits import MAX_NAME_BYTES, MAX_PATH_CHARS, MAX_PATH_PARTS

__all__ = ["disk_name", "numbered", "parts_of", "wire_name"]

_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\ud800-\udfff]')
# Marks that turn the reading direction, or cannot be seen: "gpj.exe" must not look like "exe.jpg".
_INVISIBLE: Final = re.compile("[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_RESERVED: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE
)
_PART: Final = ".part"


def parts_of(path: str) -> tuple[str, ...]:
    """Return the parts of a path of the wire; raises ProtocolError: absolute, upwards, too deep or too
    long.
    """
    if len(path) > MAX_PATH_CHARS:
        raise LimitExceeded("path characters", len(path), MAX_PATH_CHARS)
    parts = tuple(path.split("/"))
    if len(parts) > MAX_PATH_PARTS:
        raise LimitExceeded("path parts", len(parts), MAX_PATH_PARTS)
    for part in parts:
        if part in ("", ".", ".."):
            raise ProtocolError(f"the path has a part {part!r}")
        if len(part) > MAX_NAME_BYTES:
            raise LimitExceeded("name characters", len(part), MAX_NAME_BYTES)
        if "\x00" in part:
            raise ProtocolError("the path has a NUL")
    return parts


def wire_name(name: str) -> str:
    """Return the name of a local file as it is offered: composed, without what the wire does not carry."""
    composed = unicodedata.normalize("NFC", name)
    return _INVISIBLE.sub("", re.sub("[\x00-\x1f\x7f-\x9f\ud800-\udfff/]", "_", composed)) or "_"


def disk_name(name: str) -> str:
    """Return the name that one part of a path gets on a disk: no separator, no reserved name, at most 255
    bytes of UTF-8 with room for ".part".
    """
    clean = _INVISIBLE.sub("", _FORBIDDEN.sub("_", unicodedata.normalize("NFC", name)))
    clean = clean.rstrip(" .").lstrip(" ")
    if not clean or set(clean) <= {"."}:
        clean = "_"
    if _RESERVED.fullmatch(clean.split(".")[0].rstrip(" ")):
        clean = f"_{clean}"
    return _shortened(clean, "")


def numbered(name: str, number: int) -> str:
    """Return the `number`th name for a file called `name`: "name.txt", "name (1).txt", "name (2).txt"."""
    return name if number == 0 else _shortened(name, f" ({number})")


def _shortened(name: str, mark: str) -> str:
    """`name` with `mark` before its ending, cut in its stem to the bytes there are."""
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem or len(ending) > 16:
        stem, ending = name, ""
    tail = mark + (f".{ending}" if ending else "")
    room = MAX_NAME_BYTES - len(_PART) - len(tail.encode())
    raw = stem.encode()
    if len(raw) > room:
        stem = raw[:room].decode(errors="ignore").rstrip(" .")
    return stem + tail
