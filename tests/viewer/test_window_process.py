"""`python -m viewer --window`, the real process: it waits, shows a window, asks for keys, and leaves."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.displays import Display, start_window_manager, wait_for, xvfb
from tests.viewer.signals import PARTICIPANT, SESSION

pytestmark = [pytest.mark.flow, pytest.mark.display]

OPENING = {
    "t": "open",
    "session": SESSION,
    "participant": PARTICIPANT,
    "number": 3,
    "agent_name": "보라",
    "company": "주식회사 마루",
    "options": {"view_only": False},
    "epoch": 0,
    "keys_lost": False,
    "language": "ko",
}


@pytest.fixture
def display() -> Iterator[Display]:
    with xvfb(1200, 900) as screen:
        start_window_manager(screen)
        yield screen


class Window:
    """The process and its two pipes."""

    def __init__(self, display: Display) -> None:
        self.process = display.start(
            sys.executable, "-m", "viewer", "--window", stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def tell(self, line: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line).encode() + b"\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        return line

    def hang_up(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(10)


def test_a_spare_shows_nothing_and_leaves_with_its_parent(display: Display) -> None:
    window = Window(display)
    assert display.xdotool("search", "--onlyvisible", "--name", "BaroHelp") == ""
    assert window.hang_up() == 0


def test_it_shows_its_window_and_leaves_with_its_parent(display: Display) -> None:
    window = Window(display)
    window.tell(OPENING)
    display.find_window("--name", "BaroHelp")
    assert window.hang_up() == 0


def test_it_exchanges_keys_through_its_parent(display: Display) -> None:
    window = Window(display)
    window.tell(OPENING)
    commit = {"t": "key.commit", "participant": PARTICIPANT, "epoch": 1, "commit": "A" * 43}
    ask = {"t": "key.ask", "session": SESSION, "participant": PARTICIPANT, "epoch": 1, "ordinal": 1}
    window.tell({"t": "signal", "message": {**ask, "role": "lead", "agent_name": "보라"}})
    window.tell({"t": "signal", "message": {**commit, "commit": "A" * 43 + "="}})
    line = window.hear()
    assert (line["t"], line["command"]["t"], line["command"]["epoch"]) == ("command", "key.open", 1)
    window.tell({"t": "close"})
    assert window.hear() == {"t": "closed"}
    assert window.process.wait(10) == 0


def test_it_lives_with_nonsense_and_shows_the_end(display: Display, tmp_path: Path) -> None:
    window = Window(display)
    window.tell(OPENING)
    window.tell({"t": "signal", "message": {"t": "offer", "epoch": "many"}})
    window.tell({"t": "what"})
    window.tell({"t": "signal", "message": {"t": "ended", "session": SESSION, "by": "customer"}})
    assert window.hear() == {"t": "state", "link": "ended"}
    window.tell({"t": "survey", "grade": "satisfied"})
    found = display.find_window("--name", "BaroHelp")
    display.xdotool("windowfocus", "--sync", found)
    window.tell({"t": "report", "types": [[PARTICIPANT, "프린터"]], "opens": True})
    wait_for(lambda: _speaks(display, window), what="Ctrl+Return to save the report", every_s=0.3)
    report = {"t": "report", "session": SESSION, "issue_type": None, "result": "unchecked", "content": ""}
    said = window.hear()
    assert (said["t"], report | said["command"]) == ("command", report)
    window.tell({"t": "reported", "code": None})
    wait_for(lambda: _closes(display, window), what="Return to close it", every_s=0.3)
    assert window.hear() == {"t": "closed"}


def _speaks(display: Display, window: Window) -> bool:
    display.xdotool("key", "ctrl+Return")
    return bool(select.select([window.process.stdout], [], [], 0.2)[0])


def _closes(display: Display, window: Window) -> bool:
    display.xdotool("key", "Return")
    return window.process.poll() is not None


def test_it_is_not_for_people(display: Display) -> None:
    window = Window(display)
    window.tell({"t": "hello"})
    assert window.process.wait(10) == 2
