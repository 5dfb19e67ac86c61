"""The remote window and its app, with a link that only records: painting, input, bar, sheets, the end."""

from __future__ import annotations

import subprocess
import time
import tkinter as tk
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tkinter import ttk
from typing import Any

import numpy as np
import pytest

from desktop import screenshot
from desktop.theme import Theme
from tests import displays
from tests.displays import Display, wait_for
from tests.tk_windows import _one_root, display, korean, look, pump_until, root
from viewer.remote import app as remote_app
from viewer.remote.app import RemoteApp
from viewer.remote.events import ControlReceived, Ended, LinkChanged, LinkEvent, ScreenLost, ScreenOpened
from viewer.remote.geometry import FIT
from viewer.remote.model import RemoteModel
from viewer.remote.settings import ViewSettings
from viewer.remote.windows import photo_window
from viewer.remote.windows.photo_window import BlockPainter, ShmPainter, TilePainter
from wire.control import messages as c
from wire.limits import MAX_CUT_TEXT
from wire.rfb.constants import Encoding
from wire.rfb.events import (
    Bell,
    CursorChanged,
    CutTextReceived,
    ExtendedKeysShown,
    Ready,
    RectReceived,
    UpdateDone,
)
from wire.rfb.messages import KeyEvent, PointerEvent, QemuKeyEvent
from wire.rfb.pixels import BGRX

__all__ = ["_one_root", "display", "korean", "look", "root"]

pytestmark = [pytest.mark.display, pytest.mark.usefixtures("korean")]

ALL_RIGHTS = c.Rights(1, view=True, mouse=True, keyboard=True, clipboard_in=True, clipboard_out=True)


class FakeLink:
    """Records what the window sends."""

    def __init__(self, emit: Callable[[LinkEvent], None]) -> None:
        self.emit = emit
        self.input: list[KeyEvent | PointerEvent] = []
        self.control: list[c.ControlMessage] = []
        self.calls: list[tuple[str, Any]] = []

    def send(self, events: Sequence[KeyEvent | PointerEvent]) -> None:
        self.input += events

    def send_control(self, message: c.ControlMessage) -> None:
        self.control.append(message)

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *what: self.calls.append((name, what[0] if what else None))


class Desk:
    """A remote window in a toplevel of its own."""

    def __init__(
        self,
        root: tk.Tk,
        look: Theme,
        *,
        portable: bool,
        settings: ViewSettings | None = None,
        **options: bool,
    ) -> None:
        self.window = tk.Toplevel(root)
        # Without the window manager nobody moves the focus at a moment of their own.
        self.window.wm_overrideredirect(True)
        self.window.geometry("900x640+40+40")
        model = RemoteModel(title="3번 고객", is_support=True, options=options)
        self.app = RemoteApp(
            self.window,
            look,
            model,
            FakeLink,
            portable=portable,
            settings=settings,  # type: ignore[arg-type]
        )
        self.link: FakeLink = self.app.link  # type: ignore[assignment]
        self.app.start()
        self.canvas = self.app.window.desktop.canvas
        pump_until(root, self.canvas.winfo_viewable, "the remote window")

    def connect(self, width: int = 400, height: int = 300) -> np.ndarray[Any, Any]:
        """The link comes up with every right; the picture that was sent."""
        pixels = np.random.default_rng(3).integers(0, 255, (height, width, 4), np.uint8)
        rect = RectReceived(0, 0, width, height, Encoding.RAW, pixels.tobytes())
        ready = Ready(width, height, "pc", BGRX)
        rights = ControlReceived(2, ALL_RIGHTS)
        for event in (LinkChanged("ok", 12), ScreenOpened(), ready, rect, UpdateDone(), rights):
            self.link.emit(event)
        pump_until(self.window, lambda: self.app.window.desktop.view.width == width, "the picture")
        pump_until(self.window, lambda: self.app.model.controls, "the rights")
        self.window.focus_force()
        self.canvas.focus_force()
        pump_until(self.window, lambda: self.window.focus_get() is self.canvas, "the focus")
        return pixels

    def say(self, message: c.ControlMessage) -> None:
        self.link.emit(ControlReceived(9, message))
        self.window.update()
        pump_until(self.window, self.app._pump._queue.empty, "the message")

    def press(self, name: str) -> None:
        widgets = {**self.app.window.bar.widgets, **self.app.window.popover.widgets}
        widget = widgets[name]
        assert isinstance(widget, ttk.Button | ttk.Checkbutton)
        widget.invoke()
        self.window.update()

    def key(self, sequence: str) -> None:
        self.canvas.event_generate(sequence)
        self.window.update()

    @property
    def sentence(self) -> str:
        banner = self.app.window._banner
        if banner is None:
            return ""
        (inner,) = banner.winfo_children()
        (label,) = inner.winfo_children()
        return str(label.cget("text"))


@pytest.fixture
def make(root: tk.Tk, look: Theme) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make_one(*, portable: bool = False, **options: Any) -> Desk:
        made.append(Desk(root, look, portable=portable, **options))
        return made[-1]

    yield make_one
    for desk in made:
        desk.app.close_window()


Make = Callable[..., Desk]


def _raise(_canvas: tk.Canvas) -> None:
    raise OSError("not here")


@pytest.mark.parametrize(
    ("way", "painter"), [("shared", ShmPainter), ("block", BlockPainter), ("tiles", TilePainter)]
)
def test_it_paints_exactly_what_came(  # noqa: PLR0917
    make: Make, display: Display, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, painter: type
) -> None:
    from PIL import Image

    if way == "block":
        monkeypatch.setattr(photo_window, "ShmPainter", _raise)
    desk = make(portable=way == "tiles")
    assert type(desk.app.window.desktop._painter) is painter
    sent = desk.connect()
    canvas = desk.canvas
    display.xdotool("mousemove", "5", "5")

    def shown() -> bool:
        shot = np.asarray(Image.open(display.picture(tmp_path / "shot.png")).convert("RGB"))
        x = canvas.winfo_rootx() - int(canvas.canvasx(0))
        y = canvas.winfo_rooty() - int(canvas.canvasy(0))
        part = shot[y : y + 300, x : x + 400]
        return bool((part == sent[..., 2::-1]).all(axis=2).mean() >= 0.995)

    pump_until(desk.window, shown, "the picture on the screen")


def test_it_sends_keys_and_keeps_them_apart(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.key("<KeyPress-a>")
    desk.key("<KeyRelease-a>")
    pump_until(desk.window, lambda: len(desk.link.input) >= 2, "the release")
    assert desk.link.input[-2:] == [KeyEvent(True, ord("a")), KeyEvent(False, ord("a"))]


def test_it_sends_the_pointer_in_the_desktops_places(make: Make) -> None:
    desk = make()
    desk.connect()
    left, top = int(desk.canvas.canvasx(0)), int(desk.canvas.canvasy(0))
    desk.canvas.event_generate("<ButtonPress-1>", x=50 - left, y=60 - top)
    desk.canvas.event_generate("<ButtonRelease-1>", x=50 - left, y=60 - top)
    desk.window.update()
    assert desk.link.input[-2:] == [PointerEvent(1, 50, 60), PointerEvent(0, 50, 60)]


def test_it_scales_places_back(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.app.set_scale(0.5)
    pump_until(desk.window, lambda: desk.app.window.desktop.view.view_width == 200, "half the size")
    left, top = int(desk.canvas.canvasx(0)), int(desk.canvas.canvasy(0))
    desk.canvas.event_generate("<ButtonPress-3>", x=100 - left, y=50 - top)
    desk.window.update()
    assert desk.link.input[-1] == PointerEvent(4, 200, 100)


def test_it_sends_nothing_while_control_is_locked(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.press("control")
    before = list(desk.link.input)
    desk.key("<KeyPress-a>")
    desk.canvas.event_generate("<ButtonPress-1>", x=50, y=60)
    desk.canvas.event_generate("<Motion>", x=55, y=60)
    desk.window.update()
    assert desk.link.input == before
    desk.press("control")
    assert desk.app.model.controls


@pytest.mark.parametrize(
    "message",
    [c.Pause(True), c.Rights(2, view=True, why={"mouse": "taken_back", "keyboard": "taken_back"})],
)
def test_it_releases_everything_when_control_ends(make: Make, message: c.ControlMessage) -> None:
    desk = make()
    desk.connect()
    desk.key("<KeyPress-a>")
    desk.canvas.event_generate("<ButtonPress-1>", x=50, y=60)
    desk.window.update()
    desk.say(message)
    assert KeyEvent(False, ord("a")) in desk.link.input
    assert isinstance(desk.link.input[-1], PointerEvent)
    assert desk.link.input[-1].buttons == 0
    assert desk.link.control == [c.InputMode("unicode", False), c.Release()]


def test_it_releases_everything_when_the_focus_goes(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.key("<KeyPress-a>")
    desk.app.window.bar.widgets["refresh"].focus_force()
    pump_until(desk.window, lambda: KeyEvent(False, ord("a")) in desk.link.input, "the release")


def test_it_does_its_own_shortcuts(make: Make) -> None:
    desk = make()
    desk.connect()
    for sequence in ("<KeyPress-Control_L>", "<KeyPress-Alt_L>", "<KeyPress-r>", "<KeyRelease-r>"):
        desk.key(sequence)
    assert ("refresh", None) in desk.link.calls
    assert KeyEvent(True, ord("r")) not in desk.link.input
    held = {event.keysym for event in desk.link.input if isinstance(event, KeyEvent) and event.down}
    freed = {event.keysym for event in desk.link.input if isinstance(event, KeyEvent) and not event.down}
    assert held == freed


@pytest.mark.parametrize(
    ("name", "keysyms"),
    [
        ("special-ctrl-alt-del", [0xFFE3, 0xFFE9, 0xFFFF]),
        ("special-win", [0xFFEB]),
        ("input-hangul", [0xFF31]),
        ("input-hanja", [0xFF34]),
    ],
)
def test_it_sends_special_keys(make: Make, name: str, keysyms: list[int]) -> None:
    desk = make()
    desk.connect()
    desk.press(name.partition("-")[0])
    desk.press(name)
    pressed = [event.keysym for event in desk.link.input if isinstance(event, KeyEvent) and event.down]
    assert pressed == keysyms


def test_it_shows_and_changes_whose_keyboard_makes_the_letters(make: Make) -> None:
    desk = make()
    desk.connect()
    words = desk.app.window.bar.input
    assert words.cget("text") == "내 한/영"
    desk.link.emit(ExtendedKeysShown())
    pump_until(desk.window, lambda: desk.app.model.can_send_places, "the sign")
    desk.press("input")
    desk.press("input-scancode")
    assert words.cget("text") == "고객 한/영"
    assert desk.link.control[-1] == c.InputMode("scancode")
    desk.canvas.focus_force()
    desk.key("<KeyPress-a>")
    assert isinstance(desk.link.input[-1], QemuKeyEvent)


def test_it_cannot_send_places_to_a_server_that_knows_none(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.press("input")
    assert desk.app.window.popover.widgets["input-scancode"].instate(["disabled"])
    desk.app.set_input_mode("scancode")
    assert desk.app.model.input_mode == "unicode"
    assert "이 방식을 모릅니다" in desk.sentence


def test_it_tells_what_script_was_typed(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.app.key_down(0, 0, "가", 1)
    assert desk.app.window.bar.input.cget("text") == "가"
    desk.app.key_down(38, ord("b"), "b", 2)
    assert desk.app.window.bar.input.cget("text") == "A"
    assert desk.link.control[-2:] == [c.InputMode("unicode", True), c.InputMode("unicode", False)]


@pytest.mark.parametrize("why", ["focus", "pause", "view only", "screen lost", "link lost", "rights", "end"])
def test_nothing_stays_pressed(make: Make, why: str) -> None:
    desk = make()
    desk.connect()
    for keycode, keysym in ((50, 0xFFE1), (37, 0xFFE3), (38, 0x61)):
        desk.app.key_down(keycode, keysym, "", keycode)
    happen: dict[str, Callable[[], object]] = {
        "focus": desk.app.focus_lost,
        "pause": lambda: desk.say(c.Pause(True)),
        "view only": desk.app.toggle_control,
        "screen lost": lambda: desk.app._handle(ScreenLost()),
        "link lost": lambda: desk.app._handle(LinkChanged("lost")),
        "rights": lambda: desk.say(c.Rights(2, view=True)),
        "end": desk.app.end_now,
    }
    happen[why]()
    keys = [event for event in desk.link.input if isinstance(event, KeyEvent)]
    assert {key.keysym for key in keys if not key.down} == {0xFFE1, 0xFFE3, 0x61}
    assert desk.app.keyboard.modifiers == frozenset()


def test_the_customers_pointer_is_a_real_one(make: Make, display: Display) -> None:
    """Seen through XFixes on the agent's display: shape, hot spot, alpha multiplied in."""
    from Xlib.display import Display as Connection

    desk = make()
    desk.connect()
    picture = np.zeros((5, 7, 4), np.uint8)
    picture[...] = (200, 100, 50, 255)
    picture[0, 0] = (255, 255, 255, 128)
    desk.link.emit(CursorChanged(3, 2, 7, 5, picture.tobytes()))
    canvas = desk.canvas
    display.xdotool("mousemove", str(canvas.winfo_rootx() + 300), str(canvas.winfo_rooty() + 200))
    connection = Connection(display.name)
    connection.xfixes_query_version()

    def shown() -> bool:
        now = connection.xfixes_get_cursor_image(connection.screen().root)
        if (now.width, now.height, now.xhot, now.yhot) != (7, 5, 3, 2):
            return False
        return list(now.cursor_image[:2]) == [0x80808080, 0xFF3264C8]

    pump_until(desk.window, shown, "the pointer")
    desk.press("control")
    pump_until(desk.window, lambda: not shown(), "the agent's own pointer")
    connection.close()


def test_it_marks_no_pointer_where_the_option_is_off(make: Make) -> None:
    desk = make(mouse_tracking=False)
    desk.connect()
    desk.say(c.Pointer(200, 150))
    desk.window.update()
    assert not any(side.winfo_ismapped() for side in desk.app.window.desktop.ring)


def test_it_marks_the_customers_own_pointer(make: Make) -> None:
    desk = make(mouse_tracking=True)
    desk.connect()
    desk.say(c.Pointer(200, 150))
    view = desk.app.window.desktop
    desk.window.update()
    upper, lower, left, right = view.ring
    across, down = desk.canvas.canvasx(0), desk.canvas.canvasy(0)
    assert (left.winfo_x() + right.winfo_x() + right.winfo_width()) / 2 + across == 200
    assert (upper.winfo_y() + lower.winfo_y() + lower.winfo_height()) / 2 + down == 150
    assert upper.winfo_ismapped()


def test_it_names_the_customers_pc_in_the_title(make: Make) -> None:
    desk = make()
    desk.app.model.number = 3
    desk.connect()
    desk.say(c.Machine("DESKTOP-가나", "Windows 11", "ko", ()))
    assert desk.window.title() == "DESKTOP-가나 · 3번 고객 · BaroHelp"


def test_the_chosen_scale_can_be_kept_for_later_windows(make: Make, tmp_path: Path) -> None:
    desk = make(settings=ViewSettings(tmp_path))
    desk.connect()
    desk.press("scale")
    desk.press("scale-50")
    pump_until(desk.window, lambda: desk.app.window.desktop.view.view_width == 200, "half the size")
    desk.press("scale")
    desk.press("scale-keep")
    assert "이 크기로 시작합니다" in desk.sentence
    later = make(settings=ViewSettings(tmp_path))
    later.connect()
    pump_until(later.window, lambda: later.app.window.desktop.view.view_width == 200, "half the size again")


@pytest.mark.parametrize("kept", ["", "[]", '{"scale": 17}', '{"scale": "x"}', '{"scale": []}'])
def test_a_broken_settings_file_means_the_usual_scale(tmp_path: Path, kept: str) -> None:
    (tmp_path / "remote-window.json").write_text(kept)
    assert ViewSettings(tmp_path).scale == FIT


def test_it_asks_for_fewer_colours_and_keeps_the_quality(make: Make) -> None:
    desk = make()
    desk.connect()
    for name in ("quality", "quality-network", "quality", "depth-8"):
        desk.press(name)
    assert desk.link.control[-1] == c.Quality("network", 8)
    assert desk.app.model.depth == 8


def test_it_asks_for_another_quality(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.press("quality")
    desk.press("quality-network")
    assert ("set_quality", "network") in desk.link.calls
    assert desk.link.control == [c.Quality("network")]


def test_it_asks_the_customer_for_control_again(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.say(c.Rights(2, view=True, why={"mouse": "consent", "keyboard": "consent"}))
    desk.press("control")
    desk.press("control")
    asked = [message.right for message in desk.link.control if isinstance(message, c.Ask)]
    assert asked == ["mouse", "keyboard"]


def test_it_saves_the_screen(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screenshot, "capture_folder", lambda: tmp_path)
    desk = make()
    desk.connect()
    desk.press("screenshot")
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".png"
    assert "화면을 저장했습니다" in desk.sentence


def test_it_saves_no_screen_where_the_option_is_off(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screenshot, "capture_folder", lambda: tmp_path)
    desk = make(screen_capture=False)
    desk.connect()
    desk.press("screenshot")
    assert list(tmp_path.iterdir()) == []
    assert "(B-15)" in desk.sentence


def copied(root: tk.Misc) -> str:
    try:
        return str(root.clipboard_get())
    except tk.TclError:
        return ""


def told(desk: Desk) -> list[str]:
    return [what.text for name, what in desk.link.calls if name == "send_cut_text"]


def test_it_shares_the_clipboard(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.link.emit(CutTextReceived("고객이 복사한 글"))
    pump_until(desk.window, lambda: copied(desk.window) == "고객이 복사한 글", "the clipboard")
    desk.app.focus_gained()
    desk.window.clipboard_clear()
    desk.window.clipboard_append("상담원이 복사한 글")
    pump_until(desk.window, lambda: desk.app.focus_gained() or told(desk), "the text")
    desk.app.focus_gained()
    assert told(desk) == ["상담원이 복사한 글"]


def test_it_keeps_the_clipboard_to_itself_when_that_is_switched_off(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.press("clipboard")
    assert desk.link.calls[-1] == ("set_clipboard", False)
    before = told(desk)
    desk.window.clipboard_clear()
    desk.window.clipboard_append("agent's own")
    desk.link.emit(CutTextReceived("customer's own"))
    desk.app.focus_gained()
    desk.window.update()
    assert copied(desk.window) == "agent's own"
    assert told(desk) == before


LARGE = "가나다라 마바사 😀\n" * 360_000  # 9.8 MB


def longest_turn(desk: Desk, probe: Callable[[], object], what: str) -> float:
    """Seconds of CPU of the longest turn of Tk until `probe`: what a busy machine does not change."""
    longest, last = 0.0, time.thread_time()

    def tick() -> None:
        nonlocal longest, last
        now = time.thread_time()
        longest, last = max(longest, now - last), now
        timer[0] = desk.window.after(5, tick)

    timer = [desk.window.after(5, tick)]
    pump_until(desk.window, probe, what, deadline_s=20)
    desk.window.after_cancel(timer[0])
    return longest


def test_ten_megabytes_hold_nobody_up(make: Make, root: tk.Tk) -> None:
    displays.require_programs("xclip")
    desk = make()
    desk.connect()
    subprocess.run(["xclip", "-selection", "clipboard"], input=LARGE.encode(), check=True, timeout=20)
    turn = longest_turn(desk, lambda: desk.app.focus_gained() or LARGE in told(desk), "the text")
    pump_until(desk.window, lambda: "복사한 글을 보냅니다. (" in desk.sentence, "the sentence")
    desk.link.emit(CutTextReceived(LARGE[1:]))
    turn = max(turn, longest_turn(desk, lambda: "받았습니다" in desk.sentence, "the other sentence"))
    command = ["xclip", "-selection", "clipboard", "-o"]
    wait_for(
        lambda: (
            subprocess.run(command, capture_output=True, timeout=20, check=True).stdout == LARGE[1:].encode()
        ),
        what="the text outside",
    )
    assert turn < 0.05


def test_it_says_that_a_text_is_too_large(make: Make) -> None:
    displays.require_programs("xclip")
    desk = make()
    desk.connect()
    text = "가".encode() * (MAX_CUT_TEXT // 3 + 10)
    subprocess.run(["xclip", "-selection", "clipboard"], input=text, check=True, timeout=20)
    before = told(desk)
    pump_until(desk.window, lambda: desk.app.focus_gained() or "10 MB보다" in desk.sentence, "the sentence")
    assert len(told(desk)) - len(before) <= 1, "only what was there before"


def test_only_the_newest_of_a_flood_waits_for_tk(make: Make) -> None:
    desk = make()
    desk.connect()
    waiting = desk.app._pump._queue
    for size in range(1, 200):
        desk.link.emit(CursorChanged(0, 0, size % 30 + 1, 1, bytes((size % 30 + 1) * 4)))
        desk.link.emit(CutTextReceived(f"text {size}"))
        desk.link.emit(Bell())
    assert waiting.qsize() <= 4
    pump_until(desk.window, lambda: copied(desk.window) == "text 199", "the newest text")


def test_it_says_that_the_line_is_lost_and_found(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.link.emit(LinkChanged("lost"))
    pump_until(desk.window, lambda: "(B-12)" in desk.sentence, "the sentence")
    desk.link.emit(LinkChanged("ok", 15))
    pump_until(desk.window, lambda: desk.sentence == "", "the sentence's end")


def test_it_asks_before_it_ends(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.press("end")
    assert ("end", "agent") not in desk.link.calls
    desk.press("end-cancel")
    desk.press("end")
    desk.press("end-confirm")
    assert ("end", "agent") in desk.link.calls
    assert desk.app.model.ended == Ended("agent")


def test_it_shows_how_it_ended_and_the_survey(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.link.emit(Ended("customer"))
    pump_until(desk.window, lambda: desk.app.window._sheet is not None, "the last sheet")
    desk.app.take_survey("satisfied")
    sheet = desk.app.window._sheet
    assert sheet is not None
    assert "만족" in _words(sheet)
    assert "고객이 지원을 끝냈습니다." in _words(sheet)
    assert not desk.app.model.controls


def test_it_closes_by_itself_when_the_agent_ended(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_app, "_CLOSE_AFTER_S", 1)
    desk = make()
    desk.connect()
    desk.press("end")
    desk.press("end-confirm")
    sheet = desk.app.window._sheet
    assert sheet is not None
    assert "창 닫기 (1)" in _words(sheet)
    pump_until(desk.window, lambda: desk.app._is_closed, "the window's end")


def test_a_narrow_window_keeps_the_words_of_ending(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.window.geometry("600x420")
    bar = desk.app.window.bar
    pump_until(desk.window, lambda: bar.widgets["refresh"].cget("text") == "", "icons alone")  # type: ignore[attr-defined]
    assert bar.widgets["end"].cget("text") == "지원 끝내기"  # type: ignore[attr-defined]
    desk.window.geometry("1400x420")
    pump_until(desk.window, lambda: bar.widgets["refresh"].cget("text") != "", "the words again")  # type: ignore[attr-defined]


def test_the_bar_hides_when_it_is_not_pinned(make: Make, display: Display) -> None:
    desk = make()
    desk.connect()
    display.xdotool("mousemove", "400", "500")
    desk.press("pin")
    desk.canvas.focus_force()
    window = desk.app.window
    pump_until(desk.window, window.handle.winfo_ismapped, "the handle")
    assert not window.bar.winfo_ismapped()
    window.show_bar()
    assert window.bar.winfo_manager() == "place"


def test_escape_closes_a_sheet_and_gives_the_keys_back(make: Make) -> None:
    desk = make()
    desk.connect()
    desk.press("scale")
    popover = desk.app.window.popover
    first = popover.widgets["scale-fit"]
    pump_until(desk.window, lambda: desk.window.focus_get() is first, "the list's focus")
    first.event_generate("<Escape>")
    desk.window.update()
    assert not popover.is_open
    assert desk.app._scale == FIT


def _words(widget: tk.Misc) -> str:
    own = str(widget.cget("text")) if isinstance(widget, ttk.Label | ttk.Button) else ""
    return " ".join([own, *(_words(child) for child in widget.winfo_children())])


MONITORS = (c.Monitor(3, 0, 0, 1920, 1080, "DP-1", True), c.Monitor(5, 1920, 0, 1080, 1920, "HDMI-1"))


def test_it_chooses_a_monitor_from_its_menu_and_by_keys(make: Make) -> None:
    desk = make(partial_share=True)
    desk.connect()
    desk.say(c.Sharing("all", monitors=MONITORS))
    desk.press("monitors")
    desk.press("monitor-2")
    desk.say(c.Sharing("monitor", monitor=5, monitors=MONITORS))
    assert desk.app.window.bar._labels[desk.app.window.bar.widgets["monitors"]] == "모니터 2"  # type: ignore[index]
    desk.app._do("next_monitor")
    desk.app._do("previous_monitor")
    chosen = [one.monitor for one in desk.link.control if isinstance(one, c.ShowMonitor)]
    assert chosen == [5, 3, 3]


def test_it_asks_the_customer_for_a_part(make: Make) -> None:
    desk = make(partial_share=True)
    desk.connect()
    desk.say(c.Sharing("all", monitors=MONITORS))
    for _ in range(2):
        desk.press("monitors")
        desk.press("ask-window")
    (asked,) = [one for one in desk.link.control if isinstance(one, c.AskShare)]
    assert asked.what == "window"
    assert "답을 기다리고 있습니다." in desk.sentence


def test_it_opens_no_empty_menu_of_monitors(make: Make) -> None:
    desk = make(partial_share=False)
    desk.connect()
    desk.app._do("monitors")
    assert not desk.app.window.popover.is_open


def test_x_errors_of_the_picture_end_nothing_however_windows_close(make: Make) -> None:
    """Xlib's own handler would end the program; and windows close in any order."""
    first, second = make(), make()
    first.connect()
    second.connect()
    first.app.close_window()
    painter = second.app.window.desktop._painter
    assert isinstance(painter, ShmPainter)
    painter._x.x11.XMapWindow(painter._x.display, 0x7FFFFFF)
    painter._x.sync()
    assert painter._x.has_failed
    second.app.close_window()
    third = make()
    third.connect()
    assert not third.app.window.desktop._painter._x.has_failed  # type: ignore[attr-defined]
