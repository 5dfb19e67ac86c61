"""One slot as a card: its big number, the code, how far the customer has come, and what can be done now.

Shows a `Slot` of the model and calls `CardCommands`. Keys while the card has the keyboard: Return
accepts, N draws a new code, C copies it, A switches auto-connect, Delete removes.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from tkinter import ttk
from typing import Final, Protocol

from PIL import ImageTk

from desktop import drawing
from desktop.later import cancel_later, run_later
from desktop.theme import Theme
from desktop.tip_window import Tip
from desktop.words import clock_time, duration, grouped_code, t
from viewer.codes import grade_words
from viewer.waiting.model import STEPS, Slot

__all__ = ["CardCommands", "SlotCard", "state_words"]

_REMOVE_AFTER_S: Final = 5


class CardCommands(Protocol):
    """What a card's buttons do."""

    def accept(self, slot: Slot) -> None: ...
    def new_code(self, slot: Slot) -> None: ...
    def copy_code(self, slot: Slot) -> None: ...
    def set_auto(self, slot: Slot, on: bool) -> None: ...
    def remove(self, slot: Slot) -> None: ...
    def release(self, slot: Slot) -> None: ...
    def reopen_window(self, slot: Slot) -> None: ...
    def end(self, slot: Slot) -> None: ...


@dataclass(frozen=True, slots=True)
class _Look:
    """How a state is said: icon, colour token, words."""

    icon: str
    colour: str
    text: str


def state_words(slot: Slot) -> _Look:
    """The state of a slot, as an icon, a colour and a word together."""
    if slot.state == "connected":
        return {
            "lost": _Look("wifi-off", "danger", t("연결 끊김")),
            "unstable": _Look("wifi", "waiting", t("연결 불안정")),
        }.get(slot.link, _Look("monitor", "connected", t("지원 중")))
    looks = {
        "online": _Look("check", "connected", t("연결 준비됨")),
        "expired": _Look("check", "soft_ink", t("지원 끝남")),
        "denied": _Look("close", "danger", t("고객이 거절함")),
        "timeout": _Look("clock", "danger", t("고객이 답하지 않음")),
        "none": _Look("clock", "waiting", t("기다리는 중")),
    }
    key = slot.step if slot.state == "offline" else slot.state
    return looks.get(key, _Look("person", "primary", t("고객이 오는 중")))


def step_words(step: str) -> str:
    """A step under its dot, in one short word."""
    return {
        "page": t("접속"),
        "downloaded": t("내려받음"),
        "started": t("실행"),
        "asked": t("동의 요청"),
        "allowed": t("허용"),
        "connected": t("연결"),
    }[step]


class SlotCard(ttk.Frame):
    """The widgets of one slot; `show` brings them up to date."""

    def __init__(self, parent: tk.Misc, theme: Theme, commands: CardCommands, slot: Slot) -> None:
        super().__init__(parent, style="Card.TFrame", padding=theme.px(14), takefocus=True)
        self._theme = theme
        self._commands = commands
        self.slot = slot
        self._auto = tk.BooleanVar(self, slot.auto_connect)
        self._undo_left = 0
        self._undo_timer: str | None = None
        self._note: ttk.Frame | None = None
        self._shown: object = None
        self._has_window = True
        self.widgets: dict[str, tk.Misc] = {}
        self._make_head()
        self._make_code()
        self.steps = _StepLine(self, theme)
        self.detail = ttk.Label(self, style="SmallSoft.TLabel", wraplength=theme.px(330), justify="left")
        self._make_foot()
        self._listen()

    # -- making

    def _make_head(self) -> None:
        theme = self._theme
        row = ttk.Frame(self)
        row.pack(fill="x")
        self.number = ttk.Label(row, style="Code.TLabel")
        self.number.pack(side="left")
        self.state_label = ttk.Label(row, compound="left")
        self.state_label.pack(side="left", padx=(theme.px(10), 0))
        self.remove_button = self._icon_button(
            row, "remove", "trash", t("이 접속대기를 지웁니다."), "Delete", self.ask_to_remove
        )
        self.since = ttk.Label(row, style="SmallSoft.TLabel")
        self.since.pack(side="right", padx=(0, theme.px(6)))

    def _make_code(self) -> None:
        theme = self._theme
        self.code_row = ttk.Frame(self)
        self.code_row.pack(fill="x", pady=(theme.px(2), 0))
        self.code = ttk.Label(self.code_row, style="Code.TLabel")
        self.code.pack(side="left")
        self._icon_button(
            self.code_row,
            "new-code",
            "refresh",
            t("접속 코드를 새로 받습니다."),
            "N",
            self._new_code,
        )
        self.copy_button = self._icon_button(
            self.code_row, "copy", "copy", t("접속 코드를 복사합니다."), "C", self._copy
        )
        self.expires = ttk.Label(self.code_row, style="SmallSoft.TLabel")
        self.expires.pack(side="right", padx=(0, theme.px(6)))

    def _make_foot(self) -> None:
        theme = self._theme
        self.foot = ttk.Frame(self)
        self.foot.pack(fill="x", pady=(theme.px(12), 0))
        auto = ttk.Checkbutton(
            self.foot,
            text=t("자동 연결"),
            variable=self._auto,
            style="Small.Switch.TCheckbutton",
            command=lambda: self._commands.set_auto(self.slot, self._auto.get()),
        )
        auto.pack(side="left")
        Tip(auto, t("고객이 허용하면 바로 연결합니다."), "A")
        self.widgets["auto"] = auto
        self.accept_button = ttk.Button(
            self.foot,
            text=t("연결 수락"),
            style="Small.Primary.TButton",
            command=lambda: self._commands.accept(self.slot),
        )
        Tip(self.accept_button, t("고객의 화면에 연결합니다."), "Enter")
        self.second_button = ttk.Button(self.foot, style="Small.TButton")

    def _icon_button(self, row: ttk.Frame, name: str, icon: str, tip: str, *rest: object) -> ttk.Button:
        key, command = rest
        button = ttk.Button(
            row,
            image=self._theme.icon(icon, 16, "soft_ink"),
            style="Small.Quiet.TButton",
            command=command,  # type: ignore[arg-type]
        )
        button.pack(side="right")
        Tip(button, tip, str(key))
        self.widgets[name] = button
        return button

    def _listen(self) -> None:
        def key(name: str, command: Callable[[], object]) -> None:
            for sequence in (
                (f"<KeyPress-{name}>", f"<KeyPress-{name.upper()}>") if len(name) == 1 else (f"<{name}>",)
            ):
                self.bind(sequence, lambda _: command())

        key("Return", lambda: self._commands.accept(self.slot) if self.slot.may_accept else None)
        key("n", self._new_code)
        key("c", self._copy)
        key("a", lambda: self._commands.set_auto(self.slot, not self.slot.auto_connect))
        key("Delete", self.ask_to_remove)
        self.bind("<FocusIn>", lambda _: self.configure(style="ActiveCard.TFrame"))
        self.bind("<FocusOut>", lambda _: self.configure(style="Card.TFrame"))
        self.bind("<ButtonPress>", lambda _: self.focus_set())

    # -- showing

    def show(self, slot: Slot, now: float, *, has_window: bool) -> None:
        """Bring the card up to date; cheap when nothing changed. `now` in Unix seconds."""
        self.slot = slot
        self._has_window = has_window
        self._show_times(now)
        if (slot, has_window) == self._shown:
            return
        self._shown = (slot, has_window)
        theme = self._theme
        look = state_words(slot)
        style = {
            "connected": "SmallConnected",
            "waiting": "SmallWaiting",
            "danger": "SmallDanger",
            "primary": "SmallPrimary",
        }
        self.number.configure(text=t("%(number)s번", number=slot.number))
        self.state_label.configure(
            text=f" {look.text}",
            image=theme.icon(look.icon, 16, look.colour),
            style=f"{style.get(look.colour, 'SmallSoft')}.TLabel",
        )
        self._auto.set(slot.auto_connect)
        if slot.code and not slot.has_arrived:
            self.code.configure(text=grouped_code(slot.code))
            self.code_row.pack(fill="x", pady=(theme.px(2), 0), before=self.foot)
        else:
            self.code_row.pack_forget()
        if slot.state == "expired" or (slot.step == "none" and slot.state == "offline"):
            self.steps.pack_forget()
        else:
            self.steps.pack(fill="x", pady=(theme.px(10), 0), before=self.foot)
            self.steps.show(slot)
        self._show_detail()
        self._show_buttons()

    def _show_times(self, now: float) -> None:
        slot = self.slot
        connected_at = slot.reached.get("connected")
        if slot.state == "connected" and connected_at is not None:
            self.since.configure(text=duration(now - connected_at))
        elif slot.state == "expired" and slot.ended_at is not None:
            self.since.configure(text=clock_time(slot.ended_at))
        elif slot.since is not None:
            self.since.configure(text=t("%(time)s부터", time=clock_time(slot.since)))
        if slot.code_expires_at is None:
            self.expires.configure(text="")
        else:
            left = max(0.0, slot.code_expires_at - now)
            minutes = t("%(left)s 뒤 바뀜", left=duration(left if left < 60 else left // 60 * 60))
            self.expires.configure(text=_without_zero_seconds(minutes))

    def _show_detail(self) -> None:
        slot = self.slot
        parts = []
        began = slot.reached.get("connected")
        if slot.state == "expired" and slot.ended_at is not None and began is not None:
            parts.append(t("지원 시간 %(time)s", time=duration(slot.ended_at - began)))
        if slot.state == "expired" and slot.grade is not None:
            parts.append(t("만족도 %(grade)s", grade=grade_words(slot.grade)))
        if slot.has_arrived:
            last = max(slot.reached.values(), default=None)
            if last is not None:
                parts.append(clock_time(last, seconds=True))
            parts += [part for part in (slot.detail.pc, slot.detail.os, slot.detail.ip) if part]
        text = " · ".join(parts)
        self.detail.configure(text=text)
        if text:
            self.detail.pack(fill="x", pady=(self._theme.px(8), 0), before=self.foot)
        else:
            self.detail.pack_forget()

    def _show_buttons(self) -> None:
        """Show the one button that there is now; it stays mapped where it stays the same.

        A button that is unmapped under the finger, if only for a moment, forgets that it was pressed.
        """
        slot = self.slot
        name = "accept" if slot.may_accept else ""
        if slot.state == "connected":
            name = "second"
            text, command = (
                (t("지원 끝내기"), self.ask_to_end)
                if self._has_window
                else (t("창 다시 열기"), lambda: self._commands.reopen_window(self.slot))
            )
            self.second_button.configure(text=text, command=command)
        elif slot.state == "expired":
            name = "second"
            self.second_button.configure(
                text=t("다음 고객 받기"), command=lambda: self._commands.new_code(self.slot)
            )
        elif slot.has_arrived and slot.state == "offline":
            name = "second"
            self.second_button.configure(
                text=t("돌려보내기"), command=lambda: self._commands.release(self.slot)
            )
        for button, its_name in ((self.accept_button, "accept"), (self.second_button, "second")):
            if its_name != name:
                button.pack_forget()
            elif not button.winfo_manager():
                button.pack(side="right")
                self.widgets[name] = button

    def accepting(self) -> None:
        """The click on "connect" was heard."""
        self.accept_button.state(["disabled"])
        run_later(self, 4000, lambda: self.accept_button.state(["!disabled"]))

    # -- removing and ending, each with a way back

    def ask_to_remove(self) -> None:
        """An empty slot goes after five seconds, which can be stopped; one with a customer is asked about."""
        if self._note is not None:
            return
        if self.slot.has_arrived:
            text = t("고객이 와 있습니다. 지우면 이 지원이 끝납니다.")
            self._ask(text, t("지우기"), lambda: self._commands.remove(self.slot), "remove-confirm")
        else:
            self._undo_left = _REMOVE_AFTER_S
            self._count_down()

    def ask_to_end(self) -> None:
        """Ask once before the support ends."""
        if self._note is None:
            self._ask(
                t("이 고객의 지원을 끝낼까요?"),
                t("지원 끝내기"),
                lambda: self._commands.end(self.slot),
                "end-confirm",
            )

    def _ask(self, text: str, yes: str, command: Callable[[], object], name: str) -> None:
        def do() -> None:
            self._close_note()
            command()

        note = self._make_note("Danger", text)
        button = ttk.Button(note, text=yes, style="OnDanger.Small.Danger.TButton", command=do)
        button.pack(side="right")
        keep = ttk.Button(
            note, text=t("그대로 두기"), style="OnDanger.Small.Quiet.TButton", command=self._close_note
        )
        keep.pack(side="right", padx=(0, self._theme.px(4)))
        for widget in (button, keep):
            widget.bind("<Return>", lambda event: event.widget.invoke())
            widget.bind("<Escape>", lambda _: self._close_note())
        self.widgets.update({name: button, "keep": keep})
        button.focus_set()
        self.event_generate("<<CardChanged>>")

    def _count_down(self) -> None:
        self._undo_timer = None
        if self._undo_left <= 0:
            self._close_note()
            self._commands.remove(self.slot)
            return
        text = t("%(seconds)s초 뒤에 지웁니다.", seconds=self._undo_left)
        if self._note is None:
            note = self._make_note("Waiting", text)
            undo = ttk.Button(
                note, text=t("되돌리기"), style="OnWaiting.Small.Quiet.TButton", command=self._close_note
            )
            undo.pack(side="right")
            undo.bind("<Return>", lambda _: self._close_note())
            undo.bind("<Escape>", lambda _: self._close_note())
            self.widgets["undo"] = undo
            undo.focus_set()
            self.event_generate("<<CardChanged>>")
        else:
            self._note_label.configure(text=text)
        self._undo_left -= 1
        self._undo_timer = run_later(self, 1000, self._count_down)

    def _make_note(self, tone: str, text: str) -> ttk.Frame:
        theme = self._theme
        self._note = ttk.Frame(self, style=f"{tone}.TFrame", padding=theme.px(8))
        self._note.pack(fill="x", pady=(theme.px(10), 0))
        self._note_label = ttk.Label(
            self._note,
            text=text,
            style=f"On{tone}.Small{tone}.TLabel",
            wraplength=theme.px(310),
            justify="left",
        )
        if tone == "Danger":
            self._note_label.pack(side="top", anchor="w", pady=(0, theme.px(6)))
        else:
            self._note_label.pack(side="left")
        return self._note

    def _close_note(self) -> None:
        if self._undo_timer is not None:
            cancel_later(self, self._undo_timer)
            self._undo_timer = None
        if self._note is not None:
            self._note.destroy()
            self._note = None
            for name in ("undo", "keep", "remove-confirm", "end-confirm"):
                self.widgets.pop(name, None)
            self.focus_set()
            self.event_generate("<<CardChanged>>")

    def _new_code(self) -> None:
        if not self.slot.has_arrived:
            self._commands.new_code(self.slot)

    def _copy(self) -> None:
        if self.slot.code:
            self._commands.copy_code(self.slot)
            self.copy_button.configure(image=self._theme.icon("check", 16, "connected"))
            plain = self._theme.icon("copy", 16, "soft_ink")
            run_later(self, 1500, lambda: self.copy_button.configure(image=plain))


class _StepLine(tk.Canvas):
    """Six dots on a line, those behind the customer filled, each with its word below."""

    def __init__(self, parent: tk.Misc, theme: Theme) -> None:
        super().__init__(
            parent,
            background=theme.tokens.surface,
            highlightthickness=0,
            height=theme.px(40),
            width=theme.px(330),
        )
        self._theme = theme
        self._slot: Slot | None = None
        self.bind("<Configure>", lambda _: self._draw())

    def show(self, slot: Slot) -> None:
        """Show how far this slot's customer is."""
        self._slot = slot
        self._draw()

    def _draw(self) -> None:
        self.delete("all")
        slot = self._slot
        width = self.winfo_width()
        if slot is None or width <= 1:
            return
        theme, c = self._theme, self._theme.tokens
        count = slot.reached_count
        edge = theme.px(28)
        gap = (width - 2 * edge) / (len(STEPS) - 1)
        y, r = theme.px(10), theme.px(6)
        for place in range(1, len(STEPS)):
            x = edge + place * gap
            done = place < count
            self.create_line(
                x - gap + r, y, x - r, y, fill=c.connected if done else c.line, width=theme.px(2)
            )
        for place, step in enumerate(STEPS):
            x = edge + place * gap
            self.create_image(x, y, image=self._dot(slot, place, step))
            colour = c.ink if place < count else c.soft_ink
            self.create_text(x, y + r + theme.px(13), text=step_words(step), fill=colour, font="TinyFont")

    def _dot(self, slot: Slot, place: int, step: str) -> ImageTk.PhotoImage:
        c, size = self._theme.tokens, self._theme.px(16)
        count = slot.reached_count
        look: tuple[str, str | None, str | None, str]
        if place < count:
            look = (c.connected, None, c.surface, "check")
        elif slot.step in ("denied", "timeout") and step == "allowed":
            look = (c.danger, None, c.surface, "close")
        else:
            is_next = place == count and slot.has_arrived
            look = (c.surface, c.primary if is_next else c.strong_line, None, "")
        return self._theme.picture(("step", size, *look), lambda: drawing.step_dot(size, *look))


def _without_zero_seconds(text: str) -> str:
    return text.replace(" 0초", "").replace(" 0 s", "")
