"""The log-in window: what is typed is handed over once, what is missing is said."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import pytest

from desktop import words
from desktop.theme import Theme
from tests.tk_windows import _one_root, display, korean, look, pump_until, root
from viewer.waiting.login import Credentials
from viewer.waiting.memory import Remembered
from viewer.waiting.windows.login_window import LoginWindow

__all__ = ["_one_root", "display", "korean", "look", "root"]

pytestmark = [pytest.mark.display, pytest.mark.usefixtures("korean")]

Make = Callable[..., LoginWindow]


@pytest.fixture
def submitted() -> list[Credentials]:
    return []


@pytest.fixture
def make(root: tk.Tk, look: Theme, submitted: list[Credentials]) -> Make:
    def made(filled: Remembered | None = None) -> LoginWindow:
        page = LoginWindow(
            root,
            look,
            filled or Remembered("http://127.0.0.1:8000"),
            on_submit=submitted.append,
            on_cancel=submitted.clear,
            on_language=lambda: None,
        )
        page.pack()
        root.deiconify()
        pump_until(root, page.winfo_viewable, "the log-in window")
        return page

    return made


def sentences(widget: tk.Misc) -> str:
    """Every word in the window."""
    own = str(widget.cget("text")) if isinstance(widget, ttk.Label | ttk.Button) else ""
    return " ".join([own, *(sentences(child) for child in widget.winfo_children())])


def test_it_hands_over_what_was_typed(make: Make, submitted: list[Credentials]) -> None:
    page = make()
    page.tenant.set("maru")
    page.login_id.set("bora")
    page.password.set("비밀 번호")
    page.remember.set(True)
    page.submit()
    page.submit()
    assert submitted == [Credentials("http://127.0.0.1:8000", "maru", "bora", "비밀 번호", True)]


def test_it_asks_for_the_code_when_the_server_does(make: Make, submitted: list[Credentials]) -> None:
    page = make(Remembered("http://127.0.0.1:8000", tenant="maru", login_id="bora"))
    page.password.set("pw")
    page.submit()
    page.ask_code()
    page.ask_code()
    assert sentences(page).count("인증 번호") == 1
    page.submit()
    assert "인증 번호를 적어 주십시오." in sentences(page)
    page.code.set(" 482 913 ")
    page.submit()
    assert [one.otp for one in submitted] == ["", "482 913"]
    page.show_error("인증 번호가 맞지 않습니다.", "B-54", focus="code")
    assert "B-54" in sentences(page)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("", "bora", "x"), "고객사 아이디를 적어 주십시오."),
        (("maru", " ", "x"), "아이디를 적어 주십시오."),
        (("maru", "bora", ""), "비밀번호를 적어 주십시오."),
    ],
)
def test_it_says_what_is_missing(
    make: Make, submitted: list[Credentials], typed: tuple[str, str, str], says: str
) -> None:
    page = make()
    for variable, value in zip((page.tenant, page.login_id, page.password), typed, strict=True):
        variable.set(value)
    page.submit()
    assert says in sentences(page)
    assert submitted == []


def test_it_shows_a_failure_with_its_code_and_goes_on(make: Make, submitted: list[Credentials]) -> None:
    page = make(Remembered("http://127.0.0.1:8000", "maru", "bora"))
    page.password.set("falsch")
    page.submit()
    page.show_error("아이디나 비밀번호가 맞지 않습니다.", "B-41")
    assert "아이디나 비밀번호가 맞지 않습니다. (B-41)" in sentences(page)
    page.submit()
    assert len(submitted) == 2
    assert "B-41" not in sentences(page)


def test_it_starts_at_the_first_empty_field(make: Make, root: tk.Tk) -> None:
    page = make(Remembered("http://127.0.0.1:8000", "maru", "bora"))
    root.focus_force()
    page.widgets["password"].focus_force()
    pump_until(root, lambda: root.focus_get() is page.widgets["password"], "the focus")
    assert root.focus_get() is page.widgets["password"]


def test_it_never_shows_the_password(make: Make) -> None:
    page = make()
    entry = page.widgets["password"]
    assert isinstance(entry, ttk.Entry)
    assert str(entry.cget("show")) == "●"


def test_it_speaks_english(make: Make) -> None:
    from importlib import resources

    words.add_table(resources.files("desktop") / "locale" / "viewer.en.json")
    words.set_language("en")
    page = make()
    assert "Agent log-in" in sentences(page)
    assert "고객사" not in sentences(page)


def test_it_asks_for_the_server_only_when_wanted(make: Make) -> None:
    page = make()
    assert "server" not in page.widgets
    link = page.widgets["server-link"]
    assert isinstance(link, ttk.Button)
    link.invoke()
    assert "server" in page.widgets
