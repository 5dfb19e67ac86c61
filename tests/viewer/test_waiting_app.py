"""The waiting program's decisions, with a signal that only records and windows that only repeat."""

from __future__ import annotations

import sys
import time
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop.network_window import NetworkWindow
from desktop.theme import Theme
from tests.tk_windows import _one_root, display, korean, look, pump_until, root
from tests.viewer.signals import (
    PARTICIPANT,
    SESSION,
    SLOT,
    Stream,
    participant,
    session_info,
    slot_info,
    snapshot,
)
from tests.viewer.test_children import ECHO
from viewer.waiting import app as waiting
from viewer.waiting.app import WaitingApp
from viewer.waiting.children import RemoteWindows
from viewer.waiting.login import LoggedIn, LogInFailed
from viewer.waiting.memory import FileSecrets, Memory, Remembered
from viewer.waiting.windows.login_window import LoginWindow
from viewer.waiting.windows.waiting_window import WaitingWindow
from wire.signal import commands as sc
from wire.signal import messages as m

__all__ = ["_one_root", "display", "korean", "look", "root"]

pytestmark = [pytest.mark.display, pytest.mark.usefixtures("korean")]

SERVER = "http://127.0.0.1:8000"


class FakeSignal:
    """Records what is sent; the test speaks through `hear`."""

    made: list[FakeSignal]

    def __init__(self, _link: object, url: str, bearer: str, **options: Any) -> None:
        self.url, self.bearer, self.options = url, bearer, options
        self.sent: list[Any] = []
        self.is_stopped = False
        self.stream = Stream()
        self.answers: list[Callable[[sc.Answer], None]] = []
        FakeSignal.made.append(self)

    def start(self) -> None:
        self.options["on_state"]("online", "")

    def stop(self) -> None:
        self.is_stopped = True

    def set_connected(self, connected: bool) -> None:
        self.is_connected = connected

    def send(self, command: Any, on_answer: Callable[[sc.Answer], None]) -> None:
        self.sent.append(command)
        self.answers.append(on_answer)

    def hear(self, message: m.SignalMessage) -> None:
        self.options["on_message"](self.stream.received(message, int(time.time())))


class FakeThread:
    """A link thread that has nothing to do."""

    def __init__(self, _name: str) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def join(self, _seconds: float) -> None: ...


class Desk:
    """The program, its server's answer to a log-in, and what it played."""

    def __init__(self, root: tk.Tk, look: Theme, folder: Path) -> None:
        self.root = root
        self.memory = Memory(folder, FileSecrets(folder / "refresh.json"))
        self.outcome: LoggedIn | LogInFailed = LoggedIn("program.maru.t", "refresh.maru.1", "보라")
        self.asked: list[str] = []
        self.played: list[str] = []
        self.can_hear = True
        self.look = look
        self.app = self.make()

    def make(self) -> WaitingApp:
        return WaitingApp(
            self.root, self.look, self.memory, server=SERVER, tenant="maru", login_id="bora", play=self.play
        )

    def play(self, name: str) -> bool:
        self.played.append(name)
        return self.can_hear

    def answer(self, what: str) -> LoggedIn:
        self.asked.append(what)
        if isinstance(self.outcome, LogInFailed):
            raise self.outcome
        return self.outcome

    def log_in(self, *, remember: bool = False) -> FakeSignal:
        self.root.deiconify()
        self.app.start()
        page = self.app._page
        assert isinstance(page, LoginWindow)
        page.password.set("geheim")
        page.remember.set(remember)
        page.submit()
        pump_until(self.root, lambda: isinstance(self.app._page, WaitingWindow), "the waiting window")
        return FakeSignal.made[-1]

    def hear(self, *messages: m.SignalMessage) -> None:
        for message in messages:
            FakeSignal.made[-1].hear(message)
        pump_until(self.root, self.app._pump._queue.empty, "the messages")
        self.root.update()

    def wait_for(self, snapshot_: m.AgentSnapshot) -> FakeSignal:
        signal = self.log_in()
        self.hear(snapshot_)
        return signal


@pytest.fixture
def desk(root: tk.Tk, look: Theme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    FakeSignal.made = []
    command = [sys.executable, "-u", "-c", ECHO]
    monkeypatch.setattr(waiting, "SignalLink", FakeSignal)
    monkeypatch.setattr(waiting, "LinkThread", FakeThread)
    monkeypatch.setattr(waiting, "RemoteWindows", lambda **on: RemoteWindows(**on, command=command))
    made = Desk(root, look, tmp_path)
    monkeypatch.setattr(waiting.login, "log_in", lambda typed: made.answer(typed.password))
    monkeypatch.setattr(waiting.login, "log_in_again", lambda _server, token: made.answer(token))
    monkeypatch.setattr(waiting.login, "log_out", lambda _server, token: made.asked.append(f"out {token}"))
    yield made
    made.app._leave()
    made.app._pump.stop()


ONE_SLOT = snapshot((slot_info(),), (session_info(),))


def test_it_logs_in_and_opens_the_signal(desk: Desk) -> None:
    signal = desk.log_in()
    assert (desk.asked, signal.url, signal.bearer) == (["geheim"], SERVER, "program.maru.t")


def test_it_remembers_only_when_asked(desk: Desk) -> None:
    desk.outcome = LoggedIn("program.maru.t", None, "보라")
    desk.log_in(remember=False)
    assert desk.memory.refresh_token(desk.memory.load()) is None


def test_it_comes_back_with_a_remembered_login(desk: Desk) -> None:
    kept = Remembered(SERVER, "maru", "bora", True)
    desk.memory.keep(kept)
    desk.memory.keep_refresh_token(kept, "refresh.maru.0")
    desk.app._pump.stop()
    desk.app = desk.make()
    desk.app.start()
    pump_until(desk.root, lambda: isinstance(desk.app._page, WaitingWindow), "the waiting window")
    assert desk.asked == ["refresh.maru.0"]
    assert desk.memory.refresh_token(kept) == "refresh.maru.1"


def test_it_says_why_a_login_failed(desk: Desk) -> None:
    desk.outcome = LogInFailed("아이디나 비밀번호가 맞지 않습니다.", "B-41", is_final=True)
    desk.root.deiconify()
    desk.app.start()
    page = desk.app._page
    assert isinstance(page, LoginWindow)
    page.password.set("falsch")
    page.submit()
    pump_until(desk.root, lambda: not page._is_busy, "the answer")
    assert isinstance(desk.app._page, LoginWindow)


def test_it_asks_for_the_second_steps_code(desk: Desk) -> None:
    desk.outcome = LogInFailed("인증 앱에 보이는 번호를 적어 주십시오.", "B-52", is_final=True)
    desk.root.deiconify()
    desk.app.start()
    page = desk.app._page
    assert isinstance(page, LoginWindow)
    page.password.set("right")
    page.submit()
    pump_until(desk.root, lambda: "code" in page.widgets, "the field for the code")
    page.code.set("482913")
    desk.outcome = LoggedIn("program.maru.t", None, "보라")
    page.submit()
    pump_until(desk.root, lambda: isinstance(desk.app._page, WaitingWindow), "the waiting window")


def test_it_plays_a_sound_when_a_customer_comes(desk: Desk) -> None:
    desk.wait_for(ONE_SLOT)
    desk.hear(m.Arrival(SESSION, "page", int(time.time())))
    assert desk.played == ["arrival"]


def test_it_flashes_where_nothing_can_be_heard(desk: Desk) -> None:
    desk.wait_for(ONE_SLOT)
    desk.can_hear = False
    desk.hear(m.Arrival(SESSION, "page", int(time.time())))
    assert isinstance(desk.app._page, WaitingWindow)
    assert desk.app._page._flashes_left > 0


def test_it_keeps_quiet_when_the_sound_is_off(desk: Desk) -> None:
    desk.wait_for(ONE_SLOT)
    desk.app.toggle_sound()
    desk.hear(m.Arrival(SESSION, "page", int(time.time())))
    assert desk.played == []


def test_it_opens_a_window_and_hands_it_the_messages(desk: Desk) -> None:
    desk.wait_for(ONE_SLOT)
    lines: list[dict[str, Any]] = []
    desk.app._take_line = lambda _who, line: lines.append(line["echo"])  # type: ignore[method-assign]
    ask = m.KeyAsk(SESSION, PARTICIPANT, 1, 1, "lead", "보라")
    desk.hear(ask, m.KeyCommit(PARTICIPANT, 1, b"c" * 32))
    pump_until(desk.root, lambda: len(lines) == 3, "the lines")
    opening, first, second = lines
    assert (opening["t"], opening["company"], opening["agent_name"]) == ("open", "주식회사 마루", "보라")
    assert (opening["number"], opening["keys_lost"]) == (3, False)
    assert first["message"] == {"t": "key.ask", **ask.to_json()}
    assert second["message"]["t"] == "key.commit"


def test_it_carries_the_report_between_the_window_and_the_web_half(desk: Desk) -> None:
    lines: list[dict[str, Any]] = []
    signal = desk.wait_for(ONE_SLOT)
    take = desk.app._take_line
    desk.app._take_line = lambda _who, line: lines.append(line["echo"])  # type: ignore[method-assign]
    desk.hear(m.KeyAsk(SESSION, PARTICIPANT, 1, 1, "lead", "보라"))
    desk.hear(m.ReportAsked(SESSION, (m.ReportType(SLOT, "프린터"),)), m.Ended(SESSION, "agent"))
    asked = {"t": "report", "types": [[SLOT, "프린터"]], "opens": True}
    pump_until(desk.root, lambda: asked in lines, "the offer in the window")
    report = sc.Report(SESSION, SLOT, "solved", "드라이버")
    take(PARTICIPANT, {"t": "command", "command": {"t": "report", **report.to_json()}})
    assert signal.sent[-1] == report
    signal.answers[-1](sc.Answer("c1", ok=False, code="B-44"))
    pump_until(desk.root, lambda: {"t": "reported", "code": "B-44"} in lines, "the answer in the window")


def test_it_opens_windows_again_after_a_new_start(desk: Desk) -> None:
    lines: list[dict[str, Any]] = []
    desk.app._take_line = lambda _who, line: lines.append(line["echo"])  # type: ignore[method-assign]
    connected = (session_info(state="connected", arrival_step="allowed"),)
    desk.wait_for(snapshot((slot_info(),), connected, (participant(epoch=4),)))
    pump_until(desk.root, lambda: lines, "the opening line")
    assert (lines[0]["keys_lost"], lines[0]["epoch"]) == (True, 4)


def test_it_sends_what_a_window_asks_for(desk: Desk) -> None:
    signal = desk.wait_for(ONE_SLOT)
    need = sc.TicketNeed(PARTICIPANT, "screen", 2)
    desk.app._take_line(PARTICIPANT, {"t": "command", "command": {"t": need.TYPE, **need.to_json()}})
    desk.app._take_line(PARTICIPANT, {"t": "command", "command": {"t": "rm -rf"}})
    assert signal.sent == [need]


def test_it_offers_a_crashed_window_again(desk: Desk) -> None:
    desk.wait_for(ONE_SLOT)
    desk.hear(m.KeyAsk(SESSION, PARTICIPANT, 1, 1, "lead", "보라"))
    desk.hear(m.SessionState(SESSION, "connected", "ok", 5))
    assert desk.app.windows.is_open(PARTICIPANT)
    desk.app.windows.tell(PARTICIPANT, {"t": "crash"})
    pump_until(desk.root, lambda: not desk.app.has_window(PARTICIPANT), "the crash")
    slot = desk.app.model.slots[0]
    desk.app.reopen_window(slot)
    assert desk.app.has_window(PARTICIPANT)


def test_it_sends_the_deeds_of_the_cards(desk: Desk) -> None:
    signal = desk.wait_for(ONE_SLOT)
    desk.hear(m.SessionState(SESSION, "online", "ok", 5))
    slot = desk.app.model.slots[0]
    desk.app.accept(slot)
    desk.app.new_code(slot)
    desk.app.set_auto(slot, True)
    desk.app.set_presence("away")
    desk.app.remove(slot)
    desk.app.add_slot()
    assert signal.sent == [
        sc.Accept(SESSION),
        sc.SlotNewCode(SLOT),
        sc.SlotAuto(SLOT, True),
        sc.AgentState("away"),
        sc.SlotRemove(SLOT),
        sc.SlotAdd(),
    ]


def test_it_ends_a_support_before_it_removes_its_slot(desk: Desk) -> None:
    signal = desk.wait_for(ONE_SLOT)
    desk.hear(m.SessionState(SESSION, "connected", "ok", 5))
    desk.app.remove(desk.app.model.slots[0])
    assert signal.sent == [sc.EndSession(SESSION, "agent"), sc.SlotRemove(SLOT)]


def test_it_says_what_the_server_refused(desk: Desk) -> None:
    signal = desk.wait_for(ONE_SLOT)
    desk.app.add_slot()
    shown: list[str] = []
    desk.app._toast = lambda text, **_: shown.append(text)  # type: ignore[method-assign]
    signal.answers[0](sc.Answer("c1", ok=False, code="B-24"))
    pump_until(desk.root, lambda: shown, "the sentence")
    assert shown == ["접속대기는 다섯 개까지 만들 수 있습니다. (B-24)"]


@pytest.mark.parametrize("reason", ["elsewhere", "disabled", "operator", "expired"])
def test_it_goes_back_to_the_login_when_that_ended(desk: Desk, reason: Any) -> None:
    signal = desk.wait_for(ONE_SLOT)
    desk.hear(m.LoginEnded(reason))
    assert isinstance(desk.app._page, LoginWindow)
    assert signal.is_stopped


def test_it_logs_out_and_forgets(desk: Desk) -> None:
    desk.log_in(remember=True)
    desk.app.log_out()
    assert isinstance(desk.app._page, LoginWindow)
    assert desk.memory.refresh_token(Remembered(SERVER, "maru", "bora", True)) is None
    pump_until(desk.root, lambda: "out program.maru.t" in desk.asked, "the log-out")


def test_it_logs_out_with_the_newest_token(desk: Desk) -> None:
    desk.log_in().bearer = "program.maru.renewed"
    desk.app.log_out()
    pump_until(desk.root, lambda: "out program.maru.renewed" in desk.asked, "the log-out")


def test_it_asks_for_the_proxys_password(desk: Desk) -> None:
    desk.outcome = LogInFailed("proxy", "B-17", is_final=False)
    desk.app.start()
    assert isinstance(desk.app._page, LoginWindow)
    desk.app._page.password.set("geheim")
    desk.app._page.tenant.set("maru")
    desk.app._page.login_id.set("bora")
    desk.app._page.submit()
    pump_until(
        desk.root,
        lambda: [one for one in desk.root.winfo_children() if isinstance(one, NetworkWindow)],
        "the settings",
    )


def test_it_asks_twice_before_it_leaves_a_customer(desk: Desk) -> None:
    signal = desk.wait_for(ONE_SLOT)
    desk.hear(m.SessionState(SESSION, "connected", "ok", 5))
    desk.app.log_out()
    assert isinstance(desk.app._page, WaitingWindow)
    desk.app.log_out()
    assert isinstance(desk.app._page, LoginWindow)
    assert signal.sent == [sc.EndSession(SESSION, "agent")]


def test_it_copies_the_customers_address(desk: Desk) -> None:
    desk.wait_for(ONE_SLOT)
    desk.app.copy_url()
    assert desk.root.clipboard_get() == "https://help.example/maru"
