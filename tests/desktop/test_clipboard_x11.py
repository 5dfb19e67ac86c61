"""The clipboard thread against other programs: Tk, xclip, ten megabytes, owners that vanish."""

from __future__ import annotations

import os
import queue
import subprocess
import tkinter as tk
from collections.abc import Callable, Iterator

import pytest

from desktop.clipboard_x11 import X11Clipboard
from tests import displays
from tests.displays import wait_for
from tests.tk_windows import _one_root, display, pump_until, root
from wire.limits import MAX_CUT_TEXT

__all__ = ["_one_root", "display", "root"]

pytestmark = pytest.mark.display

LARGE = "가나다라 마바사 😀\n" * 360_000  # 9.8 MB


class Ear:
    """What a clipboard thread told."""

    def __init__(self) -> None:
        self.texts: queue.Queue[str] = queue.Queue()
        self.too_large: queue.Queue[int] = queue.Queue()
        self.changes: queue.Queue[None] = queue.Queue()
        self.clipboard = X11Clipboard(
            os.environ["DISPLAY"],
            on_text=self.texts.put,
            on_too_large=self.too_large.put,
            on_change=lambda: self.changes.put(None),
        )
        self.clipboard.start()


@pytest.fixture
def make_ear(display: displays.Display) -> Iterator[Callable[[], Ear]]:
    made: list[Ear] = []

    def make() -> Ear:
        made.append(Ear())
        return made[-1]

    yield make
    for ear in made:
        ear.clipboard.stop()
        ear.clipboard.join(5)
        assert not ear.clipboard.is_alive()


def xclip(text: str) -> None:
    displays.require_programs("xclip")
    subprocess.run(["xclip", "-selection", "clipboard"], input=text.encode(), check=True, timeout=20)


def pasted() -> str:
    done = subprocess.run(
        ["xclip", "-selection", "clipboard", "-o"], capture_output=True, timeout=20, check=False
    )
    return done.stdout.decode()


def test_it_hears_what_is_copied_while_it_watches(make_ear: Callable[[], Ear]) -> None:
    ear = make_ear()
    xclip("before")
    ear.changes.get(timeout=5)
    ear.clipboard.watch(True)
    xclip("안녕하세요 😀")
    assert ear.texts.get(timeout=5) == "안녕하세요 😀"
    ear.clipboard.watch(False)
    ear.changes.get(timeout=5)
    xclip("after")
    ear.changes.get(timeout=5)
    ear.clipboard.fetch()
    assert ear.texts.get(timeout=5) == "after"
    assert ear.texts.empty()


def test_it_gives_text_to_other_programs(make_ear: Callable[[], Ear]) -> None:
    ear = make_ear()
    ear.clipboard.watch(True)
    ear.clipboard.give("넘겨준 글 €")
    wait_for(lambda: pasted() == "넘겨준 글 €", what="the pasted text")
    ear.clipboard.give("둘째")
    wait_for(lambda: pasted() == "둘째", what="the second text")
    assert ear.texts.empty(), "it heard itself"
    xclip("of another program again")
    assert ear.texts.get(timeout=5) == "of another program again"


def test_it_carries_ten_megabytes_both_ways(make_ear: Callable[[], Ear]) -> None:
    giving, hearing = make_ear(), make_ear()
    hearing.clipboard.watch(True)
    giving.clipboard.give(LARGE)
    assert hearing.texts.get(timeout=20) == LARGE
    assert pasted() == LARGE
    xclip(LARGE + "!")
    assert hearing.texts.get(timeout=20) == LARGE + "!"


def test_it_gives_ten_megabytes_to_tk(make_ear: Callable[[], Ear], root: tk.Tk) -> None:
    ear = make_ear()
    ear.clipboard.give(LARGE)
    # An owner that loses the clipboard in the middle of a transfer would make Tk wait five seconds.
    wait_for(lambda: pasted() == LARGE, what="the text in xclip")

    def is_there() -> bool:
        try:
            return bool(root.clipboard_get() == LARGE)
        except tk.TclError:
            return False

    pump_until(root, is_there, "the text in Tk", deadline_s=20)


def test_it_says_what_is_too_large(make_ear: Callable[[], Ear]) -> None:
    ear = make_ear()
    ear.clipboard.watch(True)
    xclip("가" * (MAX_CUT_TEXT // 3 + 10))
    assert ear.too_large.get(timeout=20) > MAX_CUT_TEXT
    xclip("small")
    assert ear.texts.get(timeout=5) == "small"


def test_it_bears_an_owner_that_leaves_in_the_middle(make_ear: Callable[[], Ear]) -> None:
    hearing, leaving = make_ear(), make_ear()
    hearing.clipboard.watch(True)
    leaving.clipboard.give(LARGE)
    leaving.clipboard.stop()
    leaving.clipboard.join(5)
    hearing.clipboard.fetch()
    xclip("text")
    wait_for(lambda: hearing.texts.get(timeout=5) == "text", what="the text of the next owner")
