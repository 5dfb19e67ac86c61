"""The one thin bar of a remote window: ending at its start, facts at its end, words on hover, keys for all.

Shows what the model says and calls the window's `Commands`; decides nothing. Narrow windows show icons only,
except for ending, which always has its words.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Protocol

from desktop.line_words import way_words
from desktop.theme import Theme
from desktop.tip_window import Tip
from desktop.words import duration, t
from viewer.remote.geometry import FIT, STEPS
from viewer.remote.input.keyboard import InputMode
from viewer.remote.input.shortcuts import keys_of
from viewer.remote.model import Depth, Facts
from viewer.remote.screen_stream import QualityMode
from viewer.remote.sharing import Entry, Wish
from viewer.remote.windows.popover_window import Choice, Popover

__all__ = ["Bar", "Commands"]


class Commands(Protocol):
    """What the bar's buttons do."""

    def ask_to_end(self) -> None: ...
    def toggle_control(self) -> None: ...
    def set_scale(self, factor: float) -> None: ...
    def keep_scale(self) -> None: ...
    def toggle_full_screen(self) -> None: ...
    def send_special(self, name: str) -> None: ...
    def set_input_mode(self, mode: InputMode) -> None: ...
    def set_quality(self, mode: QualityMode) -> None: ...
    def set_depth(self, depth: Depth) -> None: ...
    def toggle_clipboard(self) -> None: ...
    def show_monitor(self, monitor: int | None) -> None: ...
    def ask_for_share(self, wish: Wish) -> None: ...
    def sharing_entries(self) -> tuple[Entry, ...]: ...
    def refresh(self) -> None: ...
    def take_screenshot(self) -> None: ...
    def open_files(self) -> None: ...
    def toggle_pin(self) -> None: ...
    def toggle_shortcuts(self) -> None: ...


class Bar(ttk.Frame):
    """The bar's widgets; `widgets` names them for layouts."""

    def __init__(
        self, parent: tk.Misc, theme: Theme, commands: Commands, popover: Popover, *, is_support: bool
    ) -> None:
        super().__init__(parent, style="TFrame")
        self._theme = theme
        self._commands = commands
        self._popover = popover
        self._is_support = is_support
        self._labels: dict[ttk.Button | ttk.Checkbutton, str] = {}
        self._facts: Facts | None = None
        self._shows_words = True
        self._full_width = 0
        self.scale = self.default_scale = FIT
        self.quality: QualityMode = "auto"
        self.depth: Depth = 24
        self.shortcuts_are_on = True
        self.input_mode: InputMode = "unicode"
        self.can_send_places = False
        self.control_is_on = tk.BooleanVar(self, value=False)
        self.clipboard_is_on = tk.BooleanVar(self, value=True)
        self.widgets: dict[str, tk.Misc] = {}
        row = ttk.Frame(self, padding=(theme.px(8), theme.px(5)))
        row.pack(fill="x")
        tk.Frame(self, height=1, background=theme.tokens.line).pack(fill="x", side="bottom")
        self._row = row
        self._make_tools(row)
        self._make_facts(row)
        self.bind("<Configure>", self._fit_words)
        self.bind_all_escape()

    def bind_all_escape(self) -> None:
        """Escape on any button of the bar goes back to the desktop."""
        for widget in self.widgets.values():
            widget.bind("<Escape>", lambda _: self.event_generate("<<BackToDesktop>>"))

    # -- tools

    def _make_tools(self, row: ttk.Frame) -> None:
        theme = self._theme
        end = ttk.Button(
            row,
            text=t("지원 끝내기") if self._is_support else t("연결 끊기"),
            image=(theme.icon("end", 16, "on_danger"), "disabled", theme.icon("end", 16, "faint")),  # type: ignore[arg-type]
            compound="left",
            style="BarDanger.TButton",
            command=self._commands.ask_to_end,
        )
        end.pack(side="left", padx=(0, theme.px(8)))
        tip = t("이 지원을 끝냅니다.") if self._is_support else t("이 연결을 끊고 창을 닫습니다.")
        Tip(end, tip, keys_of("end"))
        self.widgets["end"] = end
        self.control = self._toggle(
            row,
            "control",
            "pointer",
            t("제어"),
            variable=self.control_is_on,
            command=self._commands.toggle_control,
        )
        self.control_tip = Tip(self.control, "", keys_of("control"))
        self.clipboard = self._toggle(
            row,
            "clipboard",
            "clipboard",
            t("클립보드"),
            variable=self.clipboard_is_on,
            command=self._commands.toggle_clipboard,
        )
        Tip(self.clipboard, t("복사한 글을 서로 주고받습니다."), keys_of("clipboard"))
        self._gap(row)
        if self._is_support:
            self._tool(
                row,
                "monitors",
                "monitor",
                t("모니터"),
                command=self.open_monitors,
                tip=t("볼 모니터를 고르거나, 고객에게 일부만 보여 달라고 합니다."),
                keys=keys_of("monitors"),
            )
        self._tool(row, "scale", "scale", t("크기"), command=self._open_scale, tip=t("화면 크기를 고릅니다."))
        self._tool(
            row,
            "full_screen",
            "expand",
            t("전체 화면"),
            command=self._commands.toggle_full_screen,
            tip=t("전체 화면으로 봅니다. 다시 누르면 돌아옵니다."),
            keys=keys_of("full_screen"),
        )
        self._tool(
            row,
            "special",
            "keyboard",
            t("특수 키"),
            command=self._open_special,
            tip=t("Ctrl+Alt+Del 같은 키를 보냅니다."),
            keys=keys_of("special"),
        )
        self.input = self._tool(
            row,
            "input",
            "hangul",
            t("내 한/영"),
            command=self._open_input,
            tip=t("한글을 어느 컴퓨터에서 만들지 고릅니다."),
            keys=keys_of("input_mode"),
        )
        # It tells a state, so it keeps its few letters where other buttons have no room for words.
        del self._labels[self.input]
        self._tool(
            row, "quality", "quality", t("화질"), command=self._open_quality, tip=t("화질을 고릅니다.")
        )
        self._tool(
            row,
            "refresh",
            "refresh",
            t("새로 고침"),
            command=self._commands.refresh,
            tip=t("화면을 처음부터 다시 받습니다."),
            keys=keys_of("refresh"),
        )
        self._tool(
            row,
            "screenshot",
            "camera",
            t("캡처"),
            command=self._commands.take_screenshot,
            tip=t("지금 화면을 그림 파일로 저장합니다."),
            keys=keys_of("screenshot"),
        )
        if self._is_support:
            self._tool(
                row,
                "files",
                "file",
                t("파일"),
                command=self._commands.open_files,
                tip=t("파일을 주고받습니다."),
            )

    def _tool(
        self,
        row: ttk.Frame,
        name: str,
        icon: str,
        text: str,
        *,
        command: Callable[[], object],
        tip: str,
        keys: str = "",
    ) -> ttk.Button:
        button = ttk.Button(
            row,
            text=text,
            image=self._theme.icon(icon, 18),
            compound="left",
            style="Bar.TButton",
            command=lambda: self._run(command),
        )
        button.pack(side="left")
        Tip(button, tip, keys)
        self._labels[button] = text
        self.widgets[name] = button
        return button

    def _toggle(
        self,
        row: ttk.Frame,
        name: str,
        icon: str,
        text: str,
        *,
        variable: tk.BooleanVar,
        command: Callable[[], object],
    ) -> ttk.Checkbutton:
        plain, chosen = self._theme.icon(icon, 18), self._theme.icon(icon, 18, "primary")
        faint = self._theme.icon(icon, 18, "faint")
        button = ttk.Checkbutton(
            row,
            text=text,
            image=(plain, "disabled", faint, "selected", chosen),  # type: ignore[arg-type]
            compound="left",
            style="Bar.TCheckbutton",
            variable=variable,
            command=lambda: self._run(command),
        )
        button.pack(side="left", padx=(0, self._theme.px(2)))
        self._labels[button] = text
        self.widgets[name] = button
        return button

    def _run(self, command: Callable[[], object]) -> None:
        """Do it, and give the keyboard back to the customer's desktop unless a sheet took it."""
        command()
        if not self._popover.is_open:
            self.event_generate("<<BackToDesktop>>")

    def _gap(self, row: ttk.Frame) -> None:
        line = tk.Frame(row, width=1, background=self._theme.tokens.line)
        line.pack(side="left", fill="y", padx=self._theme.px(8), pady=self._theme.px(5))

    # -- facts

    def _make_facts(self, row: ttk.Frame) -> None:
        theme = self._theme
        self.pin = ttk.Button(
            row,
            image=theme.icon("pin", 16, "soft_ink"),
            style="Bar.TButton",
            command=self._commands.toggle_pin,
        )
        self.pin.pack(side="right")
        Tip(self.pin, t("이 줄을 숨기거나 붙들어 둡니다."), keys_of("bar"))
        self.widgets["pin"] = self.pin
        self.words = self._fact_button(
            row, "words", "shield", self._open_words, t("보안 단어를 맞추어 봅니다.")
        )
        self.people = self._fact_button(row, "people", "people", self._open_people, t("함께 있는 사람"))
        self.quality_fact = ttk.Label(row, style="SmallSoft.TLabel")
        self.time = ttk.Label(row, style="Small.TLabel")
        self.line = ttk.Label(row, style="SmallConnected.TLabel", compound="left")
        for label in (self.quality_fact, self.time, self.line):
            label.pack(side="right", padx=theme.px(7))
        Tip(self.time, t("지원한 시간"))
        Tip(self.quality_fact, t("화질과 왕복 시간"))

    def _fact_button(
        self, row: ttk.Frame, name: str, icon: str, command: Callable[[], object], tip: str
    ) -> ttk.Button:
        button = ttk.Button(
            row,
            image=self._theme.icon(icon, 16, "soft_ink"),
            compound="left",
            style="Bar.TButton",
            command=command,
        )
        Tip(button, tip)
        self.widgets[name] = button
        return button

    def show_facts(self, facts: Facts) -> None:
        """Show what the model knows."""
        self._facts = facts
        looks = {
            "ok": ("wifi", "connected", t("연결됨")),
            "unstable": ("wifi", "waiting", t("불안정")),
            "lost": ("wifi-off", "danger", t("끊김")),
            "none": ("clock", "soft_ink", t("연결 중")),
            "ended": ("check", "soft_ink", t("끝남")),
        }
        icon, colour, text = looks[facts.line]
        style = {"connected": "SmallConnected", "waiting": "SmallWaiting", "danger": "SmallDanger"}
        self.line.configure(
            text=f" {text}",
            image=self._theme.icon(icon, 16, colour),
            style=f"{style.get(colour, 'SmallSoft')}.TLabel",
        )
        self.time.configure(text="" if facts.connected_s is None else duration(facts.connected_s))
        rtt = "" if facts.rtt_ms is None else f" · {facts.rtt_ms} ms"
        way = "" if facts.way is None else f" · {way_words(facts.way)}"
        self.quality_fact.configure(text=f"{facts.quality}{rtt}{way}")
        self._show_button(self.people, bool(facts.people), str(len(facts.people)))
        self._show_button(self.words, bool(facts.words), "")
        self.people.configure(
            image=self._theme.icon("people", 16, "danger" if facts.is_recorded else "soft_ink")
        )

    @staticmethod
    def _show_button(button: ttk.Button, is_shown: bool, text: str) -> None:
        button.configure(text=text)
        if is_shown and not button.winfo_manager():
            button.pack(side="right")
        elif not is_shown and button.winfo_manager():
            button.pack_forget()

    def show_control(self, *, is_on: bool, is_possible: bool, sentence: str) -> None:
        """The control button: down while the agent controls; off where it can never be."""
        self.control_is_on.set(is_on)
        self.control.state(["!disabled" if is_possible else "disabled"])
        self.control_tip.text = sentence

    def show_input(self, words: str, mode: InputMode, *, can_send_places: bool) -> None:
        """Whose 한/영 decides."""
        self.input.configure(text=words)
        self.input_mode, self.can_send_places = mode, can_send_places

    def show_sharing(self, words: str) -> None:
        """What of the customer's desktop is seen, in one or two words."""
        button = self.widgets.get("monitors")
        if isinstance(button, ttk.Button) and self._labels[button] != words:
            self._labels[button] = words
            button.configure(text=words if self._shows_words else "")

    # -- sheets

    def _toggle_sheet(self, name: str, choices: list[Choice]) -> None:
        anchor = self.widgets[name]
        if self._popover.is_open_for(anchor):
            self._popover.close()
        else:
            self._popover.choices(anchor, choices)

    def open_monitors(self) -> None:
        """The menu of the customer's monitors, from a shortcut too."""
        entries = self._commands.sharing_entries()
        choices = [
            Choice(
                entry.name,
                entry.text,
                lambda one=entry: self._choose_share(one),  # type: ignore[misc]
                is_chosen=entry.is_chosen,
                is_enabled=entry.is_enabled,
            )
            for entry in entries
        ]
        if choices:
            self._toggle_sheet("monitors", choices)

    def _choose_share(self, entry: Entry) -> None:
        if entry.wish is not None:
            self._commands.ask_for_share(entry.wish)
        else:
            self._commands.show_monitor(entry.monitor)

    def _open_scale(self) -> None:
        fit = Choice(
            "scale-fit",
            t("창에 맞춤"),
            lambda: self._commands.set_scale(FIT),
            keys_of("fit"),
            self.scale == FIT,
        )
        steps = [
            Choice(
                f"scale-{round(step * 100)}",
                t("100% (실제 크기)") if step == 1.0 else f"{round(step * 100)}%",
                lambda s=step: self._commands.set_scale(s),  # type: ignore[misc]
                is_chosen=self.scale == step,
            )
            for step in STEPS
        ]
        keep = Choice(
            "scale-keep",
            t("지금 크기로 시작하기"),
            self._commands.keep_scale,
            is_enabled=self.scale != self.default_scale,
        )
        self._toggle_sheet("scale", [fit, *steps, keep])

    def open_special(self) -> None:
        """Open the list of special keys, from a shortcut too."""
        self._open_special()

    def _open_special(self) -> None:
        names = (
            ("ctrl-alt-del", "Ctrl + Alt + Del"),
            ("alt-tab", "Alt + Tab"),
            ("win", t("Windows 키")),
            ("ctrl-esc", "Ctrl + Esc"),
            ("alt-f4", "Alt + F4"),
            ("print", "Print Screen"),
        )
        choices = [
            Choice(f"special-{name}", text, lambda n=name: self._commands.send_special(n))  # type: ignore[misc]
            for name, text in names
        ]
        choices.append(
            Choice(
                "special-shortcuts",
                t("뷰어 단축키 사용"),
                self._commands.toggle_shortcuts,
                is_chosen=self.shortcuts_are_on,
            )
        )
        anchor = self.widgets["special"]
        if self._popover.is_open_for(anchor):
            self._popover.close()
        else:
            self._popover.choices(anchor, choices, t("고객의 컴퓨터로 보낼 키"), starts_on_chosen=False)

    def _open_input(self) -> None:
        modes: tuple[tuple[InputMode, str, bool], ...] = (
            ("unicode", t("내 컴퓨터에서 만든 글자를 보내기"), True),
            ("scancode", t("고객의 한/영으로 입력하기"), self.can_send_places),
        )
        choices = [
            Choice(
                f"input-{mode}",
                text,
                lambda m=mode: self._commands.set_input_mode(m),  # type: ignore[misc]
                keys_of("input_mode") if mode != self.input_mode else "",
                is_chosen=self.input_mode == mode,
                is_enabled=enabled,
            )
            for mode, text, enabled in modes
        ]
        choices += [
            Choice("input-hangul", t("한/영 키 누르기"), lambda: self._commands.send_special("hangul")),
            Choice("input-hanja", t("한자 키 누르기"), lambda: self._commands.send_special("hanja")),
        ]
        self._toggle_sheet("input", choices)

    def _open_quality(self) -> None:
        modes: tuple[tuple[QualityMode, str], ...] = (
            ("auto", t("자동")),
            ("network", t("느린 망에 맞춤")),
            ("speed", t("빠르고 또렷하게")),
        )
        choices = [
            Choice(
                f"quality-{mode}",
                text,
                lambda m=mode: self._commands.set_quality(m),  # type: ignore[misc]
                is_chosen=self.quality == mode,
            )
            for mode, text in modes
        ]
        if self._is_support:
            choices += self._depths()
        self._toggle_sheet("quality", choices)

    def _depths(self) -> list[Choice]:
        depths: tuple[tuple[Depth, str], ...] = (
            (24, t("모든 색 (24비트)")),
            (16, t("색 줄이기 (16비트)")),
            (8, t("색을 가장 적게 (8비트)")),
        )
        return [
            Choice(
                f"depth-{depth}",
                text,
                lambda d=depth: self._commands.set_depth(d),  # type: ignore[misc]
                is_chosen=self.depth == depth,
            )
            for depth, text in depths
        ]

    def _open_people(self) -> None:
        if self._facts is None or self._popover.is_open_for(self.people):
            self._popover.close()
            return
        inside = self._popover.open(self.people)
        ttk.Label(inside, text=t("함께 있는 사람"), style="SmallSoft.TLabel").pack(anchor="w", padx=6, pady=4)
        for person in self._facts.people:
            role = {"lead": t("상담원"), "invited": t("초대된 상담원"), "recorder": t("녹화")}[person.role]
            text = f"{person.name} · {role}" + (f" · {t('녹화 중')}" if person.recording else "")
            label = ttk.Label(
                inside, text=f" {text}", image=self._theme.icon("person", 16, "soft_ink"), compound="left"
            )
            label.configure(style="Small.TLabel")
            label.pack(anchor="w", padx=6, pady=4)
        self._popover.place()

    def _open_words(self) -> None:
        if self._facts is None or self._popover.is_open_for(self.words):
            self._popover.close()
            return
        inside = self._popover.open(self.words)
        inside.configure(padding=self._theme.px(14))
        ttk.Label(inside, text=t("보안 단어"), style="Strong.TLabel").pack(anchor="w")
        text = t("고객의 화면에 보이는 여섯 단어와 같은지 전화로 맞추어 보십시오.")
        explained = ttk.Label(inside, text=text, style="SmallSoft.TLabel", wraplength=self._theme.px(300))
        explained.pack(anchor="w", pady=(self._theme.px(4), self._theme.px(10)))
        grid = ttk.Frame(inside)
        grid.pack(anchor="w")
        for place, word in enumerate(self._facts.words):
            cell = ttk.Label(grid, text=f"{place + 1}. {word}", style="Strong.TLabel")
            cell.grid(row=place // 3, column=place % 3, sticky="w", padx=(0, self._theme.px(18)), pady=3)
        self._popover.place()

    # -- narrow windows

    def _fit_words(self, _event: object = None) -> None:
        """Words beside the icons where they fit. The needed width is asked of Tk with the words shown."""
        room = self.winfo_width()
        if self._shows_words and self._row.winfo_reqwidth() > room:
            self._full_width = self._row.winfo_reqwidth()
            self._show_words(False)
        elif not self._shows_words and room > self._full_width + self._theme.px(20):
            self._show_words(True)

    def _show_words(self, shown: bool) -> None:
        self._shows_words = shown
        for button, text in self._labels.items():
            button.configure(text=text if shown else "")
