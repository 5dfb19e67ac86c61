"""The X11 screen: exact pixels, damage, resizing, and nothing left behind by a killed program."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from customer_agent.platform_errors import Unsupported
from customer_agent.screen.capture import Area
from customer_agent.screen.platform_x11 import X11Screen
from customer_agent.x11 import connect
from tests import displays
from tests.customer_agent.serving import ROOT
from tests.customer_agent.viewing import PlainViewer
from tests.displays import Display, wait_for

pytestmark = pytest.mark.display


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with displays.xvfb(801, 599) as one:
        yield one


@pytest.fixture
def screen(display: Display) -> Iterator[X11Screen]:
    one = X11Screen(display.name)
    yield one
    one.close()


def fill(display: Display, area: Area, colour: int) -> None:
    """Draw a filled rectangle on the root window."""
    connection = connect(display.name)
    root = connection.screen().root
    pen = root.create_gc(foreground=colour)
    root.fill_rectangle(pen, *area)
    connection.sync()
    connection.close()


def test_it_sees_the_very_pixels(display: Display, screen: X11Screen, tmp_path: Path) -> None:
    fill(display, Area(10, 20, 300, 200), 0x123456)
    fill(display, Area(700, 500, 101, 99), 0xFEDCBA)
    assert screen.grab([Area(0, 0, 801, 599)])
    seen = np.asarray(Image.open(display.picture(tmp_path / "root.png")).convert("RGB"))
    assert np.array_equal(screen.pixels[..., 2::-1], seen)
    assert not screen.pixels[..., 3].any()


def test_it_tells_where_something_changed(display: Display, screen: X11Screen) -> None:
    screen.news()
    fill(display, Area(100, 40, 30, 20), 0x00FF00)
    damage = wait_for(lambda: screen.news().damage, what="damage")
    (area,) = damage
    assert area.covering(Area(100, 40, 30, 20)) == area
    assert screen.news().is_empty


def test_it_grabs_only_what_it_is_asked_for(display: Display, screen: X11Screen) -> None:
    fill(display, Area(0, 0, 801, 599), 0x111111)
    screen.grab([Area(0, 0, 801, 599)])
    fill(display, Area(0, 0, 801, 599), 0x222222)
    screen.grab([Area(5, 100, 10, 50)])
    assert set(np.unique(screen.pixels[100:150, 5:15, 0])) == {0x22}
    assert set(np.unique(screen.pixels[150:, :, 0])) == {0x11}


def test_it_knows_the_pointers_shape_and_place(display: Display, screen: X11Screen) -> None:
    display.xdotool("mousemove", "333", "222")
    shape = screen.cursor()
    assert shape is not None
    assert shape.pixels[..., 3].any()
    assert screen.pointer() == (333, 222)


def test_it_follows_another_resolution() -> None:
    displays.require_programs("xrandr")
    with displays.xvnc(1024, 768) as display:
        screen = X11Screen(display.name)
        subprocess.run(["xrandr", "--fb", "800x600"], env=display.env, check=False, capture_output=True)
        subprocess.run(["xrandr", "-s", "800x600"], env=display.env, check=False, capture_output=True)
        news = wait_for(lambda: (found := screen.news()).resized and found, what="the new size")
        assert news.resized
        assert screen.pixels.shape == (600, 800, 4)
        assert screen.grab([Area(0, 0, 800, 600)])
        assert screen.monitors()[0].area == Area(0, 0, 800, 600)
        screen.close()


def test_it_says_in_one_sentence_that_there_is_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Unsupported, match="X11 display"):
        X11Screen()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    with pytest.raises(Unsupported, match="Wayland") as refused:
        X11Screen()
    assert "Xorg" in refused.value.reason


def segments(pid: int) -> set[str]:
    """The System V segments that one process has made; other programs of this machine have theirs."""
    lines = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
    return {line[1] for line in lines if line[4] == str(pid)}


def test_it_leaves_nothing_behind_when_it_is_killed(display: Display) -> None:
    program = display.start(
        sys.executable, "-m", "customer_agent", "--listen", "127.0.0.1:0", stdout=subprocess.PIPE, cwd=ROOT
    )
    assert program.stdout is not None
    port = int(program.stdout.readline().decode().rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        viewer = PlainViewer(connection)
        viewer.look(lambda: viewer.updates > 0, what="the first picture")
        assert segments(program.pid)
        program.kill()
        program.wait(5)
    wait_for(lambda: not segments(program.pid), what="the segment's end")
