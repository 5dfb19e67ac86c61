"""Desktops of odd sizes, of the largest size, and such that change under our hands, on real X servers."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from customer_agent.screen.damage import Words
from customer_agent.x11 import connect
from tests import displays
from tests.customer_agent.serving import listening
from tests.customer_agent.viewing import PlainViewer
from tests.displays import Display, wait_for

pytestmark = pytest.mark.display


@contextmanager
def viewing(display: Display) -> Iterator[tuple[PlainViewer, int]]:
    """A viewer of the program on that display, and the program's process id."""
    with (
        listening(display) as (port, program),
        socket.create_connection(("127.0.0.1", port)) as connection,
    ):
        yield PlainViewer(connection), program.pid


def truth(display: Display) -> Words:
    """What the X server itself says that the root window shows."""
    connection = connect(display.name)
    root = connection.screen().root
    size = root.get_geometry()
    rows = max(1, 4_000_000 // (size.width * 4))
    bands = [
        root.get_image(0, y, size.width, min(rows, size.height - y), 2, 0xFFFFFFFF).data
        for y in range(0, size.height, rows)
    ]
    connection.close()
    words = np.frombuffer(b"".join(bands), np.uint32).reshape(size.height, size.width)
    return np.asarray(words & np.uint32(0xFFFFFF), np.uint32)


def scribble(display: Display, seed: int, *, times: int = 200) -> None:
    """Draw many small rectangles anywhere on the root window."""
    random = np.random.default_rng(seed)
    connection = connect(display.name)
    root = connection.screen().root
    size, pen = root.get_geometry(), root.create_gc()
    for _ in range(times):
        pen.change(foreground=int(random.integers(1 << 24)))
        x, y = int(random.integers(size.width)), int(random.integers(size.height))
        root.fill_rectangle(pen, x, y, *(int(each) for each in random.integers(1, 40, 2)))
    connection.sync()
    connection.close()


def has_all(viewer: PlainViewer, display: Display) -> bool:
    """Whether the viewer has the very picture, whatever its size is."""
    now = truth(display)
    return viewer.words.shape == now.shape and bool((viewer.words == now).all())


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1366, 767), (3, 2000)])
def test_it_shows_desktops_of_odd_sizes(width: int, height: int) -> None:
    with displays.xvfb(width, height) as display:
        scribble(display, width)
        with viewing(display) as (viewer, _):
            viewer.look(lambda: has_all(viewer, display), what="the desktop")
            scribble(display, height)
            viewer.look(lambda: has_all(viewer, display), what="the changed desktop")


def set_size(display: Display, size: str) -> None:
    subprocess.run(["xrandr", "--fb", size], env=display.env, check=False, capture_output=True)
    subprocess.run(["xrandr", "-s", size], env=display.env, check=False, capture_output=True)


def test_it_follows_a_desktop_that_is_turned_while_much_is_drawn() -> None:
    """1920 x 1080 becomes 1080 x 1920 and 801 x 599, as when a tablet is turned, in the middle of changes."""
    displays.require_programs("xrandr", "Xvnc")
    with displays.xvnc(1920, 1080) as display, viewing(display) as (viewer, _):
        viewer.look(lambda: viewer.updates > 0, what="the first picture")
        for size in ((1080, 1920), (801, 599), (1920, 1080)):
            artist = threading.Thread(target=scribble, args=(display, size[0]), kwargs={"times": 3000})
            artist.start()
            set_size(display, f"{size[0]}x{size[1]}")
            wait_for(lambda s=size: truth(display).shape == s[::-1], what="the X server's new size")  # type: ignore[misc]
            viewer.look(lambda s=size: viewer.words.shape == s[::-1], what="the new size")  # type: ignore[misc]
            artist.join()
            viewer.look(lambda: has_all(viewer, display), what="the picture of the new size")


def peak_mib(pid: int) -> int:
    """The most memory that the process has had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


@pytest.mark.slow
def test_it_shows_the_largest_desktop_with_bounded_memory() -> None:
    """7680 x 4320: the picture is 127 MiB, the viewer's twin and its blurs 160 more."""
    with displays.xvfb(7680, 4320) as display:
        scribble(display, 8, times=20_000)
        with viewing(display) as (viewer, pid):
            viewer.look(lambda: has_all(viewer, display), what="the desktop", deadline_s=60.0)
            scribble(display, 9, times=2000)
            viewer.look(lambda: has_all(viewer, display), what="the changed desktop", deadline_s=60.0)
            assert peak_mib(pid) < 900
