"""The waiting window: cards follow the model, every deed has a way back, keys do what buttons do."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from tkinter import ttk

import pytest

from desktop.theme import Theme
from tests.tk_windows import _one_root, display, korean, look, pump_until, root
from tests.viewer.signals import (
    PARTICIPANT,
    SESSION,
    Stream,
    public_id,
    session_info,
    slot_info,
    snapshot,
)
from viewer.waiting.model import Slot, WaitingModel
from viewer.waiting.windows import slot_card_window
from viewer.waiting.windows.slot_card_window import SlotCard
from viewer.waiting.windows.waiting_window import WaitingWindow
from wire.signal import messages as m

__all__ = ["_one_root", "display", "korean", "look", "root"]

pytestmark = [pytest.mark.display, pytest.mark.usefixtures("korean")]


class Recorder:
    """Takes the window's commands; `done` names them with what they were about."""

    def __init__(self) -> None:
        self.done: list[tuple[str, object]] = []
        self.windows = True

    def has_window(self, participant: str | None) -> bool:
        return self.windows

    def __getattr__(self, name: str) -> Callable[..., None]:
        def note(*what: object) -> None:
            about = [one.position if isinstance(one, Slot) else one for one in what]
            self.done.append((name, about[0] if len(about) == 1 else tuple(about)))

        return note


class Desk:
    """A window, its model and the recorder."""

    def __init__(self, root: tk.Tk, look: Theme, slots: int = 1) -> None:
        self.root = root
        self.model = WaitingModel()
        self.stream = Stream()
        self.commands = Recorder()
        now = int(time.time())
        infos = tuple(
            slot_info(place, code=f"48291{place}", code_expires_at=now + 500) for place in range(1, slots + 1)
        )
        sessions = tuple(session_info(place) for place in range(1, slots + 1))
        self.model.take(self.stream.received(snapshot(infos, sessions), now), now)
        self.model.set_connection("online")
        self.window = WaitingWindow(root, look, self.model, self.commands)
        self.window.pack(fill="both", expand=True)
        root.geometry("420x760")
        root.deiconify()
        pump_until(root, self.window.winfo_viewable, "the waiting window")

    def take(self, message: m.SignalMessage) -> None:
        now = time.time()
        self.model.take(self.stream.received(message, int(now)), now)
        self.window.show()
        self.root.update()

    def card(self, place: int = 1) -> SlotCard:
        card = self.window.card_of(public_id(f"slot{place}"))
        assert card is not None
        return card

    def press(self, name: str, place: int = 1) -> None:
        button = self.card(place).widgets[name]
        assert isinstance(button, ttk.Button | ttk.Checkbutton)
        button.invoke()
        self.root.update()


@pytest.fixture
def desk(root: tk.Tk, look: Theme) -> Desk:
    return Desk(root, look)


def words_of(widget: tk.Misc) -> str:
    """Every word that can be seen in a widget."""
    if isinstance(widget, tk.Canvas):
        texts = [widget.itemcget(item, "text") for item in widget.find_all() if widget.type(item) == "text"]
        own = " ".join(texts) if widget.winfo_manager() else ""
    elif isinstance(widget, ttk.Label | ttk.Button | ttk.Checkbutton) and widget.winfo_manager():
        own = str(widget.cget("text"))
    else:
        own = ""
    children = [words_of(child) for child in widget.winfo_children() if child.winfo_manager()]
    return " ".join([own, *children])


def test_it_shows_who_waits_where(desk: Desk) -> None:
    words = words_of(desk.window)
    for piece in ("마루 고객지원", "보라", "help.example/maru", "3번", "482 911", "기다리는 중"):
        assert piece in words


def test_it_says_what_to_do_when_nothing_waits(root: tk.Tk, look: Theme) -> None:
    desk = Desk(root, look, slots=0)
    assert "아직 접속대기가 없습니다." in words_of(desk.window)


def test_it_follows_an_arrival(desk: Desk) -> None:
    desk.take(m.Arrival(SESSION, "page", int(time.time()), m.ArrivalDetail("203.0.113.9")))
    words = words_of(desk.card())
    assert "고객이 오는 중" in words
    assert "203.0.113.9" in words
    assert "482 911" not in words
    assert "동의 요청" in words


def test_it_offers_to_accept_only_when_the_customer_agreed(desk: Desk) -> None:
    desk.take(m.Arrival(SESSION, "asked", int(time.time())))
    assert "연결 수락" not in words_of(desk.card())
    desk.take(m.SessionState(SESSION, "online", "ok", 5))
    assert "연결 수락" in words_of(desk.card())
    desk.press("accept")
    assert desk.commands.done == [("accept", 1)]


def test_it_hears_a_click_while_the_customers_news_arrive(desk: Desk) -> None:
    """The button must not vanish under the finger, not even to come back at once."""
    desk.take(m.SessionState(SESSION, "online", "ok", 5))
    button = desk.card().widgets["accept"]
    button.event_generate("<Enter>")
    button.event_generate("<ButtonPress-1>", x=5, y=5)
    gone: list[object] = []
    button.bind("<Unmap>", gone.append)
    desk.take(m.Arrival(SESSION, "allowed", int(time.time()), m.ArrivalDetail("203.0.113.9")))
    button.event_generate("<ButtonRelease-1>", x=5, y=5)
    desk.root.update()
    assert not gone
    assert desk.commands.done == [("accept", 1)]


def test_it_accepts_by_key(desk: Desk) -> None:
    desk.take(m.SessionState(SESSION, "online", "ok", 5))
    desk.root.focus_force()
    desk.card().focus_force()
    desk.card().event_generate("<Return>")
    desk.root.update()
    assert ("accept", 1) in desk.commands.done


@pytest.mark.parametrize(
    ("name", "done"),
    [("new-code", ("new_code", 1)), ("copy", ("copy_code", 1)), ("auto", ("set_auto", (1, True)))],
)
def test_it_hands_a_cards_deeds_on(desk: Desk, name: str, done: tuple[str, object]) -> None:
    desk.press(name)
    assert desk.commands.done == [done]


def test_removing_an_empty_slot_can_be_undone(desk: Desk) -> None:
    desk.press("remove")
    assert "뒤에 지웁니다." in words_of(desk.card())
    desk.press("undo")
    assert "뒤에 지웁니다." not in words_of(desk.card())
    assert desk.commands.done == []


def test_removing_an_empty_slot_happens_after_a_while(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot_card_window, "_REMOVE_AFTER_S", 0)
    desk.press("remove")
    assert desk.commands.done == [("remove", 1)]


def test_removing_a_slot_with_a_customer_is_asked_about(desk: Desk) -> None:
    desk.take(m.SessionState(SESSION, "online", "ok", 5))
    desk.press("remove")
    assert desk.commands.done == []
    desk.press("remove-confirm")
    assert desk.commands.done == [("remove", 1)]


def test_ending_is_asked_about(desk: Desk) -> None:
    desk.take(m.SessionState(SESSION, "connected", "ok", 5))
    desk.press("second")
    assert desk.commands.done == []
    desk.press("keep")
    desk.press("second")
    desk.press("end-confirm")
    assert desk.commands.done == [("end", 1)]


def test_a_crashed_window_can_be_opened_again(desk: Desk) -> None:
    desk.take(m.KeyAsk(SESSION, PARTICIPANT, 1, 1, "lead", "보라"))
    desk.take(m.SessionState(SESSION, "connected", "ok", 5))
    desk.commands.windows = False
    desk.window.show()
    assert "창 다시 열기" in words_of(desk.card())
    desk.press("second")
    assert desk.commands.done == [("reopen_window", 1)]


def test_cards_come_and_go_with_the_model(root: tk.Tk, look: Theme) -> None:
    desk = Desk(root, look, slots=3)
    desk.take(m.SlotClosed(public_id("slot2")))
    assert desk.window.card_of(public_id("slot2")) is None
    assert "482 911" in words_of(desk.window)
    assert "482 912" not in words_of(desk.window)


def test_five_slots_close_the_add_button(root: tk.Tk, look: Theme) -> None:
    desk = Desk(root, look, slots=5)
    assert desk.window.add_button.instate(["disabled"])


@pytest.mark.parametrize(
    ("key", "done"),
    [("n", "add_slot"), ("u", "copy_url"), ("s", "toggle_sound"), ("q", "log_out")],
)
def test_it_has_a_key_for_everything(desk: Desk, key: str, done: str) -> None:
    desk.root.focus_force()
    pump_until(desk.root, lambda: desk.root.focus_get() is not None, "the focus")
    desk.root.event_generate(f"<Alt-{key}>")
    desk.root.update()
    assert desk.commands.done == [(done, ())]


def test_it_goes_to_a_card_by_number(root: tk.Tk, look: Theme) -> None:
    desk = Desk(root, look, slots=3)
    root.focus_force()
    pump_until(root, lambda: root.focus_get() is not None, "the focus")
    root.event_generate("<Alt-KeyPress-2>")
    pump_until(root, lambda: root.focus_get() is desk.card(2), "the card's focus")


def test_it_shortens_what_does_not_fit(desk: Desk) -> None:
    address = "https://help.example/" + "maru-" * 30
    assert desk.model.tenant is not None
    desk.model.tenant = replace(desk.model.tenant, url=address)
    desk.window.show()
    desk.root.update()
    shown = str(desk.window.url.cget("text"))
    assert shown.endswith("…")
    assert address.startswith(f"https://{shown[:-1]}")
    desk.root.geometry("1590x760")
    pump_until(desk.root, lambda: str(desk.window.url.cget("text")) in address, "the whole address")


def test_it_flashes_and_calms_down(desk: Desk) -> None:
    titles: set[str] = set()
    desk.window.flash()

    def is_calm() -> bool:
        titles.add(desk.root.title())
        return desk.window._flashes_left == 0

    pump_until(desk.root, is_calm, "the end of the flashing")
    assert "● 고객이 왔습니다" in titles
    assert desk.root.title() == "BaroHelp 접속대기"


def test_a_toast_goes_by_itself(desk: Desk) -> None:
    desk.window.show_toast("3번 고객의 만족도: 만족", tone="Connected", icon="smile", for_ms=60)
    assert "만족도: 만족" in words_of(desk.window)
    pump_until(desk.root, lambda: "만족도" not in words_of(desk.window), "the toast's end")


@pytest.mark.parametrize(
    ("connection", "words"), [("offline", "(B-10)"), ("connecting", "연결하고"), ("online", "연결됨")]
)
def test_it_tells_how_the_server_is(desk: Desk, connection: str, words: str) -> None:
    desk.model.set_connection(connection)  # type: ignore[arg-type]
    desk.window.show()
    assert words in words_of(desk.window)
