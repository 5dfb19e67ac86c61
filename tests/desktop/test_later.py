"""Calls that wait, and widgets that go before them."""

from __future__ import annotations

import tkinter as tk

import pytest

from desktop.later import cancel_later, run_later
from tests.tk_windows import _one_root, display, pump_until, root

__all__ = ["_one_root", "display", "root"]

pytestmark = pytest.mark.display


def test_it_calls_once(root: tk.Tk) -> None:
    called: list[str] = []
    run_later(tk.Frame(root), 1, lambda: called.append("now"))
    pump_until(root, lambda: called, "the call")
    assert called == ["now"]


def test_it_forgets_what_a_widget_wanted_that_has_gone(root: tk.Tk) -> None:
    """The cause of a button that was pressed by nobody: a timer outlived its widget and met a new name."""
    called: list[str] = []
    frame = tk.Frame(root)
    run_later(frame, 1, lambda: called.append("late"))
    before = set(root.tk.splitlist(root.tk.call("after", "info")))
    frame.destroy()
    pump_until(root, lambda: not before & set(root.tk.splitlist(root.tk.call("after", "info"))), "the timer")
    assert called == []


def test_it_can_be_cancelled(root: tk.Tk) -> None:
    called: list[str] = []
    frame = tk.Frame(root)
    cancel_later(frame, run_later(frame, 1, lambda: called.append("late")))
    run_later(frame, 5, lambda: called.append("after"))
    pump_until(root, lambda: called, "the second call")
    assert called == ["after"]


def test_tk_itself_calls_another_command_of_the_same_name(root: tk.Tk) -> None:
    """What run_later is for: when this fails, tkinter cancels its timers and run_later can go."""
    frame = tk.Frame(root)
    timer = frame.after(1, lambda: None)
    (name, _kind) = root.tk.splitlist(root.tk.call("after", "info", timer))
    frame.destroy()
    called: list[str] = []
    root.tk.createcommand(name, lambda: called.append("somebody else's"))
    pump_until(root, lambda: called, "the leftover timer")
    root.tk.deletecommand(name)
