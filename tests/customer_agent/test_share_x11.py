"""Nothing outside the shared region or window ever leaves: real display, real protocol, real decoder.

A colour that stands only outside is the secret; the viewer looks at every rectangle it gets for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from Xlib import X

from customer_agent.platform_errors import Unsupported
from customer_agent.screen.capture import Area
from customer_agent.screen.damage import words_of
from customer_agent.screen.mss_screen import MssScreen
from customer_agent.screen.platform_x11 import X11Screen
from customer_agent.screen.share import Everything, Nothing, OneWindow, Region, SharedScreen
from customer_agent.screen.share_x11 import X11Window
from customer_agent.screen.windows_x11 import list_windows
from tests import displays
from tests.customer_agent.sharing_x11 import (
    SECRET,
    Painter,
    Sharing,
    ask_for_more,
    near_secret,
    painting,
    sharing,
)
from tests.displays import Display, wait_for
from wire.rfb import events as e

pytestmark = pytest.mark.display

DESKTOP = Area(0, 0, 900, 700)
SHOWN = 0x2B6F4D
PLACE = Area(150, 120, 401, 303)


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with displays.xvfb(DESKTOP.width, DESKTOP.height, window_manager=True) as one:
        yield one


@pytest.fixture
def painter(display: Display) -> Iterator[Painter]:
    with painting(display) as one:
        one.fill_root(DESKTOP, SECRET)
        yield one


def all_of(share: Sharing, colour: int) -> bool:
    """Whether the viewer's whole picture has that colour."""
    return share.sees(colour) == share.viewer.words.size


def test_it_would_see_the_secret_without_a_limit(display: Display, painter: Painter) -> None:
    """The witness works: without this the zeros below would prove nothing."""
    with sharing(display, Everything()) as share:
        share.look(lambda: share.viewer.secrets > 0, "the secret")


# One region


@pytest.mark.parametrize("area", [Area(101, 77, 301, 203), Area(820, 650, 300, 200), Area(-40, -9, 101, 64)])
def test_it_shows_exactly_one_region(display: Display, painter: Painter, area: Area) -> None:
    """Odd sizes, and halves that stand outside the screen."""
    inside = area.clipped(DESKTOP)
    painter.fill_root(inside, SHOWN)
    with sharing(display, Region(area)) as share:
        ask_for_more(share.viewer)
        share.look(lambda: all_of(share, SHOWN), "the whole region")
        assert share.viewer.picture.shape[:2] == (inside.height, inside.width)
        assert share.viewer.secrets == 0


def move_around(share: Sharing, painter: Painter, area: Area, steps: int) -> None:
    """Much happens inside and outside the region while a hostile viewer asks for more."""
    busy = painter.window(area, SHOWN, override=True)
    ask_for_more(share.viewer)
    for step in range(steps):
        painter.fill_root(DESKTOP, SECRET + step % 3)
        painter.noise(busy, area, step)
        share.viewer.step()
    assert share.viewer.updates > min(5, steps // 8)
    assert share.viewer.secrets == 0


def test_it_never_sends_what_moves_beside_a_region(display: Display, painter: Painter) -> None:
    area = Area(203, 151, 333, 207)
    painter.fill_root(area, SHOWN)
    with sharing(display, Region(area)) as share:
        move_around(share, painter, area, 40)


@pytest.mark.slow
def test_it_never_sends_what_moves_beside_a_region_in_a_long_run(display: Display, painter: Painter) -> None:
    for area in (Area(0, 0, 333, 207), Area(567, 493, 333, 207), Area(64, 64, 64, 64), Area(1, 1, 899, 699)):
        painter.fill_root(area, SHOWN)
        with sharing(display, Region(area)) as share:
            move_around(share, painter, area, 400)


def test_it_forgets_the_desktop_when_a_region_is_chosen(display: Display, painter: Painter) -> None:
    """Blurred parts of the desktop are waiting to be sharpened at that moment."""
    area = Area(203, 151, 333, 207)
    painter.fill_root(area, SHOWN)
    with sharing(display, Everything()) as share:
        share.look(lambda: share.viewer.secrets > 0, "the secret")
        share.change(Region(area))
        share.look(lambda: share.viewer.picture.shape[:2] == (207, 333), "the region")
        share.viewer.secrets = 0
        move_around(share, painter, area, 20)


def test_it_shows_nothing_while_the_customer_chooses(display: Display, painter: Painter) -> None:
    with sharing(display, Nothing()) as share:
        ask_for_more(share.viewer)
        for _ in range(5):
            painter.fill_root(DESKTOP, SECRET)
            share.viewer.step()
        assert not share.viewer.words.any()
        assert share.state.is_held


def test_it_shows_no_pointer_from_outside(display: Display, painter: Painter) -> None:
    """The pointer's picture over another program may tell what is done there."""
    painter.secret_pointer(painter.window(Area(600, 400, 200, 200), SECRET, override=True))
    painter.fill_root(Area(10, 10, 300, 200), SHOWN)
    display.xdotool("mousemove", "700", "500")
    with sharing(display, Region(Area(10, 10, 300, 200))) as share:
        display.xdotool("mousemove", "650", "450")
        for _ in range(5):
            share.viewer.step()
        assert not share.viewer.found(e.CursorChanged)
        display.xdotool("mousemove", "100", "100")
        share.look(lambda: share.viewer.found(e.CursorChanged), "the pointer inside")
        assert share.viewer.secrets == 0


@pytest.mark.parametrize("platform", [X11Screen, MssScreen])
def test_it_reads_nothing_beside_a_region(
    display: Display, painter: Painter, monkeypatch: pytest.MonkeyPatch, platform: type[X11Screen | MssScreen]
) -> None:
    """Not even into this program's own memory, however much is asked for; mss is what other systems use."""
    monkeypatch.setenv("DISPLAY", display.name)
    area = Area(203, 151, 633, 207)
    painter.fill_root(area, SHOWN)
    opened: list[X11Screen | MssScreen] = []

    def open_whole() -> X11Screen | MssScreen:
        opened.append(platform())
        return opened[-1]

    share = SharedScreen(open_whole, X11Window, share=Region(area), on_state=lambda _: None).open()
    for _ in range(3):
        share.news()
        assert share.grab([Area(0, 0, 9000, 9000), Area(0, 0, 633, 100), Area(-50, -50, 9000, 200)])
        share.grab_late()
        painter.fill_root(DESKTOP, SECRET)
        painter.fill_root(area, SHOWN)
    assert (words_of(share.pixels) & 0xFFFFFF == SHOWN).all()
    assert near_secret(opened[0].pixels) == 0
    share.close()


# One window


def test_it_lists_windows_with_korean_titles_and_without_our_own(display: Display, painter: Painter) -> None:
    one = painter.window(PLACE, SHOWN, "주문서 – 견적 12")
    found = wait_for(
        lambda: [w for w in list_windows(0, display.name) if w.window == one.id], what="the title"
    )
    assert found[0].title == "주문서 – 견적 12"
    assert found[0].area[2:] == PLACE[2:]
    assert list_windows(one.id, display.name) == ()


def test_it_shows_one_window_without_what_covers_it(display: Display, painter: Painter) -> None:
    shown = painter.window(PLACE, SHOWN, "shown")
    secret = painter.window(Area(300, 200, 400, 300), SECRET, "secret", override=True)
    with sharing(display, OneWindow(shown.id, "shown")) as share:
        ask_for_more(share.viewer)
        share.look(lambda: all_of(share, SHOWN), "the whole window")
        for step in range(30):
            secret.configure(x=100 + 20 * step, y=100 + 10 * step)
            painter.noise(shown, PLACE, step)
            share.viewer.step()
        assert share.viewer.picture.shape[:2] == (PLACE.height, PLACE.width)
        assert share.viewer.secrets == 0


@pytest.mark.slow
def test_it_shows_one_window_without_what_covers_it_in_a_long_run(display: Display, painter: Painter) -> None:
    """Moved, resized, hidden and shown again, with the secret before and behind it all the time."""
    shown = painter.window(PLACE, SHOWN, "shown")
    secret = painter.window(Area(300, 200, 400, 300), SECRET, "secret", override=True)
    with sharing(display, OneWindow(shown.id, "shown")) as share:
        ask_for_more(share.viewer)
        for step in range(400):
            secret.configure(x=7 * step % 500, y=5 * step % 400)
            shown.configure(width=300 + 13 * step % 200, height=200 + 11 * step % 150)
            if step % 40 == 13:
                shown.unmap()
            if step % 40 == 17:
                shown.map()
            painter.fill_root(DESKTOP, SECRET)
            painter.noise(shown, PLACE, step)
            share.viewer.step()
        assert share.viewer.updates > 50
        assert share.viewer.secrets == 0


def test_it_shows_black_where_a_program_does_not_draw(display: Display, painter: Painter) -> None:
    """XComposite's pixmaps begin with what lay on the screen; a program that hangs never covers that."""
    shown = painter.window(PLACE, None, "hangs")
    painter.window(Area(300, 200, 400, 300), SECRET, "secret", override=True)
    with sharing(display, OneWindow(shown.id, "hangs")) as share:
        for step in range(1, 12):
            shown.configure(width=PLACE.width + 10 * step, height=PLACE.height + 7 * step)
            painter.sync()
            share.viewer.step()
        width = PLACE.width + 110
        share.look(lambda: share.viewer.picture.shape[1] == width, "the last size")
        assert share.viewer.secrets == 0
        assert all_of(share, 0)


MENU = 0x99BB11


def test_it_shows_the_windows_own_menus_and_dialogs(display: Display, painter: Painter) -> None:
    """What says that it belongs to the window, as far as it lies over it; and nothing when it closes."""
    shown = painter.window(PLACE, SHOWN, "with a menu")
    with sharing(display, OneWindow(shown.id, "with a menu")) as share:
        share.look(lambda: all_of(share, SHOWN), "the window")
        corner = share.state.area
        menu = painter.window(
            Area(corner.right - 61, corner.y + 20, 200, 90), MENU, override=True, belongs_to=shown
        )
        share.look(lambda: share.sees(MENU) == 61 * 90, "the menu")
        assert share.state.kin == {menu.id}
        secret = painter.window(Area(corner.right - 100, corner.y, 200, 200), SECRET, override=True)
        painter.noise(menu, Area(0, 0, 200, 90), 5)
        for _ in range(10):
            share.viewer.step()
        menu.configure(x=corner.x + 10, y=corner.y + 20)
        painter.fill(menu, Area(0, 0, 200, 90), MENU)
        share.look(lambda: share.sees(MENU) == 200 * 90, "the moved menu")
        menu.unmap()
        secret.destroy()
        painter.sync()
        share.look(lambda: all_of(share, SHOWN), "the window without it")
        assert share.viewer.secrets == 0


@pytest.mark.parametrize("whose", ["nobody's", "another window's", "another program's"])
def test_it_shows_no_menu_of_another_window(display: Display, painter: Painter, whose: str) -> None:
    shown = painter.window(PLACE, SHOWN, "alone")
    other = painter.window(Area(600, 500, 200, 100), SECRET, "other")
    leader = {"nobody's": None, "another window's": other, "another program's": shown}[whose]
    with painting(display) as stranger, sharing(display, OneWindow(shown.id, "alone")) as share:
        share.look(lambda: all_of(share, SHOWN), "the window")
        owner = stranger if whose == "another program's" else painter
        owner.window(Area(200, 200, 200, 90), SECRET, override=True, belongs_to=leader)
        for _ in range(10):
            share.viewer.step()
        assert share.viewer.secrets == 0
        assert all_of(share, SHOWN)


def test_it_follows_a_window_that_moves_and_grows(display: Display, painter: Painter) -> None:
    shown = painter.window(PLACE, SHOWN, "grows")
    with sharing(display, OneWindow(shown.id, "grows")) as share:
        shown.configure(x=20, y=30, width=207, height=99)
        painter.sync()
        share.look(lambda: share.viewer.picture.shape[:2] == (99, 207), "the new size")
        share.look(lambda: all_of(share, SHOWN), "the new picture")
        wait_for(lambda: share.state.area.x < 60, what="the new place")


def test_it_waits_while_the_window_is_minimised(display: Display, painter: Painter) -> None:
    shown = painter.window(PLACE, SHOWN, "minimised")
    with sharing(display, OneWindow(shown.id, "minimised")) as share:
        share.look(lambda: all_of(share, SHOWN), "the window")
        display.xdotool("windowminimize", str(shown.id))
        wait_for(lambda: share.state.is_held, what="the pause")
        assert (share.state.kind, share.state.why) == ("window", "minimised")
        display.xdotool("windowactivate", str(shown.id))
        wait_for(lambda: not share.state.is_held, what="the window again")
        share.look(lambda: all_of(share, SHOWN), "its picture")
        assert share.viewer.secrets == 0


def test_it_ends_in_nothing_when_the_window_closes(display: Display, painter: Painter) -> None:
    shown = painter.window(PLACE, SHOWN, "closes")
    with sharing(display, OneWindow(shown.id, "closes")) as share:
        share.look(lambda: all_of(share, SHOWN), "the window")
        shown.destroy()
        painter.sync()
        wait_for(lambda: share.state.kind == "nothing", what="the end")
        assert share.state.why == "closed"
        ask_for_more(share.viewer)
        for _ in range(5):
            painter.fill_root(DESKTOP, SECRET)
            share.viewer.step()
        assert share.viewer.secrets == 0


def test_it_says_that_a_window_is_gone(display: Display) -> None:
    with pytest.raises(Unsupported):
        X11Window(0x7FFFFFF0, display.name)
    with sharing(display, OneWindow(0x7FFFFFF0, "gone")) as share:
        assert (share.state.kind, share.state.why) == ("nothing", "failed")


def test_it_gives_the_window_back_as_it_was(display: Display, painter: Painter) -> None:
    shown = painter.window(PLACE, SHOWN, "back")
    with sharing(display, OneWindow(shown.id, "back")) as share:
        share.look(lambda: all_of(share, SHOWN), "the window")
    image = painter.root.get_image(PLACE.x + 60, PLACE.y + 60, 8, 8, X.ZPixmap, 0xFFFFFF)
    assert image.data[:3] == SHOWN.to_bytes(3, "little")
