"""The newest offer of one participant: how long its tickets last, at which of the relay's addresses they are
shown, and when others are asked for.

Leaves the choice among addresses to desktop/relay_ways.py and the opening to desktop/support_link.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from desktop.backoff import Backoff
from desktop.connection import LinkThread, Timer
from desktop.relay_ways import RelayWays
from wire.limits import RETRY_CONNECTED_S
from wire.signal.messages import Offer
from wire.terms import Channel

__all__ = ["Tickets"]

_ASK_AGAIN_S: Final = 10.0
_COMPLAIN_S: Final = 3.0
_MARGIN_S: Final = 5.0


class Tickets:
    """The tickets that one participant's channels open with; all of it on the link thread."""

    def __init__(
        self,
        link: LinkThread,
        ways: RelayWays,
        backoff: Backoff,
        *,
        ask: Callable[[Channel, bool], None],
        on_usable: Callable[[], None],
    ) -> None:
        """`ask` asks the web half for a new offer; with True at another relay, while these tickets stay good.
        `on_usable`: open what is not open.
        """
        self._link = link
        self._ways = ways
        self._ask, self._on_usable = ask, on_usable
        self.backoff = backoff
        self.offer: Offer | None = None
        """The offer whose tickets may still be good; None when others are asked for."""
        self.relay_url: str | None = None
        """The relay's address that this network lets through, None while it is not known."""
        self._until = 0.0
        self._urls: tuple[str, ...] = ()
        self._is_finding = False
        self._complaint_due = 0.0
        self._ask_timer: Timer | None = None
        self._is_over = False

    def take(self, offer: Offer) -> None:
        """Keep an offer of a new epoch."""
        self.offer = offer
        self._until = self._link.clock() + max(1.0, offer.ttl_s - _MARGIN_S)
        urls = (offer.relay_url, *offer.more_urls)
        if urls != self._urls:
            self._urls, self.relay_url = urls, None
        self._complaint_due = 0.0
        self.ask_no_more()

    def usable(self) -> Offer | None:
        """The offer, when channels can be opened with it now; else what is missing is got first."""
        if self.offer is None:
            return None
        if self._link.clock() > self._until:
            self.offer = None
            self.need("control")
            return None
        if self.relay_url is None:
            self._find_relay()
            return None
        return self.offer

    def need(self, name: Channel, at_least_s: float = 0.0) -> None:
        """Ask the web half for a new offer: once for all channels that broke, and again while none comes."""
        if self._is_over or self._ask_timer is not None:
            return
        self.offer = None

        def ask() -> None:
            self._ask(name, False)
            self._ask_timer = self._link.call_later(_ASK_AGAIN_S, ask)

        wait_s = max(at_least_s, self.backoff.next_s(RETRY_CONNECTED_S))
        self._ask_timer = self._link.call_later(wait_s, ask)

    def try_again(self) -> bool:
        """A relay that could not be reached has not seen the tickets: try them again while they last, and ask
        for another relay meanwhile. False when they last no longer.
        """
        now, offer = self._link.clock(), self.offer
        if offer is None or now > self._until:
            return False
        self._ways.forget(self._urls)
        self.relay_url = None
        if now >= self._complaint_due:
            self._complaint_due = now + _COMPLAIN_S
            self._ask("control", True)

        def again() -> None:
            if self.offer is offer:
                self._on_usable()

        self._link.call_later(self.backoff.next_s(RETRY_CONNECTED_S), again)
        return True

    def ask_no_more(self) -> None:
        """An offer is here."""
        if self._ask_timer is not None:
            self._ask_timer.cancel()
            self._ask_timer = None

    def stop(self) -> None:
        """The link is over."""
        self._is_over = True
        self.ask_no_more()

    def _find_relay(self) -> None:
        """Choose among the relay's addresses; with one there is nothing to choose."""
        if self._is_finding:
            return
        self._is_finding, urls = True, self._urls

        def found(url: str | None) -> None:
            self._is_finding = False
            if urls != self._urls or url is not None:
                self.relay_url = url if urls == self._urls else None
                self._on_usable()
            elif not self._is_over and not self.try_again():
                self.need("control")

        self._ways.find(urls, found)
