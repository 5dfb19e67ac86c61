"""The customer's window of files on a real display: what comes, what is asked, who may press its buttons."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator, Sequence
from pathlib import Path
from tkinter import ttk

import pytest

from customer_agent import events as e
from customer_agent import rights as r
from customer_agent.files.files_app import WANT_TIMEOUT_S, FilesApp
from customer_agent.files.words import failure_words, state_words
from customer_agent.gate import Gate
from customer_agent.texts import load_words
from desktop.files.views import JobView
from desktop.theme import Theme
from tests.customer_agent.test_windows import words_in
from tests.tk_windows import _one_root, display, korean, look, root
from wire.rfb.events import PointerEvent

__all__ = ["_one_root", "display", "korean", "look", "root"]

pytestmark = [pytest.mark.display, pytest.mark.usefixtures("korean")]

P = "p1"
RUNNING = JobView(1, "in", "보고서.pdf", 1, 0, 1_000_000, 400_000, 0, "running", "", "", 1e5, 6.0)


class Desk:
    """Records what the app orders."""

    may_send = True

    def __init__(self) -> None:
        self.orders: list[tuple[object, ...]] = []
        self.porter = self

    def send(self, paths: Sequence[Path], *, reply: int | None = None) -> None:
        self.orders.append(("send", [str(path) for path in paths], reply))

    def refuse_want(self, request: int, code: str = "refused") -> None:
        self.orders.append(("refuse", request, code))

    def cancel(self, key: int) -> None:
        self.orders.append(("cancel", key))

    def pause(self, key: int, on: bool) -> None:
        self.orders.append(("pause", key, on))


class Home:
    def __init__(self, root: tk.Tk, look: Theme) -> None:
        load_words()
        self.root, self.now = root, 100.0
        self.desk = Desk()
        self.gate = Gate(clock=lambda: self.now)
        options = {"send_file": True, "get_file": True}
        self.gate.set_options(options)
        self.gate.admit(P, r.consented({"view": True, "mouse": True, "keyboard": True}, options))
        self.chosen: list[str] = ["/tmp/a.txt"]
        self.while_choosing: list[bool] = []
        self.app = FilesApp(root, look, self, self.gate, clock=lambda: self.now, choose=self._choose)

    def files_of(self, participant: str) -> Desk | None:  # type: ignore[override]
        return self.desk if participant == P else None

    def _choose(self, _window: tk.Misc) -> Sequence[str]:
        self.while_choosing.append(self.agent_may_click())
        return self.chosen

    def agent_may_click(self) -> bool:
        return self.gate.permits(P, PointerEvent(1, 1, 1))

    def press(self, name: str) -> None:
        assert self.app.window is not None
        button = self.app.window.widgets[name]
        assert isinstance(button, ttk.Button)
        button.invoke()
        self.root.update()

    def words(self) -> str:
        assert self.app.window is not None
        self.root.update()
        return words_in(self.app.window)


@pytest.fixture
def home(root: tk.Tk, look: Theme) -> Iterator[Home]:
    made = Home(root, look)
    yield made
    made.app.close()


def test_it_comes_forward_by_itself_when_something_comes(home: Home) -> None:
    """Nothing moves on the customer's computer unseen."""
    home.app.take(e.FilesChanged(P, (RUNNING,)))
    assert home.app.window is not None
    assert home.app.window.state() == "normal"
    assert "상담원이 보낸 파일" in home.words()
    assert "보고서.pdf" in home.words()
    assert "남은 시간 6초" in home.words()
    home.app.window.withdraw()
    home.app.take(e.FilesChanged(P, (RUNNING,)))
    assert home.app.window.state() == "withdrawn", "closed by the customer, it stays closed for the same file"


def test_it_cancels_and_pauses(home: Home) -> None:
    home.app.take(e.FilesChanged(P, (RUNNING,)))
    home.press("pause-1")
    home.press("cancel-1")
    assert home.desk.orders == [("pause", 1, True), ("cancel", 1)]


def test_it_lets_only_the_customer_grant_a_wish(home: Home) -> None:
    """While the question stands and while the customer chooses, the agent's clicks do not arrive."""
    assert home.agent_may_click()
    home.app.take(e.FilesWanted(P, 5))
    assert not home.agent_may_click()
    home.press("want-yes")
    assert home.while_choosing == [False]
    assert home.desk.orders == [("send", ["/tmp/a.txt"], 5)]
    assert home.agent_may_click()


@pytest.mark.parametrize("how", ["button", "time"])
def test_it_gives_nothing_without_the_customers_word(home: Home, how: str) -> None:
    home.app.take(e.FilesWanted(P, 5))
    assert "상담원이 파일을 보내 달라고 합니다." in home.words()
    if how == "button":
        home.press("want-no")
    else:
        home.now += WANT_TIMEOUT_S
        home.app.tick()
    assert home.desk.orders == [("refuse", 5, "refused" if how == "button" else "timeout")]
    assert home.agent_may_click()


def test_it_keeps_asking_when_nothing_was_chosen(home: Home) -> None:
    home.chosen = []
    home.app.take(e.FilesWanted(P, 5))
    home.press("want-yes")
    assert home.desk.orders == []
    assert "상담원이 파일을 보내 달라고 합니다." in home.words()


def test_it_sends_by_the_customers_own_hand(home: Home) -> None:
    home.app.open()
    home.press("send")
    assert home.desk.orders == [("send", ["/tmp/a.txt"], None)]


def test_it_offers_no_sending_where_it_may_not_be(home: Home) -> None:
    home.desk.may_send = False
    home.app.open()
    assert home.app.window is not None
    assert "send" not in home.app.window.widgets
    assert not home.app.may_send


def test_it_has_a_sentence_for_every_state_and_code() -> None:
    for state in (
        "waiting",
        "asked",
        "running",
        "paused",
        "paused_there",
        "broken",
        "done",
        "partly",
        "failed",
    ):
        assert state_words(JobView(1, "in", "a", 1, 0, 5, state=state, code="x")).endswith((".", ")"))  # type: ignore[arg-type]
    assert failure_words("disk_full").endswith("(B-61)")
    assert failure_words("whatever").endswith("(B-69)")
