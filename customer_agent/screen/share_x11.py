"""One window of an X display as a screen of its own, and the list of windows that can be chosen.

The window is redirected to a pixmap by XComposite and only this pixmap is read, so a window that covers it
is never in the picture, whatever the compositor draws. A new pixmap begins as a copy of what was on the
screen, other windows included: it is painted black before it is read, and the program is asked to draw its
window anew (docs/decisions/0058-one-window-or-one-region.md).
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from Xlib import X, error

from customer_agent.platform_errors import Unsupported
from customer_agent.screen.capture import Area, CursorShape, Monitor, News, Pixels
from customer_agent.screen.damage import Words
from customer_agent.screen.monitors import within_limits
from customer_agent.screen.platform_x11 import without_premultiplied_alpha
from customer_agent.screen.share import OpenWindow
from customer_agent.screen.x11_wire import SharedMemory, XRefused, XWire
from customer_agent.x11 import connect

__all__ = ["X11Window", "ancestry", "list_windows", "resource_owner", "window_at"]

_COLOUR: Final = 0xFFFFFF
_AUTOMATIC: Final = 0
_REDIRECT, _NAME_PIXMAP = 1, 6
_GRAB_SERVER, _UNGRAB_SERVER, _CREATE_GC, _FREE_GC, _FREE_PIXMAP, _FILL = 36, 37, 55, 60, 54, 70
_GC_FOREGROUND: Final = 1 << 2
# Destroyed, unmapped, mapped, reparented, configured, gravity.
_STRUCTURE: Final = frozenset({17, 18, 19, 21, 22, 24})
_MOST_DESCENDANTS: Final = 2000
_MAX_TITLE: Final = 120


class X11Window:
    """A WindowSource over XComposite, XDamage and MIT-SHM."""

    has_damage = True
    may_read_beside = False

    def __init__(self, window: int, display_name: str | None = None) -> None:
        """Begin; raises Unsupported where the X server lacks what is needed, or the window is gone."""
        self._id = window
        self._connection = connect(display_name)
        self._window: Any = self._connection.create_resource_object("window", window)
        self._root = self._connection.screen().root
        self._wire = XWire(self._connection.get_display_name())
        self._memory: SharedMemory | None = None
        self._pixmap = 0
        self._border = 0
        self._watched: set[int] = set()
        self._resized = self._damaged = False
        self.is_hidden = True
        self.is_gone = False
        self.area = Area(0, 0, 0, 0)
        self.pixels: Pixels = np.zeros((1, 1, 4), np.uint8)
        try:
            self._listen()
            self._look()
            if self.is_gone:
                raise Unsupported("window", "The window is gone.")
        except BaseException as problem:
            self.close()
            if isinstance(problem, XRefused | error.XError):
                raise Unsupported("window", str(problem)) from problem
            raise
        self._resized = False

    def _listen(self) -> None:
        wire = self._wire
        composite, fixes, damage = (wire.extension(name) for name in ("Composite", "XFIXES", "DAMAGE"))
        if composite is None or fixes is None or damage is None or wire.extension("MIT-SHM") is None:
            raise Unsupported("Composite", "This X server cannot show one window alone.")
        if self._window.get_geometry().depth not in (24, 32):
            raise Unsupported("screen depth", "The window has too few colours.")
        self._composite = composite.opcode
        self._connection.xfixes_query_version()
        wire.query_version(composite, 0, 4)
        wire.query_version(fixes, 5, 0)
        wire.query_version(damage, 1, 1)
        wire.send(struct.pack("=BBHIBxxx", composite.opcode, _REDIRECT, 3, self._id, _AUTOMATIC))
        wire.watch_cursor(fixes, self._root.id)
        self._take_damage = wire.watch_damage(damage, fixes, self._id)
        wire.sync()
        self._damage_event, self._cursor_event = damage.first_event, fixes.first_event + 1

    # How the window is

    def _look(self) -> None:
        """Place, size and visibility now."""
        try:
            self._watch_frames()
            attributes = self._window.get_attributes()
            geometry = self._window.get_geometry()
            origin = self._root.translate_coords(self._window, 0, 0)
        except (error.BadWindow, error.BadDrawable):
            self.is_gone = self.is_hidden = True
            return
        was_hidden, size = self.is_hidden, self.area[2:]
        self.is_hidden = attributes.map_state != X.IsViewable
        self.area = within_limits(Area(origin.x, origin.y, geometry.width, geometry.height))
        self._border = geometry.border_width
        if not self.is_hidden and (was_hidden or size != self.area[2:] or not self._pixmap):
            self._renew(Area(0, 0, geometry.width, geometry.height))

    def _watch_frames(self) -> None:
        """Hear of the window and of all it stands in: a window manager hides the frame, not the window."""
        for window in ancestry(self._connection, self._id):
            if window not in self._watched:
                self._watched.add(window)
                self._wire.watch_window(window)

    def _renew(self, whole: Area) -> None:
        """Take the window's new pixmap, black before anybody looks, and have the program draw it."""
        pixmap, pen = self._wire.new_id(), self._wire.new_id()
        width, height = whole.width + 2 * self._border, whole.height + 2 * self._border
        requests = [
            struct.pack("=BxH", _GRAB_SERVER, 1),
            struct.pack("=BBHII", self._composite, _NAME_PIXMAP, 3, self._id, pixmap),
            struct.pack("=BxHIIII", _CREATE_GC, 5, pen, pixmap, _GC_FOREGROUND, 0),
            struct.pack("=BxHIIhhHH", _FILL, 5, pixmap, pen, 0, 0, width, height),
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
            return
        self._free()
        self._pixmap = pixmap
        height, width = self.area.height, self.area.width
        self.pixels = np.zeros((height, width, 4), np.uint8)
        self._words: Words = self.pixels.view(np.uint32)[..., 0]
        self._memory = SharedMemory(self._wire, width * height * 4)
        self._shared: Words = np.frombuffer(self._memory.buffer, np.uint32)
        self._resized = True
        self._have_drawn()

    def _have_drawn(self) -> None:
        ignored = error.CatchError()
        for window in (self._id, *descendants(self._connection, self._id)):
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

    def _free(self) -> None:
        if self._memory is not None:
            del self._shared
            self._memory.close()
            self._memory = None
        if self._pixmap:
            self._wire.send(struct.pack("=BxHI", _FREE_PIXMAP, 2, self._pixmap))
            self._pixmap = 0

    # ScreenSource

    def fileno(self) -> int:
        """The X connection."""
        return self._wire.fileno()

    def has_news(self) -> bool:
        """Whether events came along with an answer."""
        return self._wire.has_events or self._resized or self._damaged

    def news(self) -> News:
        """What happened to the window."""
        kinds = self._events()
        if kinds & _STRUCTURE:
            self._look()
        self._damaged |= self._damage_event in kinds
        areas: Sequence[Area] = ()
        if self._damaged and not self.is_gone:
            self._damaged = False
            with contextlib.suppress(XRefused):
                areas = self._wire.take_damage(self._take_damage)
        resized, self._resized = self._resized, False
        return News(areas, resized, self._cursor_event in kinds)

    def _events(self) -> set[int]:
        kinds: set[int] = set()
        while True:
            try:
                return kinds | set(self._wire.read_events())
            except XRefused:
                # Something of the window had gone when it was asked for: look again.
                kinds |= _STRUCTURE

    def grab(self, areas: Sequence[Area]) -> bool:
        """Parts of the window's own pixmap, whatever covers the window."""
        height, width = self.pixels.shape[:2]
        areas = [cut for area in areas if not (cut := area.clipped(Area(0, 0, width, height))).is_empty]
        if not areas or self._memory is None or self.is_hidden:
            return True
        b = self._border
        try:
            self._memory.grab(self._pixmap, [a._replace(x=a.x + b, y=a.y + b) for a in areas])
        except XRefused:
            self._resized = True
            return False
        start = 0
        for area in areas:
            end = start + area.width * area.height
            flat = self._shared[start:end].reshape(area.height, area.width)
            target = self._words[area.y : area.bottom, area.x : area.right]
            np.bitwise_and(flat, _COLOUR, out=target)
            start = end
        return True

    def grab_late(self, within: Area | None = None) -> Sequence[Area]:
        """Nothing: what came later comes with the next update."""
        return ()

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
        """Whether the pointer is on the window itself."""
        reply = self._root.query_pointer()
        return self._id in window_at(self._connection, reply.root_x, reply.root_y)

    def close(self) -> None:
        """Give everything back; the X server ends the redirection with the connection."""
        with contextlib.suppress(OSError, XRefused):
            self._free()
        self._wire.close()
        self._connection.close()


# Questions about windows, to any python-xlib connection


def ancestry(connection: Any, window: int) -> tuple[int, ...]:
    """The window and all it stands in, without the root; raises BadWindow when it has gone."""
    found: list[int] = []
    root = connection.screen().root.id
    while window not in (X.NONE, root):
        found.append(window)
        parent = connection.create_resource_object("window", window).query_tree().parent
        window = parent.id if parent else X.NONE
    return tuple(found)


def descendants(connection: Any, window: int) -> Iterator[int]:
    """The windows inside that draw, at most two thousand."""
    waiting, told = [window], 0
    while waiting and told < _MOST_DESCENDANTS:
        with contextlib.suppress(error.XError):
            one = connection.create_resource_object("window", waiting.pop())
            for child in one.query_tree().children:
                if child.get_attributes().win_class == X.InputOutput:
                    told += 1
                    waiting.append(child.id)
                    yield child.id


def window_at(connection: Any, x: int, y: int) -> tuple[int, ...]:
    """The windows at a place of the screen, from the one on the root down to the innermost."""
    root = connection.screen().root
    found: list[int] = []
    inside = root
    with contextlib.suppress(error.XError):
        while True:
            child = inside.translate_coords(root, x, y).child
            if not child or isinstance(child, int):
                break
            found.append(child.id)
            inside = child
    return tuple(found)


def resource_owner(connection: Any, window: int) -> int:
    """A number that all windows of the same program's connection have in common."""
    return window & ~int(connection.display.info.resource_id_mask)


def list_windows(own_window: int, display_name: str | None = None) -> tuple[OpenWindow, ...]:
    """The visible windows of other programs, the uppermost first, as the window manager lists them.

    Without a window manager: the titled windows on the root.
    """
    connection = connect(display_name)
    try:
        if connection.query_extension("Composite") is None:
            return ()
        ours = resource_owner(connection, own_window)
        found = [
            _describe(connection, window)
            for window in reversed(_managed(connection))
            if resource_owner(connection, window) != ours
        ]
        return tuple(one for one in found if one is not None)
    finally:
        connection.close()


def _managed(connection: Any) -> list[int]:
    root = connection.screen().root
    for name in ("_NET_CLIENT_LIST_STACKING", "_NET_CLIENT_LIST"):
        listed = root.get_full_property(connection.intern_atom(name), X.AnyPropertyType)
        if listed is not None:
            return [int(window) for window in listed.value]
    return [child.id for child in root.query_tree().children]


def _describe(connection: Any, window: int) -> OpenWindow | None:
    one = connection.create_resource_object("window", window)
    try:
        attributes = one.get_attributes()
        if attributes.map_state != X.IsViewable or attributes.override_redirect:
            return None
        if attributes.win_class != X.InputOutput or _is_furniture(connection, one):
            return None
        title = _title(connection, one)
        geometry = one.get_geometry()
        origin = connection.screen().root.translate_coords(one, 0, 0)
    except error.XError:
        return None
    if not title:
        return None
    return OpenWindow(window, title, Area(origin.x, origin.y, geometry.width, geometry.height))


def _is_furniture(connection: Any, window: Any) -> bool:
    """Panels and desktops are no programs that one would show."""
    kinds = window.get_full_property(connection.intern_atom("_NET_WM_WINDOW_TYPE"), X.AnyPropertyType)
    if kinds is None:
        return False
    names = {str(connection.get_atom_name(kind)) for kind in kinds.value}
    return bool(names & {"_NET_WM_WINDOW_TYPE_DOCK", "_NET_WM_WINDOW_TYPE_DESKTOP"})


def _title(connection: Any, window: Any) -> str:
    named = window.get_full_property(connection.intern_atom("_NET_WM_NAME"), X.AnyPropertyType)
    value = named.value if named is not None else window.get_wm_name()
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
    return "".join(each for each in text if each.isprintable())[:_MAX_TITLE].strip()
