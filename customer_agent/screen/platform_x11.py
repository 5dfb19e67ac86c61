"""The screen under X11: XShm for pixels, XDamage to be woken, XFixes for the pointer, RandR for monitors.

Damage only says where to look (compositors report too much); what really changed is found by comparing.
"""

from __future__ import annotations

import select
from typing import Any

import numpy as np
from Xlib import X, error
from Xlib.ext import damage, randr

from customer_agent.platform_errors import Unsupported
from customer_agent.screen.capture import Area, CursorShape, Monitor, News, Pixels
from customer_agent.screen.damage import Words
from customer_agent.x11 import FixesRegion, SharedMemory, connect, refuse_xwayland

_MANY_RECTANGLES = 64
_CURSOR_NOTIFY_MASK = 1


class X11Screen:
    """The whole root window of one X11 display."""

    def __init__(self, display_name: str | None = None) -> None:
        """Connect; raises Unsupported without a 24-bit X11 display."""
        self._connection = connect(display_name)
        refuse_xwayland(self._connection)
        self._root = self._connection.screen().root
        if self._connection.screen().root_depth not in (24, 32):
            depth = self._connection.screen().root_depth
            raise Unsupported("screen depth", f"The screen has {depth} bits a pixel; 24 or 32 are needed.")
        self._memory: SharedMemory | None = None
        self._resized = False
        self._listen()
        self._allocate()

    def _listen(self) -> None:
        connection = self._connection
        self._root.change_attributes(event_mask=X.StructureNotifyMask)
        self._fixes = connection.has_extension("XFIXES")
        if self._fixes:
            connection.xfixes_query_version()
            connection.xfixes_select_cursor_input(self._root, _CURSOR_NOTIFY_MASK)
        self._randr = connection.has_extension("RANDR")
        if self._randr:
            self._root.xrandr_select_input(randr.RRScreenChangeNotifyMask)
        self.has_damage = self._fixes and connection.has_extension("DAMAGE")
        if self.has_damage:
            connection.damage_query_version()
            self._damage = self._root.damage_create(damage.DamageReportNonEmpty)
            self._region = FixesRegion(connection)
        connection.flush()

    def _allocate(self) -> None:
        if self._memory is not None:
            del self.pixels, self._words
            self._memory.close()
            self._memory = None
        geometry = self._root.get_geometry()
        width, height = geometry.width, geometry.height
        try:
            self._memory = SharedMemory(self._connection, width * height * 4)
            flat = np.frombuffer(self._memory.buffer, np.uint8)
        except Unsupported:
            flat = np.zeros(width * height * 4, np.uint8)
        self.pixels: Pixels = flat.reshape(height, width, 4)
        self._words: Words = self.pixels.view(np.uint32).reshape(height, width)

    def fileno(self) -> int:
        """The X connection."""
        return int(self._connection.fileno())

    def has_news(self) -> bool:
        """Whether events wait, also those that came along with an answer."""
        return bool(self._connection.pending_events()) or self._resized

    def news(self) -> News:
        """Read every waiting event; damage is taken over, so that later changes are reported anew."""
        damaged = cursor_changed = False
        resized, self._resized = self._resized, False
        while self._connection.pending_events():
            # python-xlib makes a new class of the same name for each extension event and connection.
            kind = type(self._connection.next_event()).__name__
            damaged |= kind == "DamageNotify"
            resized |= kind in ("ConfigureNotify", "ScreenChangeNotify")
            cursor_changed |= kind == "DisplayCursorNotify"
        if resized:
            resized = self._size_differs()
        areas: tuple[Area, ...] | None = ()
        if not self.has_damage:
            areas = None
        elif damaged or resized:
            areas = self._take_damage()
        return News(areas, resized, cursor_changed)

    def _size_differs(self) -> bool:
        geometry = self._root.get_geometry()
        height, width = self.pixels.shape[:2]
        if (geometry.width, geometry.height) == (width, height):
            return False
        self._allocate()
        return True

    def _take_damage(self) -> tuple[Area, ...]:
        self._connection.damage_subtract(self._damage, X.NONE, self._region.id)
        bounds, rectangles = self._region.fetch()
        if len(rectangles) > _MANY_RECTANGLES:
            return (Area(*bounds),)
        return tuple(Area(*rectangle) for rectangle in rectangles)

    def grab(self, area: Area) -> bool:
        """One image of the rows of `area`; XShm writes them where they belong in `pixels`."""
        height, width = self.pixels.shape[:2]
        area = area.clipped(Area(0, 0, width, height))
        if area.is_empty:
            return True
        try:
            if self._memory is not None:
                self._memory.grab(self._root, (0, area.y, width, area.height), area.y * width * 4)
            else:
                self._grab_by_copy(area.y, area.height, width)
        except error.BadMatch:
            # The screen shrank between the event and the grab.
            self._resized = True
            return False
        rows = self._words[area.y : area.bottom]
        # The fourth byte is not defined: two equal pictures may differ in it.
        np.bitwise_and(rows, 0xFFFFFF, out=rows)
        return True

    def _grab_by_copy(self, y: int, height: int, width: int) -> None:
        image = self._root.get_image(0, y, width, height, X.ZPixmap, 0xFFFFFFFF)
        rows = np.frombuffer(image.data, np.uint8).reshape(height, width, 4)
        self.pixels[y : y + height] = rows

    def monitors(self) -> tuple[Monitor, ...]:
        """RandR's monitors; the whole desktop where RandR knows none."""
        height, width = self.pixels.shape[:2]
        whole = Area(0, 0, width, height)
        found: list[Monitor] = []
        if self._randr:
            for number, monitor in enumerate(self._root.xrandr_get_monitors().monitors):
                area = Area(monitor.x, monitor.y, monitor.width_in_pixels, monitor.height_in_pixels)
                if not area.clipped(whole).is_empty:
                    found.append(Monitor(number, area.clipped(whole)))
        return tuple(found) or (Monitor(0, whole),)

    def cursor(self) -> CursorShape | None:
        """The pointer's picture now, alpha divided out."""
        if not self._fixes:
            return None
        image = self._connection.xfixes_get_cursor_image(self._root)
        words = np.array(image.cursor_image, np.uint32).reshape(image.height, image.width)
        return CursorShape(image.xhot, image.yhot, without_premultiplied_alpha(words))

    def pointer(self) -> tuple[int, int]:
        """Where the pointer is."""
        reply = self._root.query_pointer()
        return reply.root_x, reply.root_y

    def wait(self, timeout_s: float) -> bool:
        """Whether there may be news within `timeout_s`; for tests and simple loops."""
        if self._connection.pending_events():
            return True
        return bool(select.select([self.fileno()], [], [], timeout_s)[0])

    def close(self) -> None:
        """Give the shared memory back and disconnect."""
        if self._memory is not None:
            del self.pixels, self._words
            self._memory.close()
            self._memory = None
        self._connection.close()


def without_premultiplied_alpha(words: np.ndarray[Any, np.dtype[np.uint32]]) -> Pixels:
    """Straight B G R A bytes of premultiplied 0xAARRGGBB words (height x width)."""
    pixels = np.ascontiguousarray(words.astype("<u4")).view(np.uint8).reshape(*words.shape, 4).copy()
    alpha = pixels[..., 3:].astype(np.uint16)
    divided = np.minimum(pixels[..., :3].astype(np.uint16) * 255 // np.maximum(alpha, 1), 255)
    pixels[..., :3] = np.where(alpha > 0, divided, 0)
    return pixels
