"""The first window of a program that was started without a token or code: company id and code.

Until this form is sent there is no connection and no look at the screen. It also tells why a way in failed.
"""

from __future__ import annotations

import re
import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Any

from customer_agent.codes import problem_sentence
from customer_agent.model import Phase, SupportModel
from customer_agent.start import is_code, is_slug
from customer_agent.windows.place_window import centre, wrap
from desktop.layout import publish_layout
from desktop.theme import Theme, bind_alt, keyed
from desktop.words import LANGUAGES, grouped_code, language, set_language, t

__all__ = ["JoinWindow"]

WIDTH = 460


class JoinWindow(tk.Toplevel):
    """The form; `model.phase` FORM: it may be filled in, JOINING: it waits."""

    def __init__(
        self,
        root: tk.Tk,
        theme: Theme,
        model: SupportModel,
        *,
        on_language: Callable[[], object],
        on_close: Callable[[], object],
        on_network: Callable[[str], object] = lambda _code: None,
    ) -> None:
        """`on_language`: the words changed, make this window anew. `on_close`: the program shall end.
        `on_network`: show the line's settings, with the code of what went wrong.
        """
        super().__init__(root)
        self._theme = theme
        self._model = model
        self._on_language = on_language
        self._on_close = on_close
        self._on_network = on_network
        self.widgets: dict[str, tk.Misc] = {}
        self._form: list[ttk.Label | ttk.Entry] = []
        self.tenant = tk.StringVar(self, model.tenant)
        self.code = tk.StringVar(self, grouped_code(model.code))
        self.title(t("바로헬프 원격지원"))
        self.protocol("WM_DELETE_WINDOW", on_close)
        body = ttk.Frame(self, style="Ground.TFrame", padding=theme.px(24))
        body.pack(fill="both", expand=True)
        self._make_head(body)
        self._make_card(body)
        self.refresh()
        publish_layout(self, "join", self.widgets)

    def refresh(self) -> None:
        """Show what the model says now."""
        is_busy = self._model.phase is Phase.JOINING
        problem = self._model.problem
        self._show_message(
            problem_sentence(problem.code, problem.text) if problem is not None and not is_busy else ""
        )
        for entry in (self._tenant_entry, self._code_entry):
            entry.state(["disabled" if is_busy else "!disabled"])
        self._submit.state(["disabled" if is_busy else "!disabled"])
        self._submit.configure(self._submit_words(is_busy))
        # A program that was started with a token has nothing to ask for while it is let in.
        is_plain = is_busy and bool(self._model.plan.token)
        for part in self._form:
            part.grid_remove() if is_plain else part.grid()
        if is_busy:
            self._bar.grid()
            self._bar.start(12)
        else:
            self._bar.stop()
            self._bar.grid_remove()
        centre(self, self._theme.px(WIDTH))

    def _make_head(self, body: ttk.Frame) -> None:
        theme = self._theme
        row = ttk.Frame(body, style="Ground.TFrame")
        row.pack(fill="x", pady=(0, theme.px(16)))
        icon = theme.icon("shield", 28, "primary")
        ttk.Label(row, image=icon, style="Ground.TLabel").pack(side="left", padx=(0, theme.px(10)))
        ttk.Label(row, text=t("바로헬프 원격지원"), style="Ground.Title.TLabel").pack(side="left")
        box = ttk.Frame(row, style="Segments.TFrame", padding=theme.px(3))
        box.pack(side="right")
        self._language = tk.StringVar(self, language())
        for code in LANGUAGES:
            button = ttk.Radiobutton(
                box,
                text={"ko": "한국어", "en": "English"}[code],
                value=code,
                variable=self._language,
                style="Segment.TRadiobutton",
                takefocus=False,
                command=self._change_language,
            )
            button.pack(side="left")
            self.widgets[f"language-{code}"] = button

    def _make_card(self, body: ttk.Frame) -> None:
        theme = self._theme
        card = ttk.Frame(body, style="Card.TFrame", padding=theme.px(24))
        card.pack(fill="both", expand=True)
        card.columnconfigure(0, weight=1)
        intro = t("상담원이 전화로 알려 준 회사 아이디와 코드를 적어 주십시오.")
        hint = ttk.Label(card, text=intro, style="Large.TLabel", justify="left")
        wrap(hint, theme.px(WIDTH - 96))
        hint.grid(row=0, sticky="w")
        self._form.append(hint)
        self._message = ttk.Frame(card, style="Danger.TFrame", padding=theme.px(14))
        self._message_text = ttk.Label(self._message, style="OnDanger.TLabel", justify="left")
        wrap(self._message_text, theme.px(WIDTH - 150))
        icon = theme.icon("warning", 20, "danger")
        ttk.Label(self._message, image=icon, style="OnDanger.TLabel").pack(
            side="left", anchor="n", padx=(0, theme.px(10))
        )
        self._message_text.pack(side="left", fill="x", expand=True)
        self._message.grid(row=1, sticky="ew", pady=(theme.px(14), 0))
        self._tenant_entry = self._field(card, "tenant", t("회사 아이디"), self.tenant, font="LargeFont")
        self._code_entry = self._field(card, "code", t("코드"), self.code, font="CodeFont")
        self._submit = ttk.Button(card, style="Large.Primary.TButton", command=self.submit)
        self._submit.grid(row=6, sticky="ew", pady=(theme.px(22), 0))
        self.widgets["submit"] = self._submit
        self._bar = ttk.Progressbar(card, mode="indeterminate")
        self._bar.grid(row=7, sticky="ew", pady=(theme.px(14), 0))
        network = ttk.Button(card, text=t("연결 설정"), style="Link.TButton", command=self._show_network)
        network.grid(row=9, sticky="w", pady=(theme.px(10), 0))
        self.widgets["network"] = network
        if self._model.plan.is_server_given:
            server = t("서버: %(server)s", server=self._model.plan.server)
            ttk.Label(card, text=server, style="SmallSoft.TLabel").grid(
                row=8, sticky="w", pady=(theme.px(12), 0)
            )
        self.bind("<Return>", lambda _: self.submit())
        self.bind("<KP_Enter>", lambda _: self.submit())
        self.bind("<Escape>", lambda _: self._on_close())
        bind_alt(self, "c", self.submit)
        (self._code_entry if self.tenant.get() else self._tenant_entry).focus_set()

    def _field(
        self, card: ttk.Frame, name: str, label: str, variable: tk.StringVar, *, font: str
    ) -> ttk.Entry:
        theme = self._theme
        row = {"tenant": 2, "code": 4}[name]
        above = ttk.Label(card, text=label, style="Strong.TLabel")
        above.grid(row=row, sticky="w", pady=(theme.px(18), theme.px(6)))
        entry = ttk.Entry(card, textvariable=variable, font=font)
        entry.grid(row=row + 1, sticky="ew")
        self.widgets[name] = entry
        self._form += [above, entry]
        return entry

    def _submit_words(self, is_busy: bool) -> dict[str, Any]:
        if is_busy:
            return {"text": t("연결하고 있습니다."), "underline": -1}
        return keyed(t("연결하기"), "C")

    def submit(self) -> None:
        """Send what was typed, or say what is missing."""
        if self._model.phase is not Phase.FORM:
            return
        tenant = self.tenant.get().strip().lower()
        code = re.sub(r"[\s-]", "", self.code.get())
        if not code and self._model.plan.token:
            self._model.retry()
        elif not is_slug(tenant):
            self._complain(t("회사 아이디를 다시 확인해 주십시오."), self._tenant_entry)
        elif not is_code(code):
            self._complain(t("코드는 숫자 6자리에서 9자리입니다."), self._code_entry)
        else:
            self._model.submit(tenant, code)
            self.refresh()

    def _show_network(self) -> None:
        problem = self._model.problem
        self._on_network(problem.code if problem is not None else "")

    def _complain(self, text: str, entry: ttk.Entry) -> None:
        self._show_message(text)
        entry.focus_set()
        entry.selection_range(0, "end")
        centre(self, self._theme.px(WIDTH))

    def _show_message(self, text: str) -> None:
        self._message_text.configure(text=text)
        if text:
            self._message.grid()
        else:
            self._message.grid_remove()

    def _change_language(self) -> None:
        set_language(self._language.get())
        self._on_language()
