"""The form about a support that ended: type, result, note. It asks for nothing that must be filled in.

Ctrl+Return saves from anywhere in it; the window may be closed at any moment instead. What is done with the
words is the owner's business (`on_save`).
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Literal, cast

from desktop.theme import Theme
from desktop.words import t
from viewer.remote.report import RESULTS, Report, ReportOffer
from wire.signal.commands import SupportResult

__all__ = ["ReportForm"]

_WIDTH = 400


class ReportForm(ttk.Frame):
    """The fields, one button, and a line for what went wrong."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, offer: ReportOffer, on_save: Callable[[Report], object]
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._types = offer.types
        self._on_save = on_save
        self.widgets: dict[str, tk.Misc] = {}
        self._type = self._make_type() if offer.types else None
        self._result = tk.StringVar(self, "unchecked")
        self._make_results()
        self._note = self._make_note()
        self._error = ttk.Label(self, style="SmallDanger.TLabel", wraplength=theme.px(_WIDTH))
        self._save = ttk.Button(self, style="Primary.TButton", command=self.save)
        self._save.pack(fill="x", pady=(theme.px(12), 0))
        self.widgets["report-save"] = self._save
        for widget in self.widgets.values():
            widget.bind("<Control-Return>", self._saved_by_key)
        self._save.bind("<Return>", lambda _: self.save())
        self.show(offer)

    def show(self, offer: ReportOffer) -> None:
        """Follow the step: while it is being sent nothing more can be sent."""
        is_sending = offer.step == "sending"
        self._save.configure(text=t("보내는 중") if is_sending else t("기록 저장"))
        self._save.state(["disabled" if is_sending else "!disabled"])
        self._error.configure(text=offer.error)
        if offer.error:
            self._error.pack(fill="x", pady=(self._theme.px(8), 0), before=self._save)
        else:
            self._error.pack_forget()

    def focus_first(self) -> None:
        """Put the keyboard on the first field."""
        next(iter(self.widgets.values())).focus_set()

    def save(self) -> None:
        """Hand over what stands here."""
        if self._save.instate(["disabled"]):
            return
        place = self._type.current() if self._type is not None else 0
        issue_type = self._types[place - 1][0] if place > 0 else None
        result = cast("SupportResult", self._result.get())
        self._on_save(Report(issue_type, result, self._note.get("1.0", "end-1c")))

    def _make_type(self) -> ttk.Combobox:
        self._label(t("상담 유형"))
        names = [t("선택 안 함"), *(name for _, name in self._types)]
        box = ttk.Combobox(self, values=names, state="readonly", font="BodyFont", height=12)
        box.current(0)
        box.pack(fill="x")
        self.widgets["report-type"] = box
        return box

    def _make_results(self) -> None:
        theme = self._theme
        self._label(t("결과"))
        row = ttk.Frame(self, style="Segments.TFrame", padding=theme.px(3))
        row.pack(fill="x")
        words = {
            "unchecked": t("확인 안 함"),
            "solved": t("해결"),
            "hold": t("보류"),
            "visit": t("방문 필요"),
        }
        for result in RESULTS:
            button = ttk.Radiobutton(
                row, text=words[result], value=result, variable=self._result, style="Segment.TRadiobutton"
            )
            button.pack(side="left", expand=True, fill="x")
            self.widgets[f"report-{result}"] = button

    def _make_note(self) -> tk.Text:
        tokens = self._theme.tokens
        self._label(t("내용"))
        note = tk.Text(
            self,
            height=4,
            width=34,
            font="BodyFont",
            wrap="word",
            undo=True,
            background=tokens.surface,
            foreground=tokens.ink,
            insertbackground=tokens.ink,
            selectbackground=tokens.primary,
            selectforeground=tokens.on_primary,
            relief="flat",
            borderwidth=0,
            padx=self._theme.px(10),
            pady=self._theme.px(8),
            highlightthickness=self._theme.px(1),
            highlightbackground=tokens.strong_line,
            highlightcolor=tokens.primary,
        )
        # Tab leads on, as everywhere; a note has no use for one.
        note.bind("<Tab>", lambda event: _go(event.widget.tk_focusNext()))
        note.bind("<Shift-Tab>", lambda event: _go(event.widget.tk_focusPrev()))
        note.pack(fill="x")
        self.widgets["report-note"] = note
        return note

    def _label(self, text: str) -> None:
        theme = self._theme
        ttk.Label(self, text=text, style="SmallStrong.TLabel").pack(
            anchor="w", pady=(theme.px(10), theme.px(4))
        )

    def _saved_by_key(self, _event: object) -> Literal["break"]:
        self.save()
        return "break"


def _go(widget: tk.Misc | None) -> Literal["break"]:
    if widget is not None:
        widget.focus_set()
    return "break"
