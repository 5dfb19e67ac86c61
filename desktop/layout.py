"""Where a program's named widgets stand on the screen, written for stories and tests that click on them.

Does nothing unless BAROHELP_UI_MAP names a folder. Writes positions only: no text, no value, no code.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import tkinter as tk
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop.later import cancel_later, run_later

__all__ = ["publish_layout"]

_SETTLE_MS = 40
_CHANGED_MS = 250  # other widgets give the window another size, and the window manager then moves it
_KEPT = "_barohelp_layout"


def publish_layout(window: tk.Misc, name: str, widgets: Mapping[str, tk.Misc]) -> None:
    """Write where the named widgets of `window` are, now and whenever that changes.

    The file is `<pid>-<name>.json`: {"title", "widgets": {name: [x, y, width, height]}}, px of the
    screen, only widgets that can be seen. It vanishes with the window. A later call replaces the widgets.
    """
    folder = os.environ.get("BAROHELP_UI_MAP")
    if not folder:
        return
    path = Path(folder) / f"{os.getpid()}-{name}.json"
    kept: _Layout | None = getattr(window, _KEPT, None)
    if kept is None:
        setattr(window, _KEPT, _Layout(window, path, dict(widgets)))
    else:
        kept.show_as(path, dict(widgets))


class _Layout:
    def __init__(self, window: tk.Misc, path: Path, widgets: dict[str, tk.Misc]) -> None:
        self.window = window
        self.path = path
        self.widgets = widgets
        self._timer: str | None = None
        self._last = ""
        # A toplevel is among the bind tags of all its widgets, so their changes arrive here too.
        for event in ("<Configure>", "<Map>", "<Unmap>", "<Visibility>"):
            window.bind(event, self.schedule, add="+")
        window.bind("<Destroy>", self._destroyed, add="+")
        self.schedule()

    def show_as(self, path: Path, widgets: dict[str, tk.Misc]) -> None:
        """Other widgets, and another name where the window now shows something else.

        Nothing is said of either until the window stands again: who clicks there now would miss.
        """
        if (path, widgets) == (self.path, self.widgets):
            self.schedule()
            return
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        self.path, self._last = path, ""
        self.widgets = widgets
        with contextlib.suppress(tk.TclError):
            if self._timer is not None:
                cancel_later(self.window, self._timer)
            self._timer = run_later(self.window, _CHANGED_MS, self._write)

    def schedule(self, _event: object = None) -> None:
        """Write soon; many changes in a row are written once."""
        with contextlib.suppress(tk.TclError):
            if self._timer is None:
                self._timer = run_later(self.window, _SETTLE_MS, self._write)

    def _write(self) -> None:
        self._timer = None
        try:
            text = json.dumps(self._seen(), ensure_ascii=False)
        except tk.TclError:
            return
        if text == self._last:
            return
        self._last = text
        with contextlib.suppress(OSError):
            handle, part = tempfile.mkstemp(dir=self.path.parent, prefix=".layout-")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(part).replace(self.path)

    def _seen(self) -> dict[str, object]:
        places = {
            name: [w.winfo_rootx(), w.winfo_rooty(), w.winfo_width(), w.winfo_height()]
            for name, w in self.widgets.items()
            if w.winfo_exists() and w.winfo_viewable()
        }
        return {"title": str(self.window.winfo_toplevel().wm_title()), "widgets": places}

    def _destroyed(self, event: tk.Event[Any]) -> None:
        if event.widget is self.window:
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)
