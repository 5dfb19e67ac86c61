"""One line to write in, under its label: how every form of the programs draws it."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

from desktop.theme import Theme

__all__ = ["add_entry_field"]


def add_entry_field(
    parent: tk.Misc, theme: Theme, label: str, variable: tk.StringVar, show: str = ""
) -> ttk.Entry:
    """Put a label and its entry below what `parent` holds; `show` is what stands for each character."""
    ttk.Label(parent, text=label, style="SmallStrong.TLabel").pack(
        anchor="w", pady=(theme.px(10), theme.px(4))
    )
    entry = ttk.Entry(parent, textvariable=variable, show=show, font="BodyFont")
    entry.pack(fill="x")
    return entry
