"""What do you want to show? One window, a part of the screen, or all of it; while this is open, nothing is.

The list is made of other programs' windows and stays on this computer; only the title of the window that is
chosen is told to the agent.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk
from typing import Any

from customer_agent.model import SupportModel
from customer_agent.screen.share import Everything, OneWindow, OpenWindow
from customer_agent.windows.place_window import centre, wrap
from desktop.later import run_later
from desktop.layout import publish_layout
from desktop.theme import Theme, bind_alt, keyed
from desktop.words import t

__all__ = ["ShareWindow"]

WIDTH = 560
INNER = WIDTH - 2 * 24 - 2 * 20
_MOST_ROWS = 7
_PANEL_WIDTH = 400


class ShareWindow(tk.Toplevel):
    """Answers `model.sharing.choosing`; `on_region`: go on with drawing a region; `on_done`: it is over."""

    def __init__(
        self,
        root: tk.Tk,
        theme: Theme,
        model: SupportModel,
        windows: Sequence[OpenWindow],
        *,
        on_region: Callable[[], object],
        on_done: Callable[[], object],
    ) -> None:
        super().__init__(root)
        self._theme = theme
        self._model = model
        self._windows = list(windows)
        self._on_region = on_region
        self._on_done = on_done
        self._list: tk.Listbox | None = None
        self.widgets: dict[str, tk.Misc] = {}
        self.title(t("보여 줄 것 고르기"))
        self.protocol("WM_DELETE_WINDOW", self.leave)
        self.attributes("-topmost", True)
        body = ttk.Frame(self, style="Ground.TFrame", padding=theme.px(24))
        body.pack(fill="both", expand=True)
        ttk.Label(body, text=t("무엇을 보여 주시겠습니까?"), style="Ground.Title.TLabel").pack(anchor="w")
        sentence = t("고르시는 동안 상담원은 아무것도 볼 수 없습니다.")
        ttk.Label(body, text=sentence, style="Ground.Soft.TLabel").pack(anchor="w", pady=(theme.px(4), 0))
        self._make_windows(body)
        if model.sharing.choosing != "window":
            self._make_region(body)
        self._make_last_row(body)
        self.bind("<Escape>", lambda _: self.leave())
        bind_alt(self, "c", self.leave)
        centre(self, theme.px(WIDTH), free_right=theme.px(_PANEL_WIDTH))
        publish_layout(self, "share", self.widgets)
        run_later(self, 50, self._come_forward)

    # -- what it shows

    def _card(self, body: ttk.Frame, heading: str, sentence: str) -> ttk.Frame:
        theme = self._theme
        card = ttk.Frame(body, style="Card.TFrame", padding=theme.px(20))
        card.pack(fill="x", pady=(theme.px(14), 0))
        ttk.Label(card, text=heading, style="Strong.TLabel").pack(anchor="w")
        label = ttk.Label(card, text=sentence, style="SmallSoft.TLabel", justify="left")
        wrap(label, theme.px(INNER))
        label.pack(anchor="w", pady=(theme.px(3), theme.px(10)))
        return card

    def _make_windows(self, body: ttk.Frame) -> None:
        theme = self._theme
        sentence = t(
            "고른 창만 보이고, 그 위에 놓인 다른 창은 보이지 않습니다. "
            "이 창의 메뉴와 대화 상자는 창 안에 놓인 만큼 보입니다."
        )
        card = self._card(body, t("창 하나"), sentence)
        if not self._windows:
            ttk.Label(card, text=t("지금 보여 줄 수 있는 창이 없습니다."), style="Soft.TLabel").pack(
                anchor="w"
            )
            return
        self._make_list(card)
        show = ttk.Button(
            card,
            style="Primary.TButton",
            command=self.show_window,
            **keyed(t("이 창 보여 주기"), "W"),  # type: ignore[arg-type]
        )
        show.pack(anchor="e", pady=(theme.px(10), 0))
        self.widgets["share-window"] = show
        bind_alt(self, "w", self.show_window)

    def _make_list(self, card: ttk.Frame) -> None:
        theme, tokens = self._theme, self._theme.tokens
        frame = tk.Frame(card, background=tokens.strong_line, padx=1, pady=1)
        frame.pack(fill="x")
        rows = min(_MOST_ROWS, max(3, len(self._windows)))
        self._list = tk.Listbox(
            frame,
            height=rows,
            activestyle="none",
            exportselection=False,
            relief="flat",
            borderwidth=0,
            highlightthickness=theme.px(2),
            highlightcolor=tokens.primary,
            highlightbackground=tokens.surface,
            background=tokens.surface,
            foreground=tokens.ink,
            selectbackground=tokens.primary,
            selectforeground=tokens.on_primary,
            font="BodyFont",
        )
        for one in self._windows:
            self._list.insert("end", f" {one.title}")
        if len(self._windows) > rows:
            bar = ttk.Scrollbar(frame, orient="vertical", command=self._list.yview)
            bar.pack(side="right", fill="y")
            self._list.configure(yscrollcommand=bar.set)
        self._list.pack(side="left", fill="both", expand=True)
        self._list.selection_set(0)
        self._list.bind("<Double-Button-1>", lambda _: self.show_window())
        for key in ("<Return>", "<KP_Enter>"):
            self._list.bind(key, lambda _: self.show_window())
        self.widgets["share-list"] = self._list

    def _make_region(self, body: ttk.Frame) -> None:
        sentence = t("화면에 네모를 그려 그 안만 보여 줍니다. 네모 안에 들어오는 것은 모두 보입니다.")
        card = self._card(body, t("화면의 한 부분"), sentence)
        region = ttk.Button(
            card,
            style="TButton",
            command=self.draw_region,
            **keyed(t("네모 그리기"), "R"),  # type: ignore[arg-type]
        )
        region.pack(anchor="e")
        self.widgets["share-region"] = region
        bind_alt(self, "r", self.draw_region)

    def _make_last_row(self, body: ttk.Frame) -> None:
        theme = self._theme
        row = ttk.Frame(body, style="Ground.TFrame")
        row.pack(fill="x", pady=(theme.px(18), 0))
        leave = ttk.Button(
            row,
            style="Ground.TButton",
            command=self.leave,
            **keyed(t("취소"), "C"),  # type: ignore[arg-type]
        )
        leave.pack(side="right")
        self.widgets["share-leave"] = leave
        if self._model.sharing.may_share_all:
            everything = ttk.Button(
                row,
                style="Ground.Quiet.TButton",
                command=self.show_everything,
                **keyed(t("화면 전체 보여 주기"), "A"),  # type: ignore[arg-type]
            )
            everything.pack(side="left")
            self.widgets["share-all"] = everything
            bind_alt(self, "a", self.show_everything)

    # -- what the customer does

    def show_window(self) -> None:
        """Show the window that is marked in the list."""
        chosen: tuple[Any, ...] = ()
        if self._list is not None:
            chosen = self._list.curselection()  # type: ignore[no-untyped-call]
        if chosen:
            one = self._windows[int(chosen[0])]
            self._model.show(OneWindow(one.window, one.title))
            self._finish()

    def draw_region(self) -> None:
        """Go on with the dimmed screen."""
        self.destroy()
        self._on_region()

    def show_everything(self) -> None:
        """Show the desktop."""
        self._model.show(Everything())
        self._finish()

    def leave(self) -> None:
        """Leave it as it was."""
        self._model.cancel_choosing()
        self._finish()

    def _finish(self) -> None:
        self.destroy()
        self._on_done()

    def _come_forward(self) -> None:
        self.lift()
        self.focus_force()
        first = self._list or self.widgets.get("share-region") or self.widgets["share-leave"]
        first.focus_set()
