"""No page is wider than its window and nothing is cut off, at 390 and 1280 px, with words 40 % longer too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pages.conftest import Site

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(300)]

#: Lengthens every text by two fifths, as a language might that we do not have yet.
STRETCH = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    const words = text.data.trim();
    if (words && !["SCRIPT", "STYLE", "TEMPLATE"].includes(text.parentElement.tagName))
      text.data = text.data.replace(words, words + " " + "ö".repeat(Math.ceil(words.length * 0.4)));
  }
}"""
#: What is cut off: a box that hides what does not fit, unless it shows "…" and tells the whole on hovering.
CUT_OFF = """() => {
  const found = [];
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide > 0) found.push(`the page is ${wide} px too wide`);
  for (const box of document.querySelectorAll("body *")) {
    const style = getComputedStyle(box);
    if (!box.offsetParent || box.closest(".bh-visually-hidden, svg, [hidden]")) continue;
    if (["auto", "scroll"].includes(style.overflowX)) continue;
    if (["INPUT", "SELECT", "TEXTAREA", "OPTION", "CANVAS", "IMG"].includes(box.tagName)) continue;
    const isButton = box.matches("button, .btn, .badge, summary");
    if (style.overflowX === "visible" && !isButton) continue;
    if (box.clientWidth <= 1 || box.scrollWidth <= box.clientWidth + 1) continue;
    const told = style.textOverflow === "ellipsis" && (box.title || box.closest("[title]"));
    if (!told) found.push(`${box.tagName}.${box.className}: ${box.textContent.trim().slice(0, 40)}`);
  }
  return found;
}"""


def misfits(
    site: Site, width: int, *, language: str = "ko", is_stretched: bool = False
) -> dict[str, list[Any]]:
    """By page, what does not fit."""
    found, tabs = {}, {}
    for page in site.pages:
        tab = tabs.get(page.who) or site.tab(page.who, language=language, width=width)
        tabs[page.who] = tab
        site.open(tab, page)
        if is_stretched:
            tab.evaluate(STRETCH)
        if wrong := tab.evaluate(CUT_OFF):
            found[page.path] = wrong
    return found


@pytest.mark.parametrize("width", [390, 1280])
def test_long_korean_names_fit(full: Site, width: int) -> None:
    assert misfits(full, width) == {}


@pytest.mark.parametrize("width", [390, 1280])
def test_words_two_fifths_longer_fit(empty: Site, width: int) -> None:
    assert misfits(empty, width, language="en", is_stretched=True) == {}


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_everything_fits_everywhere(full: Site, width: int, language: str) -> None:
    assert misfits(full, width, language=language, is_stretched=True) == {}
