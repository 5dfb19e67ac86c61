"""How a participant's line is shown: ok, unstable, lost. Decides when it changes; the owner tells."""

from __future__ import annotations

from collections.abc import Callable

from desktop.connection import LinkThread, Timer
from desktop.listeners import LinkState
from wire.limits import CONTROL_DEAD_S
from wire.signal.messages import LinkQuality

__all__ = ["LineState"]


class LineState:
    """The state of one participant's line; None until all channels were open once."""

    def __init__(self, link: LinkThread, on_change: Callable[[LinkState], None]) -> None:
        self._link = link
        self._on_change = on_change
        self._state: LinkState | None = None
        self._dead_timer: Timer | None = None
        self._is_over = False

    def judge(self, quality: LinkQuality, all_open: bool) -> None:
        """Work out ok, unstable or lost from the beats, and whether all channels are open."""
        if self._state is None and not all_open:
            return  # not connected for the first time yet: that is no break
        if quality == "ok" and all_open:
            self._set("ok")
        elif self._state == "ok":
            self._set("unstable")
            self._dead_timer = self._link.call_later(CONTROL_DEAD_S - 1.5, self._declare_lost)

    def stop(self) -> None:
        """The link is over: nothing is declared lost any more."""
        self._is_over = True
        if self._dead_timer is not None:
            self._dead_timer.cancel()

    def _declare_lost(self) -> None:
        if self._state == "unstable" and not self._is_over:
            self._set("lost")

    def _set(self, state: LinkState) -> None:
        if state == self._state:
            return
        if self._dead_timer is not None:
            self._dead_timer.cancel()
        self._state = state
        self._on_change(state)
