"""Calls that wait for a moment and are forgotten with the widget that asked for them.

tkinter's own `widget.after` deletes the widget's commands when the widget goes, but not Tk's timer: the timer
then calls a command by a name made of an address in memory, and a new widget's command may have got the same
address and so the same name. It was seen: the leftover timer of a removed card pressed a button elsewhere.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

__all__ = ["cancel_later", "run_later"]


def run_later(widget: tk.Misc, delay_ms: int, call: Callable[[], object]) -> str:
    """Call once after `delay_ms`, unless `widget` has gone by then; returns what `cancel_later` takes.

    The command belongs to the root, so that it lives exactly as long as its timer.
    """

    def run_if_there() -> None:
        if widget.winfo_exists():
            call()

    timer: str = widget.nametowidget(".").after(delay_ms, run_if_there)
    return timer


def cancel_later(widget: tk.Misc, timer: str) -> None:
    """Forget the call of that timer."""
    widget.nametowidget(".").after_cancel(timer)
