"""One viewer as the screen thread sees it: what it wants, what it has, and what it gets next.

Touched by the screen thread only; the link thread speaks to it through ScreenStream.call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from customer_agent.screen.capture import Area, CursorShape, Monitor
from customer_agent.screen.cursor import fitting, is_same
from customer_agent.screen.damage import Words
from customer_agent.screen.encode import Needs, PictureEncoder
from customer_agent.screen.pacing import MAX_UNSENT_BYTES, Pacing
from customer_agent.screen.quality import Mode, Qualities, depth_mask, qualities
from customer_agent.screen.shadow import Changes, Shadow
from wire.rfb.messages import Rectangle

# One step of sharpening is small enough that an update with real changes waits for it less than a frame.
SHARPENING_TILES = 48
SHARPENING_TILES_SLOW = 4
UNSENT_LOOK_S = 0.02
SLOW_BPS = 8_000_000.0


class Outlet(Protocol):
    """Where a watcher's updates go; safe to call from the screen thread."""

    def send_update(self, rectangles: list[Rectangle], generation: int) -> int | None:
        """Send one update; bytes, or None when it was made for a pixel format that the viewer has left."""

    def send_cursor(self, shape: CursorShape) -> None:
        """Send the pointer's picture."""

    def send_size(self, width: int, height: int, monitors: tuple[Monitor, ...]) -> bool:
        """Tell the new size; False when the viewer cannot follow (it is then closed)."""

    def send_fence(self, number: int) -> None:
        """Ask for a mark back: Watcher.answered."""

    def unsent_bytes(self) -> int:
        """How much waits in our own queue for the line."""


@dataclass(frozen=True, slots=True)
class LineFacts:
    """How the screen is being sent, for the viewer's session facts."""

    encoder: str
    rate_bps: float | None
    round_trip_s: float | None
    is_lossy: bool


class Watcher:
    """One viewer's wishes and picture."""

    def __init__(self, outlet: Outlet, width: int, height: int) -> None:
        self.outlet = outlet
        self.pacing = Pacing()
        self.shadow = Shadow(width, height)
        self.is_visible = True
        self._encoder = PictureEncoder(Needs())
        self._generation = 0
        self._area: Area | None = None
        self._mode: Mode = "auto"
        self._mask = 0xFFFFFF
        self._draws_cursor = False
        self._cursor: CursorShape | None = None
        self._cursor_is_new = True

    # What the viewer says (called on the screen thread)

    def change_needs(self, needs: Needs, generation: int, *, fences: bool, cursor: bool) -> None:
        """SetEncodings or SetPixelFormat came."""
        if needs.pixel_format != self._encoder.needs.pixel_format:
            self._cursor_is_new = True
        self._encoder.change(needs)
        self._generation = generation
        self.pacing.has_fences = fences
        self._cursor_is_new |= cursor and not self._draws_cursor
        self._draws_cursor = cursor

    def request(self, area: Area, *, incremental: bool) -> None:
        """FramebufferUpdateRequest came."""
        self.pacing.is_requested = True
        self._area = area if self._area is None else self._area.covering(area)
        if not incremental:
            self.shadow.forget(area)

    def set_continuous(self, area: Area | None) -> None:
        """EnableContinuousUpdates came; None: off."""
        self.pacing.is_continuous = area is not None
        self._area = area

    def answered(self, number: int, now: float) -> None:
        """A fence came back."""
        self.pacing.answered(number, now)

    def prefer(self, mode: Mode, depth: int, max_fps: int) -> None:
        """The agent's wishes of the control channel."""
        self._mode = mode
        self.pacing.max_fps = float(max(1, max_fps))
        mask = depth_mask(depth)
        if mask != self._mask:
            self._mask = mask
            self.shadow.touch(None)

    def show(self, visible: bool) -> None:
        """The customer lets this viewer see, or freezes its picture."""
        self.is_visible = visible

    # What the screen says

    def resize(self, width: int, height: int, monitors: tuple[Monitor, ...]) -> bool:
        """The desktop has a new size; False when the viewer cannot follow."""
        self.shadow = Shadow(width, height)
        self._area = None
        return self.outlet.send_size(width, height, monitors)

    def show_cursor(self, shape: CursorShape | None) -> None:
        """The pointer looks different."""
        if shape is not None and not is_same(shape, self._cursor):
            self._cursor = fitting(shape)
            self._cursor_is_new = True

    # What it gets

    def may_send(self, now: float) -> bool:
        """Whether an update may be made for this viewer now."""
        self.pacing.unsent_bytes = self.outlet.unsent_bytes()
        return self.is_visible and self.pacing.may_send(now)

    def due_at(self, now: float) -> float | None:
        """When to look again whether it may have an update; None: a message of the viewer must come first."""
        if not self.is_visible or not self.pacing.is_wanted():
            return None
        self.pacing.unsent_bytes = self.outlet.unsent_bytes()
        if self.pacing.has_room():
            return self.pacing.due_at()
        # Our own queue may empty without a word; what is on the line announces itself by a fence.
        return now + UNSENT_LOOK_S if self.pacing.unsent_bytes > MAX_UNSENT_BYTES else None

    def room_at(self, now: float) -> float | None:
        """When our own queue may have room again; None where nothing of this viewer's is waited for."""
        return None if self.pacing.has_room() else self.due_at(now)

    def has_stale(self) -> bool:
        """Whether there is something to look at for this viewer."""
        return bool(self.shadow.stale) or self._has_new_cursor()

    def update(self, words: Words, now: float) -> bool:
        """Send what turns the viewer's picture into `words`; whether anything was sent."""
        sent_cursor = self._send_cursor()
        if self._mask != 0xFFFFFF:
            words = words & np.uint32(self._mask)
        changes = self.shadow.take_changes(
            words,
            now,
            photos=self._encoder.needs.may_jpeg,
            copies=self._encoder.needs.has_copy_rect,
            wanted=self._wanted(),
        )
        if changes.move is None and not changes.pieces:
            return sent_cursor
        self._send(self._encoder.encode(words, changes, self._qualities()), now)
        return True

    def _qualities(self) -> Qualities:
        needs = self._encoder.needs
        return qualities(needs.level, needs.fine, self._mode, self.pacing.rate_bps)

    def sharpen(self, near: tuple[int, int], now: float) -> bool:
        """Send a few blurred tiles exactly; whether anything was sent."""
        rate = self.pacing.rate_bps
        tiles = SHARPENING_TILES_SLOW if rate is not None and rate < SLOW_BPS else SHARPENING_TILES
        pieces = self.shadow.take_sharpening(now, near=near, tiles=tiles)
        if not pieces:
            return False
        self._send(self._encoder.encode(self.shadow.words, Changes(None, pieces), self._qualities()), now)
        return True

    def facts(self) -> LineFacts:
        """How it is going."""
        name = "Tight" if self._encoder.needs.has_tight else "Raw"
        lossy = not self.shadow.is_exact or self._mask != 0xFFFFFF
        return LineFacts(name, self.pacing.rate_bps, self.pacing.round_trip_s, lossy)

    def _send(self, rectangles: list[Rectangle], now: float) -> None:
        size_bytes = self.outlet.send_update(rectangles, self._generation)
        if size_bytes is None:
            # The viewer changed its pixel format meanwhile: these bytes were thrown away.
            self._encoder.start_anew()
            self.shadow.forget(self.shadow.whole)
            return
        number = self.pacing.sent(size_bytes, now)
        if number is not None:
            self.outlet.send_fence(number)
        if not self.pacing.is_continuous:
            self._area = None

    def _send_cursor(self) -> bool:
        if self._cursor is None or not self._has_new_cursor():
            return False
        self._cursor_is_new = False
        self.outlet.send_cursor(self._cursor)
        return True

    def _has_new_cursor(self) -> bool:
        return self._cursor_is_new and self._draws_cursor and self._cursor is not None

    def _wanted(self) -> Area | None:
        """The part that the viewer asked for; None: all of it."""
        return None if self._area is None or self._area == self.shadow.whole else self._area
