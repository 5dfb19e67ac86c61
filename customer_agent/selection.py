"""A rectangle on a screen, drawn, moved and stretched by mouse or keys. Pure; lengths are px.

A press on an edge or corner stretches, inside moves, anywhere else draws a new one. The rectangle never
leaves the screen and never becomes too small to be seen.
"""

from __future__ import annotations

from customer_agent.screen.capture import Area

__all__ = ["GRIP_PX", "MIN_SIDE_PX", "Selection"]

GRIP_PX = 9
MIN_SIDE_PX = 32


class Selection:
    """The chosen `area` of a screen of `width` x `height`."""

    def __init__(self, width: int, height: int, area: Area) -> None:
        self._whole = Area(0, 0, width, height)
        self.area = self._fitted(area)
        self._anchor: tuple[int, int] | None = None
        self._grip = (0, 0)
        self._before = self.area

    def press(self, x: int, y: int) -> None:
        """A button went down at (x, y)."""
        self._anchor, self._before = (x, y), self.area
        self._grip = self._grip_at(x, y)

    def drag(self, x: int, y: int) -> None:
        """The held pointer moved to (x, y)."""
        if self._anchor is None:
            return
        dx, dy = x - self._anchor[0], y - self._anchor[1]
        if self._grip == (0, 0):
            if self._holds(self._before, *self._anchor):
                self.area = self._before
                self.move(dx, dy)
            else:
                left, top = min(x, self._anchor[0]), min(y, self._anchor[1])
                self.area = self._fitted(Area(left, top, abs(dx), abs(dy)))
            return
        self.area = self._fitted(_stretched(self._before, self._grip, dx, dy))

    def release(self) -> None:
        """The button came up."""
        self._anchor = None

    def move(self, dx: int, dy: int) -> None:
        """Shift it, up to the edges of the screen."""
        area = self.area
        x = min(max(0, area.x + dx), self._whole.width - area.width)
        y = min(max(0, area.y + dy), self._whole.height - area.height)
        self.area = area._replace(x=x, y=y)

    def grow(self, dx: int, dy: int) -> None:
        """Move its right and lower edge."""
        area = self.area
        width = min(max(MIN_SIDE_PX, area.width + dx), self._whole.width - area.x)
        height = min(max(MIN_SIDE_PX, area.height + dy), self._whole.height - area.y)
        self.area = area._replace(width=width, height=height)

    def hand_at(self, x: int, y: int) -> tuple[int, int] | None:
        """What a press there would hold: (-1, 0, 1) across and down, (0, 0) inside, None outside."""
        grip = self._grip_at(x, y)
        return grip if grip != (0, 0) or self._holds(self.area, x, y) else None

    def _grip_at(self, x: int, y: int) -> tuple[int, int]:
        area = self.area
        near = Area(area.x - GRIP_PX, area.y - GRIP_PX, area.width + 2 * GRIP_PX, area.height + 2 * GRIP_PX)
        if not self._holds(near, x, y):
            return 0, 0
        across = -1 if abs(x - area.x) <= GRIP_PX else int(abs(x - area.right) <= GRIP_PX)
        down = -1 if abs(y - area.y) <= GRIP_PX else int(abs(y - area.bottom) <= GRIP_PX)
        return across, down

    @staticmethod
    def _holds(area: Area, x: int, y: int) -> bool:
        return area.x <= x < area.right and area.y <= y < area.bottom

    def _fitted(self, area: Area) -> Area:
        width = min(max(area.width, MIN_SIDE_PX), self._whole.width)
        height = min(max(area.height, MIN_SIDE_PX), self._whole.height)
        x = min(max(0, area.x), self._whole.width - width)
        y = min(max(0, area.y), self._whole.height - height)
        # What sticks out is cut off, not pushed inside, while enough is left.
        cut = area.clipped(self._whole)
        is_enough = cut.width >= MIN_SIDE_PX and cut.height >= MIN_SIDE_PX
        return cut if is_enough else Area(x, y, width, height)


def _stretched(area: Area, grip: tuple[int, int], dx: int, dy: int) -> Area:
    left, right = sorted((area.x + dx * (grip[0] < 0), area.right + dx * (grip[0] > 0)))
    top, bottom = sorted((area.y + dy * (grip[1] < 0), area.bottom + dy * (grip[1] > 0)))
    return Area(left, top, right - left, bottom - top)
