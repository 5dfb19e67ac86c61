"""The small window for the line's settings: which proxy, and in the agent's program the straight way too.

Shows and checks fields; `on_save` gets the settings. It says why it opened when the line was refused. Return
saves, Escape closes. It is modal to nothing: whoever opens it may go on.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from tkinter import ttk

from desktop.entry_field import add_entry_field
from desktop.layout import publish_layout
from desktop.line_words import line_sentence
from desktop.network import NetworkSettings
from desktop.proxy import PROXY_LOGIN, parse_proxy
from desktop.theme import Theme
from desktop.words import t

__all__ = ["NetworkWindow"]

WIDTH = 440


class NetworkWindow(tk.Toplevel):
    """The form over `settings`; `code` is why it opened, `is_agent` shows the fields of who listens."""

    def __init__(
        self,
        root: tk.Misc,
        theme: Theme,
        settings: NetworkSettings,
        *,
        on_save: Callable[[NetworkSettings], object],
        code: str = "",
        is_agent: bool = False,
    ) -> None:
        super().__init__(root)
        self._theme = theme
        self._settings = settings
        self._on_save = on_save
        self.widgets: dict[str, tk.Misc] = {}
        kind, place = _split(settings.proxy)
        self.mode = tk.StringVar(self, settings.mode)
        self.kind = tk.StringVar(self, kind)
        self.place = tk.StringVar(self, place)
        self.user = tk.StringVar(self, settings.user)
        self.password = tk.StringVar(self, settings.password)
        self.direct = tk.BooleanVar(self, settings.direct)
        self.upnp = tk.BooleanVar(self, settings.upnp)
        self.forwarded = tk.StringVar(self, settings.forwarded)
        self.title(t("연결 설정"))
        self.resizable(False, False)
        body = ttk.Frame(self, style="Ground.TFrame", padding=theme.px(20))
        body.pack(fill="both", expand=True)
        self._make_message(body)
        self._make_proxy(body)
        if is_agent:
            self._make_direct(body)
        self._make_buttons(body)
        self.show_problem(line_sentence(code) or "")
        self._mode_changed()
        for key in ("<Return>", "<KP_Enter>"):
            self.bind(key, lambda _: self.save())
        self.bind("<Escape>", lambda _: self.destroy())
        publish_layout(self, "network", self.widgets)
        (self._user if code == PROXY_LOGIN else self._first).focus_set()

    # -- what it shows

    def _make_message(self, body: ttk.Frame) -> None:
        theme = self._theme
        # Empty it takes one pixel; a label inside a frame that is forgotten could not come back in place.
        self._message_place = ttk.Frame(body, style="Ground.TFrame")
        self._message_place.pack(fill="x")
        self._message = ttk.Frame(self._message_place, style="Danger.TFrame", padding=theme.px(12))
        icon = theme.icon("warning", 18, "danger")
        ttk.Label(self._message, image=icon, style="OnDanger.TLabel").pack(
            side="left", anchor="n", padx=(0, theme.px(8))
        )
        self._message_text = ttk.Label(
            self._message, style="OnDanger.TLabel", wraplength=theme.px(WIDTH - 100), justify="left"
        )
        self._message_text.pack(side="left", fill="x")

    def _make_proxy(self, body: ttk.Frame) -> None:
        theme = self._theme
        card = self._card(body, t("프록시"))
        for mode, words_of in (
            ("system", t("이 PC의 설정을 따릅니다")),
            ("none", t("쓰지 않습니다")),
            ("manual", t("직접 적습니다")),
        ):
            button = ttk.Radiobutton(
                card, text=words_of, value=mode, variable=self.mode, command=self._mode_changed
            )
            button.pack(anchor="w", pady=(theme.px(4), 0))
            self.widgets[f"mode-{mode}"] = button
        self._first = self.widgets["mode-system"]
        self._by_hand = ttk.Frame(card)
        self._by_hand.pack(fill="x")
        kinds = ttk.Frame(self._by_hand, style="Segments.TFrame", padding=theme.px(3))
        kinds.pack(anchor="w", pady=(theme.px(10), 0))
        for kind, name in (("http", "HTTP"), ("socks5", "SOCKS5"), ("socks4", "SOCKS4")):
            button = ttk.Radiobutton(
                kinds, text=name, value=kind, variable=self.kind, style="Segment.TRadiobutton"
            )
            button.pack(side="left")
            self.widgets[f"kind-{kind}"] = button
        self._place = self._field(self._by_hand, "place", t("주소와 포트"), self.place)
        self._login = ttk.Frame(card)
        self._login.pack(fill="x")
        self._user = self._field(self._login, "user", t("프록시 이름 (있을 때만)"), self.user)
        self._field(self._login, "password", t("프록시 비밀번호"), self.password, show="●")

    def _make_direct(self, body: ttk.Frame) -> None:
        theme = self._theme
        card = self._card(body, t("직접 연결"))
        for name, variable, text in (
            ("direct", self.direct, t("될 때는 중계 없이 고객과 바로 연결합니다")),
            ("upnp", self.upnp, t("공유기에 길을 열어 달라고 합니다 (UPnP)")),
        ):
            button = ttk.Checkbutton(card, text=text, variable=variable)
            button.pack(anchor="w", pady=(theme.px(4), 0))
            self.widgets[name] = button
        label = t("공유기에서 이 PC로 넘겨주는 주소 (예: 203.0.113.7:51515)")
        self._forwarded = self._field(card, "forwarded", label, self.forwarded)

    def _make_buttons(self, body: ttk.Frame) -> None:
        theme = self._theme
        row = ttk.Frame(body, style="Ground.TFrame")
        row.pack(fill="x", pady=(theme.px(16), 0))
        save = ttk.Button(row, text=t("저장"), style="Primary.TButton", command=self.save)
        save.pack(side="right")
        cancel = ttk.Button(row, text=t("취소"), command=self.destroy)
        cancel.pack(side="right", padx=(0, theme.px(8)))
        self.widgets |= {"save": save, "cancel": cancel}

    def _card(self, body: ttk.Frame, title: str) -> ttk.Frame:
        theme = self._theme
        card = ttk.Frame(body, style="Card.TFrame", padding=theme.px(18))
        card.pack(fill="x", pady=(0, theme.px(12)))
        ttk.Label(card, text=title, style="Strong.TLabel").pack(anchor="w", pady=(0, theme.px(4)))
        # A card is as wide as its words otherwise, and the window would jump between its modes.
        ttk.Frame(card, width=theme.px(WIDTH - 80), height=1).pack()
        return card

    def _field(
        self, parent: ttk.Frame, name: str, label: str, variable: tk.StringVar, show: str = ""
    ) -> ttk.Entry:
        entry = add_entry_field(parent, self._theme, label, variable, show)
        self.widgets[name] = entry
        return entry

    # -- what happens

    def _mode_changed(self) -> None:
        mode = self.mode.get()
        self._by_hand.pack_forget()
        self._login.pack_forget()
        if mode == "manual":
            self._by_hand.pack(fill="x")
        if mode != "none":
            self._login.pack(fill="x")

    def show_problem(self, text: str) -> None:
        """One sentence above the fields, or none."""
        self._message_text.configure(text=text)
        if text:
            self._message.pack(fill="x", pady=(0, self._theme.px(12)))
        else:
            self._message.pack_forget()
            self._message_place.configure(height=1)

    def save(self) -> None:
        """Hand over what was set, or say which field makes no sense."""
        mode = self.mode.get()
        address = f"{self.kind.get()}://{self.place.get().strip()}"
        if mode == "manual" and not _is_proxy(address):
            text = t("프록시의 주소와 포트를 다시 확인해 주십시오. 예: proxy.example.com:8080")
            self._complain(text, self._place)
            return
        forwarded = self.forwarded.get().strip()
        if forwarded and not _is_place(forwarded):
            self._complain(t("넘겨주는 주소를 다시 확인해 주십시오. 예: 203.0.113.7:51515"), self._forwarded)
            return
        has_login = mode != "none" and bool(self.user.get().strip())
        made = replace(
            self._settings,
            mode=mode,  # type: ignore[arg-type]
            proxy=address if self.place.get().strip() else "",
            user=self.user.get().strip() if has_login else "",
            password=self.password.get() if has_login else "",
            direct=self.direct.get(),
            upnp=self.upnp.get(),
            forwarded=forwarded,
        )
        self.destroy()
        self._on_save(made)

    def _complain(self, text: str, entry: ttk.Entry) -> None:
        self.show_problem(text)
        entry.focus_set()
        entry.selection_range(0, "end")


def _split(address: str) -> tuple[str, str]:
    kind, _, place = address.rpartition("://")
    return kind or "http", place


def _is_proxy(address: str) -> bool:
    try:
        made = parse_proxy(address)
    except ValueError:
        return False
    return not made.user


def _is_place(text: str) -> bool:
    from desktop.direct_places import forwarded_places

    try:
        forwarded_places(text)
    except ValueError:
        return False
    return True
