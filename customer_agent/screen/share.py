"""What the customer shows: all of the desktop, one monitor, one region or one window; nothing else is read.

`SharedScreen` stands between the screen thread and the platform. Its picture *is* the shared area: what lies
outside has no place in it, so no later step can send it. It decides which part is read, follows monitors and
windows that change, and tells `on_state`. It leaves to link.py what happens while nothing may be seen, and
to limit.py where keys and clicks may go. A share that loses its window or its region shows nothing; it never
becomes a larger one by itself (docs/decisions/0058-one-window-or-one-region.md).

Everything here belongs to the screen thread, except `state`, which any thread may read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeAlias

import numpy as np

from customer_agent.platform_errors import Unsupported
from customer_agent.screen.capture import Area, CursorShape, Monitor, News, Pixels, ScreenSource
from customer_agent.screen.monitors import view_of, within_limits
from wire.control.messages import ShareKind, WhySharing

__all__ = [
    "Everything",
    "Nothing",
    "OneWindow",
    "OpenWindow",
    "Region",
    "Share",
    "ShareState",
    "SharedScreen",
    "WindowSource",
]

LOOK_AT_MONITORS_S = 2.0
MIN_REGION_PX = 8
_NO_SIZE = Area(0, 0, 640, 480)


@dataclass(frozen=True, slots=True)
class Everything:
    """The whole desktop; of it the agent may choose one monitor."""


@dataclass(frozen=True, slots=True)
class Region:
    """One rectangle of the desktop, px; it stays where it is."""

    area: Area


@dataclass(frozen=True, slots=True)
class OneWindow:
    """One window of another program, by the platform's number, wherever it moves."""

    window: int
    title: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """No picture: the customer is choosing, or what was shown is gone."""

    why: Literal["choosing", "closed", "failed"] = "choosing"


Share: TypeAlias = Everything | Region | OneWindow | Nothing


@dataclass(frozen=True, slots=True)
class ShareState:
    """What is shown at this moment. `area` is the desktop's px that are read, and where its pointer may go.

    `monitors` are all of the desktop's, only where all of it may be seen. `kin` are the dialogs and menus
    that are shown with `window`.
    """

    kind: ShareKind
    why: WhySharing = ""
    area: Area = Area(0, 0, 0, 0)
    monitor: int | None = None
    window: int | None = None
    title: str = ""
    monitors: tuple[Monitor, ...] = ()
    kin: frozenset[int] = frozenset()

    @property
    def is_held(self) -> bool:
        """Whether no picture may leave and no input may come now."""
        return self.kind == "nothing" or self.why in ("minimised", "off_screen", "failed")

    @property
    def is_partial(self) -> bool:
        """Whether the customer shows less than the desktop."""
        return self.kind in ("region", "window", "nothing")


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A window that could be shown."""

    window: int
    title: str
    area: Area


class WindowSource(ScreenSource, Protocol):
    """One window, with its dialogs and menus, as a screen of its own; nothing else is ever in it."""

    @property
    def is_hidden(self) -> bool:
        """Minimised, or on a desktop that is not seen."""

    @property
    def is_gone(self) -> bool:
        """Closed."""

    @property
    def area(self) -> Area:
        """Where it stands on the desktop."""

    @property
    def kin(self) -> frozenset[int]:
        """The windows that are shown with it: its own dialogs and menus."""

    def is_pointed_at(self) -> bool:
        """Whether the pointer is on the window itself, not on one that covers it."""


class SharedScreen:
    """A ScreenSource of exactly what is shown."""

    def __init__(
        self,
        open_whole: Callable[[], ScreenSource],
        open_window: Callable[[int], WindowSource],
        *,
        share: Share,
        on_state: Callable[[ShareState], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`open_window` raises Unsupported where the platform cannot read one window alone."""
        self._open_whole = open_whole
        self._open_window = open_window
        self._on_state = on_state
        self._clock = clock
        self._share = share
        self._wanted: int | None = None
        self._whole: ScreenSource | None = None
        self._window: WindowSource | None = None
        self._area = _NO_SIZE
        self._layout: tuple[Monitor, ...] = ()
        self._looked_at = 0.0
        self._resized = False
        self._cursor_waits = False
        self.pixels: Pixels = np.zeros((_NO_SIZE.height, _NO_SIZE.width, 4), np.uint8)
        self.has_damage = True
        self.may_read_beside = False
        self.state = ShareState("nothing", "choosing")

    # Screen thread: the choices

    def open(self) -> SharedScreen:
        """Begin; raises Unsupported where this computer's screen cannot be shared."""
        self._enter()
        # The screen thread measures by itself at its start.
        self._resized = False
        return self

    def change(self, share: Share) -> None:
        """Show something else from now on. Everything read before is forgotten first."""
        self._leave()
        self._share = share
        self._wanted = None
        # Told in any case: whoever waits for this choice goes on then.
        self.state = replace(self.state, kind="nothing", why="choosing", title="", monitors=())
        self._enter()
        self._resized = True
        if self.state.kind == "nothing":
            self._on_state(self.state)

    def show_monitor(self, number: int | None) -> bool:
        """The agent chooses one monitor, or all (None); False where that is not the agent's to choose."""
        known = {one.id for one in self._layout}
        if not isinstance(self._share, Everything) or (number is not None and number not in known):
            return False
        self._wanted = number
        self._look()
        return True

    def _enter(self) -> None:
        if isinstance(self._share, OneWindow):
            try:
                self._window = self._open_window(self._share.window)
            except Unsupported:
                self._share = Nothing("failed")
        elif not isinstance(self._share, Nothing):
            self._whole = self._open_whole()
            self._whole.may_read_beside = isinstance(self._share, Everything)
        self._look()

    def _leave(self) -> None:
        for source in (self._whole, self._window):
            if source is not None:
                source.close()
        self._whole = self._window = None
        self.pixels = np.zeros_like(self.pixels)

    # Screen thread: what is seen

    def _look(self) -> None:
        """Find out what is shown now; a change makes a new picture and is told."""
        self._looked_at = self._clock()
        if self._window is not None and self._window.is_gone:
            self._leave()
            self._share = Nothing("closed")
        before, self.state = self.state, self._state_now()
        shape = self.pixels.shape
        self._cut()
        # A window that only moved keeps its picture.
        has_moved = self.state.kind != "window" and before.area != self.state.area
        self._resized |= has_moved or before.kind != self.state.kind or shape != self.pixels.shape
        if self.state != replace(before, kin=self.state.kin):
            self._on_state(self.state)

    def _state_now(self) -> ShareState:
        if self._window is not None and isinstance(self._share, OneWindow):
            why: WhySharing = "minimised" if self._window.is_hidden else ""
            share, kin = self._share, self._window.kin
            return ShareState(
                "window", why, self._window.area, window=share.window, title=share.title, kin=kin
            )
        if self._whole is None:
            return ShareState("nothing", self._share.why if isinstance(self._share, Nothing) else "failed")
        height, width = self._whole.pixels.shape[:2]
        desktop = Area(0, 0, width, height)
        if isinstance(self._share, Region):
            area = within_limits(self._share.area.clipped(desktop))
            is_there = min(area.width, area.height) >= MIN_REGION_PX
            return ShareState(
                "region", "" if is_there else "off_screen", area if is_there else Area(0, 0, 0, 0)
            )
        self._layout = self._whole.monitors()
        view = view_of(self._wanted, self._layout, desktop)
        if view.why == "monitor_gone":
            self._wanted = None
        kind: ShareKind = "all" if view.monitor is None else "monitor"
        # What was said once stays said until the agent chooses anew.
        why = view.why or (
            self.state.why if self.state.why == "monitor_gone" and self._wanted is None else ""
        )
        return ShareState(kind, why, view.area, view.monitor, monitors=self._layout)

    def _cut(self) -> None:
        """Let `pixels` be the part of the platform's picture that is shown."""
        # Nothing changes where nothing is shown, so nobody needs to ask again and again.
        self.has_damage = self._source is None or self._source.has_damage
        if self._window is not None:
            self.pixels = self._window.pixels
        elif self._whole is not None and not self.state.area.is_empty:
            area = self._area = self.state.area
            self.pixels = self._whole.pixels[area.y : area.bottom, area.x : area.right]
        else:
            # Nothing is shown: the size stays, so that viewers keep what they have.
            self.pixels = np.zeros(self.pixels.shape, np.uint8)

    @property
    def _source(self) -> ScreenSource | None:
        return self._window or self._whole

    # ScreenSource

    def fileno(self) -> int:
        """The platform's, -1 while nothing is shown."""
        return -1 if self._source is None else self._source.fileno()

    def has_news(self) -> bool:
        """Whether a choice was made, or the platform has news."""
        return self._resized or (self._source is not None and self._source.has_news())

    def monitors(self) -> tuple[Monitor, ...]:
        """The layout inside the picture: the monitors where all of them are shown, else one."""
        height, width = self.pixels.shape[:2]
        picture = Area(0, 0, width, height)
        if self.state.kind != "all":
            return (Monitor(self.state.monitor or 0, picture),)
        seen = [replace(one, area=self._inside(one.area)) for one in self.state.monitors]
        return tuple(one for one in seen if not one.area.is_empty) or (Monitor(0, picture),)

    def news(self) -> News:
        """What happened inside the shared area; the pointer's shape only while it is there."""
        source = self._source
        if source is None:
            resized, self._resized = self._resized, False
            return News((), resized)
        news = source.news()
        is_due = self._clock() - self._looked_at >= LOOK_AT_MONITORS_S
        if news.resized or is_due or self._window is not None:
            self._look()
        resized, self._resized = self._resized or news.resized, False
        damage = news.damage
        if self._whole is not None and damage is not None:
            damage = [cut for area in damage if not (cut := self._inside(area)).is_empty]
        self._cursor_waits |= news.cursor_changed
        cursor_changed = self._cursor_waits and self._is_pointer_inside()
        self._cursor_waits &= not cursor_changed
        return News(damage, resized, cursor_changed)

    def grab(self, areas: Sequence[Area]) -> bool:
        """Bring parts of the shared area up to date, and read nothing beside it."""
        height, width = self.pixels.shape[:2]
        picture = Area(0, 0, width, height)
        areas = [cut for area in areas if not (cut := area.clipped(picture)).is_empty]
        if sum(area.width * area.height for area in areas) > width * height:
            areas = [picture]
        if self._window is not None:
            return self._window.grab(areas)
        if self._whole is None or self.state.is_held:
            return True
        x, y = self._area.x, self._area.y
        return self._whole.grab([Area(area.x + x, area.y + y, area.width, area.height) for area in areas])

    def grab_late(self, within: Area | None = None) -> Sequence[Area] | None:
        """What changed inside the shared area since the news."""
        if self._window is not None:
            return self._window.grab_late()
        if self._whole is None or self.state.is_held:
            return ()
        late = self._whole.grab_late(self._area)
        return None if late is None else [self._inside(area) for area in late]

    def cursor(self) -> CursorShape | None:
        """The pointer's shape, never that of something outside."""
        source = self._source
        return source.cursor() if source is not None and self._is_pointer_inside() else None

    def pointer(self) -> tuple[int, int]:
        """Where the pointer is inside the picture, the nearest place where it is outside."""
        height, width = self.pixels.shape[:2]
        if self._source is None:
            return width // 2, height // 2
        x, y = self._source.pointer()
        if self._whole is not None:
            x, y = x - self._area.x, y - self._area.y
        return min(max(x, 0), width - 1), min(max(y, 0), height - 1)

    def close(self) -> None:
        """Give everything back."""
        self._leave()

    def _inside(self, area: Area) -> Area:
        shown = area.clipped(self._area)
        return shown._replace(x=shown.x - self._area.x, y=shown.y - self._area.y)

    def _is_pointer_inside(self) -> bool:
        if self._window is not None:
            return self._window.is_pointed_at()
        if self._whole is None or self.state.is_held:
            return False
        if self.state.kind == "all":
            return True
        x, y = self._whole.pointer()
        return not Area(x, y, 1, 1).clipped(self._area).is_empty
