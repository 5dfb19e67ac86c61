"""The viewer's own keys: found with their modifiers, swallowed, switchable."""

from __future__ import annotations

import pytest

from viewer.remote.input import keysyms as k
from viewer.remote.input.shortcuts import SHORTCUTS, Action, Shortcuts, keys_of


@pytest.mark.parametrize(
    ("keysym", "modifiers", "action"),
    [
        (ord("r"), "control alt", "refresh"),
        (ord("R"), "control alt", "refresh"),
        (k.BREAK, "control alt", "full_screen"),
        (k.RETURN, "control super", "full_screen"),
        (k.UP, "control super", "larger"),
        (ord("m"), "control alt", "on_top"),
    ],
)
def test_it_finds_a_shortcut(keysym: int, modifiers: str, action: Action) -> None:
    assert Shortcuts().press(27, keysym, modifiers.split()) == action


@pytest.mark.parametrize("modifiers", ["", "control", "alt", "control alt shift", "control alt super"])
def test_it_leaves_other_chords_to_the_customer(modifiers: str) -> None:
    assert Shortcuts().press(27, ord("r"), modifiers.split()) is None


def test_it_swallows_the_release_too() -> None:
    shortcuts = Shortcuts()
    shortcuts.press(27, ord("r"), ["control", "alt"])
    assert shortcuts.release(27) is True
    assert shortcuts.release(27) is False


def test_it_can_be_switched_off() -> None:
    shortcuts = Shortcuts()
    shortcuts.are_on = False
    assert shortcuts.press(27, ord("r"), ["control", "alt"]) is None


def test_it_has_no_two_meanings_for_one_chord() -> None:
    chords = [(one.modifiers, keysym) for one in SHORTCUTS for keysym in one.keysyms]
    assert len(chords) == len(set(chords))


def test_it_tells_the_keys_of_every_action() -> None:
    assert {keys_of(one.action) for one in SHORTCUTS} <= {one.keys for one in SHORTCUTS}
