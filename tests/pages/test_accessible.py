"""axe-core on every page: nothing serious or critical, in both languages and themes, empty and full."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page as Tab

from ops.places import ROOT
from tests.pages.conftest import Site

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(300)]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SERIOUS = {"serious", "critical"}


def complaints(tab: Tab) -> list[str]:
    """What axe-core finds serious, one line each."""
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = tab.evaluate(
        "rules => axe.run(document, rules).then(r => r.violations)", RULES
    )
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"][:3]
    ]


def faults(site: Site, language: str, theme: str) -> dict[str, list[str]]:
    """By page, what is wrong with it; pages without faults are left out."""
    found, tabs = {}, {}
    for page in site.pages:
        tab = tabs.setdefault(page.who, None) or site.tab(page.who, language=language, theme=theme)
        tabs[page.who] = tab
        site.open(tab, page)
        if wrong := complaints(tab):
            found[page.path] = wrong
    return found


def test_full_pages_are_accessible(full: Site) -> None:
    assert len(full.pages) >= 15
    assert faults(full, "ko", "light") == {}


def test_empty_pages_are_accessible_in_english_and_dark(empty: Site) -> None:
    assert faults(empty, "en", "dark") == {}


@pytest.mark.slow
@pytest.mark.parametrize("state", ["empty", "full"])
@pytest.mark.parametrize(
    ("language", "theme"), [("ko", "light"), ("ko", "dark"), ("en", "light"), ("en", "dark")]
)
def test_every_page_is_accessible(
    request: pytest.FixtureRequest, state: str, language: str, theme: str
) -> None:
    assert faults(request.getfixturevalue(state), language, theme) == {}
