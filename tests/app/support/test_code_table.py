"""Every code that somebody may read out stands in docs/codes.md, once, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("app", "relay", "wire", "desktop", "viewer", "customer_agent", "tenants")
CODE = re.compile(r"\bB-[0-9]{2}\b")


def rows() -> dict[str, list[str]]:
    """The table's rows by code."""
    lines = (ROOT / "docs" / "codes.md").read_text(encoding="utf-8").splitlines()
    table = [line.strip("|").split("|") for line in lines if line.startswith("| B-")]
    cells = [[cell.strip() for cell in row] for row in table]
    assert len({row[0] for row in cells}) == len(cells), "a code stands there twice"
    return {row[0]: row for row in cells}


def test_it_explains_every_code_that_is_used() -> None:
    used = {
        code
        for package in PACKAGES
        for ending in ("py", "html", "js", "json")
        for path in (ROOT / package).rglob(f"*.{ending}")
        if "vendor" not in path.parts
        for code in CODE.findall(path.read_text(encoding="utf-8"))
    }
    assert used - rows().keys() == set()


def test_it_explains_each_in_both_languages() -> None:
    for code, cells in rows().items():
        assert len(cells) == 5, code
        assert all(cells), code
        assert re.search("[가-힣]", cells[1] + cells[2]), code
        assert not re.search("[가-힣]", cells[3] + cells[4]), code
