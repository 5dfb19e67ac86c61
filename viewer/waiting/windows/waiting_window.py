"""The waiting window: narrow, always there. Who I am, my state, the customer's address, up to five slot
cards.

Shows the model and calls `WaitingCommands`. Alt+N adds a slot, Alt+A accepts the first customer who is
ready, Alt+U copies the address, Alt+1 to Alt+5 go to a card, Alt+S switches the sound, Alt+Q logs out.
"""

from __future__ import annotations

import time
import tkinter as tk
import tkinter.font as tkfont
from tkinter import ttk
from typing import Any, Protocol

from desktop import theme as themes
from desktop.later import cancel_later, run_later
from desktop.layout import publish_layout
from desktop.theme import Theme
from desktop.tip_window import Tip
from desktop.words import t
from viewer.waiting.model import WaitingModel
from viewer.waiting.windows.slot_card_window import CardCommands, SlotCard
from wire.signal.messages import AgentPresence

__all__ = ["WaitingCommands", "WaitingWindow"]

WIDTH = 420


class _OneLine(ttk.Label):
    """A label that never grows beyond its room: what does not fit ends in "…", the tip says all of it."""

    def __init__(self, parent: tk.Misc, style: str, font: str) -> None:
        super().__init__(parent, style=style)
        self._full = ""
        self._font = tkfont.nametofont(font, parent)
        self._tip = Tip(self, "")
        self.bind("<Configure>", self._fit)

    def show(self, text: str) -> None:
        """Show `text`."""
        if text != self._full:
            self._full = text
            self._fit()

    def _fit(self, _event: object = None) -> None:
        room = self.winfo_width()
        text = self._full
        if room > 1 and self._font.measure(text) > room:
            while text and self._font.measure(f"{text}…") > room:
                text = text[:-1]
            text = f"{text}…"
        self._tip.text = self._full if text != self._full else ""
        if str(self.cget("text")) != text:
            self.configure(text=text)


class WaitingCommands(CardCommands, Protocol):
    """What the window's own buttons do."""

    def add_slot(self) -> None: ...
    def set_presence(self, state: AgentPresence) -> None: ...
    def copy_url(self) -> None: ...
    def toggle_sound(self) -> None: ...
    def log_out(self) -> None: ...
    def has_window(self, participant: str | None) -> bool: ...


class WaitingWindow(ttk.Frame):
    """The frame of the waiting program, to be packed into its window."""

    def __init__(self, parent: tk.Tk, theme: Theme, model: WaitingModel, commands: WaitingCommands) -> None:
        super().__init__(parent, style="Ground.TFrame")
        self._window = parent
        self._theme = theme
        self._model = model
        self._commands = commands
        self._cards: dict[str, SlotCard] = {}
        self._presence = tk.StringVar(self, "online")
        self._toast_timer: str | None = None
        self._flashes_left = 0
        self.sound_is_on = True
        self.widgets: dict[str, tk.Misc] = {}
        self._make_head()
        self._make_banner()
        self._make_foot()
        self._make_list()
        self._listen()
        parent.title(t("BaroHelp 접속대기"))
        self.show()

    # -- making

    def _make_head(self) -> None:
        theme = self._theme
        head = ttk.Frame(self, padding=(theme.px(18), theme.px(16), theme.px(18), theme.px(14)))
        head.pack(fill="x")
        row = ttk.Frame(head)
        row.pack(fill="x")
        self.company = _OneLine(row, "Strong.TLabel", "StrongFont")
        self._head_button(row, "log-out", "log-out", t("로그아웃합니다."), "Alt+Q", self._commands.log_out)
        self.sound_button = self._head_button(
            row, "sound", "speaker", t("도착 소리를 켜고 끕니다."), "Alt+S", self._commands.toggle_sound
        )
        self.company.pack(side="left", fill="x", expand=True)
        self.person = _OneLine(head, "SmallSoft.TLabel", "SmallFont")
        self.person.pack(fill="x", pady=(theme.px(2), theme.px(12)))
        self._make_presence(head)
        self._make_url(head)
        tk.Frame(self, height=1, background=theme.tokens.line).pack(fill="x")

    def _head_button(self, row: ttk.Frame, name: str, icon: str, tip: str, *rest: Any) -> ttk.Button:
        key, command = rest
        button = ttk.Button(
            row, image=self._theme.icon(icon, 18, "soft_ink"), style="Small.Quiet.TButton", command=command
        )
        button.pack(side="right")
        Tip(button, tip, key)
        self.widgets[name] = button
        return button

    def _make_presence(self, head: ttk.Frame) -> None:
        theme = self._theme
        box = ttk.Frame(head, style="Segments.TFrame", padding=theme.px(3))
        box.configure(style="Surface.Segments.TFrame")
        box.pack(fill="x")
        looks: tuple[tuple[AgentPresence, str, str, str], ...] = (
            ("online", "check", "connected", t("상담 가능")),
            ("busy", "minus", "waiting", t("다른 업무")),
            ("away", "clock", "soft_ink", t("자리 비움")),
        )
        for column, (state, icon, colour, text) in enumerate(looks):
            button = ttk.Radiobutton(
                box,
                text=f" {text}",
                image=theme.icon(icon, 14, colour),
                compound="left",
                value=state,
                variable=self._presence,
                style="Segment.TRadiobutton",
                command=lambda s=state: self._commands.set_presence(s),  # type: ignore[misc]
            )
            button.grid(row=0, column=column, sticky="ew")
            box.columnconfigure(column, weight=1, uniform="presence")
            self.widgets[f"presence-{state}"] = button

    def _make_url(self, head: ttk.Frame) -> None:
        theme = self._theme
        row = ttk.Frame(head)
        row.pack(fill="x", pady=(theme.px(12), 0))
        ttk.Label(row, text=t("고객 접속 주소"), style="SmallSoft.TLabel").pack(anchor="w")
        line = ttk.Frame(row)
        line.pack(fill="x")
        copy = ttk.Button(
            line,
            text=t("복사"),
            image=theme.icon("copy", 15),
            compound="left",
            style="Small.TButton",
            command=self._commands.copy_url,
        )
        copy.pack(side="right")
        Tip(copy, t("고객에게 알려 줄 주소를 복사합니다."), "Alt+U")
        self.widgets["copy-url"] = copy
        self._copy_url = copy
        self.url = _OneLine(line, "Strong.TLabel", "StrongFont")
        self.url.pack(side="left", fill="x", expand=True, padx=(0, theme.px(8)))

    def _make_banner(self) -> None:
        self._banner_place = ttk.Frame(self, style="Ground.TFrame")
        self._banner_place.pack(fill="x")
        self._banner_text = ""

    def _make_foot(self) -> None:
        theme = self._theme
        foot = ttk.Frame(
            self, style="Ground.TFrame", padding=(theme.px(14), theme.px(8), theme.px(14), theme.px(12))
        )
        foot.pack(side="bottom", fill="x")
        self.add_button = ttk.Button(
            foot,
            image=(theme.icon("plus", 16, "on_primary"), "disabled", theme.icon("plus", 16, "soft_ink")),  # type: ignore[arg-type]
            compound="left",
            style="Ground.Primary.TButton",
            command=self._commands.add_slot,
            **themes.keyed(t("접속대기 추가"), "N"),  # type: ignore[arg-type]
        )
        self.add_button.pack(fill="x")
        self.widgets["add"] = self.add_button
        row = ttk.Frame(foot, style="Ground.TFrame")
        row.pack(fill="x", pady=(theme.px(10), 0))
        self.connection = ttk.Label(row, compound="left", style="Ground.SmallSoft.TLabel")
        self.connection.pack(side="left")
        self.expiry = ttk.Label(row, style="Ground.SmallSoft.TLabel")
        self.expiry.pack(side="right")

    def _make_list(self) -> None:
        theme = self._theme
        place = ttk.Frame(self, style="Ground.TFrame")
        place.pack(fill="both", expand=True)
        self._canvas = tk.Canvas(
            place, background=theme.tokens.ground, highlightthickness=0, takefocus=False, width=1
        )
        self._canvas.pack(side="left", fill="both", expand=True)
        self._scroll = ttk.Scrollbar(place, orient="vertical", command=self._canvas.yview)
        self._canvas.configure(yscrollcommand=self._scrolled)
        self._list = ttk.Frame(self._canvas, style="Ground.TFrame", padding=(theme.px(14), theme.px(8)))
        self._list_item = self._canvas.create_window(0, 0, anchor="nw", window=self._list)
        self._list.bind("<Configure>", self._resized)
        self._canvas.bind("<Configure>", self._resized)
        self._empty = self._make_empty()

    def _make_empty(self) -> ttk.Frame:
        theme = self._theme
        empty = ttk.Frame(self._list, style="Ground.TFrame", padding=theme.px(36))
        ttk.Label(empty, image=theme.icon("people", 36, "strong_line"), style="Ground.TLabel").pack()
        ttk.Label(empty, text=t("아직 접속대기가 없습니다."), style="Ground.Strong.TLabel").pack(
            pady=(theme.px(12), theme.px(4))
        )
        hint = t("아래 단추를 누르면 번호와 접속 코드가 생깁니다. 그 번호와 코드를 고객에게 알려 주십시오.")
        ttk.Label(
            empty, text=hint, style="Ground.SmallSoft.TLabel", wraplength=theme.px(270), justify="center"
        ).pack()
        return empty

    def _listen(self) -> None:
        window = self._window
        themes.bind_alt(window, "n", self._commands.add_slot)
        themes.bind_alt(window, "a", self._accept_first)
        themes.bind_alt(window, "u", self._commands.copy_url)
        themes.bind_alt(window, "s", self._commands.toggle_sound)
        themes.bind_alt(window, "q", self._commands.log_out)
        for place in range(1, 6):
            window.bind(f"<Alt-KeyPress-{place}>", lambda _, p=place: self._go_to(p))  # type: ignore[misc]
        for event, step in (("<Button-4>", -1), ("<Button-5>", 1)):
            window.bind(event, lambda _, s=step: self._canvas.yview_scroll(s, "units"))  # type: ignore[misc]

    # -- showing

    def show(self) -> None:
        """Bring everything up to date with the model."""
        model, theme = self._model, self._theme
        now = time.time()
        if model.tenant is not None:
            self.company.show(model.tenant.title)
            self.url.show(model.tenant.url.removeprefix("https://").removeprefix("http://"))
            expires = model.tenant.expires_at
            date = "" if expires is None else time.strftime("%Y-%m-%d", time.localtime(expires))
            self.expiry.configure(text=t("사용 기한 %(date)s", date=date) if date else "")
        self.person.show(model.agent_name or " ")
        presence = model.presence if model.presence in ("online", "busy", "away") else "online"
        self._presence.set(presence)
        self.sound_button.configure(
            image=theme.icon("speaker", 18, "soft_ink" if self.sound_is_on else "faint")
        )
        self.add_button.state(["!disabled" if model.may_add else "disabled"])
        self._show_cards(now)
        self._show_connection()

    def _show_cards(self, now: float) -> None:
        theme = self._theme
        slots = self._model.slots
        known = {slot.slot for slot in slots}
        for slot_id in [slot_id for slot_id in self._cards if slot_id not in known]:
            self._cards.pop(slot_id).destroy()
        for slot in slots:
            card = self._cards.get(slot.slot)
            if card is None:
                card = SlotCard(self._list, theme, self._commands, slot)
                card.bind("<<CardChanged>>", lambda _: self._publish())
                self._cards[slot.slot] = card
                self._order_cards()
            card.show(slot, now, has_window=self._commands.has_window(slot.participant))
        if slots:
            self._empty.pack_forget()
        elif not self._empty.winfo_manager() and self._model.tenant is not None:
            self._empty.pack(fill="x")
        self._publish()

    def _order_cards(self) -> None:
        for card in self._cards.values():
            card.pack_forget()
        for card in sorted(self._cards.values(), key=lambda one: one.slot.position):
            card.pack(fill="x", pady=self._theme.px(5))

    def _show_connection(self) -> None:
        looks = {
            "online": ("wifi", "connected", "SmallConnected", t("서버에 연결됨")),
            "connecting": ("clock", "waiting", "SmallWaiting", t("서버에 연결하고 있습니다.")),
            "offline": ("wifi-off", "danger", "SmallDanger", t("서버와 연결이 끊겼습니다. (B-10)")),
            "ended": ("wifi-off", "danger", "SmallDanger", t("로그인이 끝났습니다.")),
        }
        icon, colour, style, text = looks[self._model.connection]
        self.connection.configure(
            text=f" {text}", image=self._theme.icon(icon, 15, colour), style=f"Ground.{style}.TLabel"
        )

    def show_toast(self, text: str, *, tone: str = "Info", icon: str = "info", for_ms: int = 6000) -> None:
        """A sentence above the cards that goes by itself."""
        self._clear_toast()
        theme = self._theme
        colour = {"Info": "primary"}.get(tone, tone.lower())
        word = {"Info": "SmallPrimary"}.get(tone, f"Small{tone}")
        box = ttk.Frame(self._banner_place, style=f"Ground.{tone}.TFrame", padding=theme.px(10))
        box.pack(fill="x", padx=theme.px(14), pady=(theme.px(10), 0))
        ttk.Label(
            box,
            text=f"  {text}",
            image=theme.icon(icon, 17, colour),
            compound="left",
            style=f"On{tone}.{word}.TLabel",
            wraplength=theme.px(WIDTH - 90),
            justify="left",
        ).pack(anchor="w")
        self._toast_timer = run_later(self, for_ms, self._clear_toast)
        self._publish()

    def _clear_toast(self) -> None:
        if self._toast_timer is not None:
            cancel_later(self, self._toast_timer)
            self._toast_timer = None
        for child in self._banner_place.winfo_children():
            child.destroy()
        self._banner_place.configure(height=1)

    def flash(self) -> None:
        """Catch the eye: ground and title blink three times; used when nothing can be heard."""
        self._flashes_left = 6
        self._flash()

    def _flash(self) -> None:
        self._flashes_left -= 1
        lit = self._flashes_left % 2 == 1
        c = self._theme.tokens
        self._canvas.configure(background=c.primary if lit else c.ground)
        self._window.title(t("● 고객이 왔습니다") if lit else t("BaroHelp 접속대기"))
        if self._flashes_left > 0:
            run_later(self, 320, self._flash)

    def copied(self) -> None:
        """Say on the button that the address was copied."""
        self._copy_url.configure(text=t("복사됨"), image=self._theme.icon("check", 15, "connected"))
        run_later(self, 1500, self._show_copy)

    def _show_copy(self) -> None:
        self._copy_url.configure(text=t("복사"), image=self._theme.icon("copy", 15))

    def card_of(self, slot_id: str) -> SlotCard | None:
        """The card of a slot."""
        return self._cards.get(slot_id)

    def see(self, slot_id: str) -> None:
        """Scroll so that this card is seen."""
        card = self._cards.get(slot_id)
        if card is None:
            return
        self.update_idletasks()
        height = max(1, self._list.winfo_height())
        self._canvas.yview_moveto(max(0, card.winfo_y() - self._theme.px(8)) / height)

    # -- inside

    def _accept_first(self) -> None:
        for slot in self._model.slots:
            if slot.may_accept:
                self._commands.accept(slot)
                return

    def _go_to(self, place: int) -> None:
        cards = sorted(self._cards.values(), key=lambda one: one.slot.position)
        if place <= len(cards):
            cards[place - 1].focus_set()
            self.see(cards[place - 1].slot.slot)

    def _resized(self, _event: object) -> None:
        self._canvas.itemconfigure(self._list_item, width=self._canvas.winfo_width())
        self._canvas.configure(scrollregion=(0, 0, 0, self._list.winfo_reqheight()))

    def _scrolled(self, first: float, last: float) -> None:
        self._scroll.set(first, last)
        is_needed = float(first) > 0 or float(last) < 1
        if is_needed and not self._scroll.winfo_ismapped():
            self._scroll.pack(side="right", fill="y")
        elif not is_needed and self._scroll.winfo_ismapped():
            self._scroll.pack_forget()

    def _publish(self) -> None:
        widgets = dict(self.widgets)
        for card in self._cards.values():
            prefix = f"slot{card.slot.position}"
            widgets[prefix] = card
            widgets |= {f"{prefix}-{name}": widget for name, widget in card.widgets.items()}
        publish_layout(self._window, "waiting", widgets)
