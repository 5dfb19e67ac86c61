"""Every sentence of the viewer has its English, and no English is left over."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TABLE: dict[str, str] = json.loads((ROOT / "desktop" / "locale" / "viewer.en.json").read_text())


def sentences() -> set[str]:
    """Every literal given to t() in viewer/."""
    found = set()
    for file in (ROOT / "viewer").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "t":
                assert isinstance(node.args[0], ast.Constant), f"{file}:{node.lineno} is no whole sentence"
                found.add(node.args[0].value)
    return found


def test_it_is_complete() -> None:
    assert sentences() - set(TABLE) == set()


def test_it_has_nothing_left_over() -> None:
    assert set(TABLE) - sentences() == set()


def test_it_fills_in_the_same_names() -> None:
    for korean, english in TABLE.items():
        assert re.findall(r"%\(\w+\)s", korean) == re.findall(r"%\(\w+\)s", english), korean


def test_english_has_no_korean_in_it() -> None:
    assert [english for english in TABLE.values() if re.search("[가-힣]", english)] == []
