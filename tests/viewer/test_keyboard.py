"""From key events to RFB: what was pressed is what is released, whatever happens in between."""

from __future__ import annotations

import pytest

from viewer.remote.input import keysyms as k
from viewer.remote.input.keyboard import Keyboard, KeyMessage
from viewer.remote.input.places import place_of_key
from wire.rfb.messages import KeyEvent, QemuKeyEvent
from wire.rfb.scancodes import linux_key, scancode_of

A, CAPITAL_A, SHIFT = 38, 38, 50


def typed(keyboard: Keyboard, keycode: int, keysym: int, text: str, at: int = 0) -> list[KeyMessage]:
    """Press, release, settle."""
    return [
        *keyboard.press(keycode, keysym, text, at),
        *keyboard.release(keycode, at + 50),
        *keyboard.settle(),
    ]


def test_it_presses_and_releases() -> None:
    assert typed(Keyboard(), A, ord("a"), "a") == [KeyEvent(True, 0x61), KeyEvent(False, 0x61)]


def test_it_releases_what_was_pressed_when_shift_came_up_first() -> None:
    keyboard = Keyboard()
    keyboard.press(SHIFT, k.SHIFT_L, "", 0)
    keyboard.press(A, ord("A"), "A", 10)
    shift_up = [*keyboard.release(SHIFT, 20), *keyboard.settle()]
    assert shift_up == [KeyEvent(False, k.SHIFT_L)]
    assert [*keyboard.release(A, 30), *keyboard.settle()] == [KeyEvent(False, ord("A"))]


def test_it_turns_repeats_into_presses() -> None:
    keyboard = Keyboard()
    events = keyboard.press(A, ord("a"), "a", 0)
    for at in (500, 530, 560):
        events += keyboard.release(A, at)
        events += keyboard.press(A, ord("a"), "a", at)
    events += keyboard.release(A, 600)
    events += keyboard.settle()
    assert events == [KeyEvent(True, 0x61)] * 4 + [KeyEvent(False, 0x61)]


def test_it_tells_two_quick_strokes_from_a_repeat() -> None:
    keyboard = Keyboard()
    events = keyboard.press(A, ord("a"), "a", 0)
    events += keyboard.release(A, 40)
    events += keyboard.press(A, ord("a"), "a", 41)
    assert events == [KeyEvent(True, 0x61), KeyEvent(False, 0x61), KeyEvent(True, 0x61)]


def test_it_sends_a_kept_release_before_the_next_key() -> None:
    keyboard = Keyboard()
    keyboard.press(A, ord("a"), "a", 0)
    keyboard.release(A, 30)
    assert keyboard.press(56, ord("b"), "b", 31) == [KeyEvent(False, 0x61), KeyEvent(True, 0x62)]


@pytest.mark.parametrize(
    ("keysym", "text"),
    [(0x0100AC00, "가"), (0, "가"), (0xFE50, "가"), (0x0100AC00, "")],
)
def test_it_sends_hangul_as_unicode(keysym: int, text: str) -> None:
    pressed = [event for event in typed(Keyboard(), 200, keysym, text) if event.down]
    assert pressed == [KeyEvent(True, 0x0100AC00)]


def test_it_types_every_character_of_an_input_method() -> None:
    keyboard = Keyboard()
    events = keyboard.press(0, 0, "안녕\u200b"[:2], 0)
    assert events == [
        KeyEvent(True, 0x0100C548),
        KeyEvent(False, 0x0100C548),
        KeyEvent(True, 0x0100B155),
        KeyEvent(False, 0x0100B155),
    ]
    assert [*keyboard.release(0, 5), *keyboard.settle()] == []


def test_it_prefers_unicode_to_national_numbers() -> None:
    assert Keyboard().press(38, 0x6C6, "ф", 0) == [KeyEvent(True, 0x01000444)]
    assert Keyboard().press(38, 0xE9, "é", 0) == [KeyEvent(True, 0xE9)]


@pytest.mark.parametrize("lock", sorted(k.LOCKS))
def test_it_keeps_locks_to_itself(lock: int) -> None:
    assert typed(Keyboard(), 66, lock, "") == []


def test_it_holds_no_key_that_x11_composed() -> None:
    """Composed text comes in an event of key 0, and no release ever follows it."""
    keyboard = Keyboard()
    assert keyboard.press(0, 0xE9, "é", 0) == [KeyEvent(True, 0xE9), KeyEvent(False, 0xE9)]
    assert keyboard.reset() == []


@pytest.mark.parametrize(
    ("strokes", "text"),
    [
        (((0xFE51, ""), (ord("e"), "e")), "é"),
        (((0xFE57, ""), (ord("U"), "U")), "Ü"),
        (((0xFE52, ""), (ord(" "), " ")), "^"),
        (((0xFE51, ""), (0xFE51, "")), "´"),
        (((0xFE51, ""), (ord("q"), "q")), "´q"),
        (((0xFE50, ""), (0xFE51, ""), (ord("a"), "a")), "`á"),
        (((0xFE51, ""), (k.SHIFT_L, ""), (ord("E"), "E")), "É"),
    ],
)
def test_it_joins_dead_keys(strokes: tuple[tuple[int, str], ...], text: str) -> None:
    keyboard = Keyboard()
    events = [
        e for at, (keysym, typed) in enumerate(strokes) for e in keyboard.press(at + 20, keysym, typed, at)
    ]
    pressed = [e.keysym for e in events if e.down and e.keysym not in k.MODIFIERS]
    assert pressed == [k.of_character(character) for character in text]


def test_it_presses_shortcuts_by_their_place_under_a_foreign_layout() -> None:
    keyboard = Keyboard()
    keyboard.press(37, k.CONTROL_L, "", 0)
    assert keyboard.press(54, 0x6D3, "с", 5) == [KeyEvent(True, ord("c"))]
    assert [*keyboard.release(54, 9), *keyboard.settle()] == [KeyEvent(False, ord("c"))]


def test_it_sends_places_in_scancode_mode() -> None:
    keyboard = Keyboard(lambda keycode: keycode - 8)
    keyboard.set_mode("scancode")
    assert typed(keyboard, 38, ord("a"), "a") == [QemuKeyEvent(True, 0x61, 30), QemuKeyEvent(False, 0x61, 30)]
    assert keyboard.press(66, k.CAPS_LOCK, "", 0) == [QemuKeyEvent(True, k.CAPS_LOCK, 58)]
    assert keyboard.press(48, 0xFE51, "", 0) == [QemuKeyEvent(True, 0xFE51, 40)]


def test_it_sends_the_input_methods_text_in_scancode_mode_too() -> None:
    keyboard = Keyboard()
    keyboard.set_mode("scancode")
    assert keyboard.press(0, 0, "가", 0) == [KeyEvent(True, 0x0100AC00), KeyEvent(False, 0x0100AC00)]


def test_it_lets_everything_go_before_another_mode() -> None:
    keyboard = Keyboard()
    keyboard.press(37, k.CONTROL_L, "", 0)
    assert keyboard.set_mode("scancode") == [KeyEvent(False, k.CONTROL_L)]
    assert keyboard.modifiers == frozenset()


def test_it_knows_which_script_was_typed_last() -> None:
    keyboard = Keyboard()
    assert keyboard.hangul is None
    for text, hangul in (("1", None), ("a", False), ("가", True), (" ", True), ("ㅋ", True), ("Z", False)):
        typed(keyboard, 200 if hangul else A, k.of_character(text), text)
        assert keyboard.hangul is hangul, text
    keyboard.set_mode("scancode")
    assert keyboard.hangul is None


@pytest.mark.parametrize(
    ("keycode", "platform", "place"),
    [
        (38, "linux", 0x1E),
        (108, "linux", 0xB8),
        (130, "linux", 0x72),
        (131, "linux", 0x71),
        (96, "linux", 0x58),
        (250, "linux", 0),
        (0 << 16, "darwin", 0x1E),
        (126 << 16, "darwin", 0xC8),
    ],
)
def test_it_knows_where_a_key_lies(keycode: int, platform: str, place: int) -> None:
    assert place_of_key(keycode, platform) == place


def test_every_place_comes_back_as_the_same_key() -> None:
    numbers = [number for number in range(1, 250) if scancode_of(number)]
    assert len(numbers) > 100
    assert [linux_key(scancode_of(number)) for number in numbers] == numbers


def test_it_sends_control_letters_as_letters() -> None:
    keyboard = Keyboard()
    keyboard.press(37, k.CONTROL_L, "", 0)
    assert keyboard.press(54, ord("c"), "\x03", 5) == [KeyEvent(True, ord("c"))]
    assert keyboard.modifiers == {"control"}


def test_it_releases_everything_at_reset_the_last_first() -> None:
    keyboard = Keyboard()
    keyboard.press(37, k.CONTROL_L, "", 0)
    keyboard.press(64, k.ALT_L, "", 0)
    keyboard.press(119, k.DELETE, "\x7f", 0)
    assert keyboard.reset() == [
        KeyEvent(False, k.DELETE),
        KeyEvent(False, k.ALT_L),
        KeyEvent(False, k.CONTROL_L),
    ]
    assert keyboard.reset() == []
    assert keyboard.modifiers == frozenset()


def test_it_ignores_a_release_it_never_pressed() -> None:
    keyboard = Keyboard()
    assert [*keyboard.release(99, 0), *keyboard.settle()] == []


def test_it_makes_chords() -> None:
    assert Keyboard.chord(k.CONTROL_L, k.ALT_L, k.DELETE) == [
        KeyEvent(True, k.CONTROL_L),
        KeyEvent(True, k.ALT_L),
        KeyEvent(True, k.DELETE),
        KeyEvent(False, k.DELETE),
        KeyEvent(False, k.ALT_L),
        KeyEvent(False, k.CONTROL_L),
    ]


@pytest.mark.parametrize(
    ("character", "keysym"),
    [("A", 0x41), ("é", 0xE9), ("가", 0x0100AC00), ("€", 0x010020AC), ("😀", 0x0101F600), ("\n", 0xFF0D)],
)
def test_it_knows_the_symbol_of_a_character(character: str, keysym: int) -> None:
    assert k.of_character(character) == keysym
