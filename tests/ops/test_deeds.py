"""The agent of the stories: what it reads from the clipboard is what its own click put there."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.story.deeds import AgentAtWork
from ops.story.screens import Layouts
from tests.displays import Display, require_programs, start_xvfb

pytestmark = pytest.mark.display


class SlowScreen:
    """A screen on which the copy button works a moment after the click."""

    def __init__(self, display: Display) -> None:
        self.environment = dict(display.env)
        self.copying = threading.Timer(0.7, self.copy, ["123456"])

    def copy(self, text: str) -> None:
        command = ["xclip", "-selection", "clipboard"]
        process = subprocess.Popen(
            command,
            env={**os.environ, **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        process.communicate(text.encode())

    def click(self, _window: str, _widget: str) -> None:
        if not self.copying.is_alive() and not self.copying.finished.is_set():
            self.copying.start()


@pytest.fixture
def screen() -> Iterator[SlowScreen]:
    require_programs("Xvfb", "xclip")
    display = start_xvfb()
    slow = SlowScreen(display)
    yield slow
    slow.copying.join()
    display.stop()


def test_it_never_takes_an_older_text_for_the_code(screen: SlowScreen, tmp_path: Path) -> None:
    screen.copy("999999")
    agent = AgentAtWork(screen, Layouts(tmp_path))  # type: ignore[arg-type]
    assert agent.code() == "123456"
