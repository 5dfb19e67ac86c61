"""How long a source is blocked; plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.accounts.rules import CODE_BY_SOURCE, LOGIN_BY_SOURCE, Limit, Tries, blocked_for_s, window_of

NOW = datetime(2026, 11, 20, 5, 0, 30, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("limit", "tries", "wait_s"),
    [
        (LOGIN_BY_SOURCE, Tries(0), 0),
        (LOGIN_BY_SOURCE, Tries(4, ago(30), ago(1)), 0),
        (LOGIN_BY_SOURCE, Tries(5, ago(30), ago(0)), 30),
        (LOGIN_BY_SOURCE, Tries(5, ago(30), ago(29.5)), 1),
        (LOGIN_BY_SOURCE, Tries(5, ago(60), ago(30)), 0),
        (LOGIN_BY_SOURCE, Tries(9, ago(600), ago(10)), 20),
        (CODE_BY_SOURCE, Tries(5, ago(30), ago(1)), 630),
        (CODE_BY_SOURCE, Tries(5, ago(660), ago(1)), 0),
        (Limit("x", 1, 60), Tries(1, None, None), 0),
    ],
)
def test_blocked_for_s(limit: Limit, tries: Tries, wait_s: int) -> None:
    assert blocked_for_s(limit, tries, NOW) == wait_s


def test_windows_are_minutes() -> None:
    assert window_of(NOW) == NOW.replace(second=0)
