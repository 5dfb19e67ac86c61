"""The agent's windows of files on a real display, with a customer's desk that answers; no sockets."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tkinter import ttk
from typing import Any

import pytest

from customer_agent import rights as r
from customer_agent.files.desk import CustomerFiles
from customer_agent.gate import Gate
from desktop.theme import Theme
from tests.desktop.files.two import FakeLink, linked
from tests.tk_windows import _one_root, display, korean, look, pump_until, root
from viewer.files import app as module
from viewer.files.app import FilesApp
from viewer.files.desk import AgentFiles
from viewer.files.folder_window import child_path, parent_path
from viewer.remote.model import RemoteModel
from wire.control import messages as c
from wire.files.messages import Entry

__all__ = ["_one_root", "display", "korean", "look", "root"]

pytestmark = [pytest.mark.display, pytest.mark.usefixtures("korean")]

P = "p1"
ALL_ON = {"send_file": True, "get_file": True, "two_way_files": True, "clipboard_files": True}
ALLOWED = c.Rights(1, view=True, files_in=True, files_out=True)


class Port:
    """The link, as far as files go."""

    def __init__(self, link: FakeLink, folder: Path) -> None:
        self.link, self.folder = link, folder
        self.said: list[c.ControlMessage] = []

    def open_files(self, on_views: Any, on_refused: Any) -> AgentFiles:
        desk = AgentFiles(self.link, on_views=on_views, on_refused=on_refused, folder=self.folder)
        self.link.desk = desk
        return desk

    def send_control(self, message: c.ControlMessage) -> None:
        self.said.append(message)


class Office:
    """The agent's app, and the customer's desk at the other end."""

    def __init__(self, root: tk.Tk, look: Theme, folder: Path, **options: bool) -> None:
        options = {**ALL_ON, **options}
        agent_link, customer_link = linked()
        self.root, self.folder = root, folder
        self.model = RemoteModel(title="3번 고객", is_support=True, options=options)
        self.model.rights = ALLOWED
        self.port = Port(agent_link, folder / "agent")
        self.chosen: list[str] = []
        self.app = FilesApp(
            root, look, self.model, self.port, ask_files=self._choose, ask_folder=self._folder
        )
        gate = Gate()
        gate.set_options(options)
        gate.admit(P, r.consented({"view": True}, {**options, "consent_to_files": False}))
        self.wants: list[int] = []
        self.customer = CustomerFiles(
            customer_link,
            gate,
            P,
            on_views=lambda _views: None,
            on_want=self.wants.append,
            send_note=lambda _note, done: done(),
            folder=folder / "customer",
        )
        customer_link.desk = self.customer
        self.app.open()

    def _choose(self, **_: object) -> Sequence[str]:
        return self.chosen

    def _folder(self, **_: object) -> str:
        return self.chosen[0]

    def press(self, name: str) -> None:
        assert self.app.window is not None
        button = self.app.window.widgets[name]
        assert isinstance(button, ttk.Button)
        button.invoke()
        self.root.update()

    def is_enabled(self, name: str) -> bool:
        assert self.app.window is not None
        button = self.app.window.widgets[name]
        assert isinstance(button, ttk.Button)
        return not button.instate(["disabled"])

    def rows(self) -> list[tuple[str, ...]]:
        assert self.app.window is not None
        tree = self.app.window.tree
        return [(tree.item(row, "text").strip(), *tree.item(row, "values")) for row in tree.get_children()]

    def wait_for_state(self, words: str) -> None:
        pump_until(self.root, lambda: self.rows() and self.rows()[0][-1] == words, words)

    def sentence(self) -> str:
        assert self.app.window is not None
        return str(self.app.window._sentence.cget("text"))

    def close(self) -> None:
        self.app.close()
        self.customer.close()


@pytest.fixture
def make(root: tk.Tk, look: Theme, tmp_path: Path) -> Iterator[Callable[..., Office]]:
    made: list[Office] = []

    def make_one(**options: bool) -> Office:
        made.append(Office(root, look, tmp_path, **options))
        return made[-1]

    yield make_one
    for office in made:
        office.close()


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "아주 긴 이름의 분기 보고서 최종본 정말 마지막 수정 2026-11-20 확인 요청.hwpx"
    path.write_bytes(b"words" * 1000)
    return path


def test_it_sends_what_the_agent_chose_and_shows_it(make: Callable[..., Office], report: Path) -> None:
    office = make()
    office.chosen = [str(report)]
    office.press("send")
    office.wait_for_state("완료")
    name, size, progress, *_ = office.rows()[0]
    assert (size, progress) == ("4.9 KB", "100%")
    assert name.startswith("아주 긴")
    assert name.endswith(".hwpx")
    assert "…" in name
    assert (office.folder / "customer" / report.name).exists()


def test_it_keeps_one_timer_however_often_it_shows(make: Callable[..., Office], root: tk.Tk) -> None:
    """Two timers a turn doubled with every turn and ate the window."""
    office = make()
    turns: list[int] = []
    show = office.app._show
    office.app._show = lambda: (turns.append(1), show())[1]  # type: ignore[method-assign,func-returns-value]
    root.after(1500, lambda: turns.append(0))
    pump_until(root, lambda: 0 in turns, "a second and a half")
    assert 2 <= len(turns) < 10


def test_it_takes_what_the_customer_sends_only_when_told_to(
    make: Callable[..., Office], report: Path
) -> None:
    office = make()
    office.customer.send([report])
    office.wait_for_state("고객이 보냅니다. 받으시겠습니까?")
    assert not (office.folder / "agent").exists()
    office.press("accept")
    office.wait_for_state("완료")
    assert (office.folder / "agent" / report.name).exists()


def test_it_asks_the_customer_and_stores_what_they_chose(make: Callable[..., Office], report: Path) -> None:
    office = make()
    office.press("want")
    pump_until(office.root, lambda: office.wants, "the wish")
    assert office.sentence().startswith("고객에게 파일을 요청했습니다.")
    office.customer.send([report], reply=office.wants[0])
    office.wait_for_state("완료")


def test_it_says_that_the_customer_gives_nothing(make: Callable[..., Office]) -> None:
    office = make()
    office.press("want")
    pump_until(office.root, lambda: office.wants, "the wish")
    office.customer.refuse_want(office.wants[0])
    pump_until(office.root, lambda: "보내지 않기로" in office.sentence(), "the answer")


def test_it_asks_for_the_right_first_and_goes_on_by_itself(make: Callable[..., Office], report: Path) -> None:
    office = make()
    office.model.rights = c.Rights(2, view=True, why={"files_in": "consent", "files_out": "consent"})
    office.chosen = [str(report)]
    office.press("send")
    assert [message.right for message in office.port.said if isinstance(message, c.Ask)] == ["files_in"]
    assert not office.rows()
    office.model.rights = ALLOWED
    office.wait_for_state("완료")


def test_it_offers_only_what_the_options_leave(make: Callable[..., Office]) -> None:
    office = make(get_file=False)
    assert office.is_enabled("send")
    assert not office.is_enabled("want")
    assert not office.is_enabled("browse")
    off = make(send_file=False, get_file=False)
    assert not off.is_enabled("send")
    assert "(B-60)" in off.sentence()
    assert not off.app.may_open


def test_it_pauses_cancels_and_sends_again(make: Callable[..., Office], tmp_path: Path) -> None:
    office = make()
    large = tmp_path / "large"
    large.write_bytes(bytes(3_000_000))
    office.app._desk._screen_moved_at = float("inf")
    office.chosen = [str(large)]
    office.press("send")
    office.wait_for_state("보내는 중")
    office.press("pause")
    office.wait_for_state("일시 정지")
    office.press("cancel")
    office.wait_for_state("취소됨")
    office.press("retry")
    office.wait_for_state("완료")
    office.press("forget")
    pump_until(office.root, lambda: not office.rows(), "an empty list")


def test_it_looks_through_folders_and_gets_a_file(make: Callable[..., Office], report: Path) -> None:
    office = make()
    office.press("browse")
    pump_until(office.root, lambda: office.app.folders is not None, "the folders")
    folders = office.app.folders
    assert folders is not None
    pump_until(office.root, folders.tree.get_children, "where to begin")
    folders.open(str(report.parent))
    pump_until(office.root, lambda: len(folders.tree.get_children()) >= 1, "the folder")
    names = [folders.tree.item(row, "text").strip() for row in folders.tree.get_children()]
    folders.tree.selection_set(str(names.index(report.name)))
    folders.get_chosen()
    office.wait_for_state("완료")
    assert (office.folder / "agent" / report.name).exists()


def test_it_sends_files_that_were_copied(
    make: Callable[..., Office], report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = make()
    monkeypatch.setattr(module, "copied_files", lambda _root: [report])
    office.app.paste()
    office.wait_for_state("완료")


@pytest.mark.parametrize(
    ("folder", "entry", "path"),
    [
        ("/home", Entry("a", folder=True), "/home/a"),
        ("/", Entry("home", folder=True), "/home"),
        ("C:\\Users", Entry("a"), "C:\\Users\\a"),
        ("C:\\", Entry("Users", folder=True), "C:\\Users"),
        ("", Entry("문서", folder=True, path="/home/dain/문서"), "/home/dain/문서"),
    ],
)
def test_it_writes_paths_as_the_customers_pc_does(folder: str, entry: Entry, path: str) -> None:
    assert child_path(folder, entry) == path


@pytest.mark.parametrize(
    ("path", "above"),
    [("/home/dain", "/home"), ("/home", "/"), ("/", ""), ("C:\\Users\\a", "C:\\Users"), ("C:\\Users", "C:\\")]
    + [("C:\\", "")],
)
def test_it_goes_up(path: str, above: str) -> None:
    assert parent_path(path) == above
