"""Records RFB streams of foreign programs: `python -m tests.vectors.record [name ...]` (make vectors).

Each vector is what one program sent, from its first byte, cut at a message's end.
`<side>-<program>-<how>.bin`: `client-…` was sent by a viewer to our ServerProtocol, `server-…` by a server
to our ViewerProtocol, which had asked for the encodings in `vectors.json`. Tests replay them; the fuzz run
changes them. Needs TigerVNC, x11vnc, Xvfb, openbox, xterm, ImageMagick, xclip, xdotool; noVNC's also
Chromium, websockify and `npm ci`.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.displays import Display, free_port, start_process, stop_process, xvfb, xvnc
from tests.wire.rfb.peers import LOOPBACK, Picture, Scene, connect, make_picture, talk, wait_for_full_screen
from wire.rfb import messages as m
from wire.rfb.constants import Encoding
from wire.rfb.server import ServerProtocol
from wire.rfb.viewer import ViewerProtocol, encodings_for

HERE = Path(__file__).parent
INDEX = HERE / "vectors.json"
JPEG_LEVEL = -27
NOVNC = HERE.parents[1] / "node_modules" / "@novnc" / "novnc"
WIDTH, HEIGHT = 112, 80
PSEUDO = tuple(number for number in encodings_for(quality=None) if number < 0)
LISTS = {
    "tight": (Encoding.TIGHT, Encoding.COPY_RECT, *PSEUDO),
    "tight-jpeg": (Encoding.TIGHT, Encoding.COPY_RECT, *encodings_for(quality=5)[6:]),
    "zrle": (Encoding.ZRLE, Encoding.COPY_RECT, *PSEUDO),
    "hextile": (Encoding.HEXTILE, Encoding.COPY_RECT, *PSEUDO),
    "rre": (Encoding.RRE, *PSEUDO),
}
PAGE = """<!doctype html><body style="margin:0"><div id="screen" style="width:400px;height:300px"></div>
<script type="module">import RFB from "./core/rfb.js";
window.rfb = new RFB(document.getElementById("screen"), "ws://" + location.host + "/websockify");
rfb.addEventListener("connect", () => { window.isConnected = true; });</script>"""


class Taped:
    """A protocol that keeps what it received, cut where nothing was left to parse."""

    def __init__(self, protocol: ServerProtocol | ViewerProtocol) -> None:
        self._protocol = protocol
        self._tape = bytearray()
        self._whole = 0

    def receive(self, data: bytes) -> None:
        self._protocol.receive(data)
        self._tape += data
        if not len(self._protocol._buffer):
            self._whole = len(self._tape)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._protocol, name)

    def save(self, name: str, encodings: Sequence[int] = (), picture: Picture | None = None) -> None:
        (HERE / f"{name}.bin").write_bytes(self._tape[: self._whole])
        index = json.loads(INDEX.read_text()) if INDEX.exists() else {}
        index[name] = {"encodings": [int(number) for number in encodings]}
        if picture is not None and JPEG_LEVEL not in encodings:
            index[name]["picture"] = picture.checksum()
        INDEX.write_text(json.dumps(index, indent=1, sort_keys=True) + "\n")
        print(f"{name}: {self._whole} bytes")


def client_of(start: Callable[[int], Any], poke: Callable[[Any], Iterator[None]], name: str) -> None:
    """Record a viewer that `start(port)` brings up; `poke` uses it, deed by deed, once the scene is over."""
    with closing(socket.create_server((LOOPBACK, 0))) as door:
        door.settimeout(30)
        running = start(door.getsockname()[1])
        with closing(door.accept()[0]) as sock:
            scene = Scene()
            taped = Taped(scene.protocol)
            talk(sock, taped, scene.take, lambda: scene.is_over, on_idle=scene.play)  # type: ignore[arg-type]
            _go_on(sock, taped, scene.take, 1.0, scene.play)
            for _ in poke(running):
                _go_on(sock, taped, scene.take, 0.2, scene.play)
            _go_on(sock, taped, scene.take, 1.5, scene.play)
            taped.save(name)


def _go_on(
    sock: socket.socket,
    taped: Taped,
    take: Callable[[Any], None],
    seconds: float,
    on_idle: Callable[[], None] = lambda: None,
) -> None:
    end = time.monotonic() + seconds
    talk(sock, taped, take, lambda: time.monotonic() > end, on_idle=on_idle)  # type: ignore[arg-type]


def record_vncviewer(options: Sequence[str], name: str) -> None:
    """TigerVNC's viewer: pointer, wheel, keys, Hangul key, clipboard, a full screen of another size."""
    with xvfb(400, 300, window_manager=True) as display:

        def start(port: int) -> Display:
            wait_for_full_screen(display)
            display.start("vncviewer", "-FullScreen=1", *options, f"{LOOPBACK}::{port}")
            return display

        def poke(_: Display) -> Iterator[None]:
            for deed in (
                "mousemove 100 120 click 1", "mousemove 150 130 click 4 click 5", "key a", "key shift+B",
                "key ctrl+c", "key Hangul", "mousedown 1 mousemove 170 140 mouseup 1 click 3",
            ):  # fmt: skip
                display.xdotool(*deed.split())
                yield
            owner = display.start("xclip", "-selection", "clipboard", stdin=subprocess.PIPE)
            assert owner.stdin is not None
            owner.stdin.write("상담원이 복사한 글\n둘째 줄".encode())
            owner.stdin.close()
            display.xdotool("mousemove", "160", "135")

        client_of(start, poke, name)


def record_novnc(name: str) -> None:
    """noVNC in Chromium through websockify: pointer, wheel, keys, Hangul, clipboard, a request to resize."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        for part in ("core", "vendor"):
            (Path(folder) / part).symlink_to(NOVNC / part)
        (Path(folder) / "page.html").write_text(PAGE)
        web_port = free_port()
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()

        def start(port: int) -> subprocess.Popen[bytes]:
            command = ["websockify", "--web", folder, f"{LOOPBACK}:{web_port}", f"{LOOPBACK}:{port}"]
            process = start_process(command)
            connect(web_port).close()
            page.goto(f"http://{LOOPBACK}:{web_port}/page.html")
            return process

        def poke(process: subprocess.Popen[bytes]) -> Iterator[None]:
            page.mouse.move(60, 60)
            page.mouse.click(80, 90)
            page.mouse.click(81, 91, button="right")
            page.mouse.wheel(0, 120)
            page.keyboard.type("aB1!")
            page.keyboard.press("Control+c")
            page.evaluate("rfb.sendKey(0x0100ac00, null); rfb.sendKey(0x0100b098, null)")
            page.evaluate("rfb.sendCtrlAltDel()")
            page.evaluate("rfb.clipboardPasteFrom('붙여넣기 텍스트\\n둘째 줄')")
            page.evaluate("rfb.qualityLevel = 9; rfb.compressionLevel = 0; rfb.resizeSession = true")
            to_stop.append(process)
            yield

        to_stop: list[subprocess.Popen[bytes]] = []
        try:
            client_of(start, poke, name)
        finally:
            browser.close()
            for process in to_stop:
                stop_process(process)


def record_server(display: Display, port: int, encodings: Sequence[int], name: str) -> None:
    """A server: its picture, scrolling text, the pointer, the clipboard, a bell, a new size."""
    with closing(connect(port)) as sock:
        protocol = ViewerProtocol(encodings=encodings)
        taped, picture = Taped(protocol), Picture()
        talk(sock, taped, picture.take, lambda: picture.updates > 0)  # type: ignore[arg-type]
        protocol.send(m.PointerEvent(0, 70, 50))
        owner = display.start("xclip", "-selection", "clipboard", stdin=subprocess.PIPE)
        assert owner.stdin is not None
        owner.stdin.write("고객이 복사한 글".encode())
        owner.stdin.close()
        _go_on(sock, taped, picture.take, 2.0)
        if protocol.supports(Encoding.EXTENDED_DESKTOP_SIZE):
            screen = m.Screen(1, 0, 0, WIDTH + 16, HEIGHT + 8)
            protocol.send(m.SetDesktopSize(screen.width, screen.height, (screen,)))
        protocol.send(m.KeyEvent(True, 0x61))
        protocol.send(m.KeyEvent(False, 0x61))
        _go_on(sock, taped, picture.take, 1.0)
        print(name, picture.encodings, {type(other).__name__ for other in picture.others})
        taped.save(name, encodings, picture)
        stop_process(owner)


def _furnish(display: Display, folder: Path) -> None:
    wallpaper = folder / "wallpaper.png"
    Image.fromarray(make_picture(WIDTH, HEIGHT)[..., 2::-1].copy()).save(wallpaper)
    display.start("display", "-window", "root", str(wallpaper)).wait(20)
    script = (
        r"i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo line $i; sleep 0.2; [ $i = 12 ] && printf '\a'; done"
    )
    display.start("xterm", "-geometry", "14x4+6+6", "-fn", "5x7", "-j", "-e", "sh", "-c", script)
    display.find_window("--class", "xterm")


def record_servers(wanted: Callable[[str], bool]) -> None:
    """Xvnc (TigerVNC) in every encoding, x11vnc (LibVNCServer) in three."""
    with tempfile.TemporaryDirectory() as folder:
        for how, encodings in LISTS.items():
            if wanted(f"server-xvnc-{how}"):
                with xvnc(WIDTH, HEIGHT) as display:
                    _furnish(display, Path(folder))
                    assert display.vnc_port is not None
                    record_server(display, display.vnc_port, encodings, f"server-xvnc-{how}")
        for how in ("tight", "tight-jpeg", "zrle", "hextile"):
            if wanted(f"server-x11vnc-{how}"):
                with xvfb(WIDTH, HEIGHT) as display:
                    _furnish(display, Path(folder))
                    port = free_port()
                    options = ["-rfbport", str(port), "-localhost", "-nopw", "-forever", "-quiet"]
                    display.start("x11vnc", "-display", display.name, *options)
                    record_server(display, port, LISTS[how], f"server-x11vnc-{how}")


def main(names: Sequence[str]) -> None:
    """Record the vectors named, or all."""

    def wanted(name: str) -> bool:
        return not names or name in names

    if wanted("client-tigervnc-tight"):
        record_vncviewer(["-RemoteResize=0"], "client-tigervnc-tight")
    if wanted("client-tigervnc-rgb332"):
        options = ["-RemoteResize=0", "-AutoSelect=0", "-FullColor=0", "-LowColorLevel=2"]
        record_vncviewer(options, "client-tigervnc-rgb332")
    if wanted("client-novnc"):
        record_novnc("client-novnc")
    record_servers(wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
