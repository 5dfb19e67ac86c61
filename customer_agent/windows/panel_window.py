"""The notice panel: small, always in sight, while somebody may see this computer.

Says who is here, since when, and what they can do now; pauses, takes control back, ends. What is rarely
needed folds out. It cannot be hidden: minimised it comes back, closed it asks whether to end the support.
"""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from tkinter import ttk
from typing import Protocol

from customer_agent.codes import problem_sentence
from customer_agent.model import Ask, Phase, SupportModel
from customer_agent.screen.share import Everything, Nothing, OneWindow
from customer_agent.windows.place_window import Corner, wrap
from desktop.later import run_later
from desktop.layout import publish_layout
from desktop.line_words import way_words
from desktop.theme import Theme, bind_alt, keyed
from desktop.words import clock_time, duration, t

__all__ = ["PanelWindow", "status_of"]

WIDTH = 372
PADDING = 18


@dataclass(frozen=True, slots=True)
class Status:
    """One line of state: an icon, a colour and words, never colour alone."""

    icon: str
    colour: str
    heading: str
    sentence: str


def status_of(model: SupportModel) -> Status:
    """What the panel says of the support session now."""
    if model.phase is Phase.WAITING:
        return Status(
            "clock", "waiting", t("기다리는 중"), t("상담원이 곧 연결합니다. 잠시만 기다려 주십시오.")
        )
    if model.link == "lost":
        return Status("wifi-off", "danger", t("연결 끊김"), problem_sentence("B-12"))
    if model.link in ("unstable", "opening"):
        sentence = t("연결이 고르지 않습니다. 잠시만 기다려 주십시오.")
        return Status("wifi", "waiting", t("연결 불안정"), sentence)
    if model.is_paused:
        return Status("pause", "waiting", t("일시 정지 중"), t("상담원은 지금 화면을 볼 수 없습니다."))
    return Status("eye", "connected", t("원격지원 중"), _what_the_agent_can_do(model))


def _what_the_agent_can_do(model: SupportModel) -> str:
    taken, rights = model.taken_back, model.control_rights
    if not rights:
        return t("상담원이 화면을 봅니다. 조작은 할 수 없습니다.")
    if taken is not None and taken.by == "button":
        return t("조작을 되찾았습니다. 상담원은 보기만 합니다.")
    if taken is not None:
        return t("직접 쓰시는 동안 상담원의 조작이 멈춥니다.")
    if rights == {"mouse"}:
        return t("상담원이 화면을 보고 마우스를 쓸 수 있습니다.")
    if rights == {"keyboard"}:
        return t("상담원이 화면을 보고 키보드를 쓸 수 있습니다.")
    return t("상담원이 화면을 보고 조작할 수 있습니다.")


_Button = tuple[str, str, str, str, Callable[[], object]]
"""A button's name, words, Alt letter, style and deed."""


class FilesDoor(Protocol):
    """Opens the window of files."""

    @property
    def may_send(self) -> bool: ...
    def open(self) -> None: ...


class PanelWindow(tk.Toplevel):
    """Shows the model; `refresh` after every change, `tick` every second."""

    def __init__(
        self,
        root: tk.Tk,
        theme: Theme,
        model: SupportModel,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        on_change: Callable[[], object],
        files: FilesDoor | None = None,
    ) -> None:
        """`on_change` comes after the customer did something."""
        super().__init__(root)
        self._theme = theme
        self._model = model
        self._clock = clock
        self._wall_clock = wall_clock
        self._on_change = on_change
        self._files = files
        self._is_open = False
        self._is_ending = False
        self._shown: object = None
        self.widgets: dict[str, tk.Misc] = {}
        self.title(t("바로헬프 원격지원"))
        self.protocol("WM_DELETE_WINDOW", self.ask_to_end)
        self._body = ttk.Frame(self, style="TFrame", padding=theme.px(PADDING))
        self._body.pack(fill="both", expand=True)
        self._make_head()
        self._make_who()
        self._parts = ttk.Frame(self._body)
        self._parts.pack(fill="x")
        self._corner = Corner(self, theme, theme.px(WIDTH))
        for letter, act in (
            ("p", self.toggle_pause),
            ("t", self.toggle_control),
            ("e", self.ask_to_end),
            ("m", self.toggle_more),
            ("f", self.open_files),
            ("y", lambda: self._answer(allowed=True)),
            ("n", lambda: self._answer(allowed=False)),
            ("s", self.choose_share),
            ("a", self.show_everything),
        ):
            bind_alt(self, letter, act)
        self.bind("<Escape>", lambda _: self.cancel_end())
        self.refresh()

    # -- what it shows

    def refresh(self) -> None:
        """Show the model as it is now; parts are made anew only when they change."""
        model = self._model
        status = status_of(model)
        theme = self._theme
        self._icon.configure(image=theme.icon(status.icon, 24, status.colour))
        style = {"connected": "Connected", "waiting": "Waiting", "danger": "Danger"}[status.colour]
        self._heading.configure(text=status.heading, style=f"{style}.TLabel", font="LargeStrongFont")
        self._sentence.configure(text=status.sentence)
        self.tick()
        structure = self._structure()
        if structure == self._shown:
            self._corner.place()
            return
        if self._is_a_button_down():
            # A button that vanishes under the finger is never pressed: the customer's own movement, which
            # takes control back, comes just before every click.
            run_later(self, 60, self.refresh)
            return
        self._shown = structure
        self._make_parts()
        self._corner.place()
        publish_layout(self, "panel", self.widgets)

    def _structure(self) -> object:
        """Which parts there are; words that only change are set anew without remaking them."""
        model = self._model
        helpers = tuple((one.name, one.role, one.words, one.way) for one in model.helpers.values())
        return (
            model.phase,
            model.is_paused,
            model.taken_back is not None and model.taken_back.by == "button",
            model.may_be_controlled,
            self._may_open_files(),
            tuple(model.pending_asks),
            model.sharing.asked,
            _share_words(model),
            model.sharing.may_share_part,
            model.sharing.may_share_all,
            helpers if self._is_open else None,
            self._is_open,
            self._is_ending,
        )

    def _is_a_button_down(self) -> bool:
        buttons = [one for one in self.widgets.values() if isinstance(one, ttk.Button) and one.winfo_exists()]
        return any(button.instate(["pressed"]) for button in buttons)

    def tick(self) -> None:
        """Count the time."""
        since = self._model.connected_at
        self._elapsed.configure(text="" if since is None else duration(self._clock() - since))

    def _make_head(self) -> None:
        theme = self._theme
        row = ttk.Frame(self._body)
        row.pack(fill="x")
        self._icon = ttk.Label(row)
        self._icon.pack(side="left", padx=(0, theme.px(8)))
        self._heading = ttk.Label(row, style="Strong.TLabel")
        self._heading.pack(side="left")
        self._elapsed = ttk.Label(row, style="Soft.TLabel")
        self._elapsed.pack(side="right")
        self._sentence = ttk.Label(self._body, justify="left")
        wrap(self._sentence, theme.px(WIDTH - 2 * PADDING))
        self._sentence.pack(anchor="w", pady=(theme.px(6), theme.px(12)))

    def _make_who(self) -> None:
        theme, model = self._theme, self._model
        box = ttk.Frame(self._body, style="Soft.TFrame", padding=theme.px(12))
        box.pack(fill="x")
        icon = theme.icon("person", 28, "primary")
        ttk.Label(box, image=icon, style="OnSoft.TLabel").pack(side="left", padx=(0, theme.px(10)))
        words = ttk.Frame(box, style="Ground.TFrame")
        words.pack(side="left", fill="x", expand=True)
        for text, style in (
            (model.company, "OnSoft.Strong.TLabel"),
            (t("담당 %(name)s", name=model.agent_name), "OnSoft.TLabel"),
        ):
            label = ttk.Label(words, text=text, style=style)
            wrap(label, theme.px(WIDTH - 2 * PADDING - 2 * 12 - 44))
            label.pack(anchor="w")

    def _make_parts(self) -> None:
        for child in self._parts.winfo_children():
            child.destroy()
        self.widgets = {}
        asked = self._model.sharing.asked
        for ask in self._model.pending_asks[:1]:
            self._make_question(_wanted_right(ask))
        if asked is not None and not self._model.pending_asks:
            self._make_question(_wanted_share(asked.what))
        self._make_share()
        if self._is_ending:
            self._make_end_question()
        else:
            self._make_buttons()
        if self._is_open:
            self._make_more()

    def _make_question(self, text: str) -> None:
        theme = self._theme
        box = ttk.Frame(self._parts, style="Info.TFrame", padding=theme.px(14))
        box.pack(fill="x", pady=(theme.px(12), 0))
        label = ttk.Label(box, text=text, style="OnInfo.TLabel", justify="left")
        wrap(label, theme.px(WIDTH - 2 * PADDING - 2 * 14))
        label.grid(row=0, columnspan=2, sticky="w", pady=(0, theme.px(10)))
        self._pair(
            box,
            ("no", t("거부"), "N", "OnInfo.TButton", lambda: self._answer(allowed=False)),
            ("yes", t("허용"), "Y", "OnInfo.Primary.TButton", lambda: self._answer(allowed=True)),
        )

    def _make_share(self) -> None:
        """What is shown, where it is less than the desktop, and how to change that."""
        words = _share_words(self._model)
        if not words:
            return
        theme, sharing = self._theme, self._model.sharing
        box = ttk.Frame(self._parts, style="Waiting.TFrame", padding=theme.px(14))
        box.pack(fill="x", pady=(theme.px(12), 0))
        label = ttk.Label(box, text=words, style="OnWaiting.TLabel", justify="left")
        wrap(label, theme.px(WIDTH - 2 * PADDING - 2 * 14))
        label.grid(row=0, columnspan=2, sticky="w", pady=(0, theme.px(10)))
        everything: _Button = (
            "share-all",
            t("화면 전체"),
            "A",
            "OnWaiting.Small.TButton",
            self.show_everything,
        )
        self._pair(
            box,
            everything if sharing.may_share_all else None,
            ("share", t("바꾸기"), "S", "OnWaiting.Small.Primary.TButton", self.choose_share),
        )

    def _make_end_question(self) -> None:
        theme = self._theme
        box = ttk.Frame(self._parts, style="Danger.TFrame", padding=theme.px(14))
        box.pack(fill="x", pady=(theme.px(12), 0))
        label = ttk.Label(box, text=t("원격지원을 끝내시겠습니까?"), style="OnDanger.Strong.TLabel")
        label.grid(row=0, columnspan=2, sticky="w", pady=(0, theme.px(10)))
        self._pair(
            box,
            ("keep", t("계속하기"), "K", "OnDanger.TButton", self.cancel_end),
            ("end-yes", t("끝내기"), "E", "OnDanger.Danger.TButton", self.end),
        )
        self.widgets["end-yes"].focus_set()
        for key in ("<Return>", "<KP_Enter>"):
            self.widgets["end-yes"].bind(key, lambda _: self.end())

    def _make_buttons(self) -> None:
        theme, model = self._theme, self._model
        if model.phase is Phase.CONNECTED:
            pause = t("다시 보여 주기") if model.is_paused else t("일시 정지")
            style = "Primary.TButton" if model.is_paused else "TButton"
            left: _Button = ("pause", pause, "P", style, self.toggle_pause)
            right: _Button | None = None
            if model.may_be_controlled and not model.is_paused and not model.pending_asks:
                is_mine = model.taken_back is not None and model.taken_back.by == "button"
                words = t("조작 다시 맡기기") if is_mine else t("조작 되찾기")
                style = "Primary.TButton" if is_mine else "TButton"
                right = ("control", words, "T", style, self.toggle_control)
            frame = ttk.Frame(self._parts)
            frame.pack(fill="x", pady=(theme.px(12), 0))
            self._pair(frame, left, right)
        if model.sharing.may_share_part and not _share_words(model):
            frame = ttk.Frame(self._parts)
            frame.pack(fill="x", pady=(theme.px(8), 0))
            self._pair(frame, ("share", t("일부만 보여 주기"), "S", "TButton", self.choose_share))
        if self._may_open_files():
            frame = ttk.Frame(self._parts)
            frame.pack(fill="x", pady=(theme.px(8), 0))
            self._pair(frame, ("files", t("파일"), "F", "TButton", self.open_files))
        end = ttk.Button(
            self._parts,
            style="Danger.TButton",
            command=self.ask_to_end,
            **keyed(t("원격지원 끝내기"), "E"),  # type: ignore[arg-type]
        )
        end.pack(fill="x", pady=(theme.px(8), 0))
        more = ttk.Button(
            self._parts,
            style="Quiet.TButton",
            command=self.toggle_more,
            image=theme.icon("up" if self._is_open else "down", 16, "soft_ink"),
            compound="right",
            **keyed(t("접기") if self._is_open else t("자세히"), "M"),  # type: ignore[arg-type]
        )
        more.pack(pady=(theme.px(4), 0))
        self.widgets |= {"end": end, "more": more}

    def _may_open_files(self) -> bool:
        return self._files is not None and self._model.phase is Phase.CONNECTED and self._files.may_send

    def _pair(self, frame: ttk.Frame, *buttons: _Button | None) -> None:
        """Two buttons of the same width below what `frame` holds; one alone takes both places."""
        gap = self._theme.px(4)
        shown = [button for button in buttons if button is not None]
        for column, (name, text, letter, style, act) in enumerate(shown):
            frame.columnconfigure(column, weight=1, uniform="pair")
            button = ttk.Button(frame, style=style, command=act, **keyed(text, letter))  # type: ignore[arg-type]
            is_last = column == len(shown) - 1
            button.grid(row=1, column=column, sticky="ew", padx=(gap if column else 0, 0 if is_last else gap))
            self.widgets[name] = button

    def _make_more(self) -> None:
        theme, model = self._theme, self._model
        box = ttk.Frame(self._parts, style="Soft.TFrame", padding=theme.px(14))
        box.pack(fill="x", pady=(theme.px(6), 0))
        width = theme.px(WIDTH - 2 * PADDING - 2 * 14)

        def line(text: str, style: str, gap: float = 0) -> None:
            label = ttk.Label(box, text=text, style=style, justify="left")
            wrap(label, width)
            label.pack(anchor="w", pady=(theme.px(gap), 0))

        if model.connected_at is not None:
            since = self._wall_clock() - (self._clock() - model.connected_at)
            line(t("%(time)s에 시작했습니다.", time=clock_time(since)), "OnSoft.TLabel")
        line(t("함께 있는 사람"), "OnSoft.SmallSoft.TLabel", 10)
        roles = {"lead": t("상담원"), "invited": t("함께 보는 상담원"), "recorder": t("녹화")}
        for helper in model.helpers.values():
            line(t("%(name)s (%(role)s)", name=helper.name, role=roles[helper.role]), "OnSoft.TLabel", 2)
            line(way_words(helper.way), "OnSoft.SmallSoft.TLabel", 2)
        if not model.helpers:
            line(t("아직 없습니다."), "OnSoft.TLabel", 2)
        for helper in model.helpers.values():
            if helper.words:
                line(t("안전 확인 단어"), "OnSoft.SmallSoft.TLabel", 10)
                line("  ".join(helper.words), "OnSoft.Strong.TLabel", 2)
                line(t("상담원이 읽어 주는 단어와 같으면 안전한 연결입니다."), "OnSoft.SmallSoft.TLabel", 2)

    # -- what the customer does

    def toggle_pause(self) -> None:
        """Freeze the screen, or go on."""
        self._model.pause(not self._model.is_paused)
        self._on_change()

    def toggle_control(self) -> None:
        """Take mouse and keyboard back, or give them again."""
        taken = self._model.taken_back
        if taken is not None and taken.by == "button":
            self._model.give_control()
        elif self._model.may_be_controlled:
            self._model.take_control()
        self._on_change()

    def open_files(self) -> None:
        """Send files, or see what came."""
        if self._files is not None and self._model.phase is Phase.CONNECTED:
            self._files.open()

    def toggle_more(self) -> None:
        """Fold the rest out or in."""
        self._is_open = not self._is_open
        self.refresh()

    def ask_to_end(self) -> None:
        """Ask whether to end; asked again (Alt+E twice), end."""
        if self._is_ending:
            self.end()
            return
        self._is_ending = True
        self.refresh()
        self.focus_force()
        self.widgets["end-yes"].focus_set()

    def cancel_end(self) -> None:
        """Go on."""
        if self._is_ending:
            self._is_ending = False
            self.refresh()

    def end(self) -> None:
        """End the support session."""
        self._model.end()
        self._on_change()

    def choose_share(self) -> None:
        """Choose what is shown."""
        self._model.choose_share()
        self._on_change()

    def show_everything(self) -> None:
        """Show the desktop again."""
        if self._model.sharing.is_partial and self._model.sharing.choosing is None:
            self._model.show(Everything())
            self._on_change()

    def _answer(self, *, allowed: bool) -> None:
        if self._model.pending_asks:
            self._model.answer_ask(self._model.pending_asks[0], allowed=allowed)
        elif self._model.sharing.asked is not None:
            self._model.answer_share_ask(allowed=allowed)
        self._on_change()


def _wanted_right(ask: Ask) -> str:
    wanted = {
        "mouse": t("상담원이 마우스를 쓰고 싶어 합니다. 허용하시겠습니까?"),
        "keyboard": t("상담원이 키보드를 쓰고 싶어 합니다. 허용하시겠습니까?"),
        "files_in": t("상담원이 이 PC로 파일을 보내고 싶어 합니다. 허용하시겠습니까?"),
        "files_out": t("상담원이 이 PC의 파일을 가져가고 싶어 합니다. 허용하시겠습니까?"),
    }
    return wanted.get(ask.right, t("상담원이 새 권한을 요청합니다. 허용하시겠습니까?"))


def _wanted_share(what: str) -> str:
    wanted = {
        "window": t("상담원이 창 하나만 보여 달라고 합니다. 보여 줄 창을 고르시겠습니까?"),
        "region": t("상담원이 화면의 한 부분만 보여 달라고 합니다. 부분을 고르시겠습니까?"),
        "all": t("상담원이 화면 전체를 보여 달라고 합니다. 허용하시겠습니까?"),
    }
    return wanted[what]


def _share_words(model: SupportModel) -> str:
    """What the panel says of a share that is less than the desktop; empty for the desktop."""
    sharing, state = model.sharing, model.sharing.state
    if not sharing.is_partial or sharing.choosing is not None:
        return ""
    words = {
        "minimised": t("보여 주는 창이 최소화되어 잠시 멈췄습니다. 창을 다시 열면 이어집니다."),
        "closed": t("보여 주던 창이 닫혔습니다. 지금은 아무것도 보여 주지 않습니다."),
        "failed": t("그 창은 보여 줄 수 없습니다. 지금은 아무것도 보여 주지 않습니다."),
        "off_screen": t("보여 주던 부분이 화면 밖에 있어 잠시 멈췄습니다."),
        "choosing": t("아직 아무것도 보여 주지 않습니다. 보여 줄 것을 골라 주십시오."),
    }
    why = sharing.choice.why if isinstance(sharing.choice, Nothing) else state.why
    if why in words:
        return words[why]
    if isinstance(sharing.choice, OneWindow):
        return t("이 창만 보여 줍니다:\n%(title)s", title=sharing.choice.title)
    return t("화면의 한 부분만 보여 줍니다.")
