"""The windows around sharing: the choice, the dimmed screen, the frame around what is shown.

Follows the model: opens the choice when the model asks for it, and keeps the frame where the shown part is.
Runs on the Tk thread.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable

from PIL import Image

from customer_agent.model import Phase, SupportModel
from customer_agent.platform_errors import Unsupported
from customer_agent.screen import list_windows, open_screen
from customer_agent.screen.capture import Area
from customer_agent.screen.share import OpenWindow, Region
from customer_agent.windows.frame_window import ShareFrame
from customer_agent.windows.region_window import RegionWindow
from customer_agent.windows.share_window import ShareWindow
from desktop.later import run_later
from desktop.theme import Theme

__all__ = ["ShareDesk", "look_at_screen"]

# The choice's own window goes first, and what was under it is drawn anew.
_SETTLE_MS = 250


class ShareDesk:
    """The windows of the model's `sharing`."""

    def __init__(
        self,
        root: tk.Tk,
        theme: Theme,
        model: SupportModel,
        *,
        on_change: Callable[[], object],
        list_windows: Callable[[int], tuple[OpenWindow, ...]] = list_windows,
    ) -> None:
        """`on_change` comes after the customer chose."""
        self._root = root
        self._theme = theme
        self._model = model
        self._on_change = on_change
        self._list_windows = list_windows
        self._frame = ShareFrame(root, theme)
        self._window: ShareWindow | RegionWindow | None = None
        self._draws_region = False

    def follow(self) -> None:
        """Show what the model says now."""
        model = self._model
        is_on = model.phase in (Phase.WAITING, Phase.CONNECTED)
        sharing = model.sharing
        if sharing.choosing is None or not is_on:
            self._close_window()
        elif self._window is None and not self._draws_region:
            if sharing.choosing == "region":
                self._draw_region()
            else:
                self._choose()
        state = sharing.state
        is_framed = is_on and state.kind in ("region", "window") and not state.is_held and not model.is_paused
        self._frame.show(state.area if is_framed else None)

    def close(self) -> None:
        """Take every window away."""
        self._close_window()
        self._frame.close()

    def _choose(self) -> None:
        windows = self._list_windows(self._root.winfo_id())
        self._window = ShareWindow(
            self._root,
            self._theme,
            self._model,
            windows,
            on_region=self._draw_region,
            on_done=self._done,
        )

    def _draw_region(self) -> None:
        self._window = None
        self._draws_region = True
        run_later(self._root, _SETTLE_MS, self._dim_screen)

    def _dim_screen(self) -> None:
        self._draws_region = False
        if self._model.sharing.choosing is None:
            return
        try:
            picture, home = look_at_screen()
        except Unsupported:
            self._leave_region()
            return
        choice = self._model.sharing.choice
        self._window = RegionWindow(
            self._root,
            self._theme,
            picture,
            home=home,
            start=choice.area if isinstance(choice, Region) else None,
            on_take=self._take_region,
            on_leave=self._leave_region,
        )

    def _take_region(self, area: Area) -> None:
        self._model.show(Region(area))
        self._done()

    def _leave_region(self) -> None:
        self._model.cancel_choosing()
        self._done()

    def _done(self) -> None:
        self._window = None
        self._on_change()

    def _close_window(self) -> None:
        window, self._window = self._window, None
        if window is not None and window.winfo_exists():
            window.destroy()


def look_at_screen() -> tuple[Image.Image, Area]:
    """The desktop as it is now, and its first monitor; for this program's own eyes only."""
    screen = open_screen()
    try:
        height, width = screen.pixels.shape[:2]
        screen.grab([Area(0, 0, width, height)])
        monitors = screen.monitors()
        home = next((one for one in monitors if one.is_primary), monitors[0])
        return Image.fromarray(screen.pixels[..., 2::-1].copy(), "RGB"), home.area
    finally:
        screen.close()
