"""Both languages are whole: every Korean sentence of the source has its English one, and nothing else."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent.parent
HANGUL = re.compile(r"[가-힣]")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}


@cache
def sentences() -> frozenset[str]:
    """Every sentence that the source asks to be translated."""
    with (ROOT / "babel.cfg").open() as config:
        methods, options = parse_mapping_cfg(config)
    found = extract_from_dir(str(ROOT), methods, options, KEYWORDS, directory_filter=_is_ours)
    ids = (message for _file, _line, message, _comments, _context in found)
    return frozenset(one if isinstance(one, str) else one[0] for one in ids)


def _is_ours(folder: str) -> bool:
    return Path(folder).name not in {
        ".venv",
        "node_modules",
        "var",
        ".git",
        "vendor",
        "build",
        "dist",
        "tests",
    }


def english() -> Catalog:
    with (ROOT / "app/translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale="en")


def texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)  # type: ignore[arg-type]


def test_no_sentence_is_without_english() -> None:
    catalogue = english()
    done = {texts(m.id)[0] for m in catalogue if m.id and all(texts(m.string)) and not m.fuzzy}
    assert sentences() - done == set(), "run `make translations`, then translate"


def test_no_english_is_left_over() -> None:
    catalogue = english()
    assert {texts(m.id)[0] for m in catalogue if m.id} - sentences() == set()
    assert not catalogue.obsolete


def test_placeholders_are_the_same_in_both() -> None:
    for message in english():
        if message.id:
            for text in texts(message.string):
                assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(texts(message.id)[0])), text


def test_no_korean_stands_in_the_english() -> None:
    assert [m.string for m in english() if m.id and HANGUL.search("".join(texts(m.string)))] == []


def test_keys_are_korean_sentences() -> None:
    neutral = {"PC", "URL"}
    assert {key for key in sentences() if not HANGUL.search(key)} <= neutral


def test_templates_hold_no_bare_korean() -> None:
    """Korean text outside {{ _(…) }} would stand on the English page."""
    found = []
    for path in (ROOT / "app").rglob("templates/**/*.html"):
        text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        if HANGUL.search(text.replace("한국어", "")):
            found.append(path.name)
    assert found == []
