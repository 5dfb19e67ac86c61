"""Stock viewers on our ServerProtocol, our ViewerProtocol on stock servers, over sockets and displays."""

from __future__ import annotations

import base64
import io
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.displays import Display, free_port, require_programs, start_process, stop_process, xvfb, xvnc
from tests.wire.rfb.peers import (
    LOOPBACK,
    PeerGone,
    Picture,
    Scene,
    connect,
    make_picture,
    screenshot,
    talk,
    wait_for_full_screen,
)
from wire.errors import ProtocolError
from wire.rfb import events as e
from wire.rfb import messages as m
from wire.rfb.constants import Encoding
from wire.rfb.pixels import Pixels
from wire.rfb.viewer import ViewerProtocol, encodings_for

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.flow, pytest.mark.display]

NOVNC = Path(__file__).parents[3] / "node_modules" / "@novnc" / "novnc"
LOSSLESS = encodings_for(quality=None)
PSEUDO = tuple(number for number in LOSSLESS if number < 0)


def _differing(first: Pixels, second: Pixels) -> float:
    """The share of pixels whose colour differs by more than a shade."""
    assert first.shape == second.shape
    return float((np.abs(first[..., :3].astype(int) - second[..., :3]).max(axis=-1) > 1).mean())


def _furnish(display: Display, folder: Path) -> None:
    wallpaper = folder / "wallpaper.png"
    Image.fromarray(make_picture(320, 240)[..., 2::-1].copy()).save(wallpaper)
    display.start("display", "-window", "root", str(wallpaper)).wait(20)
    counting = "for i in $(seq 60); do echo line $i; sleep 0.02; done; sleep 100"
    display.start("xterm", "-geometry", "20x8+20+20", "-e", "sh", "-c", counting)
    display.find_window("--class", "xterm")


def _matches(sock: socket.socket, viewer: ViewerProtocol, display: Display) -> Picture:
    """Look at the server until the picture equals a screenshot of its display."""
    picture = Picture()
    looked = [0.0]

    def is_same() -> bool:
        if time.monotonic() < looked[0] + 0.5 or not picture.updates:
            return False
        looked[0] = time.monotonic()
        return _differing(picture.framebuffer, screenshot(display)) < 0.005

    talk(sock, viewer, picture.take, is_same, within_s=25)
    return picture


@pytest.fixture
def door() -> Iterator[socket.socket]:
    with closing(socket.create_server((LOOPBACK, 0))) as listening:
        listening.settimeout(30)
        yield listening


def every_second(act: Callable[[], object]) -> Callable[[], None]:
    """`act`, at most once a second: a window that has just opened may miss the first key or click."""
    next_at = [0.0]

    def again() -> None:
        if time.monotonic() >= next_at[0]:
            next_at[0] = time.monotonic() + 1.0
            act()

    return again


@pytest.mark.parametrize("options", [[], ["-AutoSelect=0", "-FullColor=0", "-LowColorLevel=2"]])
def test_it_shows_the_scene_in_tigervnc_and_hears_its_input(door: socket.socket, options: list[str]) -> None:
    require_programs("vncviewer", "openbox", "import", "xdotool")
    scene = Scene()
    with xvfb(400, 300, window_manager=True) as display:
        wait_for_full_screen(display)
        port = door.getsockname()[1]
        display.start("vncviewer", "-FullScreen=1", "-RemoteResize=0", *options, f"{LOOPBACK}::{port}")
        with closing(door.accept()[0]) as sock:
            talk(sock, scene.protocol, scene.take, lambda: scene.is_over, on_idle=scene.play)
            click = every_second(lambda: display.xdotool("mousemove", "200", "200", "click", "1"))
            is_clicked = lambda: m.PointerEvent(1, 168, 174) in scene.heard  # noqa: E731
            talk(sock, scene.protocol, scene.take, is_clicked, on_idle=click)
            press = every_second(lambda: display.xdotool("key", "a"))
            is_pressed = lambda: m.QemuKeyEvent(True, 0x61, 30) in scene.heard  # noqa: E731
            talk(sock, scene.protocol, scene.take, is_pressed, on_idle=press)
            if not options:  # eight bits a pixel show other colours
                looked = [0.0]

                def is_same() -> bool:  # once TigerVNC's own hint has faded
                    if time.monotonic() < looked[0] + 0.5:
                        return False
                    looked[0] = time.monotonic()
                    return _differing(screenshot(display)[26:274, 32:368], scene.framebuffer) < 0.005

                talk(sock, scene.protocol, scene.take, is_same, within_s=25)


@pytest.mark.parametrize("first", ["TIGHT", "ZRLE", "HEXTILE", "RRE", "RAW"])
def test_it_sees_what_xvnc_shows(first: str, tmp_path: Path) -> None:
    require_programs("Xvnc", "xterm", "display", "import")
    with xvnc(320, 240) as display:
        _furnish(display, tmp_path)
        assert display.vnc_port is not None
        viewer = ViewerProtocol(encodings=(Encoding[first], Encoding.COPY_RECT, *PSEUDO))
        with closing(connect(display.vnc_port)) as sock:
            picture = _matches(sock, viewer, display)
            assert Encoding[first] in picture.encodings
            assert viewer.supports(Encoding.CONTINUOUS_UPDATES)
            size = m.SetDesktopSize(300, 200, (m.Screen(0, 0, 0, 300, 200),))
            viewer.send(size)
            talk(sock, viewer, picture.take, lambda: picture.framebuffer.shape == (200, 300, 4))


@pytest.mark.parametrize("first", ["TIGHT", "ZRLE", "HEXTILE"])
def test_it_sees_what_x11vnc_shows_and_its_keys_arrive(first: str, tmp_path: Path) -> None:
    require_programs("x11vnc", "xterm", "display", "import")
    with xvfb(320, 240) as display:
        _furnish(display, tmp_path)
        port = free_port()
        options = ["-rfbport", str(port), "-localhost", "-nopw", "-forever", "-quiet"]
        display.start("x11vnc", "-display", display.name, *options)
        viewer = ViewerProtocol(encodings=(Encoding[first], *LOSSLESS))
        with closing(connect(port)) as sock:
            picture = _matches(sock, viewer, display)
            assert Encoding[first] in picture.encodings
            viewer.send(m.PointerEvent(0, 123, 45))
            talk(sock, viewer, picture.take, lambda: "x:123 y:45" in display.xdotool("getmouselocation"))


def test_it_sees_what_x0vncserver_shows(tmp_path: Path) -> None:
    require_programs("x0vncserver", "xterm", "display", "import")
    with xvfb(320, 240) as display:
        _furnish(display, tmp_path)
        port = free_port()
        command = ["x0vncserver", "-display", display.name, "-rfbport", str(port), "-localhost"]
        display.start(*command, "-SecurityTypes", "None")
        with closing(connect(port)) as sock:
            assert Encoding.TIGHT in _matches(sock, ViewerProtocol(encodings=LOSSLESS), display).encodings


@pytest.mark.parametrize(("password", "is_right"), [("geheim12", True), ("falsch", False)])
def test_it_logs_in_by_password(password: str, is_right: bool) -> None:
    require_programs("x11vnc")
    with xvfb(64, 48) as display:
        port = free_port()
        options = ["-rfbport", str(port), "-localhost", "-passwd", "geheim12", "-quiet"]
        display.start("x11vnc", "-display", display.name, *options)
        picture = Picture()
        with closing(connect(port)) as sock:
            viewer = ViewerProtocol(password=password)
            if is_right:
                talk(sock, viewer, picture.take, lambda: picture.updates > 0)
                return
            with pytest.raises((ProtocolError, PeerGone)):
                talk(sock, viewer, picture.take, lambda: picture.updates > 0)
            assert not [other for other in picture.others if isinstance(other, e.Ready)]


PAGE = """<!doctype html><body style="margin:0"><div id="screen" style="width:400px;height:300px"></div>
<script type="module">import RFB from "./core/rfb.js";
window.rfb = new RFB(document.getElementById("screen"), "ws://" + location.host + "/websockify");</script>"""


def test_it_shows_the_scene_in_novnc(door: socket.socket, tmp_path: Path) -> None:
    require_programs("websockify", "chromium")
    if not NOVNC.exists():
        pytest.skip("@novnc/novnc is not installed: npm ci")
    from playwright.sync_api import sync_playwright

    (tmp_path / "page.html").write_text(PAGE)
    for part in ("core", "vendor"):
        (tmp_path / part).symlink_to(NOVNC / part)
    web_port, scene = free_port(), Scene()
    bridge = start_process(
        [
            "websockify",
            "--web",
            str(tmp_path),
            f"{LOOPBACK}:{web_port}",
            f"{LOOPBACK}:{door.getsockname()[1]}",
        ]
    )
    try:
        connect(web_port).close()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(f"http://{LOOPBACK}:{web_port}/page.html")
            with closing(door.accept()[0]) as sock:
                talk(sock, scene.protocol, scene.take, lambda: scene.is_over, on_idle=scene.play)
                page.mouse.click(200, 150)
                talk(sock, scene.protocol, scene.take, lambda: any(
                    isinstance(event, m.PointerEvent) and event.buttons == 1 for event in scene.heard
                ))  # fmt: skip
                same: list[bool] = []  # the page draws what came a little later
                look = every_second(lambda: same.append(_is_on_canvas(page, scene)))
                talk(sock, scene.protocol, scene.take, lambda: True in same, on_idle=look)
            browser.close()
    finally:
        stop_process(bridge)


def _is_on_canvas(page: Page, scene: Scene) -> bool:
    """Whether the page's canvas shows at least 99.5 % of the scene's pixels as they are."""
    data = page.evaluate("document.querySelector('canvas').toDataURL('image/png')")
    with Image.open(io.BytesIO(base64.b64decode(data.split(",")[1]))) as shown:
        rgb = np.asarray(shown.convert("RGB"))
    if rgb.shape[:2] != scene.framebuffer.shape[:2]:
        return False
    return bool((rgb == scene.framebuffer[..., 2::-1]).mean() > 0.995)
