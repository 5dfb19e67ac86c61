"""The virtual screen that the workloads draw on: an Xvfb of its own and a window that covers it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from Xlib import X, display
from Xlib.protocol import request

_BAND_BYTES: Final = 240_000  # a core X request carries 256 KiB


class Display:
    """An Xvfb on a number that it chooses; `close` ends it by its process id."""

    def __init__(self, width: int, height: int) -> None:
        read, write = os.pipe()
        self.process = subprocess.Popen(
            [
                "Xvfb",
                "-displayfd",
                str(write),
                "-screen",
                "0",
                f"{width}x{height}x24",
                "-nolisten",
                "tcp",
                "-noreset",
            ],
            pass_fds=[write],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        self.name = f":{number}"

    def close(self) -> None:
        """End the X server and wait for it."""
        self.process.terminate()
        self.process.wait(10)


class Screen:
    """Pixmaps kept in the X server and one window over everything to copy them to. Sizes in pixels."""

    def __init__(self, name: str, width: int, height: int, *, shown: bool = True) -> None:
        """Open; not `shown` only keeps pictures, and covers no pixel of the screen."""
        self._display = display.Display(name)
        root = self._display.screen().root
        self._depth = self._display.screen().root_depth
        self._window = root.create_window(
            0, 0, width, height, 0, self._depth, X.InputOutput, X.CopyFromParent, override_redirect=True
        )
        if shown:
            self._window.map()
        self._gc = self._window.create_gc(graphics_exposures=False)
        self._stores: list[object] = []
        self.sync()

    def upload(self, pixels: NDArray[np.uint8]) -> int:
        """Keep a picture (height × width × 4, B G R X) in the X server; the number names it in `copy`."""
        height, width = pixels.shape[:2]
        store = self._window.create_pixmap(width, height, self._depth)
        rows = max(1, _BAND_BYTES // (width * 4))
        for top in range(0, height, rows):
            band = np.ascontiguousarray(pixels[top : top + rows])
            store.put_image(self._gc, 0, top, width, band.shape[0], X.ZPixmap, self._depth, 0, band.tobytes())
        self._stores.append(store)
        self.sync()
        return len(self._stores) - 1

    def copy(  # noqa: PLR0917 - the order of XCopyArea
        self, store: int, source_x: int, source_y: int, width: int, height: int, x: int, y: int
    ) -> None:
        """Show a part of a stored picture at x, y."""
        source = self._stores[store]
        request.CopyArea(
            display=self._display.display,
            onerror=None,
            gc=self._gc,
            src_drawable=source,
            dst_drawable=self._window,
            src_x=source_x,
            src_y=source_y,
            dst_x=x,
            dst_y=y,
            width=width,
            height=height,
        )

    def fill(self, rectangles: Sequence[tuple[int, int, int, int]], colour: int) -> None:
        """Fill rectangles (x, y, width, height) with 0xRRGGBB."""
        self._gc.change(foreground=colour)
        self._window.poly_fill_rectangle(self._gc, list(rectangles))

    def flush(self) -> None:
        """Send what was drawn to the X server without waiting for it."""
        self._display.flush()

    def sync(self) -> None:
        """Wait until the X server has drawn everything."""
        self._display.sync()

    def grab(self, width: int, height: int) -> NDArray[np.uint8]:
        """What the screen shows now, height × width × 4."""
        rows = 64
        bands = [
            np.frombuffer(
                self._window.get_image(0, top, width, min(rows, height - top), X.ZPixmap, 0xFFFFFFFF).data,
                np.uint8,
            ).reshape(-1, width, 4)
            for top in range(0, height, rows)
        ]
        return np.concatenate(bands)

    def close(self) -> None:
        """Leave the display; the X server frees the pixmaps."""
        self._display.close()
