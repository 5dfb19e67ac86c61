"""The screen under X11: XShm for pixels, XDamage to be woken, XFixes for the pointer, RandR for monitors.

Damage only says where to look (compositors report too much); what really changed is found by comparing.
What happens for every picture goes over `x11_wire`; what is rarely asked, over python-xlib.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from typing import Any

import numpy as np
from Xlib import X
from Xlib.ext import randr

from customer_agent.platform_errors import Unsupported
from customer_agent.screen.capture import Area, CursorShape, Monitor, News, Pixels
from customer_agent.screen.damage import Words, joined, pixels_of
from customer_agent.screen.monitors import MonitorNumbers
from customer_agent.screen.monitors_x11 import randr_monitors
from customer_agent.screen.x11_wire import CONFIGURE_NOTIFY, SharedMemory, XRefused, XWire, packed
from customer_agent.x11 import connect, refuse_xwayland

_COLOUR = 0xFFFFFF
# Areas of this share of the screen's width are read as whole rows: those need no second copy.
WIDE = 0.7


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
        self._wire = XWire(self._connection.get_display_name())
        self.may_read_beside = True
        self._memory: SharedMemory | None = None
        self._resized = False
        self._damaged = self._cursor_changed = False
        self._numbers = MonitorNumbers()
        self._listen()
        self._allocate()

    def _listen(self) -> None:
        wire, root = self._wire, self._root.id
        wire.watch_window(root)
        self._resize_events = {CONFIGURE_NOTIFY}
        self._cursor_event = self._damage_event = -1
        fixes, damage = wire.extension("XFIXES"), wire.extension("DAMAGE")
        self._fixes = fixes is not None
        self.has_damage = fixes is not None and damage is not None
        if fixes is not None:
            # python-xlib asks for the pointer's picture on its own connection.
            self._connection.xfixes_query_version()
            wire.query_version(fixes, 5, 0)
            wire.watch_cursor(fixes, root)
            self._cursor_event = fixes.first_event + 1
        screens = wire.extension("RANDR")
        self._randr = screens is not None
        if screens is not None:
            wire.watch_screens(screens, root)
            self._resize_events.add(screens.first_event + randr.RRScreenChangeNotify)
        if fixes is not None and damage is not None:
            wire.query_version(damage, 1, 1)
            self._take_damage = wire.watch_damage(damage, fixes, root)
            self._damage_event = damage.first_event

    def _allocate(self) -> None:
        self._free()
        geometry = self._root.get_geometry()
        width, height = geometry.width, geometry.height
        try:
            # Whole rows arrive in the picture itself, the first half; other areas are copied there.
            self._memory = SharedMemory(self._wire, 2 * width * height * 4)
            self._shared: Words = np.frombuffer(self._memory.buffer, np.uint32)
            self._words: Words = self._shared[: width * height].reshape(height, width)
        except Unsupported:
            self._words = np.zeros((height, width), np.uint32)
        self.pixels: Pixels = pixels_of(self._words)

    def _free(self) -> None:
        if self._memory is not None:
            self._memory.close()
            self._memory = None

    def fileno(self) -> int:
        """The X connection."""
        return self._wire.fileno()

    def has_news(self) -> bool:
        """Whether events came along with an answer."""
        return self._wire.has_events or self._resized or self._damaged

    def news(self) -> News:
        """Read every waiting event; damage is taken over, so that later changes are reported anew."""
        resized, self._resized = self._resized, False
        cursor_changed = False
        for kind in self._wire.read_events():
            self._damaged |= kind == self._damage_event
            resized |= kind in self._resize_events
            cursor_changed |= kind == self._cursor_event
        if resized:
            resized = self._size_differs()
        areas: Sequence[Area] | None = ()
        if not self.has_damage:
            areas = None
        elif self._damaged or resized:
            self._damaged = False
            areas = self._wire.take_damage(self._take_damage)
        return News(areas, resized, cursor_changed)

    def _size_differs(self) -> bool:
        geometry = self._root.get_geometry()
        height, width = self.pixels.shape[:2]
        if (geometry.width, geometry.height) == (width, height):
            return False
        self._allocate()
        return True

    def grab(self, areas: Sequence[Area]) -> bool:
        """One image of all `areas` of one moment, into their places of `pixels`."""
        height, width = self.pixels.shape[:2]
        whole = Area(0, 0, width, height)
        areas = [cut for area in areas if not (cut := area.clipped(whole)).is_empty]
        if not areas:
            return True
        if self._memory is None:
            return self._grab_by_copy(areas)
        wide = WIDE * width if self.may_read_beside else width
        rows = [Area(0, a.y, width, a.height) for a in areas if a.width >= wide]
        areas = [a for a in areas if a.width < wide]
        if sum(a.width * a.height for a in areas) > width * height:
            return self.grab([whole])
        parts = packed(areas, width * height)
        try:
            self._memory.grab_at(self._root.id, [*((a, a.y * width) for a in rows), *parts])
        except XRefused:
            # The screen shrank between the event and the grab.
            self._resized = True
            return False
        for a in rows:
            band = self._words[a.y : a.bottom]
            np.bitwise_and(band, _COLOUR, out=band)
        for a, start in parts:
            self._store(a, self._shared[start : start + a.width * a.height])
        return True

    def grab_late(self, within: Area | None = None) -> Sequence[Area] | None:
        """Bring what changed since `news` up to date while nobody may draw; `within`: only there."""
        if not self.has_damage:
            return ()
        # Nothing may be asked on the other connection before the release: it would wait for ever.
        self._wire.hold()
        try:
            areas = joined(self._wire.take_damage(self._take_damage))
            if within is not None:
                areas = [cut for area in areas if not (cut := area.clipped(within)).is_empty]
            self._wire.forget(self._damage_event)
            self._damaged = False
            return areas if self.grab(areas) else None
        finally:
            self._wire.release()

    def _store(self, area: Area, flat: Words) -> None:
        # The fourth byte is not defined: two equal pictures may differ in it.
        target = self._words[area.y : area.bottom, area.x : area.right]
        np.bitwise_and(flat.reshape(area.height, area.width), _COLOUR, out=target)

    def _grab_by_copy(self, areas: Sequence[Area]) -> bool:
        for area in areas:
            image = self._root.get_image(*area, X.ZPixmap, 0xFFFFFFFF)
            self._store(area, np.frombuffer(image.data, np.uint32))
        return True

    def monitors(self) -> tuple[Monitor, ...]:
        """RandR's monitors; the whole desktop where RandR knows none."""
        height, width = self.pixels.shape[:2]
        whole = Area(0, 0, width, height)
        return randr_monitors(self._connection, whole, self._numbers, has_randr=self._randr)

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
        return self.has_news() or bool(select.select([self.fileno()], [], [], timeout_s)[0])

    def close(self) -> None:
        """Give the shared memory back and disconnect."""
        self._free()
        self._wire.close()
        self._connection.close()


def without_premultiplied_alpha(words: np.ndarray[Any, np.dtype[np.uint32]]) -> Pixels:
    """Straight B G R A bytes of premultiplied 0xAARRGGBB words (height x width)."""
    pixels = np.ascontiguousarray(words.astype("<u4")).view(np.uint8).reshape(*words.shape, 4).copy()
    alpha = pixels[..., 3:].astype(np.uint16)
    divided = np.minimum(pixels[..., :3].astype(np.uint16) * 255 // np.maximum(alpha, 1), 255)
    pixels[..., :3] = np.where(alpha > 0, divided, 0)
    return pixels
