"""Button masks become presses and releases; scancodes become key numbers."""

from __future__ import annotations

import pytest

from customer_agent.input.pointer import ButtonChange, Buttons
from customer_agent.input.scancodes import linux_key


def test_it_presses_and_releases_what_changed() -> None:
    buttons = Buttons()
    assert list(buttons.change(0b101)) == [ButtonChange(1, True), ButtonChange(3, True)]
    assert list(buttons.change(0b110)) == [ButtonChange(1, False), ButtonChange(2, True)]


def test_it_turns_the_wheel_by_buttons_four_and_five() -> None:
    buttons = Buttons()
    assert list(buttons.change(0b1000)) == [ButtonChange(4, True)]
    assert list(buttons.change(0)) == [ButtonChange(4, False)]


def test_it_releases_every_held_button() -> None:
    buttons = Buttons(0b11)
    assert list(buttons.release_all()) == [ButtonChange(1, False), ButtonChange(2, False)]
    assert list(buttons.release_all()) == []


@pytest.mark.parametrize(("scancode", "key"), [(0x1E, 30), (0x9D, 97), (0xC8, 103), (0x58, 88), (0xF2, 122)])
def test_it_knows_linux_key_numbers(scancode: int, key: int) -> None:
    assert linux_key(scancode) == key


def test_it_knows_no_key_for_a_scancode_that_is_none() -> None:
    assert linux_key(0x00) is None
    assert linux_key(0xFF) is None
