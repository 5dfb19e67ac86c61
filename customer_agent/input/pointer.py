"""The pointer's buttons as a state machine: a new button mask in, presses and releases out. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

BUTTONS = 9


@dataclass(frozen=True, slots=True)
class ButtonChange:
    """One button goes down or up; 1 left, 2 middle, 3 right, 4 to 7 wheel, 8 back, 9 forward."""

    button: int
    down: bool


@dataclass(slots=True)
class Buttons:
    """Which buttons are held; `mask` bit 0 is button 1."""

    mask: int = 0

    def change(self, mask: int) -> Iterator[ButtonChange]:
        """What changed since the last mask; releases come first."""
        before, self.mask = self.mask, mask
        for down in (False, True):
            for bit in range(BUTTONS):
                was, now = bool(before >> bit & 1), bool(mask >> bit & 1)
                if was != now and now == down:
                    yield ButtonChange(bit + 1, down)

    def release_all(self) -> Iterator[ButtonChange]:
        """Every held button up."""
        return self.change(0)
