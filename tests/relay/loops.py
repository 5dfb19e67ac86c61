"""A loop with gevent's `io` interface, turned by hand, so that a test sees each step of the pump."""

from __future__ import annotations

import selectors
from collections.abc import Callable
from typing import Any


class _Watcher:
    def __init__(self, loop: HandLoop, fd: int, events: int) -> None:
        self._loop, self.fd, self.events = loop, fd, events
        self.call: Callable[[], None] | None = None

    def start(self, callback: Callable[..., None], *args: Any) -> None:
        self.call = lambda: callback(*args)
        self._loop.active[(self.fd, self.events)] = self

    def stop(self) -> None:
        self._loop.active.pop((self.fd, self.events), None)

    def close(self) -> None:
        self.stop()


class HandLoop:
    """`turn` calls back once for everything that is ready; True when something was."""

    def __init__(self) -> None:
        self.active: dict[tuple[int, int], _Watcher] = {}

    def io(self, fd: int, events: int) -> _Watcher:
        return _Watcher(self, fd, events)

    def watches(self, fd: int, events: int) -> bool:
        return (fd, events) in self.active

    def turn(self, timeout_s: float = 0.0) -> bool:
        with selectors.DefaultSelector() as selector:
            masks: dict[int, int] = {}
            for fd, events in self.active:
                masks[fd] = masks.get(fd, 0) | events
            for fd, mask in masks.items():
                selector.register(fd, mask)
            ready = selector.select(timeout_s)
        called = False
        for key, mask in ready:
            for events in (selectors.EVENT_READ, selectors.EVENT_WRITE):
                watcher = self.active.get((key.fd, events))
                if mask & events and watcher is not None and watcher.call is not None:
                    watcher.call()
                    called = True
        return called

    def settle(self) -> None:
        """Turn until nothing is ready any more."""
        while self.turn(0.01):
            pass
