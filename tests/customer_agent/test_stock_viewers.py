"""Viewers of others on our server: TigerVNC and noVNC show the customer's desktop and control it."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import displays
from tests.customer_agent.serving import ROOT, listening
from tests.displays import Display, free_port, wait_for

pytestmark = [pytest.mark.flow, pytest.mark.display]

WIDTH, HEIGHT = 800, 600
NOVNC = ROOT / "node_modules" / "@novnc" / "novnc"
# A picture behind the windows: text colours alone would not exercise JPEG.
PAINT = """
import tkinter as tk
import random
root = tk.Tk()
root.title("photo")
root.geometry("300x220+450+40")
random.seed(3)
picture = tk.PhotoImage(width=300, height=220)
rows = []
for y in range(220):
    rows.append("{" + " ".join(
        f"#{(x * 2 + random.randrange(40)) % 256:02x}{(y * 3) % 256:02x}{random.randrange(256):02x}"
        for x in range(300)) + "}")
picture.put(" ".join(rows))
tk.Label(root, image=picture, borderwidth=0).pack()
root.mainloop()
"""


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Display]:
    """The customer's desktop: a terminal that writes what is typed into a file, and a picture."""
    displays.require_programs("xterm", "openbox", "xdotool", "import")
    with displays.xvfb(WIDTH, HEIGHT, window_manager=True) as display:
        typed = tmp_path / "typed.txt"
        display.start(
            "xterm", "-u8", "-geometry", "60x20+20+60", "-e", "sh", "-c", f"cat > {typed}",
            env={"LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        display.start(sys.executable, "-c", PAINT)
        display.find_window("--class", "xterm")
        display.find_window("--name", "photo")
        yield display


def root_picture(display: Display, path: Path) -> np.ndarray:
    return np.asarray(Image.open(display.picture(path)).convert("RGB"))


def share_of_equal(one: np.ndarray, other: np.ndarray) -> float:
    if one.shape != other.shape:
        return 0.0
    return float((one == other).all(axis=2).mean())


def type_and_read(tmp_path: Path, act: object) -> str:
    """What arrived in the terminal's file after `act()`."""
    act()  # type: ignore[operator]
    path = tmp_path / "typed.txt"
    return wait_for(lambda: path.exists() and path.read_text(), what="the typed line", deadline_s=20)


def test_it_is_shown_and_controlled_by_tigervnc(desktop: Display, tmp_path: Path) -> None:
    displays.require_programs("xtigervncviewer")
    with displays.xvfb(WIDTH, HEIGHT, window_manager=True) as agents, listening(desktop) as (port, _process):
        agents.start(
            "xtigervncviewer", "-SecurityTypes", "None", "-FullScreen", "-RemoteResize=0",
            f"127.0.0.1::{port}",
        )  # fmt: skip
        agents.find_window("--name", "TigerVNC")

        def is_shown() -> bool:
            seen = root_picture(agents, tmp_path / "viewer.png")
            return share_of_equal(seen, root_picture(desktop, tmp_path / "desktop.png")) > 0.995

        wait_for(is_shown, what="the same picture", deadline_s=30, every_s=0.5)
        agents.xdotool("mousemove", "200", "200", "click", "1")
        typed = type_and_read(
            tmp_path, lambda: agents.xdotool("type", "--delay", "30", "Hello, TigerVNC 1\n")
        )
        assert typed == "Hello, TigerVNC 1\n"
        assert desktop.xdotool("getmouselocation").startswith("x:200 y:200")
        wait_for(is_shown, what="the same picture after typing", deadline_s=30, every_s=0.5)


PAGE = """<!doctype html><meta charset="utf-8"><style>body{margin:0}</style><div id="screen"></div>
<script type="module">
import RFB from "/novnc/core/rfb.js";
window.rfb = new RFB(document.getElementById("screen"), `ws://${location.host}/websockify`);
rfb.addEventListener("connect", () => { window.connected = true; rfb.focus(); });
</script>"""


def test_it_is_shown_and_controlled_by_novnc(desktop: Display, tmp_path: Path) -> None:
    displays.require_programs("chromium")
    if not NOVNC.exists():
        pytest.skip("node_modules has no @novnc/novnc")
    playwright = pytest.importorskip("playwright.sync_api")
    web = tmp_path / "web"
    web.mkdir()
    (web / "index.html").write_text(PAGE)
    (web / "novnc").symlink_to(NOVNC)
    with listening(desktop) as (port, _process), playwright.sync_playwright() as browsers:
        door = free_port()
        desktop.start(
            sys.executable, "-m", "websockify", "--web", str(web), f"127.0.0.1:{door}", f"127.0.0.1:{port}"
        )
        browser = browsers.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        wait_for(lambda: _opened(page, f"http://127.0.0.1:{door}/index.html"), what="websockify")
        page.wait_for_function("window.connected === true")

        def is_shown() -> bool:
            seen = np.asarray(Image.open(io.BytesIO(_canvas(page))).convert("RGB"))
            return share_of_equal(seen, root_picture(desktop, tmp_path / "desktop.png")) > 0.995

        wait_for(is_shown, what="the same picture", deadline_s=30, every_s=0.5)
        page.mouse.click(200, 200)
        page.keyboard.press("Shift")  # the first key of a page may come before its field has the keyboard
        page.keyboard.type("Hello, noVNC ", delay=30)
        hangul = "for (const c of '가나다') rfb.sendKey(0x01000000 | c.codePointAt(0)); rfb.sendKey(0xff0d)"
        typed = type_and_read(tmp_path, lambda: page.evaluate(hangul))
        assert typed == "Hello, noVNC 가나다\n"
        assert desktop.xdotool("getmouselocation").startswith("x:200 y:200")
        wait_for(is_shown, what="the same picture after typing", deadline_s=30, every_s=0.5)
        browser.close()


def _opened(page: object, address: str) -> bool:
    from playwright.sync_api import Error

    try:
        page.goto(address)  # type: ignore[attr-defined]
    except Error:
        return False
    return True


def _canvas(page: object) -> bytes:
    """The PNG of noVNC's own canvas: what it decoded, without the browser's pointer."""
    import base64

    text = page.evaluate("document.querySelector('canvas').toDataURL('image/png')")  # type: ignore[attr-defined]
    return base64.b64decode(text.partition(",")[2])
