"""The customer's folders, to get a file or folder out of them: one folder at a time, as its PC lists it.

The customer's program decides what is listed and given; this window only asks. A listing of a folder that was
left meanwhile is not shown.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from desktop.files.elide import size_words
from desktop.layout import publish_layout
from desktop.theme import Theme, bind_alt, keyed
from desktop.words import t
from viewer.files.words import refusal_words
from wire.files import events as e
from wire.files.messages import Entry

__all__ = ["FolderWindow", "child_path", "parent_path"]

_MOST_ENTRIES = 5000


def child_path(folder: str, entry: Entry) -> str:
    """The path of an entry on the customer's PC, in its own way of writing."""
    if entry.path:
        return entry.path
    separator = "\\" if "\\" in folder else "/"
    return folder + entry.name if folder.endswith(separator) else f"{folder}{separator}{entry.name}"


def parent_path(path: str) -> str:
    """The folder above; "" above the topmost."""
    separator = "\\" if "\\" in path else "/"
    trimmed = path.rstrip(separator)
    above, found, _ = trimmed.rpartition(separator)
    if not found or not trimmed:
        return ""
    return above + separator if above in ("",) or above.endswith(":") else above


class FolderWindow(tk.Toplevel):
    """`ask(path, start)` asks the customer's PC; `answer` takes what came back."""

    def __init__(
        self,
        root: tk.Misc,
        theme: Theme,
        *,
        ask: Callable[[str, int], object],
        get: Callable[[str], object],
    ) -> None:
        super().__init__(root)
        self._theme = theme
        self._ask = ask
        self._get = get
        self.path = ""
        self._entries: list[Entry] = []
        self.widgets: dict[str, tk.Misc] = {}
        self.title(t("고객 PC에서 가져오기 · BaroHelp"))
        self.geometry(f"{theme.px(620)}x{theme.px(480)}")
        body = ttk.Frame(self, padding=theme.px(16))
        body.pack(fill="both", expand=True)
        row = ttk.Frame(body)
        row.pack(fill="x", pady=(0, theme.px(8)))
        up = ttk.Button(
            row,
            style="Small.TButton",
            command=self.go_up,
            **keyed(t("위로"), "U"),  # type: ignore[arg-type]
        )
        up.pack(side="left", padx=(0, theme.px(10)))
        self._place = ttk.Label(row, style="Strong.TLabel")
        self._place.pack(side="left", fill="x", expand=True)
        foot = ttk.Frame(body)
        foot.pack(side="bottom", fill="x", pady=(theme.px(12), 0))
        self._said = ttk.Label(foot, style="SmallSoft.TLabel")
        self._said.pack(side="left", fill="x", expand=True)
        take = ttk.Button(
            foot,
            style="Primary.TButton",
            command=self.get_chosen,
            **keyed(t("가져오기"), "G"),  # type: ignore[arg-type]
        )
        take.pack(side="right")
        self.widgets |= {"up": up, "get": take}
        self._make_list(body)
        self.bind("<Escape>", lambda _: self.destroy())
        self.bind("<BackSpace>", lambda _: self.go_up())
        bind_alt(self, "u", self.go_up)
        bind_alt(self, "g", self.get_chosen)
        publish_layout(self, "folder", self.widgets)
        self.open("")

    def _make_list(self, body: ttk.Frame) -> None:
        theme = self._theme
        frame = tk.Frame(body, background=theme.tokens.line, padx=1, pady=1)
        frame.pack(fill="both", expand=True)
        self.tree = ttk.Treeview(
            frame, columns=("size", "changed"), style="Files.Treeview", selectmode="browse"
        )
        bar = ttk.Scrollbar(frame, orient="vertical", command=self.tree.yview)
        self.tree.configure(yscrollcommand=bar.set)
        self.tree.heading("#0", text=t("이름"), anchor="w")
        self.tree.heading("size", text=t("크기"), anchor="w")
        self.tree.heading("changed", text=t("바뀐 때"), anchor="w")
        self.tree.column("#0", width=theme.px(330))
        self.tree.column("size", width=theme.px(90), stretch=False)
        self.tree.column("changed", width=theme.px(140), stretch=False)
        bar.pack(side="right", fill="y")
        self.tree.pack(fill="both", expand=True)
        self.tree.bind("<Double-1>", lambda _: self.open_chosen())
        self.tree.bind("<Return>", lambda _: self.open_chosen())
        self.widgets["list"] = self.tree

    # -- what it shows

    def open(self, path: str) -> None:
        """Ask for a folder and show it when it comes."""
        self.path = path
        self._entries = []
        self.tree.delete(*self.tree.get_children())
        self._place.configure(text=path or t("고객의 PC"))
        self._said.configure(text=t("불러오는 중입니다."))
        self._ask(path, 0)

    def answer(self, path: str, event: e.Listed | e.RequestRefused) -> None:
        """What the customer's PC says about `path`."""
        if path != self.path:
            return
        if isinstance(event, e.RequestRefused):
            self._said.configure(text=refusal_words(event.code))
            return
        for entry in event.entries:
            number = len(self._entries)
            self._entries.append(entry)
            icon = self._theme.icon("folder" if entry.folder else "file", 16, "primary")
            changed = (
                time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.modified)) if entry.modified else ""
            )
            size = "" if entry.folder else size_words(entry.size)
            self.tree.insert(
                "", "end", str(number), text=f" {entry.name}", values=(size, changed), image=icon
            )
        if event.next is not None and len(self._entries) < _MOST_ENTRIES:
            self._ask(path, event.next)
        else:
            self._said.configure(text=t("%(count)d개", count=len(self._entries)))
        if self._entries and not self.tree.selection():
            self.tree.selection_set("0")
            self.tree.focus("0")
            self.tree.focus_set()

    # -- what the agent does

    @property
    def chosen(self) -> Entry | None:
        """What is chosen in the list."""
        chosen = self.tree.selection()
        return self._entries[int(chosen[0])] if chosen else None

    def open_chosen(self) -> None:
        """Go into a folder; get a file."""
        entry = self.chosen
        if entry is not None and entry.folder:
            self.open(child_path(self.path, entry))
        else:
            self.get_chosen()

    def get_chosen(self) -> None:
        """Get what is chosen, a folder with all that is in it; not a whole drive by a slip of the finger."""
        entry = self.chosen
        if entry is None:
            return
        if not self.path:
            self.open(child_path(self.path, entry))
            return
        self._get(child_path(self.path, entry))
        self._said.configure(text=t("%(name)s: 파일 창에 나타납니다.", name=entry.name))

    def go_up(self) -> None:
        """The folder above."""
        if self.path:
            self.open(parent_path(self.path))
