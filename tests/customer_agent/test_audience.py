"""Several viewers of one screen: served as one while they can be, and never at each other's expense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from customer_agent.screen.capture import Area, CursorShape, Monitor
from customer_agent.screen.damage import words_of
from customer_agent.screen.encode import Needs, PictureEncoder
from customer_agent.screen.watcher import Watcher
from tests.customer_agent.test_stream import Served, noise, served, serving, shows
from tests.customer_agent.viewing import PlainViewer
from tests.displays import wait_for
from wire.rfb.decoding import FrameDecoder
from wire.rfb.events import RectReceived
from wire.rfb.messages import Rectangle, UpdateRequest

__all__ = ["served"]

random = np.random.default_rng(5)
NEEDS = Needs(has_tight=True, has_copy_rect=True, may_jpeg=True, level=8)


class Picture:
    """An outlet that paints what it is sent, as a viewer does."""

    def __init__(self, width: int, height: int) -> None:
        self.pixels = np.zeros((height, width, 4), np.uint8)
        self.sent: list[bytes] = []
        self.is_refusing = False
        self._decoder = FrameDecoder()

    def send_update(self, rectangles: list[Rectangle], generation: int) -> int | None:
        if self.is_refusing:
            self.is_refusing = False
            return None
        for each in rectangles:
            event = RectReceived(each.x, each.y, each.w, each.h, each.encoding, each.payload)
            self._decoder.apply(event, self.pixels)
            self.sent.append(each.payload)
        return sum(len(each.payload) for each in rectangles)

    def send_cursor(self, shape: CursorShape) -> None:
        raise AssertionError("no pointer here")

    def send_size(self, width: int, height: int, monitors: tuple[Monitor, ...]) -> bool:
        return True

    def send_fence(self, number: int) -> None:
        pass

    def unsent_bytes(self) -> int:
        return 0

    @property
    def words(self) -> np.ndarray:
        return words_of(self.pixels) & np.uint32(0xFFFFFF)


def watching(width: int, height: int, needs: Needs = NEEDS) -> tuple[Watcher, Picture]:
    picture = Picture(width, height)
    watcher = Watcher(picture, width, height)
    watcher.change_needs(needs, 0, fences=False, cursor=False)
    watcher.set_continuous(Area(0, 0, width, height))
    return watcher, picture


def changed(words: np.ndarray, step: int) -> None:
    """Text, photographs, single pixels and scrolls by turns."""
    height, width = words.shape
    if step % 4 == 0:
        words[20:60, 10:200] = np.where(random.random((40, 190)) < 0.2, 0, 0xFFFFFF)
    elif step % 4 == 1:
        words[80:200, 30:280] = noise(250, 120)
    elif step % 4 == 2:
        words[step % height, step % width] = step
    else:
        words[60:190, 30:280] = words[70:200, 30:280].copy()


def sharpened(watcher: Watcher) -> None:
    while not watcher.shadow.is_exact:
        watcher.audience.sharpen((0, 0), 200.0)
        watcher.shadow._look_at = watcher.shadow._look_at and 0.0


@pytest.mark.parametrize("other", [NEEDS, Needs(has_tight=True, has_copy_rect=True, may_jpeg=True, level=3)])
def test_it_shows_each_of_three_viewers_the_screen_whoever_parts_and_joins(other: Needs) -> None:
    words = noise(300, 220)
    viewers = [watching(300, 220), watching(300, 220), watching(300, 220, other)]
    for step in range(240):
        now = step * 0.03
        changed(words, step)
        chosen, _ = viewers[int(random.integers(3))]
        for audience in {id(w.audience): w.audience for w, _ in viewers}.values():
            audience.shadow.touch(None)
            if step % 7 == 3:
                audience.part(chosen)
            elif chosen not in audience.members or len(audience.members) > 1 or step % 3:
                audience.update(words, now)
        for one, _ in viewers:
            for two, _ in viewers:
                if one.audience is not two.audience:
                    one.audience.take_in(two.audience, now)
    for watcher, picture in viewers:
        watcher.shadow.touch(None)
        watcher.audience.update(words, 100.0)
        sharpened(watcher)
        assert np.array_equal(picture.words, words)


def test_it_encodes_once_for_viewers_that_want_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    words = noise(300, 220)
    (one, first), (two, second) = watching(300, 220), watching(300, 220)
    for each in (one, two):
        each.audience.update(words, 0.0)
    assert one.audience.take_in(two.audience, 0.0)
    calls: list[PictureEncoder] = []
    encode = PictureEncoder.encode

    def noted(self: PictureEncoder, *arguments: Any) -> list[Rectangle]:
        calls.append(self)
        return encode(self, *arguments)

    monkeypatch.setattr(PictureEncoder, "encode", noted)
    changed(words, 0)
    one.shadow.touch(None)
    one.audience.update(words, 1.0)
    assert len(calls) == 1
    assert first.sent[-1] == second.sent[-1]


def test_it_makes_no_audience_of_viewers_that_want_something_else() -> None:
    words = noise(300, 220)
    watchers = [watching(300, 220)[0] for _ in range(3)]
    watchers[1].prefer("auto", 8, 60)
    watchers[2].prefer("auto", 24, 10)
    for each in watchers:
        each.audience.update(words, 0.0)
    assert not any(
        one.audience.take_in(two.audience, 0.0) for one in watchers for two in watchers if one is not two
    )


def test_it_leaves_a_viewer_alone_while_much_of_its_picture_is_still_blurred() -> None:
    words = noise(600, 440)
    (one, _), (two, _) = watching(600, 440), watching(600, 440)
    one.audience.update(words, 0.0)
    sharpened(one)
    two.audience.update(words, 0.0)
    assert not one.audience.take_in(two.audience, 0.0)
    sharpened(two)
    assert one.audience.take_in(two.audience, 0.0)


def test_it_sends_anew_to_the_one_viewer_whose_update_was_thrown_away() -> None:
    words = noise(300, 220)
    (one, first), (two, second) = watching(300, 220), watching(300, 220)
    audience = one.audience
    for each in (one, two):
        each.audience.update(words, 0.0)
    assert audience.take_in(two.audience, 0.0)
    changed(words, 1)
    audience.shadow.touch(None)
    second.is_refusing = True
    audience.update(words, 1.0)
    assert (one.audience, two.shadow.is_exact) == (audience, False)
    two.audience.update(words, 1.1)
    assert two.shadow.lossy.any()
    for watcher, picture in ((one, first), (two, second)):
        sharpened(watcher)
        assert np.array_equal(picture.words, words)


# Through the screen thread


def settled(served: Served) -> bool:
    """Whether all viewers are served as one."""
    watchers = [peer.watcher for peer in served.peers]
    return all(watcher is not None and watcher.audience is watchers[0].audience for watcher in watchers)  # type: ignore[union-attr]


def two_together(served: Served) -> tuple[PlainViewer, PlainViewer]:
    one, other = served.viewer(), served.viewer()
    for each in (one, other):
        each.look(shows(each, served), what="the first picture")
    x = 0
    while not settled(served):
        x = (x + 1) % 300
        served.screen.paint(Area(x, 0, 1, 1), x)
        for each in (one, other):
            each.step()
    return one, other


def test_it_shows_a_photograph_exactly_to_two_that_are_served_as_one(served: Served) -> None:
    both = two_together(served)
    served.screen.paint(Area(10, 10, 256, 160), noise(256, 160))
    for each in both:
        each.look(shows(each, served), what="the exact photograph")


def test_it_lets_a_full_line_hold_up_nobody_else(served: Served) -> None:
    waiting = {"bytes": 0}
    one = served.viewer()
    other = served.viewer(pending=lambda: waiting["bytes"])
    for each in (one, other):
        each.look(shows(each, served), what="the first picture")
    waiting["bytes"] = 1 << 20
    for step in range(3):
        served.screen.paint(Area(10 * step, 10, 100, 100), noise(100, 100))
        one.look(shows(one, served), what="the picture of the free line")
    assert not shows(other, served)()
    waiting["bytes"] = 0
    served.peers[1].drained()
    other.look(shows(other, served), what="the picture of the line that was full")


def test_it_repeats_everything_only_to_the_viewer_that_asked(served: Served) -> None:
    one, other = two_together(served)
    served.screen.paint(Area(0, 0, 320, 200), noise(320, 200))
    for each in (one, other):
        each.look(shows(each, served), what="the exact photograph")
    before, others_before = one.received_bytes, other.received_bytes
    one.send(lambda protocol: protocol.send(UpdateRequest(False, 0, 0, 320, 200)))
    one.look(lambda: one.received_bytes > before + 10_000, what="everything anew")
    other.step()
    assert other.received_bytes < others_before + 1000


def test_it_goes_on_with_the_one_that_stays() -> None:
    with serving() as served:
        one, _ = two_together(served)
        audience = served.peers[0].watcher.audience  # type: ignore[union-attr]
        served.peers[1].close()
        wait_for(lambda: len(audience.members) == 1, what="the audience of one")
        served.screen.paint(Area(10, 10, 100, 100), noise(100, 100))
        one.look(shows(one, served), what="the picture")
