"""Channels that open when an end wants them ("files"), in the present epoch.

Decides when their tickets are asked for, and again after a loss; their loss is no break of the support
session. Leaves the opening to desktop/support_link.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from desktop.backoff import Backoff
from desktop.connection import LinkThread, Timer
from wire.limits import RETRY_CONNECTED_S
from wire.terms import Channel

__all__ = ["ExtraChannels"]

_ASK_AGAIN_S: Final = 10.0


class ExtraChannels:
    """The channels on demand of one participant: `names` may open, `ask` gets tickets for one.

    `can_open` says whether asking makes sense now: without control there is a break, and `want_again` comes
    when it is back.
    """

    def __init__(
        self,
        link: LinkThread,
        names: Iterable[Channel],
        *,
        can_open: Callable[[Channel], bool],
        ask: Callable[[Channel], None],
    ) -> None:
        self._link = link
        self.names: set[Channel] = set(names)
        self._can_open = can_open
        self._ask = ask
        self._asked: set[Channel] = set()
        self._timers: dict[Channel, Timer] = {}
        self._backoff = Backoff()
        self._is_over = False

    def want(self, channel: Channel) -> None:
        """Open a channel now and after every break."""
        if channel in self.names:
            self._asked.add(channel)
            self._need(channel)

    def want_again(self) -> None:
        """Control is back: ask for what was wanted."""
        for name in self._asked:
            self.forget(name)
            self._need(name)

    def refuse(self, channel: Channel) -> None:
        """Never open this channel again."""
        self.names.discard(channel)
        self._asked.discard(channel)

    def opened(self) -> None:
        """One of them is open."""
        self._backoff.reset()

    def lost(self, channel: Channel, *, was_refused: bool = False) -> None:
        """One of them closed; after a refusal the other end will have no more of it."""
        if was_refused:
            self._asked.discard(channel)
        self._need(channel, self._backoff.next_s(RETRY_CONNECTED_S))

    def forget(self, channel: Channel) -> None:
        """Ask no more: the tickets are here, or nobody needs them."""
        timer = self._timers.pop(channel, None)
        if timer is not None:
            timer.cancel()

    def stop(self) -> None:
        """The link is over."""
        self._is_over = True
        for name in list(self._timers):
            self.forget(name)

    def _need(self, channel: Channel, wait_s: float = 0.0) -> None:
        """Ask for tickets; the epoch stays, nothing else is disturbed."""
        if self._is_over or channel not in self._asked or channel in self._timers:
            return

        def ask() -> None:
            del self._timers[channel]
            if self._can_open(channel):
                self._ask(channel)
                self._timers[channel] = self._link.call_later(_ASK_AGAIN_S, ask)

        self._timers[channel] = self._link.call_later(wait_s, ask)
