"""Every page as everybody sees it: nothing serious for axe-core, nothing cut off, nothing goes wrong.

In both languages and themes, empty and full, 390 to 1920 px wide, and with words 40 % longer than ours. One
of the combinations is in `make test`, all of them in `make test-all`.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.pages.checks import complaints, misfits, overheard
from tests.pages.conftest import Site

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(590)]


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who looks."""

    language: str
    theme: str
    width: int
    is_stretched: bool = False


def faults(site: Site, eyes: Eyes) -> dict[str, list[str]]:
    """By page, what is wrong with it; pages without faults are left out."""
    found = {}
    for who in {page.who for page in site.pages}:
        tab = site.tab(who, language=eyes.language, theme=eyes.theme, width=eyes.width)
        with overheard(tab) as words:
            for page in site.pages:
                if page.who is not who:
                    continue
                site.open(tab, page)
                wrong = [*complaints(tab), *misfits(tab, is_stretched=eyes.is_stretched), *words]
                words.clear()
                if wrong:
                    found[page.path] = wrong
    return found


def test_full_pages_on_a_phone(full: Site) -> None:
    assert len(full.pages) >= 25
    assert faults(full, Eyes("ko", "light", 390)) == {}


@pytest.mark.slow
def test_empty_pages_in_the_dark_with_longer_words(empty: Site) -> None:
    assert faults(empty, Eyes("en", "dark", 1280, is_stretched=True)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("state", ["empty", "full"])
@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_every_page_in_every_way(
    request: pytest.FixtureRequest, state: str, language: str, theme: str, width: int
) -> None:
    site: Site = request.getfixturevalue(state)
    assert faults(site, Eyes(language, theme, width, is_stretched=width in (390, 1280))) == {}
