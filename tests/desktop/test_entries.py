"""Entries of our windows under X11: the keys that people know."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

import pytest

from desktop.theme import Theme
from tests.tk_windows import _one_root, display, look, pump_until, root

__all__ = ["_one_root", "display", "look", "root"]

pytestmark = pytest.mark.display


@pytest.mark.parametrize("kind", [ttk.Entry, tk.Entry])
def test_control_a_selects_everything(root: tk.Tk, look: Theme, kind: type[tk.Entry]) -> None:
    window = tk.Toplevel(root)
    window.wm_overrideredirect(True)
    entry = kind(window)
    entry.pack()
    entry.insert(0, "482 913 가나다")
    pump_until(root, entry.winfo_viewable, "the entry")
    entry.focus_force()
    pump_until(root, lambda: root.focus_get() is entry, "the focus")
    entry.event_generate("<Control-Key-a>")
    root.update()
    assert entry.selection_present()
    assert entry.selection_get() == "482 913 가나다"
