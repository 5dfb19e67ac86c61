"""The console's first pages cost the same with much behind them; all of it: python -m bench.console."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.console import Reading, export, make_companies, measure


def holds(found: dict[str, tuple[Reading, Reading]]) -> None:
    for page, (few, many) in found.items():
        assert few.statements == many.statements, page
        assert many.median_ms <= 3 * few.median_ms + 5, page


@pytest.mark.heavy
def test_first_pages_need_as_many_statements_however_much_there_is(tmp_path: Path) -> None:
    found = measure(tmp_path, agents=300, entries=3_000, companies=300)
    assert all(few.statements == many.statements for few, many in found.values())


@pytest.mark.slow
def test_a_million_entries_and_ten_thousand_agents(tmp_path: Path) -> None:
    found = measure(tmp_path, agents=10_000, entries=1_000_000, companies=100_000)
    holds(found)
    assert max(many.median_ms for _few, many in found.values()) <= 150


@pytest.mark.slow
def test_a_long_log_is_written_in_little_memory(tmp_path: Path) -> None:
    app = make_companies(tmp_path, agents=10, entries=200_000)
    (one,) = export(app, tmp_path, ("csv",))
    assert one.rows >= 200_000
    assert one.growth_mib <= 32
