"""Viewers that have the same picture and want it alike: compared, planned and coded once for all of them.

A viewer begins alone. Two audiences that are up to date become one (`Audience.take_in`); a viewer that has no
room when the others have, wants something else, or lost its picture parts again, with a copy of what it has
(`part`). Each viewer keeps its own line, pointer and protocol; members that also want the same coding share
one encoder and so get the very same bytes. Touched by the screen thread only.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from customer_agent.screen.capture import Monitor
from customer_agent.screen.damage import Words, cut
from customer_agent.screen.encode import Jpegs, PictureEncoder
from customer_agent.screen.quality import ALL_BITS, Qualities
from customer_agent.screen.shadow import Changes, Shadow
from wire.rfb.messages import Rectangle

if TYPE_CHECKING:
    from customer_agent.screen.watcher import Watcher

# So long an audience waits for a member without room before it goes on without it.
PATIENCE_S = 0.02
# One step of sharpening is so small that an update with real changes waits for it no longer than this.
SHARPENING_S = 0.05
SHARPENING_TILES = 48
TILE_BITS = 8 * 6500
SLOW_BPS = 16_000_000.0


class Audience:
    """One shadow and the viewers that have what it says."""

    def __init__(self, shadow: Shadow, members: list[Watcher]) -> None:
        self.shadow = shadow
        self.members = members
        self.waits_since: float | None = None
        self._masked: Words | None = None

    # Who belongs together

    def take_in(self, other: Audience, now: float) -> bool:
        """Make one audience of two; whether they want the same, had the same picture, and now are one."""
        if self.members[0].way != other.members[0].way or not self.shadow.merge(other.shadow):
            return False
        for watcher in other.members:
            watcher.audience = self
            watcher.joined(now)
            for member in self.members:
                if member.encoder.needs == watcher.encoder.needs and member.qualities == watcher.qualities:
                    watcher.encoder = member.encoder
                    # Its streams begin anew, because the newcomer has not heard their past.
                    member.encoder.start_anew()
                    break
        self.members += other.members
        return True

    def part(self, watcher: Watcher) -> None:
        """Let `watcher` go its own way from here, unless it is alone already."""
        if len(self.members) == 1:
            return
        self.members.remove(watcher)
        watcher.audience = Audience(self.shadow.copy(), [watcher])
        watcher.take_own_streams()

    def settle(self) -> None:
        """Part from members that have come to want something else."""
        for member in self.members[1:]:
            if member.way != self.members[0].way:
                self.part(member)

    def due_at(self) -> float | None:
        """When there is something to do although the screen says nothing."""
        if self.waits_since is not None:
            return self.waits_since + PATIENCE_S
        return self.shadow.sharpening_due_at()

    def waits(self, now: float) -> bool:
        """Whether members without room are waited for a little longer."""
        if self.waits_since is None:
            self.waits_since = now
        return now < self.waits_since + PATIENCE_S

    # What it gets

    def has_stale(self) -> bool:
        """Whether there is something to look at."""
        return bool(self.shadow.stale)

    def has_work(self, now: float) -> bool:
        """Whether a member that had room would get something now, or at least a look."""
        due = self.shadow.sharpening_due_at()
        return self.has_stale() or (due is not None and due <= now)

    def update(self, words: Words, now: float) -> bool:
        """Send what turns the viewers' picture into `words`; whether anything was sent."""
        first = self.members[0]
        words = self._at_depth(words, first.mask)
        changes = self.shadow.take_changes(
            words,
            now,
            photos=first.encoder.needs.may_jpeg,
            copies=first.encoder.needs.has_copy_rect,
            wanted=first.wanted(),
        )
        if changes.move is None and not changes.pieces:
            return False
        self._send(words, changes, now)
        return True

    def sharpen(self, near: tuple[int, int], now: float) -> bool:
        """Send a few blurred tiles exactly; whether anything was sent."""
        rates = [rate for member in self.members if (rate := member.pacing.rate_bps) is not None]
        rate = min(rates, default=math.inf)
        tiles = int(max(1, min(rate * SHARPENING_S / TILE_BITS, SHARPENING_TILES)))
        pieces = self.shadow.take_sharpening(now, near=near, tiles=tiles, is_slow=rate < SLOW_BPS)
        if not pieces:
            return False
        self._send(self.shadow.words, Changes(None, pieces), now)
        return True

    def resize(self, width: int, height: int, monitors: tuple[Monitor, ...]) -> list[Watcher]:
        """The desktop has a new size; returns the members that cannot follow."""
        self.shadow = Shadow(width, height)
        self._masked = None
        return [member for member in self.members if not member.resize(width, height, monitors)]

    def _send(self, words: Words, changes: Changes, now: float) -> None:
        made: dict[PictureEncoder, tuple[Qualities, list[Rectangle]]] = {}
        jpegs: Jpegs = {}
        for member in list(self.members):
            qualities = member.qualities
            if member.encoder in made and made[member.encoder][0] != qualities:
                member.take_own_streams()
            if member.encoder not in made:
                made[member.encoder] = qualities, member.encoder.encode(words, changes, qualities, jpegs)
            member.send(made[member.encoder][1], now)

    def _at_depth(self, words: Words, mask: int) -> Words:
        """The picture with the bits that are wanted, renewed where it may have changed."""
        if mask == ALL_BITS:
            return words
        if self._masked is None:
            self._masked = np.zeros_like(words)
            areas = [self.shadow.whole]
        else:
            areas = self.shadow.stale
        for area in areas:
            np.bitwise_and(cut(words, area), np.uint32(mask), out=cut(self._masked, area))
        return self._masked

    def look_anew(self) -> None:
        """The members want other bits of the picture."""
        self._masked = None
        self.shadow.touch(None)
