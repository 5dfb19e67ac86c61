"""The picture: decoded in order, scaled exactly, bounded, and alive after a broken rectangle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from viewer.remote import picture as pictures
from viewer.remote.geometry import Rect, View
from viewer.remote.picture import Picture, scale_into
from wire.errors import ProtocolError
from wire.rfb.constants import Encoding
from wire.rfb.events import FenceReceived, Ready, RectReceived, Resized, UpdateDone
from wire.rfb.pixels import BGRX, Pixels


def rect_of(pixels: Pixels, x: int, y: int) -> RectReceived:
    """A Raw rectangle with these pixels."""
    height, width = pixels.shape[:2]
    return RectReceived(x, y, width, height, Encoding.RAW, pixels.tobytes())


def solid(width: int, height: int, colour: tuple[int, int, int]) -> Pixels:
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., :3] = colour
    return pixels


class Watcher:
    """Counts the worker's calls and waits for them."""

    def __init__(self) -> None:
        self.changes = 0
        self.fences: list[FenceReceived] = []
        self.failures: list[ProtocolError] = []
        self.holds: list[bool] = []
        self._news = threading.Condition()

    def note(self, take: Callable[[], object]) -> None:
        with self._news:
            take()
            self._news.notify_all()

    def changed(self) -> None:
        self.note(lambda: setattr(self, "changes", self.changes + 1))

    def wait(self, probe: Callable[[], object]) -> None:
        with self._news:
            assert self._news.wait_for(lambda: bool(probe()), 5)


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def picture(watcher: Watcher) -> Iterator[Picture]:
    made = Picture(
        on_change=watcher.changed,
        on_fence=lambda event: watcher.note(lambda: watcher.fences.append(event)),
        on_failed=lambda error: watcher.note(lambda: watcher.failures.append(error)),
        on_hold=lambda on: watcher.note(lambda: watcher.holds.append(on)),
    )
    made.start()
    yield made
    made.stop()


def settled(picture: Picture, watcher: Watcher) -> None:
    """Wait until the worker has done everything that was put in."""
    count = len(watcher.fences)
    picture.put(FenceReceived(0, b"test"))
    watcher.wait(lambda: len(watcher.fences) > count)


def test_it_shows_what_came(picture: Picture, watcher: Watcher) -> None:
    picture.put(Ready(40, 30, "x", BGRX))
    picture.put(rect_of(solid(4, 3, (1, 2, 3)), 10, 20))
    picture.put(UpdateDone())
    settled(picture, watcher)
    frame = picture.take()
    assert (frame.is_new, frame.view, frame.areas) == (True, View(40, 30, 40, 30), [Rect(0, 0, 40, 30)])
    assert frame.pixels[22, 13, :3].tolist() == [1, 2, 3]
    assert frame.pixels[23, 14, :3].tolist() == [0, 0, 0]


def test_it_shows_an_update_only_when_it_is_whole(picture: Picture, watcher: Watcher) -> None:
    picture.put(Ready(40, 30, "x", BGRX))
    settled(picture, watcher)
    picture.take()
    picture.put(rect_of(solid(4, 3, (1, 2, 3)), 10, 20))
    settled(picture, watcher)
    assert picture.take().areas == []
    picture.put(UpdateDone())
    settled(picture, watcher)
    assert picture.take().areas == [Rect(10, 20, 4, 3)]


def test_it_keeps_the_picture_when_the_desktop_grows(picture: Picture, watcher: Watcher) -> None:
    picture.put(Ready(10, 10, "x", BGRX))
    picture.put(rect_of(solid(10, 10, (9, 9, 9)), 0, 0))
    picture.put(Resized(20, 8, ()))
    picture.put(rect_of(solid(2, 2, (7, 7, 7)), 18, 6))
    picture.put(UpdateDone())
    settled(picture, watcher)
    frame = picture.take()
    assert picture.size == (20, 8)
    assert frame.pixels[7, [9, 10, 19], 0].tolist() == [9, 0, 7]


def test_it_scales_only_what_changed_and_gets_the_whole_right(picture: Picture, watcher: Watcher) -> None:
    noise = np.random.default_rng(7)
    desktop = noise.integers(0, 255, (300, 400, 4), np.uint8)
    picture.put(Ready(400, 300, "x", BGRX))
    picture.set_factor(0.6)
    picture.put(rect_of(desktop, 0, 0))
    picture.put(UpdateDone())
    for _ in range(12):
        x, y = int(noise.integers(0, 380)), int(noise.integers(0, 280))
        patch = noise.integers(0, 255, (15, 20, 4), np.uint8)
        desktop[y : y + 15, x : x + 20] = patch
        picture.put(rect_of(patch, x, y))
        picture.put(UpdateDone())
    settled(picture, watcher)
    frame = picture.take()
    expected = np.zeros((180, 240, 4), np.uint8)
    scale_into(desktop, expected, frame.view, frame.view.area)
    difference = np.abs(frame.pixels[..., :3].astype(int) - expected[..., :3])
    assert frame.view == View(400, 300, 240, 180)
    assert difference.max() <= 2


def test_it_answers_fences_after_what_came_before(picture: Picture, watcher: Watcher) -> None:
    picture.put(Ready(8, 8, "x", BGRX))
    picture.put(rect_of(solid(8, 8, (5, 5, 5)), 0, 0))
    picture.put(UpdateDone())
    picture.put(FenceReceived(1 << 31, b"f"))
    watcher.wait(lambda: watcher.fences)
    assert picture.copy()[0, 0, 0] == 5


def test_it_says_when_a_rectangle_is_broken_and_recovers(picture: Picture, watcher: Watcher) -> None:
    picture.put(Ready(8, 8, "x", BGRX))
    picture.put(RectReceived(0, 0, 8, 8, Encoding.TIGHT, b"\x90\x05junk!"))
    watcher.wait(lambda: watcher.failures)
    picture.put(rect_of(solid(8, 8, (4, 4, 4)), 0, 0))
    picture.put(UpdateDone())
    settled(picture, watcher)
    assert picture.copy()[0, 0, 0] == 0
    picture.put(Ready(8, 8, "x", BGRX))
    picture.put(rect_of(solid(8, 8, (4, 4, 4)), 0, 0))
    settled(picture, watcher)
    assert picture.copy()[0, 0, 0] == 4


def test_it_lives_through_a_fault_of_our_own(
    picture: Picture, watcher: Watcher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise MemoryError("no room")

    picture.put(Ready(8, 8, "x", BGRX))
    settled(picture, watcher)
    monkeypatch.setattr(picture, "_decode", broken)
    picture.put(rect_of(solid(8, 8, (4, 4, 4)), 0, 0))
    watcher.wait(lambda: watcher.failures)
    assert "MemoryError" in str(watcher.failures[0])
    assert "picture_worker_failed" in caplog.text


def test_it_holds_the_link_while_too_much_waits(watcher: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_WAITING", 5000)
    made = Picture(
        on_change=watcher.changed, on_hold=lambda on: watcher.note(lambda: watcher.holds.append(on))
    )
    rect: Any = rect_of(solid(10, 10, (1, 1, 1)), 0, 0)
    made.put(Ready(10, 10, "x", BGRX))
    for _ in range(4):
        made.put(rect)
    assert watcher.holds == [True]
    made.start()
    watcher.wait(lambda: watcher.holds == [True, False])
    made.stop()


@pytest.mark.parametrize("factor", [0.25, 0.75, 1.5, 2.0])
def test_scaling_keeps_plain_colours(factor: float) -> None:
    view = View.of(64, 48, factor)
    shown = np.zeros((view.view_height, view.view_width, 4), np.uint8)
    scale_into(solid(64, 48, (10, 120, 250)), shown, view, view.area)
    assert (shown[..., :3] == (10, 120, 250)).all()


def test_it_counts_what_a_few_bytes_stand_for(watcher: Watcher) -> None:
    """A copy of a whole desktop is four bytes; thousands of them must not queue up."""
    made = Picture(
        on_change=watcher.changed, on_hold=lambda on: watcher.note(lambda: watcher.holds.append(on))
    )
    copy = RectReceived(0, 0, 3840, 2160, Encoding.COPY_RECT, bytes(4))
    for _ in range(9):
        made.put(copy)
    assert watcher.holds == [True]


def test_it_stops_without_decoding_what_waits(watcher: Watcher) -> None:
    made = Picture(on_change=watcher.changed)
    made.put(Ready(4000, 2000, "x", BGRX))
    for _ in range(5000):
        made.put(RectReceived(0, 0, 4000, 2000, Encoding.COPY_RECT, bytes(4)))
    made.start()
    began = time.monotonic()
    made.stop()
    assert time.monotonic() - began < 1.5
