"""From key events to RFB: what was pressed is what is released, whatever happens in between."""

from __future__ import annotations

import pytest

from viewer.remote.input import keysyms as k
from viewer.remote.input.keyboard import Keyboard
from wire.rfb.messages import KeyEvent

A, CAPITAL_A, SHIFT = 38, 38, 50


def typed(keyboard: Keyboard, keycode: int, keysym: int, text: str, at: int = 0) -> list[KeyEvent]:
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
