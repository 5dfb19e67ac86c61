"""Which keys are pressed so that a keysym arrives: levels, Shift, CapsLock, groups, spare keycodes."""

from __future__ import annotations

from customer_agent.input.keys import (
    LOCK_MASK,
    REUSE_AFTER_S,
    SHIFT_MASK,
    Keymap,
    KeyTranslator,
    Press,
    Remap,
    Wait,
    keysyms_of,
)

SHIFT_L, RETURN, HANGUL_GA, HANGUL_NA = 0xFFE1, 0xFF0D, 0x0100AC00, 0x0100B098
SYMBOLS = {
    36: (RETURN, 0, RETURN, 0),
    38: (0x61, 0x41, 0x06C6, 0x06E6),  # a A, Cyrillic ef in group 2
    10: (0x31, 0x21, 0x31, 0x21),  # 1 !
    50: (SHIFT_L, 0, SHIFT_L, 0),
    79: (0xFF95, 0xFFB7, 0xFF95, 0xFFB7),  # KP_Home KP_7
    90: (0, 0, 0, 0),
    91: (0, 0, 0, 0),
}


def translator(symbols: dict[int, tuple[int, ...]] = SYMBOLS) -> KeyTranslator:
    return KeyTranslator(Keymap(dict(symbols), frozenset({50})))


def test_it_presses_the_key_that_has_the_keysym() -> None:
    keys = translator()
    assert keys.press(0x61, 0, 0.0) == [Press(38, True)]
    assert keys.release(0x61) == [Press(38, False)]


def test_it_presses_shift_for_a_moment_where_the_agent_did_not() -> None:
    assert translator().press(0x41, 0, 0.0) == [Press(50, True), Press(38, True), Press(50, False)]


def test_it_uses_the_agents_own_shift() -> None:
    keys = translator()
    keys.press(SHIFT_L, 0, 0.0)
    assert keys.press(0x41, SHIFT_MASK, 0.0) == [Press(38, True)]


def test_it_lifts_shift_for_a_keysym_without_it() -> None:
    keys = translator()
    keys.press(SHIFT_L, 0, 0.0)
    assert keys.press(0x31, SHIFT_MASK, 0.0) == [Press(50, False), Press(10, True), Press(50, True)]


def test_it_leaves_shift_alone_for_function_keys() -> None:
    assert translator().press(RETURN, SHIFT_MASK, 0.0) == [Press(36, True)]


def test_it_types_the_right_case_under_caps_lock() -> None:
    assert translator().press(0x41, LOCK_MASK, 0.0) == [Press(38, True)]
    assert translator().press(0x61, LOCK_MASK, 0.0) == [Press(50, True), Press(38, True), Press(50, False)]


def test_it_knows_what_num_lock_does_to_the_keypad() -> None:
    assert translator().press(0xFFB7, 0x10, 0.0) == [Press(79, True)]


def test_it_maps_a_spare_keycode_when_another_group_is_active() -> None:
    actions = translator().press(0x61, 1 << 13, 0.0)
    assert actions[0] == Remap(90, 0x61)


def test_it_maps_hangul_to_a_spare_keycode_and_waits_for_the_programs() -> None:
    assert translator().press(HANGUL_GA, 0, 0.0) == [Remap(90, HANGUL_GA), Wait(0.01), Press(90, True)]


def test_it_uses_a_mapping_again_without_waiting() -> None:
    keys = translator()
    keys.press(HANGUL_GA, 0, 0.0)
    keys.release(HANGUL_GA)
    assert keys.press(HANGUL_GA, 0, 1.0) == [Press(90, True)]


def test_it_takes_the_spare_keycode_that_rested_longest() -> None:
    keys = translator()
    for moment, symbol in enumerate((HANGUL_GA, HANGUL_NA)):
        keys.press(symbol, 0, float(moment))
        keys.release(symbol)
    assert keys.press(0x0100B2E4, 0, 5.0)[0] == Remap(90, 0x0100B2E4)


def test_it_waits_before_it_maps_a_keycode_that_a_slow_program_may_still_read() -> None:
    keys = translator({**SYMBOLS, 91: (0xFFC8, 0)})
    keys.press(HANGUL_GA, 0, 10.0)
    keys.release(HANGUL_GA)
    first, *_ = keys.press(HANGUL_NA, 0, 10.05)
    assert isinstance(first, Wait)
    assert abs(first.seconds - (REUSE_AFTER_S - 0.05)) < 1e-9


def test_it_does_not_press_a_held_key_twice() -> None:
    keys = translator()
    keys.press(0x61, 0, 0.0)
    assert keys.press(0x61, 0, 0.5) == []


def test_it_releases_a_letter_whose_shift_went_up_first() -> None:
    keys = translator()
    keys.press(0x41, SHIFT_MASK, 0.0)
    assert keys.release(0x61) == [Press(38, False)]


def test_it_releases_everything_the_last_key_first() -> None:
    keys = translator()
    keys.press(SHIFT_L, 0, 0.0)
    keys.press(0x41, SHIFT_MASK, 0.0)
    assert keys.release_all() == [Press(38, False), Press(50, False)]
    assert keys.release_all() == []


def test_it_ignores_the_release_of_a_key_that_is_not_held() -> None:
    assert translator().release(0x61) == []


def test_it_gives_the_map_back() -> None:
    keys = translator()
    keys.press(HANGUL_GA, 0, 0.0)
    assert keys.restore() == [Remap(90, 0)]
    assert keys.restore() == []


def test_it_takes_over_what_a_killed_program_left_mapped() -> None:
    left = Keymap({**SYMBOLS, 91: (HANGUL_NA, HANGUL_NA, HANGUL_NA, HANGUL_NA)}, frozenset({50}))
    assert left.spare() == [90, 91]


def test_it_knows_the_keysym_of_every_character() -> None:
    assert list(keysyms_of("A가€\n")) == [0x41, 0x0100AC00, 0x010020AC, RETURN]
