"""The Tk side of a queue: what other threads put in is handled on the Tk thread, a time budget at a turn.

Other threads call `put` (or put into the queue and call `wake`). On X11 a byte on a socket wakes Tk at once;
elsewhere Tk polls every `interval_ms`. A turn ends after `budget_ms` and goes on at the next one, so that
drawing and typing are never held up; after each turn with work `after_turn` is called once, to redraw.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import queue
import socket
import sys
import time
import tkinter as tk
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Pump", "collect_on_tk_thread"]

Item = TypeVar("Item")

log = logging.getLogger(__name__)


_COLLECT_MS = 500
_YOUNG_ENOUGH = 2000
_FULL_EVERY = 60


def collect_on_tk_thread(root: tk.Misc) -> None:
    """From now on cycles of objects are collected on the Tk thread only, at its idle moments.

    Python collects on whichever thread happens to allocate. A Tk variable or picture that dies on another
    thread asks the Tk thread to free it and waits; if that thread holds a lock the Tk thread wants, both
    wait for ever.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    turns = 0

    def collect() -> None:
        nonlocal turns
        turns += 1
        if turns % _FULL_EVERY == 0:
            gc.collect()
        elif gc.get_count()[0] > _YOUNG_ENOUGH:
            gc.collect(1)
        root.after(_COLLECT_MS, collect)

    root.after(_COLLECT_MS, collect)


class Pump(Generic[Item]):
    """Hand the items of `source` to `handler` on the Tk thread, from construction until `stop`.

    A handler that raises is reported by Tk's `report_callback_exception` and the next item is handled.
    """

    def __init__(
        self,
        root: tk.Misc,
        source: queue.Queue[Item],
        handler: Callable[[Item], object],
        interval_ms: int = 50,
        *,
        budget_ms: float = 8.0,
        after_turn: Callable[[], object] | None = None,
    ) -> None:
        self._root = root
        self._queue = source
        self._handler = handler
        self._interval_ms = interval_ms
        self._budget_s = budget_ms / 1000
        self._after_turn = after_turn
        self._timer: str | None = None
        self._stopped = False
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        self._has_file_handler = hasattr(root.tk, "createfilehandler") and sys.platform.startswith("linux")
        if self._has_file_handler:
            root.tk.createfilehandler(self._near, tk.READABLE, self._woken)
        self._schedule(0)

    def put(self, item: Item) -> None:
        """Queue `item` and wake Tk; may be called on any thread."""
        self._queue.put(item)
        self.wake()

    def wake(self) -> None:
        """Make Tk look at the queue now; may be called on any thread, also after `stop`."""
        # A full socket means that Tk is already due to wake.
        with contextlib.suppress(OSError):
            self._far.send(b"!")

    def set_interval(self, interval_ms: int) -> None:
        """Poll every `interval_ms` from the next turn on: 5 while connected, 50 while waiting."""
        self._interval_ms = interval_ms

    def stop(self) -> None:
        """Handle nothing more. Called on the Tk thread, before the root is destroyed."""
        if self._stopped:
            return
        self._stopped = True
        with contextlib.suppress(tk.TclError):
            if self._timer is not None:
                self._root.after_cancel(self._timer)
            if self._has_file_handler:
                self._root.tk.deletefilehandler(self._near)
        self._near.close()
        self._far.close()

    def _woken(self, _file: object, _mask: int) -> None:
        with contextlib.suppress(OSError):
            while self._near.recv(4096):
                pass
        if not self._stopped:
            self._turn()

    def _tick(self) -> None:
        self._timer = None
        if not self._stopped:
            self._turn()

    def _turn(self) -> None:
        try:
            self._drain()
        finally:
            # A turn that raised must not be the last one: `after` is asked for again whatever happened.
            if not self._stopped:
                self._schedule(1 if not self._queue.empty() else self._interval_ms)

    def _drain(self) -> None:
        deadline = time.monotonic() + self._budget_s
        handled = 0
        while not self._stopped:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            handled += 1
            self._guarded(self._handler, item)
            if time.monotonic() >= deadline:
                break
        if handled and self._after_turn is not None and not self._stopped:
            self._guarded(self._after_turn)

    def _guarded(self, call: Callable[..., object], *args: object) -> None:
        try:
            call(*args)
        except Exception:
            log.exception("pump_handler_failed")
            self._root._report_exception()  # type: ignore[attr-defined]

    def _schedule(self, delay_ms: int) -> None:
        if self._timer is not None:
            self._root.after_cancel(self._timer)
        # With the file handler the timer is only a net under it: seldom is enough.
        if self._has_file_handler and delay_ms > 1:
            delay_ms = max(delay_ms, 250)
        self._timer = self._root.after(delay_ms, self._tick)
