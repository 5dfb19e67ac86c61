"""The window for the line's settings: what is set is handed over, nonsense is not; all in English too."""

from __future__ import annotations

import ast
import json
import re
import tkinter as tk
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.direct_places import forwarded_places, own_addresses
from desktop.line_words import line_sentence
from desktop.network import NetworkSettings
from desktop.network_window import NetworkWindow
from desktop.theme import Theme
from tests.tk_windows import _one_root, display, korean, look, pump_until, root

__all__ = ["_one_root", "display", "korean", "look", "root"]
ROOT = Path(__file__).parents[2]
MANUAL = NetworkSettings("manual", "socks5://proxy.example:1080", "da-in", "secret")

Make = Callable[..., NetworkWindow]


@pytest.fixture
def saved() -> list[NetworkSettings]:
    return []


@pytest.fixture
def make(root: tk.Tk, look: Theme, korean: None, saved: list[NetworkSettings]) -> Make:
    def made(settings: NetworkSettings, **more: object) -> NetworkWindow:
        window = NetworkWindow(root, look, settings, on_save=saved.append, **more)  # type: ignore[arg-type]
        pump_until(root, window.winfo_viewable, "the settings")
        return window

    return made


@pytest.mark.display
def test_it_hands_over_what_stands_there(make: Make, saved: list[NetworkSettings]) -> None:
    make(MANUAL, code="B-17", is_agent=True).save()
    assert saved == [MANUAL]


@pytest.mark.display
def test_it_saves_a_proxy_written_by_hand(make: Make, saved: list[NetworkSettings]) -> None:
    window = make(NetworkSettings())
    window.mode.set("manual")
    window.place.set(" proxy.example:3128 ")
    window.user.set("da-in")
    window.password.set("비밀")
    window.save()
    assert saved == [NetworkSettings("manual", "http://proxy.example:3128", "da-in", "비밀")]
    assert not window.winfo_exists()


@pytest.mark.display
@pytest.mark.parametrize("place", ["", "proxy example", "user:secret@proxy:1", "proxy:99999"])
def test_it_refuses_nonsense(make: Make, saved: list[NetworkSettings], place: str) -> None:
    window = make(NetworkSettings())
    window.mode.set("manual")
    window.place.set(place)
    window.save()
    assert (saved, window.winfo_exists()) == ([], 1)


@pytest.mark.display
def test_it_refuses_a_forwarded_address_that_is_none(make: Make, saved: list[NetworkSettings]) -> None:
    window = make(NetworkSettings(), is_agent=True)
    window.forwarded.set("my-router:51515")
    window.save()
    assert saved == []
    window.forwarded.set("203.0.113.7:51515-51519")
    window.save()
    assert saved[0].forwarded == "203.0.113.7:51515-51519"


def test_it_reads_forwarded_addresses() -> None:
    assert forwarded_places("203.0.113.7:51515") == [("203.0.113.7", 51515)]
    assert forwarded_places("[2001:db8::7]:5-6") == [("2001:db8::7", 5), ("2001:db8::7", 6)]


@pytest.mark.parametrize("text", ["", "x:1", "203.0.113.7", "203.0.113.7:0", "1.2.3.4:5-4", "1.2.3.4:1-99"])
def test_it_reads_no_forwarded_address_into_nonsense(text: str) -> None:
    with pytest.raises(ValueError, match=r"not|ports|IP"):
        forwarded_places(text)


def test_it_knows_its_own_addresses() -> None:
    assert own_addresses("127.0.0.1")[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("code", "is_known"), [("B-10", False), ("B-17", True), ("B-18", True), ("B-19", True)]
)
def test_it_knows_the_faults_of_the_line(korean: None, code: str, is_known: bool) -> None:
    assert (line_sentence(code) is not None) == is_known


def test_every_sentence_of_desktop_has_its_english() -> None:
    table: dict[str, str] = json.loads((ROOT / "desktop" / "locale" / "desktop.en.json").read_text())
    found = {
        node.args[0].value
        for file in (ROOT / "desktop").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "t"
        if isinstance(node.args[0], ast.Constant)
    }
    assert found == set(table)
    assert not re.search("[가-힣]", "".join(table.values()))
