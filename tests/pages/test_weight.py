"""What a page weighs on its first visit: bytes as sent, requests, fonts; nothing comes from another site."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Response

from tests.pages.conftest import Site
from tests.pages.places import Page

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(300)]
MOST_BYTES = 200_000
MOST_FONT_BYTES = 200_000
MOST_REQUESTS = 20


@dataclass(frozen=True, slots=True)
class Weight:
    """One first visit."""

    requests: int
    bytes: int
    font_bytes: int
    foreign: tuple[str, ...]


def weight_of(site: Site, page: Page) -> Weight:
    """Open it in a browser that was never here; sizes on the wire, as the browser's own log tells them.

    The page itself counts as a proxy before us compresses it: the app does not, as it holds secrets.
    """
    tab = site.tab(page.who)
    log = tab.context.new_cdp_session(tab)
    addresses, sizes = dict[str, str](), dict[str, int]()
    log.on(
        "Network.requestWillBeSent",
        lambda told: addresses.update({told["requestId"]: told["request"]["url"]}),
    )
    log.on(
        "Network.loadingFinished", lambda told: sizes.update({told["requestId"]: told["encodedDataLength"]})
    )
    log.send("Network.enable")
    site.open(tab, page)
    tab.evaluate("document.fonts.ready.then(() => 0)")
    html = len(gzip.compress(tab.content().encode()))
    tab.close()
    asked = {number: url for number, url in addresses.items() if not url.startswith(("data:", "blob:"))}
    parts = {number: url for number, url in asked.items() if url != site.url + page.path}
    fonts = {number for number, url in parts.items() if url.partition("?")[0].endswith(".woff2")}
    return Weight(
        len(asked),
        html + round(sum(sizes.get(number, 0) for number in set(parts) - fonts)),
        round(sum(sizes.get(number, 0) for number in fonts)),
        tuple(url for url in asked.values() if not url.startswith(site.url)),
    )


def test_no_page_is_heavy(full: Site) -> None:
    too_heavy = {
        page.path: weight
        for page in full.pages
        if (weight := weight_of(full, page))
        and (
            weight.bytes > MOST_BYTES
            or weight.font_bytes > MOST_FONT_BYTES
            or weight.requests > MOST_REQUESTS
            or weight.foreign
        )
    }
    assert too_heavy == {}


def test_no_page_complains(empty: Site) -> None:
    """No script error, no answer of 4xx or 5xx, nothing that the content policy stopped."""
    said: dict[str, list[str]] = {}
    for page in empty.pages:
        tab = empty.tab(page.who)
        words = said.setdefault(page.path, [])
        tab.on("console", lambda line, w=words: w.append(line.text) if line.type == "error" else None)
        tab.on("pageerror", lambda error, w=words: w.append(str(error)))
        tab.on("response", lambda answer, w=words: w.append(_told(answer)) if answer.status >= 400 else None)
        empty.open(tab, page)
        tab.close()
    assert {path: words for path, words in said.items() if words} == {}


def _told(answer: Response) -> str:
    return f"{answer.status} {urlsplit(answer.url).path}"
