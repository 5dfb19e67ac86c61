"""The form about a support that ended: it is written by keys, sent once, and holds nobody."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator
from tkinter import ttk
from typing import Any

import pytest

from desktop.theme import Theme
from tests.tk_windows import _one_root, display, korean, look, pump_until, root
from tests.viewer.test_remote_window import FakeLink
from viewer.remote import app as remote_app
from viewer.remote.app import RemoteApp
from viewer.remote.events import Ended
from viewer.remote.model import RemoteModel
from viewer.remote.report import Report, read_types
from wire.rfb.events import Ready
from wire.rfb.pixels import BGRX

__all__ = ["_one_root", "display", "korean", "look", "root"]

pytestmark = [pytest.mark.display, pytest.mark.usefixtures("korean")]

TYPES = (("a" * 26, "프린터"), ("b" * 26, "메일"))


class Desk:
    """A window whose support was ended, and what it sent."""

    def __init__(self, root: tk.Tk, look: Theme) -> None:
        self.window = tk.Toplevel(root)
        self.window.wm_overrideredirect(True)
        self.window.geometry("900x520+20+20")
        self.sent: list[Report] = []
        model = RemoteModel(title="3번 고객", is_support=True)
        self.app = RemoteApp(self.window, look, model, FakeLink, on_report=self.sent.append)  # type: ignore[arg-type]
        self.app.start()
        pump_until(root, self.app.window.desktop.canvas.winfo_viewable, "the window")
        model.take(Ready(400, 300, "pc", BGRX), 0.0)

    def end(self, by: str = "customer") -> None:
        self.app._handle(Ended(by))  # type: ignore[arg-type]

    def widget(self, name: str) -> Any:
        pump_until(self.window, lambda: name in self.app.window._sheet_widgets, name)
        self.window.update()
        return self.app.window._sheet_widgets[name]

    def key(self, widget: tk.Misc, sequence: str) -> None:
        widget.focus_force()
        self.window.update()
        widget.event_generate(sequence)
        self.window.update()

    @property
    def words(self) -> str:
        return _words(self.app.window._sheet)


def _words(widget: tk.Misc | None) -> str:
    assert widget is not None
    own = str(widget.cget("text")) if isinstance(widget, ttk.Label | ttk.Button) else ""
    return " ".join([own, *(_words(child) for child in widget.winfo_children())])


@pytest.fixture
def desk(root: tk.Tk, look: Theme) -> Iterator[Desk]:
    made = Desk(root, look)
    yield made
    made.app.close_window()


def test_it_opens_by_itself_and_is_written_by_keys(desk: Desk) -> None:
    desk.window.focus_force()
    desk.app.offer_report(TYPES, opens=True)
    desk.end()
    box = desk.widget("report-type")
    pump_until(desk.window, lambda: desk.window.focus_get() is box, "the focus on the first field")
    box.current(1)
    desk.widget("report-solved").invoke()
    note = desk.widget("report-note")
    note.insert("1.0", "새로 설치\n끝")
    desk.key(note, "<Tab>")
    assert desk.window.focus_get() is desk.widget("report-save")
    desk.key(note, "<Control-Return>")
    assert desk.sent == [Report(TYPES[0][0], "solved", "새로 설치\n끝")]
    assert "보내는 중" in desk.words


def test_it_says_that_it_is_saved_and_closes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_app, "_CLOSE_AFTER_REPORT_S", 1)
    desk.app.offer_report((), opens=True)
    desk.end("agent")
    desk.widget("report-save").invoke()
    assert desk.sent == [Report(None, "unchecked", "")]
    desk.app.report_answered(None)
    assert "상담 기록을 저장했습니다." in desk.words
    pump_until(desk.window, lambda: desk.app._is_closed, "the window's end")


def test_what_was_written_stays_when_it_is_refused_or_a_grade_comes(desk: Desk) -> None:
    desk.app.offer_report(TYPES, opens=True)
    desk.end()
    desk.widget("report-note").insert("1.0", "프린터 드라이버")
    desk.app.take_survey("satisfied")
    desk.widget("report-save").invoke()
    desk.app.report_answered("B-44")
    assert "이미 지워졌을" in desk.words
    assert "만족" in desk.words
    desk.widget("report-save").invoke()
    assert [one.content for one in desk.sent] == ["프린터 드라이버"] * 2


def test_too_long_a_note_is_told_and_not_sent(desk: Desk) -> None:
    desk.app.offer_report((), opens=True)
    desk.end()
    desk.widget("report-note").insert("1.0", "가" * 501)
    desk.widget("report-save").invoke()
    assert "500자까지" in desk.words
    assert desk.sent == []


def test_it_waits_behind_a_button_where_the_company_wants_it_so(desk: Desk) -> None:
    desk.app.offer_report(TYPES, opens=False)
    desk.end("agent")
    desk.widget("report-open").invoke()
    desk.widget("report-type")
    close = desk.widget("ended-close")
    assert close.cget("text") == "적지 않고 창 닫기"


def test_it_may_be_left_at_once(desk: Desk) -> None:
    desk.app.offer_report(TYPES, opens=True)
    desk.end()
    desk.key(desk.widget("report-note"), "<Escape>")
    assert desk.app._is_closed
    assert desk.sent == []


def test_a_late_offer_still_comes_and_an_early_end_shows_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_app, "_REPORT_WAIT_MS", 20)
    desk.end("agent")
    assert "창 닫기 (" in desk.widget("ended-close").cget("text")
    desk.app.offer_report(TYPES, opens=True)
    desk.widget("report-type")
    desk.app.offer_report((), opens=False)
    assert desk.app.model.report is not None
    assert desk.app.model.report.types == TYPES


@pytest.mark.parametrize("wrong", [[1], ["a"], [["a"]], [None]])
def test_nonsense_of_the_parent_is_left_out(wrong: list[Any]) -> None:
    assert read_types([["a", "b"], *wrong]) == (("a", "b"),)
