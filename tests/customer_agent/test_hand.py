"""The hand thread judges each event at the moment it would carry it out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from customer_agent.input.hand import MAX_WAITING, HandEvent, HandThread
from tests.displays import wait_for
from wire.rfb.events import KeyEvent, PointerEvent, QemuKeyEvent


class RecordingHands:
    """Notes what it is told to do."""

    def __init__(self) -> None:
        self.deeds: list[tuple[object, ...]] = []

    def pointer(self, buttons: int, x: int, y: int) -> None:
        self.deeds.append(("pointer", buttons, x, y))

    def key(self, down: bool, keysym: int, scancode: int | None = None) -> None:
        self.deeds.append(("key", down, keysym, scancode))

    def release_all(self) -> None:
        self.deeds.append(("release_all",))

    def close(self) -> None:
        self.deeds.append(("close",))


class Gate:
    """Permits while it is open."""

    def __init__(self) -> None:
        self.is_open = True

    def permits(self, _source: object, _event: HandEvent) -> bool:
        return self.is_open


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def hands() -> RecordingHands:
    return RecordingHands()


@pytest.fixture
def hand(hands: RecordingHands, gate: Gate) -> Iterator[HandThread]:
    thread = HandThread(lambda: hands, gate.permits)
    yield thread
    thread.stop()
    if thread.ident is not None:
        thread.join(5)
    assert not thread.is_alive()


def test_it_carries_out_what_is_permitted(hand: HandThread, hands: RecordingHands) -> None:
    hand.start()
    hand.put(None, PointerEvent(1, 3, 4))
    hand.put(None, KeyEvent(True, 0x61))
    hand.put(None, QemuKeyEvent(False, 0x62, 0x30))
    wait_for(lambda: hand.done == 3, what="three deeds")
    assert hands.deeds == [("pointer", 1, 3, 4), ("key", True, 0x61, None), ("key", False, 0x62, 0x30)]


def test_it_drops_and_counts_what_is_refused(hand: HandThread, hands: RecordingHands, gate: Gate) -> None:
    gate.is_open = False
    hand.start()
    for _ in range(5):
        hand.put(None, KeyEvent(True, 0x61))
    wait_for(lambda: hand.refused == 5, what="five refusals")
    assert hands.deeds == []


def test_it_drops_what_waited_while_control_was_taken(
    hand: HandThread, hands: RecordingHands, gate: Gate
) -> None:
    hand.put(None, KeyEvent(True, 0x61))
    gate.is_open = False
    hand.start()
    wait_for(lambda: hand.refused == 1, what="the refusal")
    assert hands.deeds == []


def test_it_releases_everything_even_without_permission(
    hand: HandThread, hands: RecordingHands, gate: Gate
) -> None:
    gate.is_open = False
    hand.start()
    hand.release_all()
    wait_for(lambda: hands.deeds == [("release_all",)], what="the release")


def test_it_keeps_only_the_newest_of_pointer_moves_that_wait(hand: HandThread, hands: RecordingHands) -> None:
    source = object()
    for x in range(100):
        hand.put(source, PointerEvent(0, x, 0))
    hand.put(source, PointerEvent(1, 99, 0))
    hand.start()
    wait_for(lambda: hand.done == 2, what="two deeds")
    assert hands.deeds == [("pointer", 0, 99, 0), ("pointer", 1, 99, 0)]


def test_it_presses_by_place_for_those_who_asked(hand: HandThread, hands: RecordingHands) -> None:
    hand.press_by_place("bora", True)
    hand.put("bora", QemuKeyEvent(True, 0x61, 0x1E))
    hand.put("chul", QemuKeyEvent(True, 0x62, 0x30))
    hand.start()
    wait_for(lambda: hand.done == 2, what="two keys")
    assert hands.deeds == [("release_all",), ("key", True, 0, 0x1E), ("key", True, 0x62, 0x30)]


def test_it_lets_everything_go_after_a_flood(hand: HandThread, hands: RecordingHands) -> None:
    """What was dropped may be the release of a key."""
    for number in range(MAX_WAITING + 500):
        hand.put(None, KeyEvent(number % 2 == 0, 0x61))
    hand.start()
    wait_for(lambda: hands.deeds and hands.deeds[-1] == ("release_all",), what="the release")
    assert (hand.done, hand.refused) == (MAX_WAITING, 500)


def test_it_gives_the_keyboard_back_at_the_end(hand: HandThread, hands: RecordingHands) -> None:
    hand.start()
    hand.stop()
    hand.join(5)
    assert hands.deeds == [("close",)]
