"""One window's own pixels, whatever lies over it: redirected to a pixmap by XComposite, read over MIT-SHM.

A new pixmap begins as a copy of what was on the screen, other windows included: it is painted black before
it is read, and the program is asked to draw its window anew
(docs/decisions/0058-one-window-or-one-region.md).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from Xlib import X, error

from customer_agent.platform_errors import Unsupported
from customer_agent.screen.capture import Area
from customer_agent.screen.damage import Words
from customer_agent.screen.monitors import within_limits
from customer_agent.screen.windows_x11 import ancestry, descendants
from customer_agent.screen.x11_wire import Extension, SharedMemory, XRefused, XWire

__all__ = ["Extensions", "RedirectedWindow"]

_AUTOMATIC: Final = 0
_REDIRECT, _UNREDIRECT, _NAME_PIXMAP = 1, 3, 6
_GRAB_SERVER, _UNGRAB_SERVER, _CREATE_GC, _FREE_GC, _FREE_PIXMAP, _FILL = 36, 37, 55, 60, 54, 70
_DESTROY_DAMAGE, _DESTROY_REGION = 2, 10
_GC_FOREGROUND: Final = 1 << 2


@dataclass(frozen=True, slots=True)
class Extensions:
    """Where the X server put what is needed."""

    composite: Extension
    fixes: Extension
    damage: Extension


class RedirectedWindow:
    """A window, its place, and its pixels; belongs to the thread of `wire`."""

    def __init__(self, connection: Any, wire: XWire, extensions: Extensions, window: int) -> None:
        """Redirect it and watch it; raises Unsupported where its colours are too few, XError when it is
        gone.
        """
        self.id = window
        self._connection = connection
        self._wire = wire
        self._extensions = extensions
        self._composite = extensions.composite.opcode
        self._window = connection.create_resource_object("window", window)
        self._root = connection.screen().root
        self._memory: SharedMemory | None = None
        self._pixmap = 0
        self._border = 0
        self._watched: set[int] = set()
        self.is_hidden = True
        self.is_gone = False
        self.area = Area(0, 0, 0, 0)
        depth = self._window.get_geometry().depth
        if depth not in (24, 32):
            raise Unsupported("screen depth", "The window has too few colours.")
        self.is_translucent = depth == 32
        wire.send(struct.pack("=BBHIBxxx", self._composite, _REDIRECT, 3, window, _AUTOMATIC))
        self._take_damage = wire.watch_damage(extensions.damage, extensions.fixes, window)
        wire.sync()

    def look(self) -> bool:
        """Find out place, size and visibility; whether the pixels are new ones now."""
        try:
            self._watch_frames()
            attributes = self._window.get_attributes()
            geometry = self._window.get_geometry()
            origin = self._root.translate_coords(self._window, 0, 0)
        except (error.BadWindow, error.BadDrawable):
            self.is_gone = self.is_hidden = True
            return False
        was_hidden, size = self.is_hidden, self.area[2:]
        self.is_hidden = attributes.map_state != X.IsViewable
        self.area = within_limits(Area(origin.x, origin.y, geometry.width, geometry.height))
        self._border = geometry.border_width
        is_stale = was_hidden or size != self.area[2:] or not self._pixmap
        return not self.is_hidden and is_stale and self._renew(geometry.width, geometry.height)

    def _watch_frames(self) -> None:
        """Hear of the window and of all it stands in: a window manager hides the frame, not the window."""
        for window in ancestry(self._connection, self.id):
            if window not in self._watched:
                self._watched.add(window)
                self._wire.watch_window(window)

    def _renew(self, width: int, height: int) -> bool:
        """Take the window's new pixmap, black before anybody looks, and have the program draw it."""
        pixmap, pen = self._wire.new_id(), self._wire.new_id()
        border = 2 * self._border
        requests = [
            struct.pack("=BxH", _GRAB_SERVER, 1),
            struct.pack("=BBHII", self._composite, _NAME_PIXMAP, 3, self.id, pixmap),
            struct.pack("=BxHIIII", _CREATE_GC, 5, pen, pixmap, _GC_FOREGROUND, 0),
            struct.pack("=BxHIIhhHH", _FILL, 5, pixmap, pen, 0, 0, width + border, height + border),
            struct.pack("=BxHI", _FREE_GC, 2, pen),
            struct.pack("=BxH", _UNGRAB_SERVER, 1),
        ]
        try:
            self._wire.send(b"".join(requests))
            self._wire.sync()
        except XRefused:
            # It was hidden or resized in this very moment; its event brings us back.
            self._drop_refusals()
            self.is_hidden = True
            return False
        self._free()
        self._pixmap = pixmap
        self._memory = SharedMemory(self._wire, self.area.width * self.area.height * 4)
        self._shared: Words = np.frombuffer(self._memory.buffer, np.uint32)
        self._have_drawn()
        return True

    def _have_drawn(self) -> None:
        ignored = error.CatchError()
        for window in (self.id, *descendants(self._connection, self.id)):
            one = self._connection.create_resource_object("window", window)
            one.clear_area(exposures=True, onerror=ignored)
        self._connection.sync()

    def _drop_refusals(self) -> None:
        """Read until the server has said everything about what was refused."""
        while True:
            try:
                self._wire.sync()
            except XRefused:
                continue
            return

    def take_damage(self) -> list[Area]:
        """Where the window was drawn since the last call, from its own corner."""
        try:
            return self._wire.take_damage(self._take_damage)
        except XRefused:
            return []

    def read(self, areas: Sequence[Area]) -> Iterator[tuple[Area, Words]]:
        """The pixels of `areas` inside the window, of one moment; the fourth byte is alpha or nothing.

        Raises XRefused when the window has another size by now.
        """
        whole = Area(0, 0, self.area.width, self.area.height)
        areas = [cut for area in areas if not (cut := area.clipped(whole)).is_empty]
        if not areas or self._memory is None or self.is_hidden:
            return
        if sum(area.width * area.height for area in areas) > whole.width * whole.height:
            areas = [whole]
        b = self._border
        self._memory.grab(self._pixmap, [a._replace(x=a.x + b, y=a.y + b) for a in areas])
        start = 0
        for area in areas:
            end = start + area.width * area.height
            yield area, self._shared[start:end].reshape(area.height, area.width)
            start = end

    def close(self) -> None:
        """Give the pixels back, and the window to the screen."""
        self._free()
        damage, region = (struct.unpack_from("=I", self._take_damage, place)[0] for place in (4, 12))
        self._wire.send(
            struct.pack("=BBHIBxxx", self._composite, _UNREDIRECT, 3, self.id, _AUTOMATIC)
            + struct.pack("=BBHI", self._extensions.damage.opcode, _DESTROY_DAMAGE, 2, damage)
            + struct.pack("=BBHI", self._extensions.fixes.opcode, _DESTROY_REGION, 2, region)
        )
        # All of it may have gone with the window.
        self._drop_refusals()

    def _free(self) -> None:
        if self._memory is not None:
            del self._shared
            self._memory.close()
            self._memory = None
        if self._pixmap:
            self._wire.send(struct.pack("=BxHI", _FREE_PIXMAP, 2, self._pixmap))
            self._pixmap = 0
