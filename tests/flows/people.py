"""The two people of the flows: an agent at an Xvfb, a customer at an Xvnc whose own hand is not the agent's.

The customer's way through the pages is plain HTTP here (the story uses Chromium); their program is
`python -m customer_agent`, and every click on it comes through Xvnc's own VNC port.
"""

from __future__ import annotations

import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from desktop import theme as themes
from ops.places import LOOPBACK, ROOT
from ops.story.deeds import AgentAtWork
from ops.story.product import Login
from ops.story.screens import AgentScreen, Layouts, take_picture
from tests.displays import (
    Display,
    start_process,
    start_window_manager,
    start_xvnc,
    stop_process,
    wait_for,
)
from tests.flows.stack import Stack

# A locale that every Debian has, and no message bus: the editor would wait for one.
EDITOR_ENV = {
    "LC_ALL": "C.UTF-8",
    "GSETTINGS_BACKEND": "memory",
    "NO_AT_BRIDGE": "1",
    "DBUS_SESSION_BUS_ADDRESS": "disabled:",
}
A_PIXEL_OR_TWO = 2  # between two screens of different sizes


class Agent(AgentAtWork):
    """An agent who has logged in to the waiting program."""

    def __init__(self, stack: Stack, folder: Path, login_id: str = "agent1") -> None:
        layouts = Layouts(stack.ui_map)
        self._logs = stack.places.logs
        super().__init__(AgentScreen(folder, layouts, "ko"), layouts)
        environment = stack.environment(self.screen.environment["DISPLAY"], HOME=str(folder))
        self.log = (folder / "viewer.log").open("ab")
        command = [sys.executable, "-m", "viewer", "--server", stack.places.public_url, "--tenant", "demo"]
        self.program = start_process(command, env=environment, cwd=ROOT, stdout=self.log, stderr=self.log)
        self.fill_in(Login("demo", *stack.login(login_id)))
        self.log_in()

    def take_the_next(self) -> None:
        """Make the first slot wait again, where a customer has been before.

        While the waiting program has not heard of the last end yet, its button opens the window again, which
        then says so and is closed here.
        """

        def waits() -> bool:
            if self.layouts.find("remote", "ended-close"):
                self.screen.click("remote", "ended-close")
                self.layouts.wait_gone("remote")
            elif self.layouts.windows("remote") or self.layouts.find("waiting", "slot1-copy"):
                pass
            elif self.layouts.find("waiting", "slot1-second"):
                self.screen.click("waiting", "slot1-second")
            return self.layouts.find("waiting", "slot1-copy") is not None

        wait_for(waits, what="a slot that waits", deadline_s=40, every_s=0.7)

    def keep_evidence(self, folder: Path) -> None:
        """What this person saw when the story failed, and what their program wrote."""
        self.screen.picture(folder / "agent.png")
        shutil.copy(self.log.name, folder)
        for log in self._logs.glob("*.log"):
            shutil.copy(log, folder)

    def write_on_desktop(self, words: str) -> None:
        """Click into the customer's editor, type a line and save."""
        self.click_on_desktop(300, 400)
        time.sleep(0.3)
        self.screen.type(words)
        self.screen.key("Return", "ctrl+s")

    def wait_until_it_steers(self, display: Display) -> None:
        """Return once the customer's pointer follows this person's: all is open, and control is allowed."""
        places = [(300, 400), (340, 400)]

        def follows() -> bool:
            x, y = map(int, re.findall(r"[xy]:(\d+)", display.xdotool("getmouselocation")))
            if max(abs(x - places[0][0]), abs(y - places[0][1])) <= A_PIXEL_OR_TWO:
                places.pop(0)
            if places:
                self.screen.move(*self.on_desktop(*places[0]))
            return not places

        wait_for(follows, what="the customer's pointer to follow the agent's", deadline_s=30, every_s=0.3)

    def turn_to_waiting_window(self) -> None:
        """Leave the customer's desktop for the program beside it."""
        self.screen.key("alt+Tab")
        time.sleep(0.5)

    def end(self) -> None:
        """End the support session and close what the window then says, if it has not closed by itself."""
        super().end()
        self._close_ended_window()

    def _close_ended_window(self) -> None:
        wait_for(
            lambda: self.layouts.find("remote", "ended-close") or not self.layouts.windows("remote"),
            what="the end of the support window",
        )

        def is_gone() -> bool:
            # The sheet grows when the form about the support comes: a click may meet what is there no more.
            if self.layouts.find("remote", "ended-close"):
                self.screen.click("remote", "ended-close")
            return not self.layouts.windows("remote")

        wait_for(is_gone, what="the support window to close", every_s=0.7)
        self.layouts.wait_gone("remote")

    def close(self) -> None:
        stop_process(self.program)
        self.log.close()
        self.screen.stop()


class Hand:
    """The customer's own mouse: pointer events into Xvnc's VNC port (RFC 6143, 7.5.5)."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((LOOPBACK, port), timeout=10)
        self._socket.recv(12)
        self._socket.sendall(b"RFB 003.008\n")
        self._socket.recv(2)
        self._socket.sendall(b"\x01")
        self._socket.recv(4)
        self._socket.sendall(b"\x01")
        self._socket.recv(4096)

    def move(self, x: int, y: int, buttons: int = 0) -> None:
        self._socket.sendall(struct.pack(">BBHH", 5, buttons, x, y))

    def click(self, x: int, y: int) -> None:
        for buttons in (0, 1, 0):
            self.move(x, y, buttons)
            time.sleep(0.08)  # a person's click is not instantaneous, and the window ignores a bounce

    def close(self) -> None:
        self._socket.close()


class Customer:
    """A customer's PC and browser."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._stack, self._folder = stack, folder
        self.layouts = Layouts(stack.ui_map)
        self.display: Display = start_xvnc(reads_clipboard=False)
        start_window_manager(self.display)
        assert self.display.vnc_port is not None
        self.hand = Hand(self.display.vnc_port)
        headers = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)", "Accept-Language": "ko"}
        self.browser = httpx.Client(base_url=stack.places.public_url, headers=headers, trust_env=False)
        self.token = ""

    def enter(self, code: str) -> None:
        """Type the code on the page; afterwards the page offers the program with a join token."""
        answer = self.browser.post("/demo/code", data={"code": code}, follow_redirects=True)
        found = re.search(r"--token (\S+?)\s*<|BaroHelp-demo-([0-9a-z]+)", answer.text)
        assert found is not None, answer.text[:2000]
        self.token = found.group(1) or found.group(2)

    def start_program(self, *more: str) -> subprocess.Popen[bytes]:
        """The customer program with the token of the page."""
        environment = self._stack.environment(self.display.name, HOME=str(self._folder))
        command = [sys.executable, "-m", "customer_agent", "--server", self._stack.places.public_url]
        command += ["--tenant", "demo", "--token", self.token, *more]
        with (self._folder / "customer.log").open("ab") as log:
            process = start_process(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
        self.display.children.append(process)
        return process

    def click(self, window: str, widget: str) -> None:
        """Click a widget of the customer program once it stands still."""
        place = self.layouts.wait(window, widget)
        while True:
            time.sleep(0.15)
            now = self.layouts.wait(window, widget)
            if now == place:
                self.hand.click(*now.centre)
                return
            place = now

    def allow(self) -> None:
        self.answer("allow")

    def answer(self, button: str) -> None:
        """Press a button of the consent window, after the moment in which it ignores everything."""
        self.layouts.wait("consent", button)
        time.sleep(1.0)
        self.click("consent", button)
        self.layouts.wait_gone("consent")

    def leave_the_ended_window(self) -> None:
        """Close the program's last window, which says that it is over."""
        self.click("ended", "close")

    def keep_evidence(self, folder: Path) -> None:
        """What this person saw when the story failed, and what their program wrote."""
        self.display.picture(folder / "customer.png")
        if (self._folder / "customer.log").exists():
            shutil.copy(self._folder / "customer.log", folder)

    def page(self) -> str:
        return self.browser.get("/demo").text

    def close(self) -> None:
        self.browser.close()
        self.hand.close()
        self.display.stop()


def open_notebook(customer: Customer, folder: Path) -> Path:
    """The customer's editor with an empty file, over most of the screen; Ctrl+S saves without a question."""
    target = folder / "written.txt"
    target.touch()
    customer.display.start("mousepad", "--disable-server", str(target), env=EDITOR_ENV)
    window = customer.display.find_window("--class", "Mousepad")
    customer.display.xdotool("windowmove", window, "0", "0", "windowsize", window, "900", "600")
    return target


def connect(agent: Agent, customer: Customer) -> subprocess.Popen[bytes]:
    """From the code to the open window; the customer program's process."""
    agent.take_the_next()
    customer.enter(agent.code())
    program = customer.start_program()
    customer.allow()
    agent.connect()
    customer.layouts.wait("panel", "end")
    time.sleep(1.5)  # the first whole picture of the desktop
    return program


def alarming_pixels(environment: Mapping[str, str]) -> int:
    """How much of a display has the colours of "waiting" and "danger": what a person sees of a trouble."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        take_picture(environment, Path(file.name))
        pixels = np.asarray(Image.open(file.name).convert("RGB")).astype(int)
    tokens = (themes.LIGHT.waiting, themes.LIGHT.danger)
    colours = [tuple(int(token[i : i + 2], 16) for i in (1, 3, 5)) for token in tokens]
    return int(sum((abs(pixels - colour).max(axis=2) < 12).sum() for colour in colours))


def count_pixels(environment: Mapping[str, str], colour: int) -> int:
    """How much of a display has exactly that colour, 0xRRGGBB."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        take_picture(environment, Path(file.name))
        pixels = np.asarray(Image.open(file.name).convert("RGB"))
    wanted = (colour >> 16, colour >> 8 & 255, colour & 255)
    return int((pixels == wanted).all(axis=2).sum())


def copy(environment: Mapping[str, str], text: str) -> None:
    """Copy a text on a display, as any program there would."""
    command = ["xclip", "-selection", "clipboard"]
    process = subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    process.communicate(text.encode())  # xclip stays behind to serve the text until another copy


def copied(environment: Mapping[str, str]) -> str:
    """What a program on that display would paste."""
    command = ["timeout", "10", "xclip", "-selection", "clipboard", "-o"]
    return subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False).stdout
