"""The last window: it is over, thank you; it closes by itself."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from customer_agent.codes import problem_sentence, screen_sentence
from customer_agent.model import SupportModel
from customer_agent.windows.place_window import centre, wrap
from desktop.layout import publish_layout
from desktop.theme import Theme, bind_alt, keyed
from desktop.words import t

__all__ = ["CLOSES_AFTER_S", "EndedWindow"]

WIDTH = 460
CLOSES_AFTER_S = 10.0


class EndedWindow(tk.Toplevel):
    """Says how it ended; `on_close` comes when the time is over or the button is pressed."""

    def __init__(
        self,
        root: tk.Tk,
        theme: Theme,
        model: SupportModel,
        *,
        on_close: Callable[[], object],
        clock: Callable[[], float] = time.monotonic,
        removes_itself: bool = False,
    ) -> None:
        super().__init__(root)
        self._clock = clock
        self._on_close = on_close
        self._until = clock() + CLOSES_AFTER_S
        self.title(t("바로헬프 원격지원"))
        self.protocol("WM_DELETE_WINDOW", on_close)
        self.attributes("-topmost", True)
        body = ttk.Frame(self, style="TFrame", padding=theme.px(32))
        body.pack(fill="both", expand=True)
        is_kind = model.ending in ("thanks", "denied", "timeout", "cancelled")
        icon = theme.icon("check" if is_kind else "warning", 48, "connected" if is_kind else "danger")
        ttk.Label(body, image=icon).pack(pady=(0, theme.px(14)))
        heading = ttk.Label(body, text=_heading(model), style="Title.TLabel", justify="center")
        wrap(heading, theme.px(WIDTH - 64))
        heading.pack()
        text = ttk.Label(body, text=_sentence(model), style="Large.TLabel", justify="center")
        wrap(text, theme.px(WIDTH - 64))
        text.pack(pady=(theme.px(12), 0))
        if removes_itself:
            gone = ttk.Label(body, text=t("프로그램은 스스로 지워집니다."), style="Soft.TLabel")
            gone.pack(pady=(theme.px(8), 0))
        close = ttk.Button(
            body,
            style="Large.Primary.TButton",
            command=on_close,
            **keyed(t("닫기"), "C"),  # type: ignore[arg-type]
        )
        close.pack(fill="x", pady=(theme.px(24), 0))
        self._left = ttk.Label(body, style="SmallSoft.TLabel")
        self._left.pack(pady=(theme.px(10), 0))
        for key in ("<Return>", "<KP_Enter>", "<Escape>"):
            self.bind(key, lambda _: on_close())
        bind_alt(self, "c", on_close)
        self.refresh()
        centre(self, theme.px(WIDTH))
        publish_layout(self, "ended", {"close": close})
        close.focus_set()

    def refresh(self) -> None:
        """Count down, and close at the end."""
        left_s = self._until - self._clock()
        if left_s <= 0:
            self._on_close()
            return
        self._left.configure(text=t("이 창은 %(seconds)d초 뒤에 닫힙니다.", seconds=max(1, round(left_s))))


def _heading(model: SupportModel) -> str:
    return {
        "thanks": t("원격지원이 끝났습니다"),
        "denied": t("허용하지 않으셨습니다"),
        "timeout": t("답이 없어 연결하지 않았습니다"),
        "cancelled": t("연결하지 않았습니다"),
        "replaced": t("다른 곳에서 프로그램을 다시 시작했습니다"),
        "distrust": t("안전하지 않아 연결을 끊었습니다"),
        "screen": t("화면을 보여 줄 수 없습니다"),
    }.get(model.ending or "", t("원격지원이 끝났습니다"))


def _sentence(model: SupportModel) -> str:
    if model.ending == "screen":
        return screen_sentence(model.ending_code)
    if model.ending_code:
        return problem_sentence(model.ending_code)
    unseen = t("아무도 이 PC를 보지 못했습니다.\n도움이 필요하면 상담원에게 새 코드를 요청하십시오.")
    return {
        "thanks": t("이용해 주셔서 감사합니다.\n이제 아무도 이 PC를 볼 수 없습니다."),
        "denied": unseen,
        "timeout": unseen,
        "replaced": t("이 창은 닫으셔도 됩니다."),
    }.get(model.ending or "", t("이용해 주셔서 감사합니다."))
