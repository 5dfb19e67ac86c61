"""The customer's window of files: what the agent sends, what goes to the agent, and the agent's wish for a
file.

Shows values and calls `Deeds`; decides nothing. It comes forward by itself when something begins, because
nothing moves on this computer unseen, and can be closed: what runs is shown again with the next change.
"""

from __future__ import annotations

import tkinter as tk
import tkinter.font as tkfont
from collections.abc import Sequence
from tkinter import ttk
from typing import Protocol

from customer_agent.files.words import heading_words, state_words
from customer_agent.windows.place_window import wrap
from desktop.files.elide import elided
from desktop.files.views import JobView, is_over
from desktop.layout import publish_layout
from desktop.theme import Theme, bind_alt, keyed
from desktop.words import t

__all__ = ["Deeds", "FilesWindow"]

WIDTH = 400
PADDING = 18
SHOWN = 5
_BELOW_PX = 110


class Deeds(Protocol):
    """What the buttons do."""

    def choose_files(self) -> None: ...
    def refuse_want(self) -> None: ...
    def cancel(self, view: JobView) -> None: ...
    def pause(self, view: JobView, on: bool) -> None: ...
    def open_folder(self) -> None: ...


class FilesWindow(tk.Toplevel):
    """`show(views, ...)` after every change."""

    def __init__(self, root: tk.Misc, theme: Theme, deeds: Deeds) -> None:
        super().__init__(root)
        self._theme = theme
        self._deeds = deeds
        self._structure: object = None
        self._moving: dict[int, tuple[ttk.Label, ttk.Progressbar]] = {}
        self.widgets: dict[str, tk.Misc] = {}
        self.withdraw()
        self.title(t("파일 · 바로헬프 원격지원"))
        self.protocol("WM_DELETE_WINDOW", self.withdraw)
        self.attributes("-topmost", True)
        self.resizable(False, False)
        self._body = ttk.Frame(self, padding=theme.px(PADDING))
        self._body.pack(fill="both", expand=True)
        bind_alt(self, "f", deeds.choose_files)
        bind_alt(self, "n", deeds.refuse_want)
        bind_alt(self, "o", deeds.open_folder)
        self.bind("<Escape>", lambda _: self.withdraw())

    def show(self, views: Sequence[JobView], *, is_wanted: bool, may_send: bool, come_forward: bool) -> None:
        """Show these jobs, the newest first; made anew only where their number or kind changes."""
        shown = sorted(views, key=lambda view: (is_over(view.state), -view.key))[:SHOWN]
        structure = (is_wanted, may_send, tuple((view.key, view.state, view.name) for view in shown))
        if structure != self._structure:
            self._structure = structure
            self._make(shown, is_wanted=is_wanted, may_send=may_send)
        for view in shown:
            if view.key in self._moving:
                label, bar = self._moving[view.key]
                label.configure(text=state_words(view))
                bar.configure(value=100 * view.done / view.size if view.size else 0)
        if come_forward:
            self.come_forward()

    def come_forward(self) -> None:
        """Stand above the notice panel, at the left of it."""
        self.update_idletasks()
        width, height = self._theme.px(WIDTH), self.winfo_reqheight()
        margin = self._theme.px(16)
        x = max(0, self.winfo_screenwidth() - 2 * width - 3 * margin)
        y = max(0, self.winfo_screenheight() - height - self._theme.px(_BELOW_PX))
        if self.state() != "normal":
            self.geometry(f"+{x}+{y}")
            self.deiconify()
        self.lift()

    def _make(self, views: Sequence[JobView], *, is_wanted: bool, may_send: bool) -> None:
        for child in self._body.winfo_children():
            child.destroy()
        self._moving.clear()
        self.widgets = {}
        ttk.Frame(self._body, width=self._theme.px(WIDTH - 2 * PADDING), height=1).pack()
        if is_wanted:
            self._make_question()
        for view in views:
            self._make_job(view)
        if not views and not is_wanted:
            ttk.Label(self._body, text=t("옮긴 파일이 없습니다."), style="Soft.TLabel").pack(anchor="w")
        self._make_buttons(may_send=may_send and not is_wanted)
        publish_layout(self, "customer-files", self.widgets)

    def _make_question(self) -> None:
        theme = self._theme
        box = ttk.Frame(self._body, style="Info.TFrame", padding=theme.px(14))
        box.pack(fill="x", pady=(0, theme.px(12)))
        title = ttk.Label(box, text=t("상담원이 파일을 보내 달라고 합니다."), style="OnInfo.Strong.TLabel")
        title.grid(row=0, columnspan=2, sticky="w")
        text = t("직접 고른 파일만 보냅니다. 모르는 부탁이면 거절하십시오.")
        label = ttk.Label(box, text=text, style="OnInfo.TLabel", justify="left")
        wrap(label, theme.px(WIDTH - 2 * PADDING - 2 * 14))
        label.grid(row=1, columnspan=2, sticky="w", pady=(theme.px(4), theme.px(10)))
        gap = theme.px(4)
        no = ttk.Button(
            box,
            style="OnInfo.TButton",
            command=self._deeds.refuse_want,
            **keyed(t("거절"), "N"),  # type: ignore[arg-type]
        )
        no.grid(row=2, column=0, sticky="ew", padx=(0, gap))
        yes = ttk.Button(
            box,
            style="OnInfo.Primary.TButton",
            command=self._deeds.choose_files,
            **keyed(t("파일 고르기"), "F"),  # type: ignore[arg-type]
        )
        yes.grid(row=2, column=1, sticky="ew", padx=(gap, 0))
        for column in (0, 1):
            box.columnconfigure(column, weight=1, uniform="pair")
        self.widgets |= {"want-no": no, "want-yes": yes}

    def _make_job(self, view: JobView) -> None:
        theme = self._theme
        box = ttk.Frame(self._body, style="Soft.TFrame", padding=theme.px(12))
        box.pack(fill="x", pady=(0, theme.px(8)))
        head = ttk.Frame(box, style="Ground.TFrame")
        head.pack(fill="x")
        icon = theme.icon("download" if view.way == "in" else "upload", 18, "primary")
        ttk.Label(head, image=icon, style="OnSoft.TLabel").pack(side="left", padx=(0, theme.px(8)))
        ttk.Label(head, text=heading_words(view), style="OnSoft.SmallSoft.TLabel").pack(side="left")
        room = theme.px(WIDTH - 2 * PADDING - 2 * 12)
        measure = tkfont.nametofont("StrongFont", self).measure
        name = ttk.Label(box, text=elided(view.name, room, measure), style="OnSoft.Strong.TLabel")
        name.pack(anchor="w", pady=(theme.px(4), 0))
        if view.files > 1:
            count = t("파일 %(count)d개", count=view.files)
            ttk.Label(box, text=count, style="OnSoft.SmallSoft.TLabel").pack(anchor="w")
        state = ttk.Label(box, text=state_words(view), style="OnSoft.SmallSoft.TLabel", justify="left")
        wrap(state, room)
        if is_over(view.state):
            state.pack(anchor="w", pady=(theme.px(2), 0))
            return
        bar = ttk.Progressbar(box, maximum=100, style="Horizontal.TProgressbar")
        bar.pack(fill="x", pady=(theme.px(8), theme.px(6)))
        state.pack(anchor="w")
        self._moving[view.key] = (state, bar)
        self._make_job_buttons(box, view)

    def _make_job_buttons(self, box: ttk.Frame, view: JobView) -> None:
        row = ttk.Frame(box, style="Ground.TFrame")
        row.pack(fill="x", pady=(self._theme.px(8), 0))
        is_paused = view.state == "paused"
        pause = ttk.Button(
            row,
            text=t("계속하기") if is_paused else t("잠시 멈춤"),
            style="OnSoft.Small.TButton",
            command=lambda: self._deeds.pause(view, not is_paused),
        )
        pause.pack(side="left")
        cancel = ttk.Button(
            row, text=t("취소"), style="OnSoft.Small.TButton", command=lambda: self._deeds.cancel(view)
        )
        cancel.pack(side="left", padx=(self._theme.px(8), 0))
        self.widgets |= {f"pause-{view.key}": pause, f"cancel-{view.key}": cancel}

    def _make_buttons(self, *, may_send: bool) -> None:
        row = ttk.Frame(self._body)
        row.pack(fill="x", pady=(self._theme.px(4), 0))
        if may_send:
            send = ttk.Button(
                row,
                command=self._deeds.choose_files,
                **keyed(t("파일 보내기"), "F"),  # type: ignore[arg-type]
            )
            send.pack(side="left", padx=(0, self._theme.px(8)))
            self.widgets["send"] = send
        folder = ttk.Button(
            row,
            style="Quiet.TButton",
            command=self._deeds.open_folder,
            **keyed(t("받은 폴더 열기"), "O"),  # type: ignore[arg-type]
        )
        folder.pack(side="left")
        self.widgets["folder"] = folder
