"""The words of the Tk programs: Korean sentences are the keys, English stands in one table per program.

Decides the language, looks sentences up and writes codes and times the way people read them; leaves to each
program its table: `add_table(path)` of a JSON object {"Korean sentence": "English sentence"}.
A sentence is whole, names stand in it as %(name)s, nothing is put together from pieces.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

__all__ = [
    "LANGUAGES",
    "add_table",
    "clock_time",
    "duration",
    "grouped_code",
    "language",
    "set_language",
    "t",
    "table",
]

LANGUAGES = ("ko", "en")

log = logging.getLogger(__name__)

_english: dict[str, str] = {}
_missing: set[str] = set()
_language: str | None = None


def language() -> str:
    """ "ko" or "en": what was set, otherwise what LANG asks for; Korean where nothing is said."""
    return _language or _language_of_environment(os.environ)


def set_language(code: str) -> None:
    """Speak `code` ("ko" or "en") from now on; windows that are open keep their words until they redraw.

    Raises ValueError: a language that has no table.
    """
    global _language
    if code not in LANGUAGES:
        raise ValueError(f"language is {code!r}, known are {', '.join(LANGUAGES)}")
    _language = code


def add_table(source: Mapping[str, str] | Path | Traversable) -> None:
    """Add a program's English sentences; a later table may replace a sentence of an earlier one."""
    sentences = source if isinstance(source, Mapping) else json.loads(source.read_text(encoding="utf-8"))
    _english.update(sentences)


def table() -> Mapping[str, str]:
    """Every English sentence that is known, by its Korean one; for tests."""
    return dict(_english)


def t(sentence: str, /, **named: object) -> str:
    """`sentence` in the chosen language with %(name)s filled in; Korean where English is missing."""
    words = sentence if language() == "ko" else _english_for(sentence)
    return words % named if named else words


def grouped_code(code: str) -> str:
    """An access code as it is read out: "482913" → "482 913", "4829135" → "482 9135", nine in threes."""
    groups = {6: (3, 3), 7: (3, 4), 8: (4, 4), 9: (3, 3, 3)}.get(len(code))
    if groups is None:
        return code
    parts, start = [], 0
    for size in groups:
        parts.append(code[start : start + size])
        start += size
    return " ".join(parts)


def duration(seconds: float) -> str:
    """A length of time in the chosen language: "13분 3초" or "13 min 3 s"; hours without seconds."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    korean = language() == "ko"
    if hours:
        return f"{hours}시간 {minutes}분" if korean else f"{hours} h {minutes} min"
    if minutes:
        return f"{minutes}분 {rest}초" if korean else f"{minutes} min {rest} s"
    return f"{rest}초" if korean else f"{rest} s"


def clock_time(unix_seconds: float, *, seconds: bool = False) -> str:
    """The local time of day, "14:05" or "14:05:09"."""
    return time.strftime("%H:%M:%S" if seconds else "%H:%M", time.localtime(unix_seconds))


def _english_for(sentence: str) -> str:
    words = _english.get(sentence)
    if words is None:
        if sentence not in _missing:
            _missing.add(sentence)
            log.warning("sentence_without_english", extra={"sentence": sentence})
        return sentence
    return words


def _language_of_environment(environ: Mapping[str, str]) -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(name, "")
        if value:
            return "en" if value.lower().startswith("en") else "ko"
    return "ko"
