"""Questions about the windows of an X display: which there are, where, whose. Any python-xlib connection."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final

from Xlib import X, error

from customer_agent.screen.capture import Area
from customer_agent.screen.share import OpenWindow
from customer_agent.x11 import connect

__all__ = ["ancestry", "descendants", "list_windows", "relatives", "resource_owner", "window_at"]

_MOST_DESCENDANTS: Final = 2000
_MAX_TITLE: Final = 120
_MOST_STEPS: Final = 8


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


def relatives(connection: Any, window: int) -> tuple[int, ...]:
    """The visible dialogs and menus that say that they belong to `window`, the lowest first.

    They are windows of the same program whose WM_TRANSIENT_FOR leads to it, be it over other dialogs.
    """
    root = connection.screen().root
    managed = [one for one in _managed(connection) if one != window]
    known = set(managed)
    above = [
        child.id
        for child in root.query_tree().children
        if child.id not in known and child.id != window and _is_menu(child)
    ]
    return tuple(one for one in (*managed, *above) if _belongs(connection, one, window))


def _is_menu(window: Any) -> bool:
    try:
        attributes = window.get_attributes()
    except error.XError:
        return False
    return bool(attributes.override_redirect) and attributes.win_class == X.InputOutput


def _belongs(connection: Any, one: int, window: int) -> bool:
    if resource_owner(connection, one) != resource_owner(connection, window):
        return False
    try:
        if connection.create_resource_object("window", one).get_attributes().map_state != X.IsViewable:
            return False
        for _ in range(_MOST_STEPS):
            leader = connection.create_resource_object("window", one).get_wm_transient_for()
            if leader is None or leader.id == one:
                return False
            if leader.id == window:
                return True
            one = leader.id
    except error.XError:
        return False
    return False
