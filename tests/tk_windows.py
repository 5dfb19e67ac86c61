"""One hidden Tk root on an Xvfb of its own, for tests of windows. Import the fixtures where needed."""

from __future__ import annotations

import gc
import os
import time
import tkinter as tk
from collections.abc import Callable, Iterator

import pytest

from desktop import theme, words
from tests.displays import Display, start_window_manager, start_xvfb

__all__ = ["display", "korean", "look", "pump_until", "root"]


@pytest.fixture(scope="session")
def display() -> Iterator[Display]:
    """A display with a window manager, on which Tk opens."""
    screen = start_xvfb(1600, 1000)
    before = os.environ.get("DISPLAY")
    os.environ["DISPLAY"] = screen.name
    try:
        start_window_manager(screen)
        yield screen
    finally:
        screen.stop()
        if before is None:
            os.environ.pop("DISPLAY", None)
        else:
            os.environ["DISPLAY"] = before


@pytest.fixture(scope="session")
def _one_root(display: Display) -> Iterator[tk.Tk]:
    root = tk.Tk(className="BaroHelp")
    root.withdraw()
    yield root
    root.destroy()


@pytest.fixture
def root(_one_root: tk.Tk) -> Iterator[tk.Tk]:
    """The root, emptied after the test; an exception in a callback fails the test."""
    failures: list[BaseException] = []

    def failed(_kind: object, value: BaseException, _trace: object) -> None:
        failures.append(value)

    gc.freeze()  # what is there already need not be looked through at the end: that took a second a test
    _one_root.report_callback_exception = failed  # type: ignore[assignment]
    yield _one_root
    for child in _one_root.winfo_children():
        child.destroy()
    _one_root.update()
    _one_root.withdraw()
    # Windows lie in reference cycles; a collection on another thread later could not undo them.
    gc.collect()
    if failures:
        raise failures[0]


@pytest.fixture
def look(root: tk.Tk) -> theme.Theme:
    """The product's look on the root."""
    return theme.apply(root)


@pytest.fixture
def korean() -> Iterator[None]:
    """Korean words, whatever the machine's language is."""
    words.set_language("ko")
    yield
    words.set_language("ko")


def pump_until(root: tk.Misc, probe: Callable[[], object], what: str, deadline_s: float = 8.0) -> None:
    """Let Tk run until `probe` is true; an AssertionError naming `what` after the deadline."""
    until = time.monotonic() + deadline_s
    while not probe():
        assert time.monotonic() < until, f"waited {deadline_s:g} s in vain for {what}"
        root.update()
        time.sleep(0.005)
