"""The log-in window: company, id, password, whether to remember, and the server where it is not the
usual one.

Shows fields and what went wrong; `on_submit` gets what was typed. Return logs in, Escape clears the
error. All words come anew when the language changes.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from desktop.entry_field import add_entry_field
from desktop.layout import publish_layout
from desktop.theme import Theme
from desktop.words import LANGUAGES, language, set_language, t
from viewer.waiting.login import Credentials
from viewer.waiting.memory import Remembered

__all__ = ["LoginWindow"]

WIDTH = 400


class LoginWindow(ttk.Frame):
    """The log-in form, to be packed into the program's window."""

    def __init__(
        self,
        parent: tk.Tk,
        theme: Theme,
        filled: Remembered,
        *,
        on_submit: Callable[[Credentials], object],
        on_cancel: Callable[[], object],
        on_language: Callable[[], object],
        on_network: Callable[[], object] = lambda: None,
    ) -> None:
        """`on_cancel`: stop a log-in that is under way. `on_language`: the words changed, make this anew.
        `on_network`: show the line's settings.
        """
        super().__init__(parent, style="Ground.TFrame", padding=theme.px(24))
        self._theme = theme
        self._on_submit = on_submit
        self._on_cancel = on_cancel
        self._on_language = on_language
        self._on_network = on_network
        self.tenant = tk.StringVar(self, filled.tenant)
        self.login_id = tk.StringVar(self, filled.login_id)
        self.password = tk.StringVar(self, "")
        self.code = tk.StringVar(self, "")
        self.remember = tk.BooleanVar(self, filled.is_remembered)
        self.server = tk.StringVar(self, filled.server)
        self._is_busy = False
        self.widgets: dict[str, tk.Misc] = {}
        self._make_head()
        self._make_form()
        parent.title(t("BaroHelp 상담원 로그인"))
        publish_layout(parent, "login", self.widgets)

    def _make_head(self) -> None:
        theme = self._theme
        row = ttk.Frame(self, style="Ground.TFrame")
        row.pack(fill="x", pady=(0, theme.px(18)))
        mark = ttk.Label(row, image=theme.icon("link", 26, "primary"), style="Ground.TLabel")
        mark.pack(side="left", padx=(0, theme.px(8)))
        ttk.Label(row, text="BaroHelp", style="Ground.Title.TLabel").pack(side="left")
        box = ttk.Frame(row, style="Segments.TFrame", padding=theme.px(3))
        box.pack(side="right")
        chosen = tk.StringVar(self, language())
        for code in LANGUAGES:
            name = {"ko": "한국어", "en": "English"}[code]
            button = ttk.Radiobutton(
                box,
                text=name,
                value=code,
                variable=chosen,
                style="Segment.TRadiobutton",
                command=lambda c=code: self._choose_language(c),  # type: ignore[misc]
            )
            button.pack(side="left")
            self.widgets[f"language-{code}"] = button
        self._language = chosen

    def _make_form(self) -> None:
        theme = self._theme
        card = ttk.Frame(self, style="Card.TFrame", padding=theme.px(24))
        card.pack(fill="x")
        ttk.Label(card, text=t("상담원 로그인"), style="Title.TLabel").pack(anchor="w")
        hint = t("로그인하면 고객을 기다리는 창이 열립니다.")
        ttk.Label(card, text=hint, style="SmallSoft.TLabel").pack(
            anchor="w", pady=(theme.px(4), theme.px(14))
        )
        self._error_place = ttk.Frame(card)
        self._error_place.pack(fill="x")
        first = self._field(card, "tenant", t("고객사 아이디"), self.tenant)
        second = self._field(card, "id", t("아이디"), self.login_id)
        third = self._field(card, "password", t("비밀번호"), self.password, show="●")
        # Empty until the server asks for the second step's code.
        self._code_place = ttk.Frame(card)
        self._code_place.pack(fill="x")
        remember = ttk.Checkbutton(card, text=t("이 PC에서 로그인 유지"), variable=self.remember)
        remember.pack(anchor="w", pady=(theme.px(12), 0))
        self.widgets["remember"] = remember
        self._submit = ttk.Button(card, text=t("로그인"), style="Primary.TButton", command=self.submit)
        self._submit.pack(fill="x", pady=(theme.px(18), 0))
        self.widgets["submit"] = self._submit
        self._make_server(card)
        for widget in (first, second, third, remember, self._submit):
            widget.bind("<Return>", lambda _: self.submit())
            widget.bind("<KP_Enter>", lambda _: self.submit())
            widget.bind("<Escape>", lambda _: self._escape())
        start = next(
            (widget for widget, value in ((first, self.tenant), (second, self.login_id)) if not value.get()),
            third,
        )
        start.focus_set()

    def _make_server(self, card: ttk.Frame) -> None:
        theme = self._theme
        self._server_place = ttk.Frame(card)
        self._server_link = ttk.Button(
            card, text=t("서버 주소 바꾸기"), style="Link.TButton", command=self._show_server
        )
        self._server_link.pack(pady=(theme.px(10), 0))
        self.widgets["server-link"] = self._server_link
        network = ttk.Button(card, text=t("연결 설정"), style="Link.TButton", command=self._on_network)
        network.pack(pady=(theme.px(4), 0))
        self.widgets["network"] = network

    def _show_server(self) -> None:
        self._server_link.pack_forget()
        self._server_place.pack(fill="x")
        entry = self._field(self._server_place, "server", t("서버 주소"), self.server)
        entry.bind("<Return>", lambda _: self.submit())
        entry.focus_set()
        entry.icursor("end")

    def _field(
        self, parent: tk.Misc, name: str, label: str, variable: tk.StringVar, show: str = ""
    ) -> ttk.Entry:
        entry = add_entry_field(parent, self._theme, label, variable, show)
        self.widgets[name] = entry
        return entry

    # -- what happens

    def submit(self) -> None:
        """Hand over what was typed, once; say which field is empty."""
        if self._is_busy:
            return
        needed = [
            (self.tenant, "tenant", t("고객사 아이디를 적어 주십시오.")),
            (self.login_id, "id", t("아이디를 적어 주십시오.")),
            (self.password, "password", t("비밀번호를 적어 주십시오.")),
        ]
        if "code" in self.widgets:
            needed.append((self.code, "code", t("인증 번호를 적어 주십시오.")))
        for variable, name, text in needed:
            if not variable.get().strip():
                self.show_error(text, focus=name)
                return
        self.show_busy(True)
        self._on_submit(
            Credentials(
                self.server.get(),
                self.tenant.get(),
                self.login_id.get(),
                self.password.get(),
                self.remember.get(),
                self.code.get().strip(),
            )
        )

    def ask_code(self) -> None:
        """The server wants the second step's code: a field for it below the password."""
        self.show_busy(False)
        self._clear_error()
        if "code" not in self.widgets:
            entry = self._field(self._code_place, "code", t("인증 번호"), self.code)
            hint = t("휴대폰의 인증 앱에 보이는 여섯 자리 번호입니다. 없으면 복구 코드를 적으십시오.")
            words = ttk.Label(
                self._code_place,
                text=hint,
                style="SmallSoft.TLabel",
                wraplength=self._theme.px(WIDTH - 100),
                justify="left",
            )
            words.pack(anchor="w", pady=(self._theme.px(4), 0))
            for key in ("<Return>", "<KP_Enter>"):
                entry.bind(key, lambda _: self.submit())
            entry.bind("<Escape>", lambda _: self._escape())
        self.widgets["code"].focus_set()

    def show_busy(self, busy: bool) -> None:
        """While the server is asked, the button says so."""
        self._is_busy = busy
        self._submit.configure(text=t("로그인하고 있습니다.") if busy else t("로그인"))
        self._submit.state(["disabled" if busy else "!disabled"])
        if busy:
            self._clear_error()

    def show_error(self, text: str, code: str = "", *, focus: str = "password") -> None:
        """One kind sentence above the fields, with its code to read out."""
        self.show_busy(False)
        self._clear_error()
        theme = self._theme
        box = ttk.Frame(self._error_place, style="Danger.TFrame", padding=theme.px(12))
        box.pack(fill="x", pady=(0, theme.px(4)))
        words = f"{text} ({code})" if code and code not in text else text
        ttk.Label(box, image=theme.icon("warning", 18, "danger"), style="OnDanger.TLabel").pack(
            side="left", anchor="n", padx=(0, theme.px(8))
        )
        ttk.Label(
            box,
            text=words,
            style="OnDanger.SmallDanger.TLabel",
            wraplength=theme.px(WIDTH - 160),
            justify="left",
        ).pack(side="left", fill="x")
        field = self.widgets.get(focus)
        if isinstance(field, ttk.Entry):
            field.focus_set()
            field.selection_range(0, "end")

    def _escape(self) -> None:
        if self._is_busy:
            self._on_cancel()
            self.show_busy(False)
        self._clear_error()

    def _clear_error(self) -> None:
        for child in self._error_place.winfo_children():
            child.destroy()
        # An emptied frame keeps its last height until it is told otherwise.
        self._error_place.configure(height=1)

    def _choose_language(self, code: str) -> None:
        set_language(code)
        self._on_language()
