"""The hand thread: carries out what the agent may do on this computer, and nothing else.

Each event is judged at the very moment before it is carried out (`permits`), so what waited here while the
customer took control back is dropped, not done. Mapping a key takes milliseconds, therefore a thread of its
own.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Protocol

from wire.rfb.events import KeyEvent, PointerEvent, QemuKeyEvent

log = logging.getLogger(__name__)

HandEvent = KeyEvent | QemuKeyEvent | PointerEvent
MAX_WAITING = 2048


class Hands(Protocol):
    """What a platform offers to press keys and move the pointer."""

    def pointer(self, buttons: int, x: int, y: int) -> None:
        """Move to (x, y) px and hold exactly the buttons of the mask."""

    def key(self, down: bool, keysym: int, scancode: int | None = None) -> None:
        """Press or release one key."""

    def release_all(self) -> None:
        """Every key and button that is held goes up."""

    def close(self) -> None:
        """Release everything and leave the keyboard as it was found."""


class HandThread(threading.Thread):
    """Does the permitted events in order; `refused` and `done` count them."""

    def __init__(self, open_hands: Callable[[], Hands], permits: Callable[[object, HandEvent], bool]) -> None:
        """`permits(source, event)` is asked on this thread; `source` is what `put` was given."""
        super().__init__(name="hand", daemon=True)
        self._open_hands = open_hands
        self._permits = permits
        self._waiting: deque[tuple[object, HandEvent | None]] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._by_place: frozenset[object] = frozenset()
        self._has_overflowed = False
        self.refused = 0
        self.done = 0

    def put(self, source: object, event: HandEvent) -> None:
        """Queue an event; of pointer moves that wait only the newest is kept. Any thread."""
        with self._changed:
            if len(self._waiting) >= MAX_WAITING:
                # What is lost may be the release of a key: everything goes up when the rest is done.
                self._has_overflowed = True
                self.refused += 1
                return
            if self._waiting and _is_same_drag(self._waiting[-1], source, event):
                self._waiting[-1] = (source, event)
            else:
                self._waiting.append((source, event))
            self._changed.notify()

    def release_all(self) -> None:
        """Every key and button goes up, before anything that is queued afterwards. Any thread."""
        with self._changed:
            if not self._waiting or self._waiting[-1] != (None, None):
                self._waiting.append((None, None))
            self._changed.notify()

    def press_by_place(self, source: object, on: bool) -> None:
        """Use the scancodes of that source, so that the customer's own input method composes. Any thread.

        A key that is held was pressed in the other way, so everything goes up first.
        """
        if on != (source in self._by_place):
            self._by_place ^= {source}
            self.release_all()

    def stop(self) -> None:
        """Release everything, give the keyboard map back, end. Any thread; join afterwards."""
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def run(self) -> None:
        """Serve until `stop`."""
        hands: Hands | None = None
        try:
            hands = self._open_hands()
            while (item := self._next()) is not None:
                self._do(hands, *item)
        except Exception:
            # The edge of the thread: without hands the support goes on, view only.
            log.exception("hand_failed")
        finally:
            if hands is not None:
                hands.close()
            log.info("hand_closed", extra={"done": self.done, "refused": self.refused})

    def _next(self) -> tuple[object, HandEvent | None] | None:
        with self._changed:
            if not self._waiting and self._has_overflowed:
                self._has_overflowed = False
                return None, None
            while not self._waiting and not self._stopping:
                self._changed.wait()
            return None if self._stopping else self._waiting.popleft()

    def _do(self, hands: Hands, source: object, event: HandEvent | None) -> None:
        if event is None:
            hands.release_all()
            return
        if not self._permits(source, event):
            self.refused += 1
            return
        self.done += 1
        if isinstance(event, PointerEvent):
            hands.pointer(event.buttons, event.x, event.y)
        elif isinstance(event, KeyEvent):
            hands.key(event.down, event.keysym)
        else:
            hands.key(event.down, 0 if source in self._by_place else event.keysym, event.scancode)


def _is_same_drag(last: tuple[object, HandEvent | None], source: object, event: HandEvent) -> bool:
    """Whether `event` only moves the pointer further than the one that waits."""
    waiting = last[1]
    return (
        last[0] is source
        and isinstance(event, PointerEvent)
        and isinstance(waiting, PointerEvent)
        and waiting.buttons == event.buttons
    )
