"""Which monitors there are, and which part of the desktop is looked at when one of them is chosen.

The choice is pure: a number (or all) and the monitors of this moment in, an area and what is unusual out. A
monitor keeps its number as long as the program runs, also when others are plugged in or out. X11's monitors
come from RandR (monitors_x11.py); the other platforms list theirs in mss_screen.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from customer_agent.screen.capture import Area, Monitor
from wire.limits import MAX_DESKTOP_PIXELS, MAX_DESKTOP_SIDE

__all__ = ["MonitorNumbers", "MonitorView", "fits", "view_of", "within_limits"]

_NUMBERS = 256


class MonitorNumbers:
    """Gives each name a number that stays; of more than 256 names the oldest numbers are used again."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._next = 0

    def of(self, name: str) -> int:
        """The number of the monitor called `name`."""
        if name not in self._numbers:
            self._numbers[name] = self._next % _NUMBERS
            self._next += 1
        return self._numbers[name]


@dataclass(frozen=True, slots=True)
class MonitorView:
    """What is looked at: an area of the desktop (px) and the monitor it is; None: all of them."""

    area: Area
    monitor: int | None
    why: Literal["", "monitor_gone", "too_large"] = ""


def view_of(wanted: int | None, monitors: Sequence[Monitor], desktop: Area) -> MonitorView:
    """The view of the chosen monitor; of all of them when it has gone; of the first one when all are too
    large for a picture.
    """
    chosen = next((one for one in monitors if one.id == wanted), None)
    if chosen is not None and wanted is not None:
        return MonitorView(within_limits(chosen.area), chosen.id)
    gone: Literal["", "monitor_gone"] = "monitor_gone" if wanted is not None else ""
    if fits(desktop) or not monitors:
        return MonitorView(within_limits(desktop), None, gone)
    first = next((one for one in monitors if one.is_primary), monitors[0])
    return MonitorView(within_limits(first.area), first.id, gone or "too_large")


def fits(area: Area) -> bool:
    """Whether a picture of that size may be sent."""
    return max(area.width, area.height) <= MAX_DESKTOP_SIDE and area.width * area.height <= MAX_DESKTOP_PIXELS


def within_limits(area: Area) -> Area:
    """The upper left part of `area` that may be sent."""
    if fits(area):
        return area
    width = min(area.width, MAX_DESKTOP_SIDE)
    return Area(area.x, area.y, width, min(area.height, MAX_DESKTOP_SIDE, MAX_DESKTOP_PIXELS // width))
