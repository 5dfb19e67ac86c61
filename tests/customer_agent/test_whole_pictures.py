"""Every update shows one moment of the screen: what changes together is never seen apart."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from customer_agent.screen.capture import Area, ScreenSource
from customer_agent.screen.platform_x11 import X11Screen
from customer_agent.x11 import connect
from tests import displays
from tests.customer_agent.test_stream import Served, shows
from tests.customer_agent.viewing import ArrayScreen, PlainViewer
from tests.displays import Display
from wire.rfb import events as e

WIDTH, HEIGHT = 640, 480
# Frame n is drawn in two of these by turns, top or bottom, and always in the middle one.
TOP, MIDDLE, BOTTOM = Area(0, 0, 96, 16), Area(272, 232, 96, 16), Area(544, 464, 96, 16)


def drawn(n: int) -> list[tuple[Area, int]]:
    """What frame n changes: areas and their colours."""
    return [(TOP if n % 2 == 0 else BOTTOM, n), (MIDDLE, n)]


def seen(viewer: PlainViewer) -> tuple[int, int, int]:
    """Top, middle, bottom."""
    return tuple(int(viewer.words[area.y + 3, area.x + 3]) for area in (TOP, MIDDLE, BOTTOM))  # type: ignore[return-value]


def is_whole(picture: tuple[int, int, int]) -> bool:
    """Whether the three belong to one frame."""
    top, n, bottom = picture
    return (top, bottom) == ((n, n - 1) if n % 2 == 0 else (n - 1, n))


def watch(viewer: PlainViewer, until: Callable[[], bool]) -> set[tuple[int, int, int]]:
    """Every picture that stood at the end of an update."""
    found: set[tuple[int, int, int]] = set()
    take = viewer._take

    def look(event: e.ViewerEvent) -> None:
        take(event)
        if isinstance(event, e.UpdateDone):
            found.add(seen(viewer))

    viewer._take = look  # type: ignore[method-assign]
    viewer.look(until, what="the last frame", deadline_s=30.0)
    viewer._take = take  # type: ignore[method-assign]
    return found


class Restless(ArrayScreen):
    """A screen on which a frame is drawn between every look for news and the picture."""

    def __init__(self) -> None:
        super().__init__(WIDTH, HEIGHT)
        self.n = 0

    def draw(self) -> None:
        self.n += 1
        with self._lock:
            for area, colour in drawn(self.n):
                self.truth[area.y : area.bottom, area.x : area.right] = colour
                self._damage.append(area)
        self._far.send(b"!")

    def grab(self, areas: Sequence[Area]) -> bool:
        if areas and 1 < self.n < 60:
            self.draw()
        return super().grab(areas)


def test_it_shows_what_was_drawn_between_the_news_and_the_picture_whole_or_not_at_all() -> None:
    screen = Restless()
    served = Served(screen)
    viewer = served.viewer()
    for _ in range(2):
        screen.draw()
    viewer.look(shows(viewer, served), what="the first picture")
    screen.draw()
    pictures = watch(viewer, lambda: viewer.words[MIDDLE.y, MIDDLE.x] >= 60)
    served.close()
    assert [picture for picture in pictures if not is_whole(picture)] == []


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with displays.xvfb(WIDTH, HEIGHT) as one:
        yield one


def animate(display: Display, frames: int) -> None:
    """Draw as fast as the X server goes, each frame at one moment."""
    connection = connect(display.name)
    root = connection.screen().root
    pen = root.create_gc()
    for n in range(1, frames + 1):
        connection.grab_server()
        for area, colour in drawn(n):
            pen.change(foreground=colour)
            root.fill_rectangle(pen, *area)
        connection.ungrab_server()
        connection.sync()
    connection.close()


@pytest.mark.display
def test_it_never_tears_an_animation_of_x11(display: Display) -> None:
    source: ScreenSource = X11Screen(display.name)
    served = Served(source)  # type: ignore[arg-type]
    viewer = served.viewer()
    viewer.look(lambda: viewer.updates > 0, what="the first picture")
    frames = 5000
    artist = threading.Thread(target=animate, args=(display, frames))
    artist.start()
    pictures = watch(viewer, lambda: viewer.words[MIDDLE.y, MIDDLE.x] == frames)
    artist.join()
    served.close()
    torn = [picture for picture in pictures if picture[0] and picture[2] and not is_whole(picture)]
    assert (torn, len(pictures) > 3) == ([], True)
