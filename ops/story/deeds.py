"""What an agent does in the waiting program and the viewer, by clicks and keys; used by story and flows."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Final

from ops.demo_pc.__main__ import HEIGHT_PX, WIDTH_PX
from ops.story.product import Login
from ops.story.screens import AGENT_PX, AgentScreen, Box, Layouts
from ops.story.waiting import wait_for

_SLOTS: Final = tuple(f"slot{position}" for position in range(1, 6))
_READ_CLIPBOARD: Final = "import tkinter as t; r = t.Tk(); r.withdraw(); print(r.clipboard_get())"
_EMPTY_CLIPBOARD: Final = "import tkinter as t; r = t.Tk(); r.withdraw(); r.clipboard_clear(); r.update()"


class AgentAtWork:
    """One agent at one display; the programs' own windows are found by their layout files."""

    def __init__(self, screen: AgentScreen, layouts: Layouts) -> None:
        self.screen, self.layouts = screen, layouts

    def fill_in(self, login: Login) -> None:
        """Type the log-in; a triple click marks what stands in a field already."""
        self.layouts.wait("login", "submit", deadline_s=30)
        for widget, text in (("tenant", login.tenant), ("id", login.id), ("password", login.password)):
            self.screen.click("login", widget, times=3)
            self.screen.type(text)

    def log_in(self) -> None:
        self.screen.click("login", "submit")
        self.layouts.wait("waiting", "add")
        wait_for(self.slots, "the first slot")

    def drag_to_the_right(self) -> None:
        """Take the waiting window by its title bar to the right edge, so that the remote window has room."""
        head: Box = self.layouts.wait("waiting", "log-out")
        right_edge = head.x + head.width + 24
        self.screen.drag((round(head.x - 120), round(head.y - 36)), by=round(AGENT_PX[0] - 24 - right_edge))

    def slots(self) -> list[str]:
        """The names of the slots that are shown: slot1, slot3, …"""
        windows = self.layouts.windows("waiting")
        return sorted(name for name in windows[-1]["widgets"] if name in _SLOTS) if windows else []

    def add_slots(self, wanted: int) -> None:
        while len(self.slots()) < wanted:
            count = len(self.slots())
            self.screen.click("waiting", "add")
            wait_for(lambda count=count: len(self.slots()) > count, "one more slot")  # type: ignore[misc]

    def code(self, slot: str = "slot1") -> str:
        """The code as the agent would send it to the customer: the copy button, then the clipboard.

        What was copied before goes first: a busy program would leave an older code, which is used already.
        """
        self._in_tk(_EMPTY_CLIPBOARD)

        def copied() -> str:
            """Pressed anew each time: a window that just opened or closed may have been in the way."""
            self.screen.click("waiting", f"{slot}-copy")
            time.sleep(0.3)
            return self._in_tk(_READ_CLIPBOARD)

        return wait_for(copied, "the code on the clipboard", every_s=1.5)

    def _in_tk(self, lines: str) -> str:
        """What these lines print in a program of their own on the agent's display."""
        environment = {**os.environ, **self.screen.environment}
        done = subprocess.run(
            [sys.executable, "-c", lines], env=environment, capture_output=True, text=True,
            timeout=20, check=False,
        )  # fmt: skip
        return done.stdout.strip()

    def new_code(self, slot: str = "slot1") -> None:
        before = self.code(slot)
        self.screen.click("waiting", f"{slot}-new-code")
        wait_for(lambda: self.code(slot) != before, "a new code", every_s=0.3)

    def connect(self, slot: str = "slot1") -> None:
        """Accept the customer and wait for the window with their screen."""
        self.screen.click("waiting", f"{slot}-accept")
        self.layouts.wait("remote", "desktop", deadline_s=30)

    def on_desktop(self, x: float, y: float) -> tuple[int, int]:
        """Where a place of the customer's screen is on the agent's display, shown whole and centred."""
        canvas: Box = self.layouts.wait("remote", "desktop")
        scale = min(canvas.width / WIDTH_PX, canvas.height / HEIGHT_PX, 1.0)
        left = canvas.x + (canvas.width - WIDTH_PX * scale) / 2
        top = canvas.y + (canvas.height - HEIGHT_PX * scale) / 2
        return round(left + x * scale), round(top + y * scale)

    def click_on_desktop(self, x: float, y: float) -> None:
        self.screen.click_at(*self.on_desktop(x, y))

    def end(self) -> None:
        """End the support session: the button, and yes when asked."""
        self.screen.click("remote", "end")
        self.screen.click("remote", "end-confirm")
