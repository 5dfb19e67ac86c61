"""The two people of the story and what is before their eyes: hands that click and type, and pictures of
displays.

The agent sits at an Xvfb of the story's own and is moved by xdotool. The customer is the newcomer at the
demo PC's page in a browser: every click goes through noVNC into Xvnc's own pointer, which is not the
agent's. Where a widget stands is read from the layout files that our programs write (BAROHELP_UI_MAP), and
for pages in the demo PC's Chromium from the page itself; nothing in the programs is called.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Locator, Page, Playwright
from Xlib.display import Display as XDisplay

from ops.guard import die_with_parent
from ops.places import ROOT
from ops.story.waiting import StoryFailed, wait_for

LATIN_1: Final = 0xFF
AGENT_PX: Final = (1720, 900)
CHROMIUM: Final = "/usr/bin/chromium"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a display, px."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[int, int]:
        return round(self.x + self.width / 2), round(self.y + self.height / 2)


class Layouts:
    """The layout files of all our programs' windows, on either display."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def windows(self, name: str) -> list[dict[str, Any]]:
        """The open windows of this name, the newest last; files of killed programs do not count."""
        found = []
        for path in sorted(self._folder.glob(f"*-{name}.json"), key=lambda path: path.stat().st_mtime):
            pid = path.name.partition("-")[0]
            if path.name != f"{pid}-{name}.json" or not Path(f"/proc/{pid}").exists():
                continue
            try:
                found.append({**json.loads(path.read_text(encoding="utf-8")), "pid": int(pid)})
            except (OSError, json.JSONDecodeError):
                continue
        return found

    def find(self, window: str, widget: str) -> Box | None:
        for layout in reversed(self.windows(window)):
            place = layout["widgets"].get(widget)
            if place and place[2] > 1 and place[3] > 1:
                return Box(*place)
        return None

    def wait(self, window: str, widget: str, *, deadline_s: float = 20.0) -> Box:
        return wait_for(lambda: self.find(window, widget), f"{widget} in {window}", deadline_s=deadline_s)

    def wait_gone(self, window: str, *, deadline_s: float = 20.0) -> None:
        wait_for(lambda: not self.windows(window), f"{window} to close", deadline_s=deadline_s)


class AgentScreen:
    """The agent's own display with a window manager; `environment` opens programs on it."""

    def __init__(self, folder: Path, layouts: Layouts, language: str) -> None:
        self._layouts = layouts
        folder.mkdir(parents=True, exist_ok=True)
        self._processes: list[subprocess.Popen[bytes]] = []
        read, write = os.pipe()
        size = f"{AGENT_PX[0]}x{AGENT_PX[1]}x24"
        self._start(["Xvfb", "-screen", "0", size, "-nolisten", "tcp", "-noreset", "-displayfd", str(write)],
                    dict(os.environ), pass_fds=(write,))  # fmt: skip
        os.close(write)
        with os.fdopen(read) as line:
            number = line.readline().strip()
        if not number:
            raise StoryFailed("Xvfb did not start")
        spoken = {"ko": "ko_KR.UTF-8", "en": "en_US.UTF-8"}[language]
        self.environment = {"DISPLAY": f":{number}", "XAUTHORITY": "/nonexistent", "LANG": spoken}
        self._dress(folder)

    def _dress(self, folder: Path) -> None:
        look = ROOT / "ops" / "demo_pc" / "look"
        for name in (".config/openbox", ".themes/BaroHelp/openbox-3"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(look / "rc.xml", folder / ".config/openbox/rc.xml")
        shutil.copy(look / "menu.xml", folder / ".config/openbox/menu.xml")
        shutil.copy(look / "themerc", folder / ".themes/BaroHelp/openbox-3/themerc")
        environment = {
            **os.environ,
            **self.environment,
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / ".config"),
        }
        environment |= {"XDG_DATA_HOME": str(folder / ".local/share"), "LC_ALL": "C.UTF-8"}
        self._start(["openbox", "--sm-disable"], environment)
        wait_for(lambda: self.xdotool("get_num_desktops"), "openbox on the agent's display")
        wallpaper = [sys.executable, "-m", "ops.demo_pc.desktop", "{}", str(folder)]
        self._start(wallpaper, environment, cwd=ROOT)

    def _start(self, command: list[str], environment: Mapping[str, str], **more: Any) -> None:
        self._processes.append(
            subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, preexec_fn=die_with_parent, **more,  # noqa: PLW1509 (one thread here)
            )
        )  # fmt: skip

    def xdotool(self, *words: str) -> str:
        # xdotool reads its words in the locale; ko_KR.UTF-8 need not be on the machine.
        environment = {**os.environ, **self.environment, "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            ["xdotool", *words], env=environment, capture_output=True, text=True, timeout=30, check=False
        )
        return done.stdout.strip()

    def click(self, window: str, widget: str, *, times: int = 1, deadline_s: float = 20.0) -> None:
        x, y = self._settled(window, widget, deadline_s).centre
        self.click_at(x, y, times=times)

    def _settled(self, window: str, widget: str, deadline_s: float) -> Box:
        """Where the widget is once it stays there: a window that just opened still moves."""
        place = self._layouts.wait(window, widget, deadline_s=deadline_s)
        while True:
            time.sleep(0.12)
            now = self._layouts.wait(window, widget, deadline_s=deadline_s)
            if now == place:
                return now
            place = now

    def click_at(self, x: int, y: int, *, times: int = 1) -> None:
        clicks = ["click", "--repeat", str(times), "--delay", "60", "1"]
        self.xdotool("mousemove", str(x), str(y), "sleep", "0.08", *clicks)

    def drag(self, start: tuple[int, int], *, by: int) -> None:
        """Press the left button, move sideways in steps as a hand does, and let go."""
        self.xdotool("mousemove", str(start[0]), str(start[1]), "sleep", "0.1", "mousedown", "1")
        for step in range(1, 9):
            self.xdotool("mousemove", str(start[0] + by * step // 8), str(start[1]), "sleep", "0.03")
        self.xdotool("mouseup", "1")

    def move(self, x: int, y: int) -> None:
        self.xdotool("mousemove", str(x), str(y))

    def type(self, text: str) -> None:
        self._teach_keys(text)
        self.xdotool("type", "--delay", "15", text)

    def _teach_keys(self, text: str) -> None:
        """Give each letter that the keyboard lacks a key of its own.

        xdotool would lend one key to all of them in turn; a busy program looks only after it was taken back.
        """
        wanted = {0x1000000 + ord(letter) for letter in text if ord(letter) > LATIN_1}
        display = XDisplay(self.environment["DISPLAY"])
        try:
            lowest, highest = display.display.info.min_keycode, display.display.info.max_keycode
            keys = display.get_keyboard_mapping(lowest, highest - lowest + 1)
            missing = sorted(wanted - {symbol for key in keys for symbol in key})
            free = [lowest + place for place, key in enumerate(keys) if not any(key)]
            for code, symbol in zip(free, missing, strict=False):
                display.change_keyboard_mapping(code, [(symbol, symbol)])
            display.sync()
        finally:
            display.close()
        if missing:
            time.sleep(0.5)  # the programs on the display are told of the new keys, each in its own time

    def key(self, *names: str) -> None:
        self.xdotool("key", "--delay", "30", *names)

    def picture(self, path: Path) -> None:
        take_picture(self.environment, path)

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def take_picture(environment: Mapping[str, str], path: Path) -> None:
    """Save everything that a display shows."""
    command = ["import", "-silent", "-window", "root", str(path)]
    subprocess.run(command, env={**os.environ, **environment}, timeout=30, check=True)


class CustomerScreen:
    """The demo PC: the newcomer's browser page is the hand, the PC's own Chromium tells where things are."""

    def __init__(
        self, playwright: Playwright, pc: Mapping[str, str], cdp_port: int, layouts: Layouts
    ) -> None:
        self._layouts = layouts
        self.environment = {"DISPLAY": pc["display"], "XAUTHORITY": pc["authority"]}
        self.home = Path(pc["home"])
        self.memo = Path(pc["memo"])
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        self._browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        self._hand = self._browser.new_page(viewport={"width": 1300, "height": 900})
        self._hand.goto(pc["address"])
        self._hand.wait_for_selector("#state.up", timeout=20_000)
        wait_for(lambda: self._hand.locator("#screen canvas").bounding_box(), "the demo PC's screen")
        self._inside: Browser = self._connect(playwright, cdp_port)
        # Playwright catches the downloads of a browser that it joins; the customer's go to their own folder.
        self._inside.new_browser_cdp_session().send("Browser.setDownloadBehavior", {"behavior": "default"})
        self.page: Page = wait_for(self._find_page, "the demo PC's Chromium", deadline_s=30)
        self._offset: tuple[float, float] | None = None

    @staticmethod
    def _connect(playwright: Playwright, port: int) -> Browser:
        def attempt() -> Browser | None:
            try:
                return playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
            except Exception:  # noqa: BLE001 (Playwright's own error while nothing listens there yet)
                return None

        return wait_for(attempt, "the demo PC's Chromium", deadline_s=40, every_s=0.5)

    def _find_page(self) -> Page | None:
        pages = [page for context in self._inside.contexts for page in context.pages]
        return next((page for page in pages if page.url.startswith("http")), None)

    def move(self, x: float, y: float, *, steps: int = 4) -> None:
        """Move the customer's own mouse to a place of the demo PC's screen, px."""
        canvas = self._hand.locator("#screen canvas")
        shown = canvas.bounding_box()
        assert shown is not None
        width = canvas.evaluate("canvas => canvas.width")
        scale = shown["width"] / width
        self._hand.mouse.move(shown["x"] + x * scale, shown["y"] + y * scale, steps=steps)

    def click_at(self, x: float, y: float) -> None:
        self.move(x, y)
        time.sleep(0.15)
        self._hand.mouse.down()
        time.sleep(0.06)
        self._hand.mouse.up()

    def click(self, window: str, widget: str, *, deadline_s: float = 20.0) -> None:
        """Click a widget of one of our Tk windows."""
        place = self._layouts.wait(window, widget, deadline_s=deadline_s)
        while True:
            time.sleep(0.12)
            now = self._layouts.wait(window, widget, deadline_s=deadline_s)
            if now == place:
                self.click_at(*now.centre)
                return
            place = now

    def click_on_page(self, locator: Locator) -> None:
        """Click something in the page by moving the real pointer there."""
        locator.wait_for(state="visible")
        locator.scroll_into_view_if_needed()
        box = locator.bounding_box()
        assert box is not None
        left, top = self._page_origin()
        self.click_at(left + box["x"] + box["width"] / 2, top + box["y"] + box["height"] / 2)

    def _page_origin(self) -> tuple[float, float]:
        """Where the page's top left corner is on the demo PC's screen: a move tells both coordinates."""
        if self._offset is None:
            self.page.evaluate(
                "() => { window.storyOffset = null; addEventListener('mousemove', event => {"
                " window.storyOffset = [event.screenX - event.clientX, event.screenY - event.clientY]; }) }"
            )
            place = self.page.evaluate("[screenX + outerWidth / 2, screenY + outerHeight / 2]")

            def wiggle() -> list[float] | None:
                self.move(place[0] + 3, place[1])
                self.move(place[0], place[1])
                found: list[float] | None = self.page.evaluate("window.storyOffset")
                return found

            offset = wait_for(wiggle, "the pointer in the customer's page")
            self._offset = (offset[0], offset[1])
        return self._offset

    def type(self, text: str) -> None:
        """Type on the customer's own keyboard."""
        self._hand.keyboard.type(text, delay=30)

    def press(self, key: str) -> None:
        self._hand.keyboard.press(key, delay=30)

    def picture(self, path: Path) -> None:
        take_picture(self.environment, path)

    def page_picture(self, path: Path) -> None:
        """The newcomer's whole browser page."""
        self._hand.screenshot(path=str(path))

    def close(self) -> None:
        self._browser.close()
