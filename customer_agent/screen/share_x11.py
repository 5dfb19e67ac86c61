"""One window of an X display, with its own dialogs and menus, as a screen of its own.

Each of these windows is read from its own pixmap (redirected_x11.py), and they are laid over each other here;
any other window that covers them is never in the picture, whatever the compositor draws.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from Xlib import error

from customer_agent.platform_errors import Unsupported
from customer_agent.screen.capture import Area, CursorShape, Monitor, News, Pixels
from customer_agent.screen.damage import Words
from customer_agent.screen.platform_x11 import without_premultiplied_alpha
from customer_agent.screen.redirected_x11 import Extensions, RedirectedWindow
from customer_agent.screen.windows_x11 import relatives, window_at
from customer_agent.screen.x11_wire import XRefused, XWire
from customer_agent.x11 import connect

__all__ = ["X11Window"]

_COLOUR: Final = 0xFFFFFF
# Destroyed, unmapped, mapped, reparented, configured, gravity.
_STRUCTURE: Final = frozenset({17, 18, 19, 21, 22, 24})
_COME_AND_GO: Final = frozenset({17, 18, 19, 21})


class X11Window:
    """A WindowSource over XComposite, XDamage and MIT-SHM."""

    has_damage = True
    may_read_beside = False

    def __init__(self, window: int, display_name: str | None = None) -> None:
        """Begin; raises Unsupported where the X server lacks what is needed, or the window is gone."""
        self._connection = connect(display_name)
        self._root = self._connection.screen().root
        self._wire = XWire(self._connection.get_display_name())
        self._kin: dict[int, RedirectedWindow] = {}
        self._resized = self._damaged = False
        self._stale: list[Area] = []
        self.pixels: Pixels = np.zeros((1, 1, 4), np.uint8)
        try:
            self._extensions = self._ask_extensions()
            self._main = RedirectedWindow(self._connection, self._wire, self._extensions, window)
            self._wire.watch_children(self._root.id)
            self._look(may_have_kin=True)
            if self._main.is_gone:
                raise Unsupported("window", "The window is gone.")
        except BaseException as problem:
            self._wire.close()
            self._connection.close()
            if isinstance(problem, XRefused | error.XError):
                raise Unsupported("window", str(problem)) from problem
            raise
        self._resized = False

    def _ask_extensions(self) -> Extensions:
        wire = self._wire
        composite, fixes, damage = (wire.extension(name) for name in ("Composite", "XFIXES", "DAMAGE"))
        if composite is None or fixes is None or damage is None or wire.extension("MIT-SHM") is None:
            raise Unsupported("Composite", "This X server cannot show one window alone.")
        # python-xlib asks for the pointer's picture on its own connection.
        self._connection.xfixes_query_version()
        wire.query_version(composite, 0, 4)
        wire.query_version(fixes, 5, 0)
        wire.query_version(damage, 1, 1)
        wire.watch_cursor(fixes, self._root.id)
        self._damage_event, self._cursor_event = damage.first_event, fixes.first_event + 1
        return Extensions(composite, fixes, damage)

    # How the windows are

    @property
    def is_hidden(self) -> bool:
        """Minimised, or on a desktop that is not seen."""
        return self._main.is_hidden

    @property
    def is_gone(self) -> bool:
        """Closed."""
        return self._main.is_gone

    @property
    def area(self) -> Area:
        """Where it stands on the desktop."""
        return self._main.area

    @property
    def kin(self) -> frozenset[int]:
        """The dialogs and menus that are shown with it."""
        return frozenset(self._kin)

    def _look(self, *, may_have_kin: bool) -> None:
        if self._main.look():
            self.pixels = np.zeros((self.area.height, self.area.width, 4), np.uint8)
            self._words: Words = self.pixels.view(np.uint32)[..., 0]
            self._resized = True
        if may_have_kin:
            self._meet_kin()
        for one in list(self._kin.values()):
            before = self._place_of(one)
            one.look()
            if one.is_gone or one.is_hidden:
                self._forget(one)
            elif self._place_of(one) != before:
                self._stale += [before, self._place_of(one)]

    def _meet_kin(self) -> None:
        found = () if self.is_hidden else relatives(self._connection, self._main.id)
        for one in [one for one in self._kin.values() if one.id not in found]:
            self._forget(one)
        for window in found:
            if window not in self._kin:
                with contextlib.suppress(Unsupported, XRefused, error.XError):
                    new = RedirectedWindow(self._connection, self._wire, self._extensions, window)
                    self._kin[window] = new
                    new.look()
                    self._stale.append(self._place_of(new))
        self._kin = {window: self._kin[window] for window in found if window in self._kin}

    def _forget(self, one: RedirectedWindow) -> None:
        self._stale.append(self._place_of(one))
        self._kin.pop(one.id, None)
        one.close()

    def _place_of(self, one: RedirectedWindow) -> Area:
        """Where it stands in the picture; it may stick out."""
        return one.area._replace(x=one.area.x - self.area.x, y=one.area.y - self.area.y)

    # ScreenSource

    def fileno(self) -> int:
        """The X connection."""
        return self._wire.fileno()

    def has_news(self) -> bool:
        """Whether events came along with an answer."""
        return self._wire.has_events or self._resized or self._damaged or bool(self._stale)

    def news(self) -> News:
        """What happened to the window and its kin."""
        kinds = self._events()
        if kinds & _STRUCTURE and not self.is_gone:
            self._look(may_have_kin=bool(kinds & _COME_AND_GO))
        self._damaged |= self._damage_event in kinds
        areas, self._stale = self._stale, []
        if self._damaged and not self.is_gone:
            self._damaged = False
            areas += self._main.take_damage()
            for one in self._kin.values():
                place = self._place_of(one)
                areas += [a._replace(x=a.x + place.x, y=a.y + place.y) for a in one.take_damage()]
        resized, self._resized = self._resized, False
        picture = Area(0, 0, self.area.width, self.area.height)
        damage = [cut for area in areas if not (cut := area.clipped(picture)).is_empty]
        return News(damage, resized, self._cursor_event in kinds)

    def _events(self) -> set[int]:
        kinds: set[int] = set()
        while True:
            try:
                return kinds | set(self._wire.read_events())
            except XRefused:
                # Something of a window had gone when it was asked for: look again.
                kinds |= _STRUCTURE

    def grab(self, areas: Sequence[Area]) -> bool:
        """Parts of the window and its kin, whatever else covers them."""
        if self._kin:
            # Laid over each other once, so what is asked for must not overlap.
            covering = Area(0, 0, 0, 0)
            for area in areas:
                covering = covering.covering(area)
            areas = [covering]
        try:
            for area, words in self._main.read(areas):
                np.bitwise_and(words, _COLOUR, out=self._target(area))
            for one in self._kin.values():
                self._lay_over(one, areas)
        except XRefused:
            self._resized = True
            return False
        return True

    def grab_late(self, within: Area | None = None) -> Sequence[Area]:
        """Nothing: what came later comes with the next update."""
        return ()

    def _lay_over(self, one: RedirectedWindow, areas: Sequence[Area]) -> None:
        place = self._place_of(one)
        picture = Area(0, 0, *self.area[2:])
        inside = [
            shown._replace(x=shown.x - place.x, y=shown.y - place.y)
            for area in areas
            if not (shown := area.clipped(place).clipped(picture)).is_empty
        ]
        for area, words in one.read(inside):
            target = self._target(area._replace(x=area.x + place.x, y=area.y + place.y))
            if one.is_translucent:
                np.copyto(target, blended(words, target))
            else:
                np.bitwise_and(words, _COLOUR, out=target)

    def _target(self, area: Area) -> Words:
        return self._words[area.y : area.bottom, area.x : area.right]

    def monitors(self) -> tuple[Monitor, ...]:
        """The window is the only one."""
        return (Monitor(0, Area(0, 0, self.area.width, self.area.height)),)

    def cursor(self) -> CursorShape | None:
        """The pointer's picture now, alpha divided out."""
        image = self._connection.xfixes_get_cursor_image(self._root)
        words = np.array(image.cursor_image, np.uint32).reshape(image.height, image.width)
        return CursorShape(image.xhot, image.yhot, without_premultiplied_alpha(words))

    def pointer(self) -> tuple[int, int]:
        """Where the pointer is, from the window's corner."""
        reply = self._root.query_pointer()
        return reply.root_x - self.area.x, reply.root_y - self.area.y

    def is_pointed_at(self) -> bool:
        """Whether the pointer is on the window itself, or on its kin."""
        reply = self._root.query_pointer()
        chain = window_at(self._connection, reply.root_x, reply.root_y)
        return self._main.id in chain or bool(self.kin & set(chain))

    def close(self) -> None:
        """Give everything back; the X server ends what is redirected with the connection."""
        with contextlib.suppress(OSError, XRefused, error.XError):
            for one in (*self._kin.values(), self._main):
                one.close()
        self._wire.close()
        self._connection.close()


def blended(over: Any, under: Any) -> Any:
    """0x00RRGGBB of premultiplied 0xAARRGGBB words laid over others."""
    rest = 255 - (over >> 24).astype(np.uint32)
    result = np.zeros_like(under)
    for shift in (0, 8, 16):
        below = (under >> shift & 0xFF) * rest // 255
        result |= np.minimum((over >> shift & 0xFF) + below, 255).astype(np.uint32) << shift
    return result
