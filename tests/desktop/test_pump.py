"""The Tk side of a queue: order, budget, wake-up, and going on after a failure."""

from __future__ import annotations

import gc
import queue
import threading
import time
import tkinter as tk

import pytest

from desktop import pump as pump_module
from desktop.pump import Pump, collect_on_tk_thread
from tests.tk_windows import _one_root, display, pump_until, root

__all__ = ["_one_root", "display", "root"]

pytestmark = pytest.mark.display


def test_it_hands_over_in_order(root: tk.Tk) -> None:
    seen: list[int] = []
    pump: Pump[int] = Pump(root, queue.Queue(), seen.append)
    worker = threading.Thread(target=lambda: [pump.put(i) for i in range(500)])
    worker.start()
    pump_until(root, lambda: len(seen) == 500, "all items")
    worker.join()
    pump.stop()
    assert seen == list(range(500))


def test_it_wakes_tk_at_once(root: tk.Tk) -> None:
    arrived: list[float] = []
    pump: Pump[float] = Pump(root, queue.Queue(), lambda sent: arrived.append(time.monotonic() - sent), 1000)
    root.update()
    threading.Timer(0.05, lambda: pump.put(time.monotonic())).start()
    root.after(3000, root.quit)
    while not arrived:
        root.tk.dooneevent()
    pump.stop()
    assert arrived[0] < 0.2


def test_it_gives_tk_a_turn_within_its_budget(root: tk.Tk) -> None:
    handled: list[int] = []

    def slow(item: int) -> None:
        handled.append(item)
        time.sleep(0.004)

    turns: list[int] = []
    pump: Pump[int] = Pump(
        root, queue.Queue(), slow, budget_ms=8, after_turn=lambda: turns.append(len(handled))
    )
    for i in range(20):
        pump.put(i)
    pump_until(root, lambda: len(handled) == 20, "all items")
    pump.stop()
    assert max(b - a for a, b in zip([0, *turns], turns, strict=False)) <= 4


def test_it_goes_on_after_a_handler_that_raised(root: tk.Tk, caplog: pytest.LogCaptureFixture) -> None:
    reported: list[object] = []
    root.report_callback_exception = lambda *failure: reported.append(failure)  # type: ignore[assignment]
    seen: list[int] = []

    def fussy(item: int) -> None:
        if item == 1:
            raise ValueError("no")
        seen.append(item)

    pump: Pump[int] = Pump(root, queue.Queue(), fussy)
    for i in range(3):
        pump.put(i)
    pump_until(root, lambda: seen == [0, 2], "the others")
    pump.stop()
    assert len(reported) == 1
    assert "pump_handler_failed" in caplog.text


def test_it_handles_nothing_after_stop(root: tk.Tk) -> None:
    seen: list[int] = []
    pump: Pump[int] = Pump(root, queue.Queue(), seen.append)
    pump.stop()
    pump.stop()
    pump.put(1)
    root.update()
    assert seen == []


def test_it_collects_rubbish_on_the_tk_thread_only(root: tk.Tk, monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[str] = []
    monkeypatch.setattr(pump_module, "_COLLECT_MS", 5)
    monkeypatch.setattr(pump_module, "_YOUNG_ENOUGH", -1)
    monkeypatch.setattr(
        pump_module.gc, "collect", lambda *_: collected.append(threading.current_thread().name)
    )
    try:
        collect_on_tk_thread(root)
        assert not gc.isenabled()
        pump_until(root, lambda: len(collected) > 3, "collections")
    finally:
        gc.enable()
        gc.unfreeze()
    assert set(collected) == {"MainThread"}
