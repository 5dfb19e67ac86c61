"""Which of a relay's addresses this network lets through: asked all at once, the first healthy one is taken.

A closed network often lets one port of 443, 80, 3000 or 51515 out, or only the proxy. Each address is asked
for the relay's health (a request, so that a page that every port answers with is not taken for a relay), the
later ones a moment later. What worked is remembered for this program.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from desktop.connection import Connection, LinkThread, Timer
from wire.errors import LinkLost
from wire.limits import MAX_REQUEST_HEAD

__all__ = ["RelayWays"]

log = logging.getLogger(__name__)

_STAGGER_S: Final = 0.25
_PATIENCE_S: Final = 8.0


class _Probe:
    """GET /relay/-/health, sans-I/O; its one event is whether a healthy relay answered."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        path = f"{parts.path.rstrip('/')}/relay/-/health"
        request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
        self._out = request.encode()
        self._in = b""
        self._answer: bool | None = None
        self._told = False

    @property
    def is_closed(self) -> bool:
        return self._told

    def receive(self, data: bytes) -> None:
        self._in += data
        if b"\r\n\r\n" in self._in or len(self._in) > MAX_REQUEST_HEAD:
            self._answer = self._in.startswith((b"HTTP/1.1 200 ", b"HTTP/1.0 200 "))

    def eof(self) -> None:
        if self._answer is None:
            self._answer = False

    def events(self) -> Iterable[bool]:
        if self._answer is None or self._told:
            return []
        self._told = True
        return [self._answer]

    def outgoing(self) -> bytes:
        data, self._out = self._out, b""
        return data


class RelayWays:
    """The choice of one program; link thread only."""

    def __init__(self, link: LinkThread, *, ca_file: str | None = None) -> None:
        self._link = link
        self._ca_file = ca_file
        self._good: dict[frozenset[str], str] = {}

    def find(self, urls: Sequence[str], found: Callable[[str | None], Any]) -> None:
        """Call `found` with the address to use, at once where it is known or the only one; None: none."""
        if len(urls) == 1:
            found(urls[0])
            return
        known = self._good.get(frozenset(urls))
        if known is not None:
            found(known)
            return
        _Race(self._link, urls, self._ca_file, lambda url: self._ended(urls, url, found))

    def forget(self, urls: Sequence[str]) -> None:
        """What worked does not any more."""
        self._good.pop(frozenset(urls), None)

    def _ended(self, urls: Sequence[str], url: str | None, found: Callable[[str | None], Any]) -> None:
        if url is not None:
            log.info("relay_address_chosen", extra={"url": url})
            self._good[frozenset(urls)] = url
        found(url)


class _Race:
    def __init__(
        self, link: LinkThread, urls: Sequence[str], ca_file: str | None, done: Callable[[str | None], Any]
    ) -> None:
        self._link, self._ca_file = link, ca_file
        self._done: Callable[[str | None], Any] | None = done
        self._left = len(urls)
        self._running: list[Connection] = []
        self._timers: list[Timer] = [link.call_later(_PATIENCE_S, lambda: self._end(None))]
        for place, url in enumerate(urls):
            self._timers.append(link.call_later(place * _STAGGER_S, lambda url=url: self._ask(url)))  # type: ignore[misc]

    def _ask(self, url: str) -> None:
        self._running.append(
            self._link.open(
                url,
                _Probe(url),
                lambda healthy: self._answered(url, healthy),
                lambda lost: self._lost(url, lost),
                ca_file=self._ca_file,
            )
        )

    def _answered(self, url: str, healthy: bool) -> None:
        if healthy:
            self._end(url)

    def _lost(self, url: str, lost: LinkLost) -> None:
        log.info("relay_address_failed", extra={"url": url, "reason": str(lost)})
        self._left -= 1
        if not self._left:
            self._end(None)

    def _end(self, url: str | None) -> None:
        done, self._done = self._done, None
        if done is None:
            return
        for timer in self._timers:
            timer.cancel()
        for connection in self._running:
            connection.close()
        self._link.guard(done, url)
