"""What is looked for on an open page: axe-core's serious complaints, what does not fit, what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page as Tab
from playwright.sync_api import Response

from ops.places import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SERIOUS = {"serious", "critical"}

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


def complaints(tab: Tab) -> list[str]:
    """What axe-core finds serious, one line each."""
    tab.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = tab.evaluate(
        "rules => axe.run(document, rules).then(done => done.violations)", RULES
    )
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"][:3]
    ]


def misfits(tab: Tab, *, is_stretched: bool = False) -> list[str]:
    """What is wider than the window or cut off, after making every text longer if wanted."""
    if is_stretched:
        tab.evaluate(STRETCH)
    found: list[str] = tab.evaluate(CUT_OFF)
    return found


@contextmanager
def overheard(tab: Tab) -> Iterator[list[str]]:
    """What goes wrong in the tab meanwhile: script errors, answers of 4xx and 5xx, refused by the policy."""
    words: list[str] = []

    def told(answer: Response) -> None:
        if answer.status >= 400:
            words.append(f"{answer.status} {urlsplit(answer.url).path}")

    tab.on("console", lambda line: words.append(line.text) if line.type == "error" else None)
    tab.on("pageerror", lambda error: words.append(str(error)))
    tab.on("response", told)
    yield words
