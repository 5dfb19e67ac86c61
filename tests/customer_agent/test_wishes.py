"""What the agent wishes of the picture: mode, colour depth and frames a second, through the protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pytest
from PIL import Image, ImageFilter

from customer_agent.screen.capture import Area
from customer_agent.screen.damage import Words
from customer_agent.screen.quality import depth_mask
from tests.customer_agent.test_stream import Served, serving, shows
from tests.customer_agent.viewing import PlainViewer
from wire.rfb import events as e

WIDTH, HEIGHT = 640, 400
WHOLE = Area(0, 0, WIDTH, HEIGHT)
Mode = Literal["auto", "network", "speed"]


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(WIDTH, HEIGHT) as one:
        yield one
        assert one.failures == []


def photograph(seed: int) -> Words:
    """Soft shapes with a little grain."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (12, 20, 3), np.uint8)
    image = Image.fromarray(small).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(2)), np.int16)
    rgb = np.clip(soft + random.integers(-4, 5, soft.shape), 0, 255).astype(np.uint32)
    return np.asarray(rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2], np.uint32)


def has_bits(viewer: PlainViewer, served: Served, depth: int) -> bool:
    """Whether the viewer has the screen's picture in these bits, pixel for pixel."""
    return bool((viewer.words == served.screen.truth & np.uint32(depth_mask(depth))).all())


def jpeg_bytes(viewer: PlainViewer) -> int:
    """The bytes of all photographs so far."""
    found = [event for event in viewer.events if isinstance(event, e.RectReceived)]
    return sum(len(event.payload) for event in found if event.payload[0] >> 4 == 9)


def test_it_sends_photographs_smaller_for_a_slow_network(served: Served) -> None:
    served.screen.paint(WHOLE, photograph(1))
    modes: tuple[Mode, ...] = ("network", "auto", "speed")
    sizes = []
    for mode in modes:
        viewer = served.viewer(quality=8)
        served.peers[-1].prefer(mode, 24, 60)
        viewer.look(shows(viewer, served), what="the exact photograph")
        sizes.append(jpeg_bytes(viewer))
        served.peers[-1].close()
    assert sizes[0] < 0.7 * sizes[1]
    assert sizes[1] <= sizes[2]


def test_it_sends_fewer_bytes_for_fewer_colours_and_is_exact_in_them(served: Served) -> None:
    served.screen.paint(WHOLE, photograph(2))
    sizes = {}
    for depth in (24, 16, 8):
        viewer = served.viewer()
        served.peers[-1].prefer("auto", depth, 60)
        viewer.look(lambda v=viewer, d=depth: has_bits(v, served, d), what=f"{depth} bits")  # type: ignore[misc]
        sizes[depth] = viewer.received_bytes
        served.peers[-1].close()
    assert sizes[16] < 0.85 * sizes[24]
    assert sizes[8] < 0.35 * sizes[24]


def test_it_changes_the_depth_in_the_middle_and_back(served: Served) -> None:
    viewer = served.viewer()
    for depth in (24, 8, 16, 24):
        served.peers[0].prefer("auto", depth, 60)
        served.screen.paint(Area(30, 30, 200, 150), photograph(depth)[:150, :200])
        viewer.look(lambda d=depth: has_bits(viewer, served, d), what=f"{depth} bits")  # type: ignore[misc]


def test_it_keeps_a_wish_that_came_before_the_viewer_was_ready(served: Served) -> None:
    served.screen.paint(WHOLE, photograph(3))
    viewer = served.viewer()
    assert served.peers[0].watcher is None
    served.peers[0].prefer("network", 8, 60)
    viewer.look(lambda: has_bits(viewer, served, 8), what="8 bits")


def test_it_sends_no_more_frames_than_wished(served: Served) -> None:
    viewer = served.viewer()
    viewer.look(shows(viewer, served), what="the first picture")
    served.peers[0].prefer("auto", 24, 2)
    before, started = viewer.updates, 0
    while viewer.updates < before + 3:
        started += 1
        served.screen.paint(Area(started % 600, 0, 8, 8), started)
        viewer.step()
    # Three updates at two a second take a second, in which far more was painted.
    assert started > 10
