"""Where keys and clicks may go while a part is shown: plain numbers, a judge that answers as told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from customer_agent.limit import LimitedHands, StrictJudge, SystemKeys
from customer_agent.screen.capture import Area
from customer_agent.screen.share import ShareState

ALT, CONTROL, SUPER, TAB, F2, F4 = 0xFFE9, 0xFFE3, 0xFFEB, 0xFF09, 0xFFBF, 0xFFC1


@dataclass
class RecordingHands:
    done: list[tuple[Any, ...]] = field(default_factory=list)

    def pointer(self, buttons: int, x: int, y: int) -> None:
        self.done.append(("pointer", buttons, x, y))

    def key(self, down: bool, keysym: int, scancode: int | None = None) -> None:
        self.done.append(("key", down, keysym))

    def release_all(self) -> None:
        self.done.append(("release",))

    def close(self) -> None:
        self.done.append(("close",))


@dataclass
class Judge:
    points: bool = True
    types: bool = True
    corner: tuple[int, int] | None = (100, 50)

    def may_point(self, state: ShareState, x: int, y: int) -> bool:
        return self.points

    def may_type(self, state: ShareState) -> bool:
        return self.types

    def origin(self, state: ShareState) -> tuple[int, int] | None:
        return self.corner

    def close(self) -> None:
        """Nothing is open."""


class Desk:
    def __init__(self, state: ShareState) -> None:
        self.state, self.judge, self.hands = state, Judge(), RecordingHands()
        self.limited = LimitedHands(self.hands, self.judge, lambda: self.state)


PLACE = Area(100, 50, 200, 80)


@pytest.fixture
def region() -> Desk:
    return Desk(ShareState("region", area=PLACE))


def test_it_maps_the_picture_to_the_chosen_monitor() -> None:
    desk = Desk(ShareState("monitor", area=Area(1920, 10, 1280, 1024), monitor=1))
    desk.limited.pointer(0, 5, 6)
    desk.limited.key(True, 0x61)
    assert desk.hands.done == [("pointer", 0, 1925, 16), ("key", True, 0x61)]


@pytest.mark.parametrize(("x", "y"), [(200, 0), (0, 80), (65535, 65535), (-1, 5)])
def test_it_refuses_places_outside(region: Desk, x: int, y: int) -> None:
    region.limited.pointer(1, x, y)
    assert region.hands.done == []
    assert region.limited.refused == 1


def test_it_refuses_what_is_covered(region: Desk) -> None:
    region.judge.points = False
    region.limited.pointer(1, 5, 5)
    assert region.hands.done == []


def test_it_lets_a_button_go_where_it_was_last_allowed(region: Desk) -> None:
    """A drag that leaves the area ends inside; nothing is dropped outside, and nothing stays pressed."""
    region.limited.pointer(1, 5, 5)
    region.limited.pointer(1, 500, 5)
    region.limited.pointer(0, 500, 5)
    assert region.hands.done == [("pointer", 1, 105, 55), ("pointer", 0, 105, 55)]


def test_it_presses_nothing_outside_that_was_not_pressed_inside(region: Desk) -> None:
    region.limited.pointer(0, 5, 5)
    region.limited.pointer(3, 500, 5)
    assert region.hands.done == [("pointer", 0, 105, 55)]


def test_it_types_only_into_what_is_shown(region: Desk) -> None:
    region.judge.types = False
    region.limited.key(True, 0x61)
    region.limited.key(False, 0x61)
    assert region.hands.done == [("key", False, 0x61)]


def test_it_does_nothing_while_nothing_is_shown(region: Desk) -> None:
    for state in (ShareState("nothing", "closed"), ShareState("window", "minimised", PLACE, window=5)):
        region.state = state
        region.limited.pointer(1, 5, 5)
        region.limited.key(True, 0x61)
    assert region.hands.done == []
    assert region.limited.refused == 4


def test_it_does_not_know_where_a_vanished_window_is(region: Desk) -> None:
    region.judge.corner = None
    region.limited.pointer(1, 5, 5)
    assert region.hands.done == []


@pytest.mark.parametrize(
    "keys", [(SUPER,), (0xFF61,), (ALT, TAB), (ALT, F2), (CONTROL, ALT, 0x74), (CONTROL, 0xFF1B)]
)
def test_it_refuses_the_desktops_own_keys(region: Desk, keys: tuple[int, ...]) -> None:
    for keysym in keys:
        region.limited.key(True, keysym)
    assert ("key", True, keys[-1]) not in region.hands.done
    assert region.limited.refused == 1


def test_it_lets_programs_have_their_shortcuts(region: Desk) -> None:
    for keysym in (CONTROL, 0x63):
        region.limited.key(True, keysym)
    region.limited.key(False, CONTROL)
    for keysym in (ALT, F4):
        region.limited.key(True, keysym)
    assert region.limited.refused == 0


def test_it_knows_the_desktops_keys_by_their_place_too() -> None:
    keys = SystemKeys()
    assert keys.take(True, 0, 0xDB)
    assert not keys.take(True, 0, 0x38)
    assert keys.take(True, 0, 0x0F)
    assert not keys.take(False, 0, 0x38)
    assert not keys.take(True, 0, 0x0F)


def test_it_takes_no_keys_where_the_platform_cannot_tell() -> None:
    judge = StrictJudge()
    region = ShareState("region", area=PLACE)
    assert judge.may_point(region, 100, 50)
    assert judge.origin(region) == (100, 50)
    assert not judge.may_type(region)
    assert not judge.may_point(ShareState("window", area=PLACE, window=5), 100, 50)
