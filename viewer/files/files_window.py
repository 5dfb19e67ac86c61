"""The agent's window of files: one list of all that comes and goes, and buttons for what is chosen in it.

Shows values and calls `Deeds`; decides nothing. Everything can be done by keyboard: arrows choose, Alt and
the letter of a button presses it, Delete cancels, Ctrl+V sends files that were copied in a file manager.
"""

from __future__ import annotations

import tkinter as tk
import tkinter.font as tkfont
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk
from typing import Protocol

from desktop.files.elide import elided, size_words
from desktop.files.views import JobView, is_over
from desktop.layout import publish_layout
from desktop.theme import Theme, bind_alt, keyed
from desktop.words import t
from viewer.files.words import failure_words, progress_words, remaining_words, speed_words, state_words

__all__ = ["Deeds", "FilesWindow", "May"]

WIDTH, HEIGHT = 1000, 460
_NAME_PX = 250
_SHOWN_FAILURES = 3


class Deeds(Protocol):
    """What the buttons do."""

    def send_files(self) -> None: ...
    def send_folder(self) -> None: ...
    def want_files(self) -> None: ...
    def browse(self) -> None: ...
    def paste(self) -> None: ...
    def pause(self, view: JobView, on: bool) -> None: ...
    def cancel(self, view: JobView) -> None: ...
    def retry(self, view: JobView) -> None: ...
    def answer(self, view: JobView, accepted: bool) -> None: ...
    def open_folder(self) -> None: ...
    def forget_over(self) -> None: ...


@dataclass(frozen=True, slots=True)
class May:
    """What is possible now; the sentence says why something is not."""

    send: bool = False
    get: bool = False
    browse: bool = False
    sentence: str = ""


class FilesWindow(tk.Toplevel):
    """`show(views, may)` after every change."""

    def __init__(self, root: tk.Misc, theme: Theme, deeds: Deeds) -> None:
        super().__init__(root)
        self._theme = theme
        self._deeds = deeds
        self._views: dict[int, JobView] = {}
        self._rows: dict[int, tuple[str, ...]] = {}
        self.widgets: dict[str, tk.Misc] = {}
        self.withdraw()
        self.title(t("파일 · BaroHelp"))
        self.geometry(f"{theme.px(WIDTH)}x{theme.px(HEIGHT)}")
        self.minsize(theme.px(640), theme.px(320))
        self.protocol("WM_DELETE_WINDOW", self.withdraw)
        body = ttk.Frame(self, padding=theme.px(16))
        body.pack(fill="both", expand=True)
        self._make_tools(body)
        self._sentence = ttk.Label(body, style="SmallWaiting.TLabel", justify="left")
        self._make_actions(body)
        self._make_list(body)
        self.bind("<Escape>", lambda _: self.withdraw())
        self.bind("<Control-v>", lambda _: deeds.paste())
        self.bind("<Delete>", lambda _: self._with_chosen(deeds.cancel))
        publish_layout(self, "files", self.widgets)

    # -- what it shows

    def show(self, views: Sequence[JobView], may: May, said: str = "") -> None:
        """Show these jobs, the newest first, and what is possible."""
        self._views = {view.key: view for view in views}
        for key in [key for key in self._rows if key not in self._views]:
            self.tree.delete(str(key))
            del self._rows[key]
        for view in views:
            self._show_row(view)
        self._enable("send", may.send)
        self._enable("send-folder", may.send)
        self._enable("want", may.get)
        self._enable("browse", may.browse)
        sentence = said or may.sentence
        self._sentence.configure(text=sentence)
        if sentence and not self._sentence.winfo_manager():
            self._sentence.pack(anchor="w", pady=(0, self._theme.px(8)), before=self._list)
        elif not sentence and self._sentence.winfo_manager():
            self._sentence.pack_forget()
        self._show_actions()

    def come_forward(self) -> None:
        """Stand above the remote window."""
        if self.state() != "normal":
            self.deiconify()
        self.lift()
        self.tree.focus_set()

    def _show_row(self, view: JobView) -> None:
        measure = tkfont.nametofont("SmallFont", self).measure
        room = self.tree.column("#0", "width") - self._theme.px(44)
        row = (
            elided(view.name, room, measure),
            size_words(view.size),
            progress_words(view),
            speed_words(view),
            remaining_words(view),
            state_words(view),
        )
        if self._rows.get(view.key) == row:
            return
        name, *values = row
        if view.key in self._rows:
            self.tree.item(str(view.key), text=f" {name}", values=values)
        else:
            icon = self._theme.icon("download" if view.way == "in" else "upload", 16, "primary")
            self.tree.insert("", 0, str(view.key), text=f" {name}", values=values, image=icon)
            if view.state == "asked" or not self.tree.selection():
                self._choose(view.key)
        tag = "bad" if view.state in ("failed", "refused", "partly") else ""
        tag = "asked" if view.state == "asked" else tag
        self.tree.item(str(view.key), tags=(tag,) if tag else ())
        self._rows[view.key] = row

    def _choose(self, key: int) -> None:
        self.tree.selection_set(str(key))
        self.tree.focus(str(key))

    def _show_actions(self) -> None:
        view = self.chosen
        is_running = view is not None and not is_over(view.state) and view.state != "asked"
        is_asked = view is not None and view.state == "asked"
        self._enable("pause", is_running)
        self._enable("cancel", is_running)
        self._enable("retry", view is not None and view.may_retry)
        self._enable("accept", is_asked)
        self._enable("refuse", is_asked)
        is_paused = view is not None and view.state == "paused"
        self.widgets["pause"].configure(**keyed(t("계속") if is_paused else t("일시 정지"), "P"))
        for name in ("accept", "refuse"):
            self._pack(name, shown=is_asked)
        self._detail.configure(text=self._detail_of(view) if view is not None else "")

    @staticmethod
    def _detail_of(view: JobView) -> str:
        lines = [f"{name}: {failure_words(code)}" for name, code in view.failures[:_SHOWN_FAILURES]]
        if len(view.failures) > _SHOWN_FAILURES:
            lines.append(t("그 밖에 %(count)d개", count=len(view.failures) - _SHOWN_FAILURES))
        if not lines and view.current and view.files > 1:
            lines = [view.current]
        return "\n".join(lines)

    # -- making it

    def _make_tools(self, body: ttk.Frame) -> None:
        deeds = self._deeds
        row = ttk.Frame(body)
        row.pack(fill="x", pady=(0, self._theme.px(12)))
        self._button(row, "send", (t("파일 보내기"), "S"), deeds.send_files, "Primary.TButton")
        self._button(row, "send-folder", (t("폴더 보내기"), "D"), deeds.send_folder)
        self._button(row, "want", (t("파일 요청"), "R"), deeds.want_files)
        self._button(row, "browse", (t("고객 PC에서 가져오기"), "G"), deeds.browse)
        self._button(row, "folder", (t("받은 폴더"), "O"), deeds.open_folder, "Quiet.TButton", side="right")

    def _make_list(self, body: ttk.Frame) -> None:
        theme, c = self._theme, self._theme.tokens
        style = ttk.Style(self)
        style.configure(
            "Files.Treeview",
            background=c.surface,
            fieldbackground=c.surface,
            foreground=c.ink,
            font="SmallFont",
            rowheight=theme.px(32),
            borderwidth=0,
            bordercolor=c.line,
            lightcolor=c.surface,
            darkcolor=c.surface,
        )
        style.map(
            "Files.Treeview", background=[("selected", c.primary_soft)], foreground=[("selected", c.ink)]
        )
        style.configure(
            "Files.Treeview.Heading",
            background=c.ground,
            foreground=c.soft_ink,
            font="SmallFont",
            relief="flat",
            padding=(theme.px(8), theme.px(6)),
        )
        style.map("Files.Treeview.Heading", background=[("active", c.hover)])
        frame = tk.Frame(body, background=c.line, padx=1, pady=1)
        frame.pack(fill="both", expand=True)
        self._list = frame
        columns = ("size", "progress", "speed", "left", "state")
        self.tree = ttk.Treeview(frame, columns=columns, style="Files.Treeview", selectmode="browse")
        bar = ttk.Scrollbar(frame, orient="vertical", command=self.tree.yview)
        self.tree.configure(yscrollcommand=bar.set)
        heads = (t("크기"), t("진행"), t("속도"), t("남은 시간"), t("상태"))
        widths = (84, 140, 104, 90, 290)
        self.tree.heading("#0", text=t("이름"), anchor="w")
        self.tree.column("#0", width=theme.px(_NAME_PX), minwidth=theme.px(140))
        for name, head, width in zip(columns, heads, widths, strict=True):
            self.tree.heading(name, text=head, anchor="w")
            self.tree.column(name, width=theme.px(width), minwidth=theme.px(60), stretch=name == "state")
        self.tree.tag_configure("bad", foreground=c.danger)
        self.tree.tag_configure("asked", foreground=c.waiting_ink)
        bar.pack(side="right", fill="y")
        self.tree.pack(fill="both", expand=True)
        self.tree.bind("<<TreeviewSelect>>", lambda _: self._show_actions())
        self.tree.bind("<Return>", lambda _: self._with_chosen(self._accept_if_asked))
        self.widgets["list"] = self.tree

    def _make_actions(self, body: ttk.Frame) -> None:
        theme, deeds = self._theme, self._deeds
        row = ttk.Frame(body)
        row.pack(side="bottom", fill="x", pady=(theme.px(12), 0))
        style = "Small.Primary.TButton"
        self._button(row, "accept", (t("받기"), "A"), lambda: self._answer(accepted=True), style)
        self._button(row, "refuse", (t("거절"), "N"), lambda: self._answer(accepted=False), "Small.TButton")
        self._button(row, "pause", (t("일시 정지"), "P"), self._pause, "Small.TButton")
        self._button(
            row, "cancel", (t("취소"), "C"), lambda: self._with_chosen(deeds.cancel), "Small.TButton"
        )
        self._button(
            row, "retry", (t("다시 보내기"), "T"), lambda: self._with_chosen(deeds.retry), "Small.TButton"
        )
        self._button(
            row, "forget", (t("끝난 것 지우기"), "L"), deeds.forget_over, "Small.Quiet.TButton", side="right"
        )
        self._detail = ttk.Label(body, style="SmallSoft.TLabel", justify="left")
        self._detail.pack(side="bottom", anchor="w", pady=(theme.px(8), 0))

    def _button(
        self,
        row: ttk.Frame,
        name: str,
        words: tuple[str, str],
        deed: Callable[[], object],
        style: str = "TButton",
        *,
        side: str = "left",
    ) -> None:
        """A button; `words` are its text and its Alt letter."""
        text, letter = words
        button = ttk.Button(row, style=style, command=deed, **keyed(text, letter))  # type: ignore[arg-type]
        gap = (0, self._theme.px(8)) if side == "left" else (self._theme.px(8), 0)
        button.pack(side=side, padx=gap)  # type: ignore[arg-type]
        for key in ("<Return>", "<KP_Enter>"):
            button.bind(key, lambda _: button.invoke())
        bind_alt(self, letter, button.invoke)
        self.widgets[name] = button

    def _enable(self, name: str, on: bool) -> None:
        button = self.widgets[name]
        assert isinstance(button, ttk.Button)
        button.state(["!disabled" if on else "disabled"])

    def _pack(self, name: str, *, shown: bool) -> None:
        button = self.widgets[name]
        assert isinstance(button, ttk.Button)
        if shown and not button.winfo_manager():
            button.pack(side="left", padx=(0, self._theme.px(8)), before=self.widgets["pause"])
        elif not shown and button.winfo_manager():
            button.pack_forget()

    # -- what is chosen

    @property
    def chosen(self) -> JobView | None:
        """The job that is chosen in the list."""
        chosen = self.tree.selection()
        return self._views.get(int(chosen[0])) if chosen else None

    def _with_chosen(self, deed: Callable[[JobView], object]) -> None:
        view = self.chosen
        if view is not None:
            deed(view)

    def _pause(self) -> None:
        self._with_chosen(lambda view: self._deeds.pause(view, view.state != "paused"))

    def _answer(self, *, accepted: bool) -> None:
        self._with_chosen(lambda view: self._deeds.answer(view, accepted))

    def _accept_if_asked(self, view: JobView) -> None:
        if view.state == "asked":
            self._deeds.answer(view, True)
