"""A picture at rest becomes exact for little more than its lossless bytes, and stands in nobody's way."""

from __future__ import annotations

import numpy as np
import pytest

from customer_agent.screen.capture import Area
from customer_agent.screen.encode import Needs, PictureEncoder
from customer_agent.screen.quality import qualities
from customer_agent.screen.shadow import Changes
from customer_agent.screen.tiles import Kind, Planner
from tests.customer_agent.test_audience import Picture, watching
from tests.customer_agent.test_wishes import HEIGHT, WIDTH, photograph

PLAIN = qualities(None, None, "auto", None)


def sent_bytes(picture: Picture) -> int:
    return sum(len(payload) for payload in picture.sent)


def lossless_bytes(words: np.ndarray) -> int:
    pieces = Planner().plan(words, [Area(0, 0, WIDTH, HEIGHT)], photos=Kind.GRADED)
    made = PictureEncoder(Needs(has_tight=True)).encode(words, Changes(None, pieces), PLAIN)
    return sum(len(each.payload) for each in made)


@pytest.mark.parametrize("rate_bps", [None, 10e6, 1e6])
def test_it_is_exact_for_at_most_1_3_times_the_lossless_bytes(rate_bps: float | None) -> None:
    """Blur and sharpening together; a full line carries nothing else, so that is also its time."""
    words = photograph(7)
    watcher, picture = watching(WIDTH, HEIGHT)
    watcher.pacing._rate_bps = rate_bps
    watcher.audience.update(words, 0.0)
    now = 1.0
    while not watcher.shadow.is_exact:
        watcher.audience.sharpen((0, 0), now)
        now += 0.1
    assert np.array_equal(picture.words, words)
    assert sent_bytes(picture) <= 1.3 * lossless_bytes(words)


@pytest.mark.parametrize("rate_bps", [2e6, 4e6, 10e6])
def test_it_sharpens_in_steps_that_the_line_carries_in_a_twentieth_of_a_second(rate_bps: float) -> None:
    words = photograph(8)
    watcher, picture = watching(WIDTH, HEIGHT)
    watcher.pacing._rate_bps = rate_bps
    watcher.audience.update(words, 0.0)
    for step in range(8):
        before = sent_bytes(picture)
        watcher.audience.sharpen((0, 0), 1.0 + step)
        assert sent_bytes(picture) - before <= rate_bps / 8 * 0.06


def test_it_sends_a_change_before_the_rest_of_the_sharpening() -> None:
    words = photograph(9)
    watcher, picture = watching(WIDTH, HEIGHT)
    watcher.pacing._rate_bps = 1e6
    watcher.audience.update(words, 0.0)
    watcher.audience.sharpen((0, 0), 1.0)
    words[200:220, 300:400] = 0
    watcher.shadow.touch([Area(300, 200, 100, 20)])
    watcher.audience.update(words, 1.1)
    assert (picture.words[200:220, 300:400] == 0).all()
    assert watcher.shadow.lossy.any()
