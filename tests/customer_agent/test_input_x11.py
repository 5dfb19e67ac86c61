"""Keys and pointer on a real X display: what is typed is read back from the file that the editor saved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from customer_agent.input.keys import keysyms_of
from customer_agent.input.own_hand import OwnHandThread
from customer_agent.input.own_hand_x11 import X11HandSource
from customer_agent.input.platform_x11 import X11Hands
from customer_agent.x11 import connect
from tests import displays
from tests.displays import Display, wait_for

pytestmark = pytest.mark.display

CONTROL, SHIFT, RETURN = 0xFFE3, 0xFFE1, 0xFF0D
QUIET_EDITOR = {"GSETTINGS_BACKEND": "memory", "NO_AT_BRIDGE": "1", "DBUS_SESSION_BUS_ADDRESS": "disabled:"}


@pytest.fixture
def display() -> Iterator[Display]:
    with displays.xvfb(window_manager=True) as one:
        yield one


@pytest.fixture
def hands(display: Display) -> Iterator[X11Hands]:
    one = X11Hands(display.name)
    yield one
    one.close()


def tap(hands: X11Hands, *keysyms: int) -> None:
    for keysym in keysyms:
        hands.key(True, keysym)
        hands.key(False, keysym)


def chord(hands: X11Hands, modifier: int, keysym: int) -> None:
    hands.key(True, modifier)
    tap(hands, keysym)
    hands.key(False, modifier)


def editor(display: Display, path: Path, home: Path) -> None:
    """Open mousepad on an empty file and put the focus into it."""
    displays.require_programs("mousepad", "xdotool")
    path.write_text("")
    env = {**QUIET_EDITOR, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "LC_ALL": "C.UTF-8"}
    display.start("mousepad", "--disable-server", str(path), env=env)
    window = display.find_window("--class", "mousepad")
    display.xdotool("windowactivate", "--sync", window)
    wait_for(lambda: display.xdotool("getactivewindow") == window, what="the editor's focus")


def saved(hands: X11Hands, path: Path, expected: str) -> bytes:
    """Save with Ctrl+S until the file holds something of the expected length."""

    def read() -> bytes:
        chord(hands, CONTROL, 0x73)
        data = path.read_bytes()
        return data if len(data.decode("utf-8", "replace").strip("\n")) >= len(expected.strip("\n")) else b""

    return wait_for(read, what="the saved file", every_s=0.3)


@pytest.mark.parametrize(
    "text",
    [
        "가나다 안녕하세요",
        "동해물과 백두산이 마르고 닳도록 하느님이 보우하사 우리나라 만세",
        "Hello, World! ~`@#$%^&*()_+-=[]{}|;:'\"<>,.?/\\ 漢字 äöü ß € Ж 😀",
    ],
)
def test_it_types_text_byte_for_byte_into_an_editor(
    display: Display, hands: X11Hands, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "typed.txt"
    editor(display, path, tmp_path)
    tap(hands, *keysyms_of(text))
    assert saved(hands, path, text).decode().strip("\n") == text


def test_it_types_letters_under_caps_lock(display: Display, hands: X11Hands, tmp_path: Path) -> None:
    path = tmp_path / "typed.txt"
    editor(display, path, tmp_path)
    tap(hands, 0xFFE5, *keysyms_of("aB1!"), 0xFFE5)
    assert saved(hands, path, "aB1!").strip() == b"aB1!"


def test_it_presses_shortcuts_by_the_real_key(display: Display, hands: X11Hands, tmp_path: Path) -> None:
    path = tmp_path / "typed.txt"
    editor(display, path, tmp_path)
    tap(hands, *keysyms_of("old"))
    chord(hands, CONTROL, 0x61)
    tap(hands, *keysyms_of("new text"))
    assert saved(hands, path, "new text").strip() == b"new text"


def test_it_presses_a_key_by_its_place(display: Display, hands: X11Hands, tmp_path: Path) -> None:
    path = tmp_path / "typed.txt"
    editor(display, path, tmp_path)
    for scancode in (0x1E, 0x30, 0x2E):
        hands.key(True, 0, scancode)
        hands.key(False, 0, scancode)
    assert saved(hands, path, "abc").strip() == b"abc"


def test_it_moves_clicks_and_turns_the_wheel(display: Display, hands: X11Hands) -> None:
    watcher = connect(display.name)
    root = watcher.screen().root
    hands.pointer(0, 321, 123)
    hands.pointer(0b101, 322, 124)
    wait_for(lambda: root.query_pointer().mask & 0x500 == 0x500, what="two held buttons")
    hands.pointer(0b1000, 322, 124)
    reply = wait_for(root.query_pointer, what="the pointer")
    assert (reply.root_x, reply.root_y) == (322, 124)
    hands.release_all()
    wait_for(lambda: root.query_pointer().mask & 0x1F00 == 0, what="released buttons")
    watcher.close()


def test_it_leaves_no_key_pressed_and_the_map_as_it_was(display: Display) -> None:
    watcher = connect(display.name)
    setup = watcher.display.info
    count = setup.max_keycode - setup.min_keycode + 1
    before = [tuple(row) for row in watcher.get_keyboard_mapping(setup.min_keycode, count)]
    hands = X11Hands(display.name)
    hands.key(True, SHIFT)
    tap(hands, *keysyms_of("가나다"))
    hands.close()
    after = [tuple(row) for row in watcher.get_keyboard_mapping(setup.min_keycode, count)]
    assert after == before
    assert not any(watcher.query_keymap())
    watcher.close()


def test_it_does_not_take_what_it_injects_for_the_customers_hand() -> None:
    told: list[str] = []
    with displays.xvnc() as display:
        thread = OwnHandThread(lambda: X11HandSource(display.name), lambda hand, _now: told.append(hand))
        thread.start()
        assert thread.is_listening.wait(10)
        hands = X11Hands(display.name)
        for x in range(20):
            hands.pointer(x % 2, x, x)
        tap(hands, *keysyms_of("abc"))
        hands.close()
        thread.stop()
        thread.join(10)
    assert told == []
