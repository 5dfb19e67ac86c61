"""Real X displays for tests: Xvfb and Xvnc on a number of their own, ended by process id.

The display number is chosen by the X server (`-displayfd`), so that tests may run side by side. Every process
started here dies with the test process, even when that is killed (`setpriv --pdeathsig`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from ops.places import free_port

T = TypeVar("T")

START_DEADLINE_S = 20.0


def missing_program(*names: str) -> str | None:
    """The first of `names` that is not installed, or None."""
    return next((name for name in names if shutil.which(name) is None), None)


def require_programs(*names: str) -> None:
    """Skip the test where a system program is missing; fail it under CI=1."""
    missing = missing_program(*names)
    if missing is None:
        return
    if os.environ.get("CI") == "1":
        pytest.fail(f"{missing} is not installed")
    pytest.skip(f"{missing} is not installed")


def wait_for(
    probe: Callable[[], T | None], *, what: str, deadline_s: float = 10.0, every_s: float = 0.02
) -> T:
    """The first truthy answer of `probe`; an AssertionError naming `what` after `deadline_s`."""
    until = time.monotonic() + deadline_s
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > until:
            raise AssertionError(f"waited {deadline_s:g} s in vain for {what}")
        time.sleep(every_s)


def start_process(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, **options: object
) -> subprocess.Popen[bytes]:
    """Start `command` so that it dies with this process; output is discarded unless `options` says so."""
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.DEVNULL)
    options.setdefault("stderr", subprocess.DEVNULL)
    guarded = ["setpriv", "--pdeathsig", "KILL", *command]
    return subprocess.Popen(guarded, env=dict(env) if env is not None else None, **options)  # type: ignore[call-overload,no-any-return]


def stop_process(process: subprocess.Popen[bytes]) -> None:
    """End one process by its id, politely first, and collect it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


@dataclass
class Display:
    """A running X server; `vnc_port` is its own VNC port where it is an Xvnc."""

    name: str
    process: subprocess.Popen[bytes]
    vnc_port: int | None = None
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        """The environment of programs that shall open on this display."""
        return {**os.environ, "DISPLAY": self.name, "XAUTHORITY": "/nonexistent"}

    def start(
        self, *command: str, env: Mapping[str, str] | None = None, **options: object
    ) -> subprocess.Popen[bytes]:
        """Start a program on this display; it ends with the display."""
        process = start_process(command, env={**self.env, **(env or {})}, **options)
        self.children.append(process)
        return process

    def xdotool(self, *arguments: str) -> str:
        """Run xdotool on this display and return what it printed."""
        done = subprocess.run(
            ["xdotool", *arguments], env=self.env, capture_output=True, text=True, timeout=30, check=False
        )
        return done.stdout.strip()

    def find_window(self, *search: str, deadline_s: float = 15.0) -> str:
        """The id of the first visible window for an `xdotool search` such as ("--name", "title")."""
        found = wait_for(
            lambda: self.xdotool("search", "--onlyvisible", *search).split(),
            what=f"window {search}",
            deadline_s=deadline_s,
            every_s=0.1,
        )
        return found[-1]

    def picture(self, path: Path) -> Path:
        """Save the whole screen as a picture."""
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["import", "-window", "root", str(path)], env=self.env, timeout=30, check=True)
        return path

    def stop(self) -> None:
        """End the programs of this display, the last first, then the display."""
        for child in reversed(self.children):
            stop_process(child)
        stop_process(self.process)


def _start_x(command: list[str], vnc_port: int | None = None) -> Display:
    reading, writing = os.pipe()
    try:
        process = start_process([*command, "-displayfd", str(writing)], pass_fds=(writing,))
    finally:
        os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        number = pipe.readline().strip().decode()
    if not number:
        stop_process(process)
        raise AssertionError(f"{command[0]} did not start")
    return Display(f":{number}", process, vnc_port)


def start_xvfb(width: int = 1280, height: int = 800) -> Display:
    """A 24-bit Xvfb; end it with `.stop()`."""
    require_programs("Xvfb", "setpriv")
    command = ["Xvfb", "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset"]
    return _start_x([*command, "+extension", "RANDR"])


def start_xvnc(width: int = 1280, height: int = 800, *, reads_clipboard: bool = True) -> Display:
    """A 24-bit Xvnc whose VNC port (loopback, no password) moves a hand that is not XTEST.

    Where Xvnc reads the clipboard for its viewers it never takes a large text to its end, and xclip, which
    serves one program at a time, then answers nobody else.
    """
    require_programs("Xvnc", "setpriv")
    port = free_port()
    command = ["Xvnc", "-geometry", f"{width}x{height}", "-depth", "24", "-rfbport", str(port), "-localhost"]
    command += ["-SecurityTypes", "None", "-nolisten", "tcp", "-noreset", "-AcceptSetDesktopSize=1"]
    command += [] if reads_clipboard else ["-SendCutText=0"]
    return _start_x(command, port)


@contextmanager
def xvfb(width: int = 1280, height: int = 800, *, window_manager: bool = False) -> Iterator[Display]:
    """`start_xvfb` for one block, with openbox where a window manager is asked for."""
    display = start_xvfb(width, height)
    try:
        if window_manager:
            start_window_manager(display)
        yield display
    finally:
        display.stop()


@contextmanager
def xvnc(width: int = 1280, height: int = 800, *, window_manager: bool = False) -> Iterator[Display]:
    """`start_xvnc` for one block, with openbox where a window manager is asked for."""
    display = start_xvnc(width, height)
    try:
        if window_manager:
            start_window_manager(display)
        yield display
    finally:
        display.stop()


def start_window_manager(display: Display) -> None:
    """Start openbox and wait until it manages windows: a window mapped while it starts may stay unseen."""
    require_programs("openbox", "xdotool")
    display.start("openbox")
    wait_for(lambda: display.xdotool("get_num_desktops"), what="openbox", deadline_s=START_DEADLINE_S)
    wait_for(lambda: _shows_a_window(display), what="a managed window", deadline_s=START_DEADLINE_S)


def _shows_a_window(display: Display) -> bool:
    """Whether a new window becomes visible within half a second."""
    from Xlib import X

    from customer_agent.x11 import connect

    connection = connect(display.name)
    try:
        screen = connection.screen()
        probe = screen.root.create_window(0, 0, 8, 8, 0, screen.root_depth)
        probe.map()
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            parent = probe.query_tree().parent
            if parent != screen.root and probe.get_attributes().map_state == X.IsViewable:
                return True
            time.sleep(0.02)
        return False
    finally:
        connection.close()
