"""From pointer events to RFB: place, buttons, wheel, and not too many moves."""

from __future__ import annotations

from viewer.remote.input.pointer import MOVE_INTERVAL_S, Pointer
from wire.rfb.messages import PointerEvent


def pointer_of(width: int = 1920, height: int = 1080) -> Pointer:
    pointer = Pointer()
    pointer.set_size(width, height)
    return pointer


def test_it_sends_the_first_move_at_once() -> None:
    assert pointer_of().move(10.7, 20.2, 1.0) == [PointerEvent(0, 10, 20)]


def test_it_keeps_moves_back_and_sends_the_last() -> None:
    pointer = pointer_of()
    pointer.move(1, 1, 1.0)
    assert pointer.move(2, 2, 1.001) == []
    assert pointer.move(3, 3, 1.002) == []
    assert pointer.settle(1.009) == [PointerEvent(0, 3, 3)]
    assert pointer.settle(1.010) == []


def test_it_sends_at_most_125_moves_a_second() -> None:
    pointer, sent = pointer_of(), 0
    for millisecond in range(1000):
        sent += len(pointer.move(millisecond, 5, millisecond / 1000))
    assert sent <= 1 / MOVE_INTERVAL_S + 1


def test_it_says_nothing_when_it_stands_still() -> None:
    pointer = pointer_of()
    pointer.move(5, 5, 1.0)
    assert pointer.move(5.4, 5.4, 2.0) == []


def test_it_drags() -> None:
    pointer = pointer_of()
    events = pointer.press(1, 10, 10, 1.0)
    events += pointer.move(50, 60, 1.1)
    events += pointer.release(1, 50, 60, 1.2)
    assert events == [PointerEvent(1, 10, 10), PointerEvent(1, 50, 60), PointerEvent(0, 50, 60)]


def test_it_holds_two_buttons() -> None:
    pointer = pointer_of()
    pointer.press(1, 0, 0, 1.0)
    assert pointer.press(3, 0, 0, 1.1) == [PointerEvent(0b101, 0, 0)]
    assert pointer.release(1, 0, 0, 1.2) == [PointerEvent(0b100, 0, 0)]


def test_it_turns_the_wheel_by_press_and_release() -> None:
    pointer = pointer_of()
    assert pointer.press(4, 7, 8, 1.0) == [PointerEvent(8, 7, 8), PointerEvent(0, 7, 8)]
    assert (
        pointer.wheel("down", 7, 8, 1.0, clicks=2)
        == [
            PointerEvent(16, 7, 8),
            PointerEvent(0, 7, 8),
        ]
        * 2
    )


def test_it_turns_the_wheel_while_dragging() -> None:
    pointer = pointer_of()
    pointer.press(1, 7, 8, 1.0)
    assert pointer.press(5, 7, 8, 1.0) == [PointerEvent(17, 7, 8), PointerEvent(1, 7, 8)]


def test_it_bounds_the_wheel() -> None:
    assert len(pointer_of().wheel("up", 0, 0, 1.0, clicks=10_000)) == 20


def test_it_stays_on_the_desktop() -> None:
    pointer = pointer_of(100, 50)
    assert pointer.move(-5, 900, 1.0) == [PointerEvent(0, 0, 49)]
    assert pointer.press(1, 5000, -1, 2.0) == [PointerEvent(1, 99, 0)]


def test_it_releases_all_buttons_at_reset() -> None:
    pointer = pointer_of()
    pointer.press(1, 4, 4, 1.0)
    pointer.press(3, 4, 4, 1.0)
    assert pointer.reset(2.0) == [PointerEvent(0, 4, 4)]
    assert pointer.reset(2.0) == []


def test_it_ignores_a_release_it_never_pressed() -> None:
    assert pointer_of().release(1, 3, 3, 1.0) == []


def test_it_leaves_buttons_out_that_rfb_has_no_bit_for() -> None:
    assert pointer_of().press(9, 3, 3, 1.0) == [PointerEvent(0, 3, 3)]
