"""What one viewer wants of the screen, gathered between the link thread and the screen thread.

However many requests a viewer sends, the screen thread finds one state of wishes and is called once for it:
a flood costs the link thread its parsing and nobody else anything. Answers to fences count only once, and
only when they were asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from customer_agent.screen.capture import Area

__all__ = ["NewWishes", "Wishes"]

_MOST_FENCES = 4096


@dataclass(slots=True)
class NewWishes:
    """What changed since the last look. `asked`: any part, changed or not (`anew`), or only what changed."""

    has_new_needs: bool = False
    continuous: tuple[Area | None] | None = None
    asked: Area | None = None
    anew: Area | None = None


class Wishes:
    """Filled on the link thread, emptied on the screen thread."""

    def __init__(self, call: Callable[[], object]) -> None:
        """`call` makes the screen thread look; it is called once until it has looked."""
        self._call = call
        self._lock = threading.Lock()
        self._new = NewWishes()
        self._is_called = False
        self._fences: set[int] = set()

    def need(self) -> None:
        """Encodings or pixel format are others."""
        with self._lock:
            self._new.has_new_needs = True
        self._look()

    def ask(self, area: Area, *, incremental: bool) -> None:
        """An update of `area` is wanted."""
        with self._lock:
            if incremental:
                self._new.asked = area if self._new.asked is None else self._new.asked.covering(area)
            else:
                self._new.anew = area if self._new.anew is None else self._new.anew.covering(area)
        self._look()

    def flow(self, area: Area | None) -> None:
        """Updates are wanted without asking, or no longer."""
        with self._lock:
            self._new.continuous = (area,)
        self._look()

    def take(self) -> NewWishes:
        """What is new; on the screen thread."""
        with self._lock:
            self._is_called = False
            new, self._new = self._new, NewWishes()
            return new

    def _look(self) -> None:
        with self._lock:
            is_called, self._is_called = self._is_called, True
        if not is_called:
            self._call()

    # Fences

    def expect(self, number: int) -> None:
        """A fence was sent; of very many without an answer the oldest are forgotten."""
        with self._lock:
            self._fences.add(number)
            if len(self._fences) > _MOST_FENCES:
                self._fences.discard(min(self._fences))

    def came_back(self, number: int) -> bool:
        """Whether that fence was waited for."""
        with self._lock:
            if number not in self._fences:
                return False
            self._fences.discard(number)
            return True
