"""What the agent types arrives byte for byte: viewer window, RFB, customer program, X, real editors.

The agent's fingers are X11Hands on the agent's display: a keyboard that has every character, as an input
method has. The whole corpus, and editors beside mousepad, are slow.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from customer_agent.input.platform_x11 import X11Hands
from tests import displays
from tests.customer_agent.serving import ROOT, listening
from tests.customer_agent.test_input_x11 import CONTROL, QUIET_EDITOR, SHIFT, chord, tap
from tests.displays import Display, wait_for
from tests.viewer import corpus
from viewer.remote.input import keysyms as k

pytestmark = [pytest.mark.flow, pytest.mark.display, pytest.mark.timeout(300)]

RECORDER = Path(__file__).parent / "key_recorder.py"
ALT, SUPER = k.ALT_L, k.SUPER_L
WIDTH, HEIGHT = 800, 600


@dataclass
class Desk:
    """The customer's display, the agent's with the viewer on it, and the agent's fingers."""

    customer: Display
    agent: Display
    fingers: X11Hands
    folder: Path

    def widgets(self) -> dict[str, list[int]]:
        for file in self.folder.glob("*-remote.json"):
            layout: dict[str, dict[str, list[int]]] = json.loads(file.read_text())
            return layout["widgets"]
        return {}

    def point_at_desktop(self) -> None:
        """Click into the middle of the customer's desktop, where the editor is."""
        x, y, width, height = self.widgets()["desktop"]
        self.fingers.pointer(0, x + width // 2, y + height // 2)
        self.fingers.pointer(1, x + width // 2, y + height // 2)
        self.fingers.pointer(0, x + width // 2, y + height // 2)

    def type(self, text: str) -> None:
        for keysym in corpus.keysyms_of_line(text):
            tap(self.fingers, keysym)


@pytest.fixture
def make_desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Makes the desk around what `open_program(display)` starts on the customer's side.

    The parameter says whether the customer's desktop has a window manager (True without one).
    """
    managed = getattr(request, "param", True)
    with displays.xvfb(WIDTH, HEIGHT, window_manager=managed) as customer, displays.xvfb(1000, 760) as agent:
        fingers = X11Hands(agent.name)
        with listening(customer) as (port, _process):

            def make(open_program: Callable[[Display], object]) -> Desk:
                open_program(customer)
                env = {"BAROHELP_UI_MAP": str(tmp_path), "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
                address = f"127.0.0.1:{port}"
                agent.start(sys.executable, "-m", "viewer", "--vnc", address, env=env, cwd=ROOT)
                desk = Desk(customer, agent, fingers, tmp_path)
                wait_for(lambda: desk.widgets().get("desktop"), what="the viewer", deadline_s=20)
                wait_for(lambda: desk.widgets()["desktop"][2] >= WIDTH, what="the picture's size")
                desk.point_at_desktop()
                return desk

            yield make
            fingers.close()


def open_mousepad(path: Path) -> Callable[[Display], None]:
    displays.require_programs("mousepad", "xdotool")
    path.write_text("")

    def start(display: Display) -> None:
        env = {
            **QUIET_EDITOR,
            "HOME": str(path.parent),
            "XDG_CONFIG_HOME": str(path.parent),
            "LC_ALL": "C.UTF-8",
        }
        display.start("mousepad", "--disable-server", str(path), env=env)
        window = display.find_window("--class", "mousepad")
        display.xdotool("windowsize", "--sync", window, "700", "500", "windowmove", window, "50", "40")
        display.xdotool("windowactivate", "--sync", window)

    return start


def assert_saved(desk: Desk, path: Path, text: str, deadline_s: float = 20.0) -> None:
    """Press Ctrl+S until the file holds exactly `text` (an editor may end it with a line end)."""
    until = time.monotonic() + deadline_s
    while (saved := path.read_text("utf-8").rstrip("\n")) != text and time.monotonic() < until:
        chord(desk.fingers, CONTROL, ord("s"))
        time.sleep(0.3)
    assert saved == text


def test_it_types_into_an_editor_and_presses_its_shortcuts(
    make_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    path = tmp_path / "typed.txt"
    desk = make_desk(open_mousepad(path))
    desk.type(corpus.SHORT)
    assert_saved(desk, path, corpus.SHORT)
    for key in "acvv":
        chord(desk.fingers, CONTROL, ord(key))
    twice = corpus.SHORT * 2
    assert_saved(desk, path, twice)
    desk.fingers.key(True, SHIFT)
    tap(desk.fingers, k.LEFT, k.LEFT)
    desk.fingers.key(False, SHIFT)
    chord(desk.fingers, CONTROL, ord("x"))
    assert_saved(desk, path, twice[:-2])
    chord(desk.fingers, CONTROL, ord("z"))
    assert_saved(desk, path, twice)


FUNCTION_KEYS = {f"F{number}": 0xFFBD + number for number in range(1, 13)}
MOVING_KEYS = {
    "Home": 0xFF50, "Left": k.LEFT, "Up": k.UP, "Right": k.RIGHT, "Down": k.DOWN, "Prior": 0xFF55,
    "Next": 0xFF56, "End": 0xFF57, "Insert": 0xFF63, "Delete": k.DELETE, "Tab": k.TAB, "Escape": k.ESCAPE,
    "BackSpace": k.BACKSPACE, "Return": k.RETURN, "Menu": 0xFF67, "Pause": k.PAUSE, "Print": k.PRINT,
}  # fmt: skip
CHORDS: list[tuple[tuple[int, ...], str, int]] = [
    *((modifiers, name, state) for modifiers, state in (((), 0), ((SHIFT,), 1), ((CONTROL,), 4))
      for name in ("Left", "Right", "Up", "Down", "Home", "End")),
    *(((), name, 0) for name in (*FUNCTION_KEYS, "Prior", "Next", "Insert", "Delete", "Tab", "Escape",
                                 "BackSpace", "Return", "Menu", "Pause")),
    ((ALT,), "F4", 8), ((ALT,), "Tab", 8), ((CONTROL, SHIFT), "Escape", 5), ((CONTROL, ALT), "Delete", 12),
    ((SUPER,), "Left", 64), ((CONTROL, SHIFT), "F5", 5), ((ALT, SHIFT), "Tab", 9), ((SHIFT,), "Insert", 1),
]  # fmt: skip


@pytest.mark.parametrize("make_desk", [False], ids=["unmanaged"], indirect=True)
def test_it_presses_every_key_that_is_no_character(make_desk: Callable[..., Desk], tmp_path: Path) -> None:
    """Function keys, moving keys, and shortcuts that would act on the agent's own desktop."""
    log = tmp_path / "keys.txt"

    def start(display: Display) -> None:
        env = {"HOME": str(tmp_path)}
        display.start(sys.executable, str(RECORDER), str(log), env=env)
        display.find_window("--name", "recorder")

    desk = make_desk(start)
    wait_for(lambda: _works(desk, log), what="the first key", every_s=0.3)
    begin = len(log.read_text().splitlines())
    names = {**FUNCTION_KEYS, **MOVING_KEYS}
    for modifiers, name, _ in CHORDS:
        for modifier in modifiers:
            desk.fingers.key(True, modifier)
        tap(desk.fingers, names[name])
        for modifier in reversed(modifiers):
            desk.fingers.key(False, modifier)
    keys = {keysym: name for name, keysym in names.items()}

    def heard() -> list[tuple[str, int]]:
        # Shift and Tab make a symbol of their own.
        lines = [line.replace("ISO_Left_", "").split() for line in log.read_text().splitlines()[begin:]]
        return [(name, int(state)) for way, name, state in lines if way == "down" and name in keys.values()]

    expected = [(name, state) for _, name, state in CHORDS]
    wait_for(lambda: heard()[-1:] == expected[-1:], what="the last key", deadline_s=15)
    assert heard() == expected


def _works(desk: Desk, log: Path) -> bool:
    tap(desk.fingers, ord("q"))
    return "down q 0" in log.read_text()


@pytest.mark.slow
def test_it_types_the_whole_corpus_into_mousepad(make_desk: Callable[..., Desk], tmp_path: Path) -> None:
    path = tmp_path / "typed.txt"
    desk = make_desk(open_mousepad(path))
    desk.type(corpus.WHOLE)
    assert_saved(desk, path, corpus.WHOLE, deadline_s=120)


@pytest.mark.slow
def test_it_types_the_whole_corpus_into_a_terminals_editor(
    make_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    displays.require_programs("xterm", "nano")
    path = tmp_path / "typed.txt"

    def start(display: Display) -> None:
        editor = f"nano --ignorercfiles --nowrap --saveonexit {path}"
        display.start(
            "xterm", "-u8", "-geometry", "110x36+20+30", "-e", "sh", "-c", editor,
            env={"LC_ALL": "C.UTF-8", "HOME": str(tmp_path)},
        )  # fmt: skip
        window = display.find_window("--class", "xterm")
        display.xdotool("windowactivate", "--sync", window)

    desk = make_desk(start)
    desk.type(corpus.WHOLE)
    chord(desk.fingers, CONTROL, ord("x"))
    wait_for(path.exists, what="nano to save", deadline_s=120, every_s=0.3)
    assert wait_for(path.read_text, what="the text").rstrip("\n") == corpus.WHOLE


@pytest.mark.slow
def test_it_types_the_whole_corpus_into_a_web_page(make_desk: Callable[..., Desk], tmp_path: Path) -> None:
    displays.require_programs("chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as browsers:
        pages = []

        def start(display: Display) -> None:
            browser = browsers.chromium.launch(
                executable_path="/usr/bin/chromium",
                headless=False,
                env={**display.env, "HOME": str(tmp_path)},
                args=["--no-sandbox", "--window-size=780,560", "--window-position=0,0"],
            )
            page = browser.new_page(no_viewport=True)
            page.set_content("<textarea id=t style='width:95vw;height:90vh' autofocus></textarea>")
            page.focus("#t")
            pages.append(page)

        desk = make_desk(start)
        desk.type(corpus.WHOLE)
        value = "document.getElementById('t').value"
        size = len(corpus.WHOLE.encode("utf-16-le")) // 2
        pages[0].wait_for_function(f"{value}.length >= {size}", timeout=120_000)
        assert pages[0].evaluate(value) == corpus.WHOLE
        pages[0].context.browser.close()
