"""What lies under a place of an X screen, and where its keys go: the questions of limit.py."""

from __future__ import annotations

from Xlib import X, error

from customer_agent.screen.capture import Area
from customer_agent.screen.share import ShareState
from customer_agent.screen.windows_x11 import ancestry, resource_owner, window_at
from customer_agent.x11 import connect

__all__ = ["X11Judge"]


class X11Judge:
    """Asks on a connection of its own; belongs to the hand thread."""

    def __init__(self, own_window: int, display_name: str | None = None) -> None:
        """`own_window` is any window of this program: agents may press no button of ours."""
        self._connection = connect(display_name)
        self._root = self._connection.screen().root
        self._ours = resource_owner(self._connection, own_window)

    def origin(self, state: ShareState) -> tuple[int, int] | None:
        """Where the picture's corner is; a window may have moved just now."""
        if state.window is None:
            return state.area.x, state.area.y
        try:
            window = self._connection.create_resource_object("window", state.window)
            corner = self._root.translate_coords(window, 0, 0)
        except error.XError:
            return None
        return corner.x, corner.y

    def may_point(self, state: ShareState, x: int, y: int) -> bool:
        """Whether a click there would reach what is shown, and no window of this program."""
        chain = window_at(self._connection, x, y)
        if self._is_ours(chain):
            return False
        return state.window is None or self._is_shown(state, chain)

    def may_type(self, state: ShareState) -> bool:
        """Whether the window with the keyboard is the shown one, or stands in the shown region."""
        try:
            chain = self._focused()
            if not chain or self._is_ours(chain):
                return False
            if state.window is not None:
                return self._is_shown(state, chain)
            return any(not self._place(window).clipped(state.area).is_empty for window in chain)
        except error.XError:
            return False

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()

    def _focused(self) -> tuple[int, ...]:
        focus = self._connection.get_input_focus().focus
        if isinstance(focus, int):
            if focus != X.PointerRoot:
                return ()
            # Without a window manager keys go where the pointer is.
            at = self._root.query_pointer()
            return window_at(self._connection, at.root_x, at.root_y)
        if focus.id == self._root.id:
            at = self._root.query_pointer()
            return window_at(self._connection, at.root_x, at.root_y)
        return ancestry(self._connection, focus.id)

    @staticmethod
    def _is_shown(state: ShareState, chain: tuple[int, ...]) -> bool:
        return state.window in chain or bool(state.kin & set(chain))

    def _is_ours(self, chain: tuple[int, ...]) -> bool:
        return any(resource_owner(self._connection, window) == self._ours for window in chain)

    def _place(self, window: int) -> Area:
        one = self._connection.create_resource_object("window", window)
        size, corner = one.get_geometry(), self._root.translate_coords(one, 0, 0)
        return Area(corner.x, corner.y, size.width, size.height)
