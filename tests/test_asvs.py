"""docs/asvs.csv is whole and true to itself: all of level 1, and every test that it names exists."""

from __future__ import annotations

import csv
import re

import pytest

from ops.places import ROOT

ROWS = list(csv.DictReader((ROOT / "docs" / "asvs.csv").read_text(encoding="utf-8").splitlines()))
#: How many requirements of level 1 each chapter of ASVS 5.0.0 has; V16 and V17 have none.
LEVEL_1 = {1: 8, 2: 4, 3: 8, 4: 2, 5: 4, 6: 13, 7: 6, 8: 4, 9: 4, 10: 5, 11: 3, 12: 3, 13: 1, 14: 2, 15: 3}
VERDICTS = {"met", "by operation", "differs", "does not apply"}
NAMED = re.compile(r"((?:tests|docs|app|desktop)/[\w./-]+\.(?:py|md))(?:::(\w+))?")


def test_it_has_every_requirement_of_level_1_once() -> None:
    chapters = [int(row["requirement"].split(".")[0][1:]) for row in ROWS]
    assert {chapter: chapters.count(chapter) for chapter in set(chapters)} == LEVEL_1
    assert len({row["requirement"] for row in ROWS}) == 70


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["requirement"])
def test_it_names_tests_and_reasons_that_exist(row: dict[str, str]) -> None:
    assert row["verdict"] in VERDICTS
    assert row["evidence"]
    for path, test in NAMED.findall(row["evidence"]):
        assert (ROOT / path).is_file(), path
        assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{test}"
