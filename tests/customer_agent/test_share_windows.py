"""The windows with which the customer chooses what is shown, on a real display."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

import pytest
from PIL import Image

from customer_agent import events as e
from customer_agent.screen.capture import Area
from customer_agent.screen.share import Everything, Nothing, OneWindow, OpenWindow, Region, ShareState
from customer_agent.share_app import ShareDesk, look_at_screen
from customer_agent.texts import load_words
from customer_agent.windows.frame_window import bars_of
from customer_agent.windows.panel_window import PanelWindow
from customer_agent.windows.region_window import RegionWindow
from customer_agent.windows.share_window import ShareWindow
from desktop import theme, words
from tests.customer_agent.test_sharing import ask, connected, shares
from tests.customer_agent.test_windows import check_words, nothing, shown, words_in
from tests.tk_windows import _one_root, display, korean, look, pump_until, root
from wire.control import messages as control

__all__ = ["_one_root", "display", "korean", "look", "root"]

pytestmark = [pytest.mark.display, pytest.mark.usefixtures("korean")]

OPEN = (
    OpenWindow(7, "주문서 – 견적", Area(10, 10, 300, 200)),
    OpenWindow(8, "메일", Area(50, 50, 300, 200)),
)


@pytest.fixture(autouse=True)
def english() -> None:
    load_words()


def choice(
    root: tk.Tk, look: theme.Theme, story: object, windows: tuple[OpenWindow, ...] = OPEN
) -> ShareWindow:
    story.model.choose_share()  # type: ignore[attr-defined]
    return ShareWindow(root, look, story.model, windows, on_region=nothing, on_done=nothing)  # type: ignore[attr-defined]


def say(root: tk.Tk, window: tk.Toplevel, words_: str) -> None:
    """Wait until the window says so."""
    pump_until(root, lambda: words_ in words_in(window), words_)


def press(window: tk.Misc, key: str) -> None:
    window.focus_force()
    pump_until(window, lambda: window.focus_get() is not None, "the focus")
    window.event_generate(f"<{key}>")
    window.update()


def test_it_shows_the_window_that_is_marked(root: tk.Tk, look: theme.Theme) -> None:
    story = connected()
    window = choice(root, look, story)
    assert "주문서" not in shown(root, window)
    listed = window.widgets["share-list"]
    assert isinstance(listed, tk.Listbox)
    assert [one.strip() for one in listed.get(0, "end")] == ["주문서 – 견적", "메일"]
    pump_until(root, lambda: root.focus_get() is listed, "the focus on the list")
    listed.event_generate("<Down>")
    listed.event_generate("<Return>")
    root.update()
    assert shares(story)[-1] == OneWindow(8, "메일")


@pytest.mark.parametrize(
    ("key", "share"), [("Escape", Everything()), ("Alt-w", OneWindow(7, "주문서 – 견적"))]
)
def test_it_is_chosen_by_keys(root: tk.Tk, look: theme.Theme, key: str, share: object) -> None:
    story = connected()
    window = choice(root, look, story)
    shown(root, window)
    press(window, key)
    assert shares(story)[-1] == share


def test_it_offers_the_desktop_only_where_it_may_be_shown(root: tk.Tk, look: theme.Theme) -> None:
    assert "share-all" in choice(root, look, connected()).widgets
    assert "share-all" not in choice(root, look, connected(share_desktop=False)).widgets


def test_it_says_that_there_is_no_window(root: tk.Tk, look: theme.Theme) -> None:
    say(root, choice(root, look, connected(), ()), "보여 줄 수 있는 창이 없습니다.")


# The dimmed screen


def region(root: tk.Tk, look: theme.Theme, taken: list[object]) -> RegionWindow:
    return RegionWindow(
        root,
        look,
        Image.new("RGB", (1600, 1000), "#808080"),
        home=Area(0, 0, 1600, 1000),
        on_take=taken.append,
        on_leave=lambda: taken.append(None),
    )


def test_it_draws_a_region_with_the_mouse(root: tk.Tk, look: theme.Theme) -> None:
    taken: list[object] = []
    window = region(root, look, taken)
    shown(root, window)
    window.canvas.event_generate("<ButtonPress-1>", x=101, y=203)
    window.canvas.event_generate("<B1-Motion>", x=333, y=400)
    window.canvas.event_generate("<ButtonRelease-1>", x=333, y=400)
    window.take()
    assert taken == [Area(101, 203, 232, 197)]


def test_it_draws_a_region_with_keys(root: tk.Tk, look: theme.Theme) -> None:
    taken: list[object] = []
    window = region(root, look, taken)
    shown(root, window)
    start = window.selection.area
    for key in ("Left", "Control-Up", "Shift-Right", "Control-Shift-Down", "Return"):
        press(window, key)
    assert taken == [Area(start.x - 10, start.y - 1, start.width + 10, start.height + 1)]


def test_it_leaves_the_region_with_escape(root: tk.Tk, look: theme.Theme) -> None:
    taken: list[object] = []
    window = region(root, look, taken)
    shown(root, window)
    press(window, "Escape")
    assert taken == [None]


def test_it_looks_at_the_whole_screen_for_the_customer(root: tk.Tk) -> None:
    picture, home = look_at_screen()
    assert picture.size == (1600, 1000)
    assert home == Area(0, 0, 1600, 1000)


# The frame


def test_it_frames_the_outside_where_there_is_room() -> None:
    area = Area(100, 80, 300, 200)
    for bar in bars_of(area, 1600, 1000, 4):
        assert bar.clipped(area).is_empty
        assert bar.clipped(Area(96, 76, 308, 208)) == bar


def test_it_keeps_the_frame_on_the_screen() -> None:
    screen = Area(0, 0, 1600, 1000)
    for area in (screen, Area(0, 0, 40, 40), Area(1500, 900, 100, 100)):
        assert all(bar.clipped(screen) == bar and not bar.is_empty for bar in bars_of(area, 1600, 1000, 4))


# All together


def viewable(root: tk.Tk) -> list[tk.Toplevel]:
    root.update()
    return [one for one in root.winfo_children() if isinstance(one, tk.Toplevel) and one.winfo_viewable()]


def test_it_follows_the_model_from_the_choice_to_the_frame(root: tk.Tk, look: theme.Theme) -> None:
    story = connected()
    desk = ShareDesk(root, look, story.model, on_change=nothing, list_windows=lambda _: OPEN)
    desk.follow()
    assert viewable(root) == []
    story.model.choose_share("region")
    desk.follow()
    pump_until(root, lambda: isinstance(desk._window, RegionWindow), "the dimmed screen")
    assert isinstance(desk._window, RegionWindow)
    desk._window.take()
    (*_, chosen) = shares(story)
    assert isinstance(chosen, Region)
    story.model.take(e.SharingChanged(ShareState("region", area=chosen.area)))
    desk.follow()
    pump_until(root, lambda: len(viewable(root)) == 5, "four bars and a word")
    story.model.take(e.SharingChanged(ShareState("region", "off_screen")))
    desk.follow()
    pump_until(root, lambda: viewable(root) == [], "no frame")
    desk.close()


def test_it_opens_the_choice_by_itself_where_the_desktop_is_not_shown(root: tk.Tk, look: theme.Theme) -> None:
    story = connected(share_desktop=False)
    desk = ShareDesk(root, look, story.model, on_change=nothing, list_windows=lambda _: OPEN)
    desk.follow()
    assert isinstance(desk._window, ShareWindow)
    desk._window.leave()
    window = panel(root, look, story)
    say(root, window, "아직 아무것도 보여 주지 않습니다.")
    assert "share-all" not in window.widgets
    desk.close()


def test_it_shows_nothing_more_when_it_is_over(root: tk.Tk, look: theme.Theme) -> None:
    story = connected()
    desk = ShareDesk(root, look, story.model, on_change=nothing, list_windows=lambda _: OPEN)
    story.model.choose_share()
    desk.follow()
    pump_until(root, lambda: len(viewable(root)) == 1, "the choice")
    story.model.end()
    desk.follow()
    pump_until(root, lambda: viewable(root) == [], "the end of the choice")


# The panel


def panel(root: tk.Tk, look: theme.Theme, story: object) -> PanelWindow:
    return PanelWindow(root, look, story.model, clock=lambda: 0.0, on_change=nothing)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (ShareState("window", area=Area(0, 0, 9, 9), window=7), "주문서"),
        (ShareState("window", "minimised", window=7), "최소화되어 잠시 멈췄습니다."),
        (ShareState("nothing", "closed"), "창이 닫혔습니다."),
        (ShareState("nothing", "failed"), "그 창은 보여 줄 수 없습니다."),
    ],
)
def test_it_says_what_is_shown(root: tk.Tk, look: theme.Theme, state: ShareState, says: str) -> None:
    story = connected()
    story.model.show(OneWindow(7, "주문서"))
    story.model.take(e.SharingChanged(state))
    say(root, panel(root, look, story), says)


def test_it_changes_and_ends_the_share(root: tk.Tk, look: theme.Theme) -> None:
    story = connected()
    story.model.show(Region(Area(0, 0, 99, 99)))
    window = panel(root, look, story)
    widgets = window.widgets
    assert isinstance(widgets["share"], ttk.Button)
    widgets["share"].invoke()
    assert shares(story)[-1] == Nothing("choosing")
    story.model.cancel_choosing()
    window.show_everything()
    assert shares(story)[-1] == Everything()


def test_it_offers_parts_only_where_the_company_does(root: tk.Tk, look: theme.Theme) -> None:
    assert "share" in panel(root, look, connected()).widgets
    assert "share" not in panel(root, look, connected(partial_share=False)).widgets


@pytest.mark.parametrize("what", ["window", "region", "all"])
def test_it_shows_what_the_agent_asks_for(root: tk.Tk, look: theme.Theme, what: str) -> None:
    story = connected()
    story.model.show(Region(Area(0, 0, 99, 99)))
    ask(story, what)
    window = panel(root, look, story)
    say(root, window, "보여 달라고 합니다.")
    window.widgets["no"].invoke()  # type: ignore[attr-defined]
    assert story.port.said(control.Answer) == [control.Answer("a1", "denied")]


MAKERS: dict[str, Callable[[tk.Tk, theme.Theme], tk.Toplevel]] = {
    "share": lambda root, look: choice(root, look, connected()),
    "no windows": lambda root, look: choice(root, look, connected(), ()),
    "region": lambda root, look: region(root, look, []),
    "panel": lambda root, look: panel(root, look, partly()),
}


def partly() -> object:
    story = connected()
    story.model.show(Region(Area(0, 0, 99, 99)))
    ask(story, "all")
    return story


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("name", MAKERS)
def test_it_speaks_one_language_and_clips_nothing(
    root: tk.Tk, look: theme.Theme, name: str, language: str
) -> None:
    words.set_language(language)
    check_words(root, MAKERS[name](root, look), language)
