"""How times, terms and codes are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.formats import day, days_left, spaced, when

AFTERNOON = datetime(2026, 11, 20, 5, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _request(app: Flask):  # type: ignore[no-untyped-def]
    with app.test_request_context():
        yield


def test_times_are_koreas() -> None:
    assert when(AFTERNOON) == "2026-11-20 14:05"
    assert day(datetime(2026, 11, 20, 16, 0, tzinfo=UTC)) == "2026-11-21"
    assert when(None) == "–"


@pytest.mark.parametrize(("days", "text"), [(30, "30일 남음"), (0, "0일 남음"), (-5, "0일 남음")])
def test_terms_are_counted_in_whole_days(days: int, text: str) -> None:
    assert days_left(AFTERNOON + timedelta(days=days, hours=1), AFTERNOON) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [("482913", "482 913"), ("4829137", "482 913 7"), ("482913775", "482 913 775"), ("", "")],
)
def test_codes_stand_in_groups(code: str, text: str) -> None:
    assert spaced(code) == text
