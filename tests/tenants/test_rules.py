"""Addresses of companies, and whether a company may work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from tenants.rules import RESERVED_SLUGS, is_valid_slug, standing

NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize("slug", ["abc", "a-1", "0maru", "a" * 31])
def test_it_accepts(slug: str) -> None:
    assert is_valid_slug(slug)


@pytest.mark.parametrize(
    "slug", ["", "ab", "a" * 32, "-abc", "Abc", "가나다", "a b", "a.b", "a_b", "abc\n", "manage", "static"]
)
def test_it_refuses(slug: str) -> None:
    assert not is_valid_slug(slug)


def test_every_address_of_ours_is_reserved(app: Flask) -> None:
    """A company called like one of our pages would shadow it, or be shadowed."""
    first_parts = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()}
    ours = {part.split(".")[0] for part in first_parts if part and not part.startswith("<")}
    too_short = {part for part in ours if len(part) < 3}
    assert ours - too_short <= RESERVED_SLUGS


@pytest.mark.parametrize(
    ("state", "days", "expected"),
    [
        ("active", 1, "ok"),
        ("trial", 1, "ok"),
        ("active", 0, "expired"),
        ("active", -1, "expired"),
        ("suspended", 1, "suspended"),
        ("suspended", -1, "suspended"),
    ],
)
def test_standing(state: str, days: int, expected: str) -> None:
    assert standing(state, NOW + timedelta(days=days), NOW) == expected
