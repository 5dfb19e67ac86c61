"""The remote window: the customer's desktop is the page, one bar above it, one sentence where needed.

Builds the widgets, forwards events to its `Commands` and `Hands`, shows the model. No decision about
protocol or rights is made here. The bar stays while it is pinned; otherwise (and in full screen) it
comes when the pointer touches the upper edge or by its key, and goes by itself.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Any, Protocol

from desktop.later import cancel_later, run_later
from desktop.layout import publish_layout
from desktop.theme import Theme
from desktop.words import t
from viewer.remote.model import Status
from viewer.remote.picture import Frame
from viewer.remote.report import Report, ReportOffer
from viewer.remote.windows.bar_window import Bar, Commands
from viewer.remote.windows.desktop_window import BACKDROP, DesktopView, Hands
from viewer.remote.windows.popover_window import Popover
from viewer.remote.windows.report_window import ReportForm

__all__ = ["RemoteWindow", "WindowCommands"]

_EDGE_PX = 3
_LINGER_MS = 1200
_ROOM_OF_SCREEN = 0.92
_SHEET_AT = 0.48
_BUTTONS_OF_SUPPORT = (
    "control",
    "clipboard",
    "special",
    "quality",
    "refresh",
    "screenshot",
    "scale",
    "end",
)


class WindowCommands(Commands, Hands, Protocol):
    """What the window asks of its owner, beside bar and hands."""

    def end_now(self) -> None: ...
    def close_window(self) -> None: ...
    def room_changed(self) -> None: ...
    def open_report(self) -> None: ...
    def save_report(self, report: Report) -> None: ...


class RemoteWindow:
    """The widgets of one remote window, on `root`."""

    def __init__(
        self,
        root: tk.Tk,
        theme: Theme,
        commands: WindowCommands,
        title: str,
        *,
        is_support: bool = True,
        portable: bool = False,
    ) -> None:
        self.root = root
        self._theme = theme
        self._commands = commands
        self._has_fitted = False
        self._hide_timer: str | None = None
        self.is_pinned = True
        self.is_full_screen = False
        root.title(title)
        root.configure(background=BACKDROP)
        root.minsize(theme.px(560), theme.px(360))
        root.protocol("WM_DELETE_WINDOW", commands.ask_to_end)
        self.desktop = DesktopView(root, theme, commands, portable=portable)
        self.popover = Popover(root, theme, self._publish)
        self.bar = Bar(root, theme, commands, self.popover, is_support=is_support)
        self.handle = tk.Frame(
            root, background="#7B8899", height=theme.px(5), width=theme.px(56), cursor="hand2"
        )
        self._banner: tk.Frame | None = None
        self._banner_status: Status | None = None
        self._sheet: tk.Frame | None = None
        self._sheet_widgets: dict[str, tk.Misc] = {}
        self._form: ReportForm | None = None
        self._report_step: str | None = None
        #: Of the countdowns only the last one that began goes on.
        self._countdown = 0
        root.columnconfigure(0, weight=1)
        root.rowconfigure(1, weight=1)
        self.desktop.grid(row=1, column=0, sticky="nsew")
        self._place_bar()
        self._bind()
        self.desktop.canvas.focus_set()
        self._publish()

    # -- showing

    def fit_to(self, width: int, height: int) -> None:
        """Once, for the first picture: make the window as large as the desktop where the screen allows."""
        if self._has_fitted:
            return
        self._has_fitted = True
        root = self.root
        root.update_idletasks()
        bar_height = self.bar.winfo_reqheight()
        most_w = int(root.winfo_screenwidth() * _ROOM_OF_SCREEN)
        most_h = int(root.winfo_screenheight() * _ROOM_OF_SCREEN) - bar_height
        factor = min(1.0, most_w / width, most_h / height)
        room_w = max(self._theme.px(720), round(width * factor))
        room_h = max(self._theme.px(360), round(height * factor))
        root.geometry(f"{min(room_w, most_w)}x{min(room_h, most_h) + bar_height}")

    def paint(self, frame: Frame) -> None:
        """Show what changed."""
        self.desktop.paint(frame)

    def show_status(self, status: Status | None) -> None:
        """The sentence below the bar, or none."""
        if status == self._banner_status:
            return
        self._banner_status = status
        if self._banner is not None:
            self._banner.destroy()
            self._banner = None
        if status is None:
            return
        theme = self._theme
        tone = status.tone.capitalize()
        colour = {"info": "primary"}.get(status.tone, status.tone)
        word = {"info": "Primary"}.get(status.tone, tone)
        outer = tk.Frame(self.root, background=theme.colour(colour), padx=1, pady=1)
        inner = tk.Frame(outer, background=theme.colour(f"{colour}_soft"))
        inner.pack()
        ttk.Label(
            inner,
            text=f"  {status.text}",
            image=theme.icon(status.icon, 18, colour),
            compound="left",
            style=f"On{tone}.{word}.TLabel",
            wraplength=max(theme.px(300), self.root.winfo_width() - theme.px(110)),
        ).pack(padx=theme.px(16), pady=theme.px(9))
        outer.place(relx=0.5, y=self._below_bar() + theme.px(14), anchor="n")
        self._banner = outer

    def ask_to_end(self, on_end: Callable[[], object]) -> None:
        """Ask once before ending; Return ends, Escape stays."""
        if self.popover.is_open_for(self.bar.widgets["end"]):
            self.popover.close()
            return
        self.show_bar()
        theme = self._theme
        inside = self.popover.open(self.bar.widgets["end"])
        inside.configure(padding=theme.px(16))
        ttk.Label(inside, text=t("지원을 끝낼까요?"), style="Strong.TLabel").pack(anchor="w")
        text = t("고객의 화면이 닫히고, 고객에게 만족도를 묻습니다.")
        ttk.Label(inside, text=text, style="SmallSoft.TLabel").pack(
            anchor="w", pady=(theme.px(4), theme.px(14))
        )
        row = ttk.Frame(inside)
        row.pack(anchor="e")
        stay = ttk.Button(row, text=t("계속하기"), style="Small.TButton", command=self.popover.close)
        stay.pack(side="left", padx=(0, theme.px(8)))

        def end() -> None:
            self.popover.close()
            on_end()

        button = ttk.Button(row, text=t("지원 끝내기"), style="Small.Danger.TButton", command=end)
        button.pack(side="left")
        for widget in (stay, button):
            widget.bind("<Escape>", lambda _: self.popover.close())
            widget.bind("<Return>", lambda event: event.widget.invoke())
        self.popover.widgets.update({"end-confirm": button, "end-cancel": stay})
        self.popover.place(button)

    def show_ended(
        self,
        title: str,
        lines: list[tuple[str, str]],
        *,
        closes_after_s: int | None,
        report: ReportOffer | None = None,
    ) -> None:
        """The last sheet: how it ended, facts as (name, value), the report, one button to close.

        A later call changes it; what the agent has written meanwhile stays. `closes_after_s`: the window
        counts down and closes by itself; None: it waits for the agent.
        """
        is_new = self._sheet is None
        if is_new:
            self.popover.close()
            self.show_status(None)
            # What is over is not looked at any longer, least of all by who walks past.
            self.desktop.hide_picture()
            self._make_sheet()
            for name in _BUTTONS_OF_SUPPORT:
                self.bar.widgets[name].state(["disabled"])  # type: ignore[attr-defined]
        self._fill_sheet(title, lines)
        close = self._sheet_widgets["ended-close"]
        assert isinstance(close, ttk.Button)
        is_new_step = self._show_report(report)
        is_writing = report is not None and report.step in ("open", "sending")
        close.configure(
            text=t("적지 않고 창 닫기") if is_writing else t("창 닫기"),
            style="TButton" if is_writing else "Primary.TButton",
        )
        if self._form is not None and is_new_step:
            self._make_room()
            self._form.focus_first()
        elif is_new or is_new_step:
            close.focus_set()
        self._publish()
        self._countdown += 1
        if closes_after_s is not None:
            self._count_down(close, closes_after_s, self._countdown)

    def _make_sheet(self) -> None:
        theme = self._theme
        sheet = tk.Frame(self.root, background=theme.tokens.line, padx=1, pady=1)
        inside = ttk.Frame(sheet, padding=theme.px(28))
        inside.pack()
        ttk.Label(inside, image=theme.icon("check", 30, "connected")).pack()
        self._sheet_title = ttk.Label(
            inside, style="Title.TLabel", wraplength=theme.px(420), justify="center"
        )
        self._sheet_title.pack(pady=(theme.px(8), theme.px(14)))
        self._facts = ttk.Frame(inside)
        self._facts.pack(pady=(0, theme.px(12)))
        self._report_place = ttk.Frame(inside)
        close = ttk.Button(inside, command=self._commands.close_window)
        close.pack(fill="x", pady=(theme.px(8), 0))
        self._report_place.pack(fill="x", before=close)
        for key in ("<Return>", "<KP_Enter>", "<Escape>"):
            close.bind(key, lambda _: self._commands.close_window())
        sheet.place(relx=0.5, rely=_SHEET_AT, anchor="center")
        self._sheet = sheet
        self._sheet_widgets = {"ended-close": close}

    def _fill_sheet(self, title: str, lines: list[tuple[str, str]]) -> None:
        self._sheet_title.configure(text=title)
        for old in self._facts.winfo_children():
            old.destroy()
        for row, (name, value) in enumerate(lines):
            ttk.Label(self._facts, text=name, style="Soft.TLabel").grid(row=row, column=0, sticky="w", pady=3)
            ttk.Label(self._facts, text=value).grid(
                row=row, column=1, sticky="w", padx=(self._theme.px(20), 0)
            )

    def _show_report(self, report: ReportOffer | None) -> bool:
        """Bring the report to its step; whether that changed what stands there."""
        if self._form is not None and report is not None and report.step in ("open", "sending"):
            self._form.show(report)
            return False
        step = report.step if report is not None else None
        if report is None or step == self._report_step:
            return False
        self._report_step = step
        for old in self._report_place.winfo_children():
            old.destroy()
        self._form = None
        close = self._sheet_widgets["ended-close"]
        self._sheet_widgets = {"ended-close": close}
        if step == "saved":
            said = ttk.Label(
                self._report_place,
                text=f"  {t('상담 기록을 저장했습니다.')}",
                image=self._theme.icon("check", 18, "connected"),
                compound="left",
                style="Connected.TLabel",
            )
            said.pack()
        elif step == "offered":
            button = ttk.Button(
                self._report_place, text=t("상담 유형 적기"), command=self._commands.open_report
            )
            button.bind("<Return>", lambda _: self._commands.open_report())
            button.pack(fill="x")
            self._sheet_widgets["report-open"] = button
        else:
            self._form = ReportForm(self._report_place, self._theme, report, self._commands.save_report)
            self._form.pack(fill="x")
            self._sheet_widgets |= self._form.widgets
            for widget in self._form.widgets.values():
                widget.bind("<Escape>", lambda _: self._commands.close_window())
        return True

    def _make_room(self) -> None:
        """A small window grows to what the form needs, where the screen allows."""
        assert self._sheet is not None
        root = self.root
        root.update_idletasks()
        needed = round(
            (self._sheet.winfo_reqheight() / 2 + self._below_bar() + self._theme.px(8)) / _SHEET_AT
        )
        if root.winfo_height() < needed and not self.is_full_screen:
            height = min(needed, int(root.winfo_screenheight() * _ROOM_OF_SCREEN))
            root.geometry(f"{root.winfo_width()}x{height}")

    def _count_down(self, button: ttk.Button, left_s: int, count: int) -> None:
        if count != self._countdown or not button.winfo_exists():
            return
        if left_s <= 0:
            self._commands.close_window()
            return
        button.configure(text=t("창 닫기 (%(seconds)s)", seconds=left_s))
        run_later(button, 1000, lambda: self._count_down(button, left_s - 1, count))

    # -- bar and full screen

    def toggle_full_screen(self) -> None:
        """All of the screen, or the window again."""
        self.is_full_screen = not self.is_full_screen
        self.root.attributes("-fullscreen", self.is_full_screen)
        self._place_bar()

    def toggle_on_top(self) -> bool:
        """Above all other windows, or not; what it is now."""
        on = not bool(self.root.attributes("-topmost"))
        self.root.attributes("-topmost", on)
        return on

    def toggle_pin(self) -> None:
        """Hold the bar or let it hide."""
        self.is_pinned = not self.is_pinned
        self._place_bar()

    def show_bar(self, *, with_focus: bool = False) -> None:
        """Bring the bar; `with_focus` puts the keyboard on its first button."""
        if not self._bar_is_fixed:
            self.handle.place_forget()
            self.bar.place(x=0, y=0, relwidth=1)
            tk.Misc.lift(self.bar)
            self._hide_later()
        if with_focus:
            self.bar.widgets["end"].focus_set()
        self._publish()

    @property
    def _bar_is_fixed(self) -> bool:
        return self.is_pinned and not self.is_full_screen

    def _place_bar(self) -> None:
        self._cancel_hiding()
        if self._bar_is_fixed:
            self.handle.place_forget()
            self.bar.place_forget()
            self.bar.grid(row=0, column=0, sticky="ew")
        else:
            self.bar.grid_forget()
            self.show_bar()
        self._banner_status, status = None, self._banner_status
        self.show_status(status)
        self._publish()

    def _hide_later(self) -> None:
        self._cancel_hiding()
        self._hide_timer = run_later(self.root, _LINGER_MS, self._hide_bar)

    def _cancel_hiding(self) -> None:
        if self._hide_timer is not None:
            cancel_later(self.root, self._hide_timer)
            self._hide_timer = None

    def _hide_bar(self) -> None:
        self._hide_timer = None
        if self._bar_is_fixed:
            return
        if self.popover.is_open or self._pointer_is_on_bar() or self._focus_is_on_bar():
            self._hide_later()
            return
        self.bar.place_forget()
        self.handle.place(relx=0.5, y=0, anchor="n")
        tk.Misc.lift(self.handle)
        self._publish()

    def _pointer_is_on_bar(self) -> bool:
        y = self.root.winfo_pointery() - self.root.winfo_rooty()
        return 0 <= y <= self.bar.winfo_height()

    def _focus_is_on_bar(self) -> bool:
        focus = self.root.focus_displayof()
        return focus is not None and str(focus).startswith(str(self.bar))

    def _below_bar(self) -> int:
        if not self._bar_is_fixed:
            return self._theme.px(10)
        return max(self.bar.winfo_height(), self.bar.winfo_reqheight())

    # -- events

    def _bind(self) -> None:
        self.desktop.bind("<Configure>", lambda _: self._commands.room_changed(), add="+")
        self.desktop.canvas.bind("<Motion>", self._moved, add="+")
        self.handle.bind("<Enter>", lambda _: self.show_bar())
        self.handle.bind("<ButtonPress>", lambda _: self.show_bar())
        self.bar.bind("<<BackToDesktop>>", lambda _: self.desktop.canvas.focus_set())

    def _moved(self, event: tk.Event[Any]) -> None:
        if event.y <= _EDGE_PX and not self._bar_is_fixed:
            self.show_bar()

    def _publish(self) -> None:
        publish_layout(
            self.root,
            "remote",
            {
                "desktop": self.desktop.canvas,
                "handle": self.handle,
                **self.bar.widgets,
                **self.popover.widgets,
                **self._sheet_widgets,
            },
        )
