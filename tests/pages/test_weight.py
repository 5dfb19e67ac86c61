"""What a page weighs on its first visit: bytes as sent, requests, fonts; nothing comes from another site."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Any

import pytest

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


def weights_of(site: Site) -> dict[str, Weight]:
    """Every page opened with an empty cache; sizes are those on the wire, as the browser tells them.

    The page itself counts as a proxy before us compresses it: the app does not, as it holds secrets.
    """
    found = {}
    for who in {page.who for page in site.pages}:
        tab = site.tab(who)
        log = tab.context.new_cdp_session(tab)
        seen = _Seen()
        log.on("Network.requestWillBeSent", seen.asked)
        log.on("Network.loadingFinished", seen.came)
        log.send("Network.enable")
        log.send("Network.setCacheDisabled", {"cacheDisabled": True})
        for page in site.pages:
            if page.who is who:
                seen.addresses.clear()
                site.open(tab, page)
                tab.evaluate("document.fonts.ready.then(() => 0)")
                found[page.path] = seen.weight(site.url, page, len(gzip.compress(tab.content().encode())))
        tab.close()
    return found


class _Seen:
    """What the browser's log told since the last page."""

    def __init__(self) -> None:
        self.addresses: dict[str, str] = {}
        self.sizes: dict[str, int] = {}

    def asked(self, told: Any) -> None:
        url = told["request"]["url"]
        if not url.startswith(("data:", "blob:")):
            self.addresses[told["requestId"]] = url

    def came(self, told: Any) -> None:
        self.sizes[told["requestId"]] = round(told["encodedDataLength"])

    def weight(self, site_url: str, page: Page, html: int) -> Weight:
        parts = {number: url for number, url in self.addresses.items() if url != site_url + page.path}
        fonts = {number for number, url in parts.items() if url.partition("?")[0].endswith(".woff2")}
        return Weight(
            len(self.addresses),
            html + sum(self.sizes.get(number, 0) for number in set(parts) - fonts),
            sum(self.sizes.get(number, 0) for number in fonts),
            tuple(url for url in parts.values() if not url.startswith(site_url)),
        )


def test_no_page_is_heavy(full: Site) -> None:
    too_heavy = {
        path: weight
        for path, weight in weights_of(full).items()
        if weight.bytes > MOST_BYTES
        or weight.font_bytes > MOST_FONT_BYTES
        or weight.requests > MOST_REQUESTS
        or weight.foreign
    }
    assert too_heavy == {}
