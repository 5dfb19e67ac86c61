"""The monitors of an X screen as RandR 1.5 tells them: outputs, and those made by `xrandr --setmonitor`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from Xlib import error

from customer_agent.screen.capture import Area, Monitor
from customer_agent.screen.monitors import MonitorNumbers
from wire.limits import MAX_SCREENS

__all__ = ["randr_monitors"]


def randr_monitors(
    connection: Any, desktop: Area, numbers: MonitorNumbers, *, has_randr: bool
) -> tuple[Monitor, ...]:
    """The monitors from left to right, at least one: all of the desktop where RandR knows none.

    `connection` is python-xlib's. Of two monitors that show the same place one is told.
    """
    found: list[Monitor] = []
    asked = _ask(connection) if has_randr else ()
    for one in sorted(asked, key=lambda one: (one.x, one.y, -one.primary)):
        area = Area(one.x, one.y, one.width_in_pixels, one.height_in_pixels).clipped(desktop)
        if area.is_empty or any(area == known.area for known in found):
            continue
        name = str(connection.get_atom_name(one.name))
        found.append(Monitor(numbers.of(name), area, name=name, is_primary=bool(one.primary)))
    return tuple(found[:MAX_SCREENS]) or (Monitor(numbers.of(""), desktop),)


def _ask(connection: Any) -> Sequence[Any]:
    try:
        return list(connection.screen().root.xrandr_get_monitors().monitors)
    except error.XError:
        # Before RandR 1.5 nobody knows of monitors.
        return ()
