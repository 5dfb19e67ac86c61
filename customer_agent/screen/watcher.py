"""One viewer as the screen thread sees it: what it wants, how its line is, and its own pointer and bytes.

What it has on its screen is its audience's (audience.py). Touched by the screen thread only; the link thread
speaks to it through ScreenStream.call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from customer_agent.screen.audience import Audience
from customer_agent.screen.capture import Area, CursorShape, Monitor
from customer_agent.screen.cursor import fitting, is_same
from customer_agent.screen.encode import Needs, PictureEncoder
from customer_agent.screen.pacing import MAX_UNSENT_BYTES, Pacing
from customer_agent.screen.quality import ALL_BITS, Mode, Qualities, depth_mask, qualities
from customer_agent.screen.shadow import Shadow
from wire.rfb.messages import Rectangle

UNSENT_LOOK_S = 0.02
# A viewer that could not keep up with its audience stays alone for a while, longer each time.
FIRST_ALONE_S = 0.5
LONGEST_ALONE_S = 30.0
KEPT_UP_S = 10.0


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


@dataclass(frozen=True, slots=True)
class Way:
    """What viewers must have in common to be served as one."""

    mask: int
    wanted: Area | None
    photos: bool
    copies: bool
    max_fps: float
    is_continuous: bool
    is_visible: bool


class Watcher:
    """One viewer's wishes and line."""

    def __init__(self, outlet: Outlet, width: int, height: int) -> None:
        self.outlet = outlet
        self.pacing = Pacing()
        self.audience = Audience(Shadow(width, height), [self])
        self.encoder = PictureEncoder(Needs())
        self.is_visible = True
        self.mask = ALL_BITS
        self._generation = 0
        self._area: Area | None = None
        self._mode: Mode = "auto"
        self._draws_cursor = False
        self._cursor: CursorShape | None = None
        self._cursor_is_new = True
        self._alone_until = 0.0
        self._alone_s = FIRST_ALONE_S
        self._joined_at = 0.0

    @property
    def shadow(self) -> Shadow:
        """What it has on its screen."""
        return self.audience.shadow

    # What the viewer says (called on the screen thread)

    def change_needs(self, needs: Needs, generation: int, *, fences: bool, cursor: bool) -> None:
        """SetEncodings or SetPixelFormat came."""
        if needs != self.encoder.needs:
            self._cursor_is_new |= needs.pixel_format != self.encoder.needs.pixel_format
            self.audience.part(self)
            self.encoder.change(needs)
        self._generation = generation
        self.pacing.has_fences = fences
        self._cursor_is_new |= cursor and not self._draws_cursor
        self._draws_cursor = cursor

    def request(self, area: Area, *, incremental: bool) -> None:
        """FramebufferUpdateRequest came."""
        self.pacing.is_requested = True
        self._area = area if self._area is None else self._area.covering(area)
        if not incremental:
            self.audience.part(self)
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
        if mask != self.mask:
            self.mask = mask
            self.audience.part(self)
            self.audience.look_anew()

    def show(self, visible: bool) -> None:
        """The customer lets this viewer see, or freezes its picture."""
        self.is_visible = visible

    # What the screen says

    def resize(self, width: int, height: int, monitors: tuple[Monitor, ...]) -> bool:
        """The desktop has a new size; False when the viewer cannot follow."""
        self._area = None
        return self.outlet.send_size(width, height, monitors)

    def show_cursor(self, shape: CursorShape | None) -> None:
        """The pointer looks different."""
        if shape is not None and not is_same(shape, self._cursor):
            self._cursor = fitting(shape)
            self._cursor_is_new = True

    # With whom it is served

    @property
    def way(self) -> Way:
        """What it must have in common with others."""
        needs, pacing = self.encoder.needs, self.pacing
        return Way(
            self.mask,
            self.wanted(),
            needs.may_jpeg,
            needs.has_copy_rect,
            pacing.max_fps,
            pacing.is_continuous,
            self.is_visible,
        )

    def wanted(self) -> Area | None:
        """The part that the viewer asked for; None: all of it."""
        return None if self._area is None or self._area == self.shadow.whole else self._area

    def may_join(self, now: float) -> bool:
        """Whether it kept up lately."""
        return now >= self._alone_until

    def joined(self, now: float) -> None:
        """It is served together with others from now on."""
        self._joined_at = now

    def fell_behind(self, now: float) -> None:
        """The others could not wait for it."""
        if now - self._joined_at > KEPT_UP_S:
            self._alone_s = FIRST_ALONE_S
        self._alone_until = now + self._alone_s
        self._alone_s = min(2 * self._alone_s, LONGEST_ALONE_S)

    def take_own_streams(self) -> None:
        """Share the encoder with nobody any more."""
        self.encoder = PictureEncoder(self.encoder.needs)
        self.encoder.start_anew()

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
        return bool(self.shadow.stale) or self.has_new_cursor()

    @property
    def qualities(self) -> Qualities:
        """How sharp photographs leave now."""
        needs = self.encoder.needs
        return qualities(needs.level, needs.fine, self._mode, self.pacing.rate_bps)

    def facts(self) -> LineFacts:
        """How it is going."""
        name = "Tight" if self.encoder.needs.has_tight else "Raw"
        lossy = not self.shadow.is_exact or self.mask != ALL_BITS
        return LineFacts(name, self.pacing.rate_bps, self.pacing.round_trip_s, lossy)

    def send(self, rectangles: list[Rectangle], now: float) -> None:
        """Send one update that `encoder` has made."""
        size_bytes = self.outlet.send_update(rectangles, self._generation)
        if size_bytes is None:
            # The viewer changed its pixel format meanwhile: these bytes were thrown away.
            self.audience.part(self)
            self.encoder.start_anew()
            self.shadow.forget(self.shadow.whole)
            return
        number = self.pacing.sent(size_bytes, now)
        if number is not None:
            self.outlet.send_fence(number)
        if not self.pacing.is_continuous:
            self._area = None

    def send_cursor(self) -> bool:
        """Send the pointer's picture if it is another one; whether it was."""
        if self._cursor is None or not self.has_new_cursor():
            return False
        self._cursor_is_new = False
        self.outlet.send_cursor(self._cursor)
        return True

    def has_new_cursor(self) -> bool:
        """Whether it must still get the pointer's picture."""
        return self._cursor_is_new and self._draws_cursor and self._cursor is not None
