"""Key to photon: from the viewer's key press to the changed square in the viewer's picture, in ms.

    python -m bench.screen.photon [--servers ours,x0vncserver,x11vnc] [--presses 40]

A small X client flips a square when a key is pressed; the measuring client presses, and looks at each
update until the square has flipped. On a still screen and while a 640 x 360 video plays.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import time

from Xlib import X, display

from bench.screen import workloads
from bench.screen.client import Client
from bench.screen.display import Display
from bench.screen.measure import SETTLE_S, start_player
from bench.screen.servers import SERVERS, Running, Server

_PLACE = 20, 600
_SIDE = 64
_KEY = 0x61
_SEED = 20261120
_DEADLINE_S = 1.0


def flip_squares(name: str) -> None:
    """The X client: white and black by turns, a turn for each key press; ends with its connection."""
    connection = display.Display(name)
    root = connection.screen().root
    window = root.create_window(
        *_PLACE, _SIDE, _SIDE, 0, X.CopyFromParent, X.InputOutput, override_redirect=True
    )
    window.change_attributes(event_mask=X.KeyPressMask | X.ExposureMask, background_pixel=0)
    window.map()
    context = window.create_gc()
    connection.sync()
    # Without a window manager the pointer decides who gets the keys.
    window.set_input_focus(X.RevertToParent, X.CurrentTime)
    window.configure(stack_mode=X.Above)
    # In a corner: a server that draws the pointer into the picture must not cover the pixel that is read.
    root.warp_pointer(_PLACE[0] + 2, _PLACE[1] + 2)
    connection.sync()
    print("ready", flush=True)
    is_white = False
    while True:
        if connection.next_event().type == X.KeyPress:
            is_white = not is_white
        context.change(foreground=0xFFFFFF if is_white else 0)
        window.fill_rectangle(context, 0, 0, _SIDE, _SIDE)
        connection.flush()


def measure_photons(server: Server, presses: int, *, video: bool) -> list[float]:
    """The delay of each press, ms; those that took longer than a second count as one second."""
    screen = Display(workloads.WIDTH, workloads.HEIGHT)
    helpers: list[subprocess.Popen[str]] = []
    running = None
    try:
        seconds = presses * 0.35 + 6
        helpers.append(start_player(screen.name, "video" if video else "idle", seconds))
        helpers.append(start_flipper(screen.name))
        running = Running(server, screen.name)
        client = Client(running.port)
        time.sleep(SETTLE_S)
        if video:
            assert helpers[0].stdin is not None
            helpers[0].stdin.write("go\n")
            helpers[0].stdin.flush()
            time.sleep(0.5)
        found = press(client, presses)
        client.stop()
        return found
    finally:
        for helper in helpers:
            helper.kill()
            helper.wait()
        if running is not None:
            running.close()
        screen.close()


def start_flipper(name: str) -> subprocess.Popen[str]:
    """The X client as a process of its own, once its square stands there."""
    flipper = subprocess.Popen(
        [sys.executable, "-m", "bench.screen.photon", "--flip", name], stdout=subprocess.PIPE, text=True
    )
    assert flipper.stdout is not None
    flipper.stdout.readline()
    return flipper


def press(client: Client, presses: int) -> list[float]:
    """The delay of each press, ms."""
    spread = random.Random(_SEED)  # noqa: S311 - repeatable pauses
    found: list[float] = []
    for _ in range(presses):
        before = _is_white(client)
        start = time.monotonic()
        client.press(_KEY, down=True)
        with client.changed:
            flipped = client.changed.wait_for(lambda: _is_white(client) != before, _DEADLINE_S)  # noqa: B023
        found.append((time.monotonic() - start) * 1000 if flipped else _DEADLINE_S * 1000)
        client.press(_KEY, down=False)
        time.sleep(0.12 + spread.random() * 0.1)
    return found


def _is_white(client: Client) -> bool:
    x, y = _PLACE[0] + _SIDE // 2, _PLACE[1] + _SIDE // 2
    return client.pixel(x, y) > 127


def main() -> None:
    """Print the median and the 95th percentile for each server, still and under video."""
    parser = argparse.ArgumentParser(prog="python -m bench.screen.photon")
    parser.add_argument("--servers", default=",".join(server.name for server in SERVERS))
    parser.add_argument("--presses", type=int, default=40)
    parser.add_argument("--flip", metavar="DISPLAY", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.flip:
        flip_squares(arguments.flip)
    print("\n".join(table(arguments.servers.split(","), arguments.presses)))


def table(servers: list[str], presses: int) -> list[str]:
    """The lines of a Markdown table."""
    lines = [
        "| server | still: median ms | p95 | seen | under video: median ms | p95 | seen |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for server in SERVERS:
        if server.name not in servers or not server.is_installed:
            continue
        cells = [server.name]
        for video in (False, True):
            found = sorted(measure_photons(server, presses, video=video))
            seen = sum(delay < _DEADLINE_S * 1000 for delay in found)
            late = found[int(len(found) * 0.95)]
            cells += [f"{statistics.median(found):.1f}", f"{late:.1f}", f"{seen} of {presses}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    main()
