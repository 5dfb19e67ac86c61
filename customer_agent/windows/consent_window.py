"""Who asks, and what they would be able to do: the customer allows or denies, and silence is a no.

What is pressed in the first moment after the window appears does not allow: it was meant for something else.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from customer_agent.model import SupportModel
from customer_agent.windows.place_window import centre, wrap
from desktop.later import run_later
from desktop.layout import publish_layout
from desktop.theme import Theme, bind_alt, keyed
from desktop.words import t
from wire.terms import ConsentRight

__all__ = ["ConsentWindow"]

WIDTH = 560
INNER = WIDTH - 2 * 24 - 2 * 24
ARMED_AFTER_S = 0.8


class ConsentWindow(tk.Toplevel):
    """Asks what `model.ask` names; answers through `model.answer`."""

    def __init__(
        self,
        root: tk.Tk,
        theme: Theme,
        model: SupportModel,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_done: Callable[[], object],
    ) -> None:
        """`on_done` comes after the answer was given to the model."""
        super().__init__(root)
        self._theme = theme
        self._model = model
        self._clock = clock
        self._on_done = on_done
        self._shown_at = clock()
        self._total_s = max(1.0, model.asked_until - clock())
        self.widgets: dict[str, tk.Misc] = {}
        self._choices: dict[ConsentRight, tk.BooleanVar] = {}
        self.title(t("원격지원 허용"))
        self.protocol("WM_DELETE_WINDOW", self.deny)
        self.attributes("-topmost", True)
        body = ttk.Frame(self, style="Ground.TFrame", padding=theme.px(24))
        body.pack(fill="both", expand=True)
        self._make_who(body)
        self._make_warning(body)
        self._make_choices(body)
        self._make_buttons(body)
        self.bind("<Return>", self._return_pressed)
        self.bind("<KP_Enter>", self._return_pressed)
        self.bind("<Escape>", lambda _: self.deny())
        bind_alt(self, "a", self.allow)
        bind_alt(self, "d", self.deny)
        self.refresh()
        centre(self, theme.px(WIDTH))
        publish_layout(self, "consent", self.widgets)
        run_later(self, 50, self._come_forward)

    # -- what it shows

    def refresh(self) -> None:
        """Count down."""
        left_s = max(0.0, self._model.asked_until - self._clock())
        self._left.configure(text=t("%(seconds)d초 안에 답하지 않으면 거부됩니다.", seconds=round(left_s)))
        self._bar.configure(value=100 * left_s / self._total_s)

    def _make_who(self, body: ttk.Frame) -> None:
        theme, model = self._theme, self._model
        ttk.Label(body, text=t("이 PC를 도와 드려도 되겠습니까?"), style="Ground.Title.TLabel").pack(
            anchor="w"
        )
        card = ttk.Frame(body, style="Card.TFrame", padding=theme.px(20))
        card.pack(fill="x", pady=(theme.px(14), 0))
        icon = theme.icon("person", 40, "primary")
        ttk.Label(card, image=icon).pack(side="left", anchor="n", padx=(0, theme.px(16)))
        words = ttk.Frame(card)
        words.pack(side="left", fill="x", expand=True)
        company = ttk.Label(words, text=model.company, style="Title.TLabel")
        wrap(company, theme.px(INNER - 60))
        company.pack(anchor="w")
        agent = ttk.Label(words, text=t("담당 %(name)s", name=model.agent_name), style="Large.TLabel")
        wrap(agent, theme.px(INNER - 60))
        agent.pack(anchor="w", pady=(theme.px(4), 0))
        number = t("접속번호 %(number)d", number=model.number)
        ttk.Label(words, text=number, style="Soft.TLabel").pack(anchor="w", pady=(theme.px(4), 0))
        if model.plan.is_server_given:
            server = t("직접 지정한 서버: %(server)s", server=model.plan.server)
            label = ttk.Label(words, text=server, style="SmallWaiting.TLabel")
            wrap(label, theme.px(INNER - 60))
            label.pack(anchor="w", pady=(theme.px(6), 0))
            self.widgets["server"] = label

    def _make_warning(self, body: ttk.Frame) -> None:
        theme = self._theme
        box = ttk.Frame(body, style="Ground.Waiting.TFrame", padding=theme.px(16))
        box.pack(fill="x", pady=(theme.px(14), 0))
        icon = theme.icon("warning", 24, "waiting")
        ttk.Label(box, image=icon, style="OnWaiting.TLabel").grid(
            row=0, column=0, rowspan=2, sticky="n", padx=(0, theme.px(12))
        )
        question = t("모르는 사람이 먼저 전화했습니까?")
        ttk.Label(box, text=question, style="OnWaiting.Strong.TLabel").grid(row=0, column=1, sticky="w")
        advice = t(
            "그렇다면 거부하고 전화를 끊으십시오. "
            "은행, 경찰, 공공기관은 원격지원으로 돈이나 비밀번호를 묻지 않습니다."
        )
        label = ttk.Label(box, text=advice, style="OnWaiting.TLabel", justify="left")
        wrap(label, theme.px(WIDTH - 48 - 32 - 44))
        label.grid(row=1, column=1, sticky="w", pady=(theme.px(4), 0))

    def _make_choices(self, body: ttk.Frame) -> None:
        theme, asked = self._theme, self._model.ask
        card = ttk.Frame(body, style="Card.TFrame", padding=theme.px(20))
        card.pack(fill="x", pady=(theme.px(14), 0))
        ttk.Label(card, text=t("허용하면 상담원이 할 수 있는 일"), style="Strong.TLabel").pack(
            anchor="w", pady=(0, theme.px(8))
        )
        words: dict[ConsentRight, str] = {
            "mouse": t("마우스를 움직이고 누릅니다"),
            "keyboard": t("키보드로 글자를 칩니다"),
            "clipboard": t("복사한 글을 주고받습니다"),
            "files": t("파일을 주고받습니다"),
            "record": t("화면을 녹화합니다"),
        }
        ttk.Style(self).configure("Large.Switch.TCheckbutton", font="LargeFont")
        self._tell(card, t("이 PC의 화면을 봅니다"))
        unasked = self._model.unasked
        for right, text in words.items():
            if right not in asked:
                if right in unasked or (right == "files" and "files_in" in unasked):
                    self._tell(card, text)
                continue
            chosen = tk.BooleanVar(self, right != "record")
            self._choices[right] = chosen
            switch = ttk.Checkbutton(card, text=text, variable=chosen, style="Large.Switch.TCheckbutton")
            switch.pack(anchor="w", pady=theme.px(3))
            self.widgets[right] = switch

    def _tell(self, card: ttk.Frame, text: str) -> None:
        """A line for what comes with allowing and has no switch."""
        theme = self._theme
        row = ttk.Frame(card)
        row.pack(fill="x", pady=theme.px(3))
        icon = theme.icon("check", 22, "connected")
        ttk.Label(row, image=icon).pack(side="left", padx=(theme.px(8), theme.px(17)))
        ttk.Label(row, text=text, style="Large.TLabel").pack(side="left")

    def _make_buttons(self, body: ttk.Frame) -> None:
        theme = self._theme
        self._left = ttk.Label(body, style="Ground.Soft.TLabel")
        self._left.pack(anchor="w", pady=(theme.px(16), theme.px(6)))
        self._bar = ttk.Progressbar(body, maximum=100)
        self._bar.pack(fill="x")
        row = ttk.Frame(body, style="Ground.TFrame")
        row.pack(fill="x", pady=(theme.px(18), 0))
        row.columnconfigure((0, 1), weight=1, uniform="answers")
        deny = ttk.Button(
            row,
            style="Ground.Large.TButton",
            command=self.deny,
            **keyed(t("거부"), "D"),  # type: ignore[arg-type]
        )
        deny.grid(row=0, column=0, sticky="ew", padx=(0, theme.px(8)))
        allow = ttk.Button(
            row,
            style="Ground.Large.Primary.TButton",
            command=self.allow,
            **keyed(t("허용") if "view" in self._model.ask else t("시작"), "A"),  # type: ignore[arg-type]
        )
        allow.grid(row=0, column=1, sticky="ew", padx=(theme.px(8), 0))
        self.widgets |= {"deny": deny, "allow": allow}
        allow.focus_set()

    # -- what the customer does

    def allow(self) -> None:
        """Allow seeing, and what is switched on; not in the first moment."""
        if self._clock() - self._shown_at < ARMED_AFTER_S:
            return
        answers: dict[ConsentRight, bool] = {"view": True}
        answers |= {right: chosen.get() for right, chosen in self._choices.items()}
        self._model.answer(answers)
        self._on_done()

    def deny(self) -> None:
        """Allow nothing."""
        answers: dict[ConsentRight, bool] = dict.fromkeys(self._choices, False)
        self._model.answer({"view": False, **answers})
        self._on_done()

    def _return_pressed(self, _event: object) -> str:
        """Return presses the button that has the focus, else it allows."""
        if self.focus_get() is self.widgets["deny"]:
            self.deny()
        else:
            self.allow()
        return "break"

    def _come_forward(self) -> None:
        self.lift()
        self.focus_force()
        self.widgets["allow"].focus_set()
