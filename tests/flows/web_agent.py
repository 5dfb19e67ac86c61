"""An agent at a browser: Chromium with the console's list in one tab and a customer's desktop in another."""

from __future__ import annotations

import base64
import io
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.displays import wait_for
from tests.flows.people import Customer
from tests.flows.stack import Stack

#: Between two steps of an input method, as fast fingers need.
KEY_S = 0.04
TROUBLE = ("waiting", "danger")


class WebAgent:
    """Logged in at /console; `desktop` is the tab of the customer who was accepted."""

    def __init__(self, stack: Stack, browser: Any, **look: Any) -> None:
        self._address = stack.places.public_url
        settings = {"viewport": {"width": 1280, "height": 800}, "locale": "ko-KR"} | look
        self.context = browser.new_context(**settings)
        self.context.set_default_timeout(20_000)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self._address)
        self.said: list[str] = []
        self.board = self.context.new_page()
        self._listen(self.board)
        self._log_in(*stack.login("agent1"))
        self.desktop: Any = None

    def _listen(self, page: Any) -> None:
        """What goes wrong in a page, its policy's refusals among it."""
        page.on("console", lambda said: self.said.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def _log_in(self, login_id: str, password: str) -> None:
        self.board.goto(f"{self._address}/manage/login?tenant=demo")
        self.board.fill("[name=login_id]", login_id)
        self.board.fill("[name=password]", password)
        self.board.press("[name=password]", "Enter")
        self.board.wait_for_url("**/manage")

    def code(self) -> str:
        """The code of the first slot, which waits again where a customer has been before."""
        if not self.board.url.endswith("/console"):
            self.board.goto(f"{self._address}/console")
        self.board.locator("[data-part=state]").first.wait_for()
        if self.board.locator("[data-kind=expired]").count():
            self.board.locator("[data-kind=expired] [data-part=code-new]").first.click()
        waits = self.board.locator("[data-kind=waits] [data-part=code]").first
        waits.wait_for()
        return str(waits.text_content()).replace(" ", "")

    def lose_once(self, address: str) -> None:
        """The next load of a script fails, as when a phone changes its network."""
        left = ["failed"]
        self.context.route(address, lambda route: route.abort(left.pop()) if left else route.continue_())

    def accept(self) -> None:
        """Open the desktop of the customer who allowed, and wait for its picture."""
        with self.context.expect_page() as opened:
            self.board.click("[data-part=accept]:visible")
        self.desktop = opened.value
        self._listen(self.desktop)
        self.wait_calm()

    def connect(self, customer: Customer) -> None:
        """From the code to the open desktop."""
        customer.enter(self.code())
        customer.start_program()
        customer.allow()
        self.accept()
        customer.layouts.wait("panel", "end")

    # --- what is seen

    def status(self) -> str:
        """The tone of the sentence above the picture: "" when all is well, "info" while the page loads."""
        strip = self.desktop.locator("#cv-status")
        if strip.count() == 0:
            return "info"
        return "" if strip.is_hidden() else str(strip.get_attribute("data-tone"))

    def wait_calm(self) -> None:
        wait_for(lambda: self.status() == "", what="a calm desktop", deadline_s=20)

    def wait_trouble(self) -> None:
        wait_for(lambda: self.status() in TROUBLE, what="the page to say so", deadline_s=8)

    def pixels(self) -> np.ndarray:
        """What noVNC drew."""
        text = self.desktop.evaluate(
            "document.querySelector('#cv-screen canvas:not(.cv-last)').toDataURL('image/png')"
        )
        picture = Image.open(io.BytesIO(base64.b64decode(text.partition(",")[2])))
        return np.asarray(picture.convert("RGB"))

    def sees(self, customer: Customer, file: Path) -> bool:
        """Whether the canvas is the customer's screen, pixel for pixel but for what moves meanwhile."""
        real = np.asarray(Image.open(customer.display.picture(file)).convert("RGB"))
        mine = self.pixels()
        return mine.shape == real.shape and float((mine == real).all(axis=2).mean()) > 0.99

    def place(self, x: int, y: int) -> tuple[float, float]:
        """Where a place of the customer's desktop is on the page."""
        box = self.desktop.locator("#cv-screen canvas").first.bounding_box()
        factor = box["width"] / self.pixels().shape[1]
        return box["x"] + x * factor, box["y"] + y * factor

    # --- hands

    def click(self, x: int, y: int) -> None:
        self.desktop.mouse.click(*self.place(x, y), delay=60)

    def compose(self, *steps: str) -> None:
        """One syllable as an input method makes it; the last step is what it becomes."""
        keyboard = self.context.new_cdp_session(self.desktop)
        for text in steps:
            keyboard.send(
                "Input.imeSetComposition",
                {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
            )
            time.sleep(KEY_S)
        keyboard.send("Input.insertText", {"text": steps[-1]})
        keyboard.detach()

    def insert(self, text: str) -> None:
        """Text that comes without keys, as from a phone's keyboard."""
        self.desktop.keyboard.insert_text(text)

    def save(self) -> None:
        self.desktop.keyboard.press("Enter")
        self.desktop.keyboard.press("Control+s")

    def end(self) -> None:
        self.desktop.click("#cv-end")
        self.desktop.click("#cv-end-yes")
        self.desktop.locator("#cv-ended").wait_for()

    def keep_evidence(self, folder: Path) -> None:
        """What this person saw when the story failed, and what the pages complained of."""
        for name, page in (("board", self.board), ("desktop", self.desktop)):
            if page is not None and not page.is_closed():
                page.screenshot(path=str(folder / f"{name}.png"))
        (folder / "pages.txt").write_text("\n".join(self.said), "utf-8")

    def close(self) -> None:
        self.context.close()
