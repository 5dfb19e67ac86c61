"""The customer's windows on a real display: what they say, what their buttons and keys do, that they stay."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tkinter import ttk

import pytest

from customer_agent import events as e
from customer_agent.model import Phase
from customer_agent.start import StartPlan
from customer_agent.texts import load_words
from customer_agent.windows.consent_window import ARMED_AFTER_S, ConsentWindow
from customer_agent.windows.ended_window import CLOSES_AFTER_S, EndedWindow
from customer_agent.windows.join_window import JoinWindow
from customer_agent.windows.panel_window import PanelWindow
from desktop import theme, words
from tests.customer_agent.test_model import SNAPSHOT, Story
from tests.tk_windows import _one_root, display, korean, look, pump_until, root
from wire.control import messages as control
from wire.signal import commands as c
from wire.signal import messages as s

__all__ = ["_one_root", "display", "korean", "look", "root"]

pytestmark = [pytest.mark.display, pytest.mark.usefixtures("korean")]

SOURCE = Path(__file__).resolve().parents[2] / "customer_agent"
PLAN = StartPlan(tenant="maru", token="t" * 26)


@pytest.fixture(autouse=True)
def english() -> None:
    load_words()


def nothing() -> None:
    """For what a test does not look at."""


def words_in(window: tk.Misc) -> str:
    """Everything that stands in the visible labels and buttons of a window."""
    found: list[str] = []
    for child in window.winfo_children():
        if isinstance(child, ttk.Label | ttk.Button | ttk.Checkbutton) and child.winfo_ismapped():
            found.append(str(child.cget("text")))
        found.append(words_in(child))
    return "\n".join(text for text in found if text)


def shown(root: tk.Tk, window: tk.Toplevel) -> str:
    pump_until(root, window.winfo_viewable, "the window")
    root.update()
    return words_in(window)


# The join window


def test_it_sends_company_and_code(root: tk.Tk, look: theme.Theme) -> None:
    story = Story(StartPlan())
    window = JoinWindow(root, look, story.model, on_language=nothing, on_close=nothing)
    window.tenant.set(" Maru ")
    window.code.set("482 913")
    window.submit()
    assert story.port.orders == [("join", "maru", "482913", None)]
    assert "연결하고 있습니다." in shown(root, window)


@pytest.mark.parametrize(
    ("tenant", "code", "says"), [("", "482913", "회사 아이디를"), ("maru", "12a", "코드는")]
)
def test_it_says_what_is_missing(root: tk.Tk, look: theme.Theme, tenant: str, code: str, says: str) -> None:
    story = Story(StartPlan())
    window = JoinWindow(root, look, story.model, on_language=nothing, on_close=nothing)
    window.tenant.set(tenant)
    window.code.set(code)
    window.submit()
    assert story.port.orders == []
    assert says in shown(root, window)


def test_it_shows_the_code_of_a_failure(root: tk.Tk, look: theme.Theme) -> None:
    story = Story(PLAN)
    story.model.begin()
    window = JoinWindow(root, look, story.model, on_language=nothing, on_close=nothing)
    story.model.take(e.JoinFailed("B-10", may_retry=True))
    window.refresh()
    assert "(B-10)" in shown(root, window)


# The consent window


def consent(root: tk.Tk, look: theme.Theme, story: Story) -> ConsentWindow:
    return ConsentWindow(root, look, story.model, clock=lambda: story.now, on_done=nothing)


def test_it_shows_who_asks_and_warns(root: tk.Tk, look: theme.Theme) -> None:
    text = shown(root, consent(root, look, Story(PLAN).asked()))
    assert "마루소프트" in text
    assert "담당 보라" in text
    assert "접속번호 3" in text
    assert "모르는 사람이 먼저 전화했습니까?" in text
    assert "60초 안에" in text
    assert "서버" not in text


def test_it_shows_a_server_that_was_chosen_by_hand(root: tk.Tk, look: theme.Theme) -> None:
    plan = StartPlan(server="https://other.example", is_server_given=True, tenant="maru", token="t" * 26)
    assert "https://other.example" in shown(root, consent(root, look, Story(plan).asked()))


def test_it_tells_what_comes_without_a_question(root: tk.Tk, look: theme.Theme) -> None:
    """A company that leaves the questions out still gets one press, and the customer reads what it gives."""
    story = Story(PLAN)
    story.model.begin()
    story.hear(replace(SNAPSHOT, consent=s.ConsentAsked((), 60), options={"consent_to_control": False}))
    text = shown(root, consent(root, look, story))
    assert "마우스를 움직이고 누릅니다" in text
    assert "키보드로 글자를 칩니다" in text
    assert "시작 (A)" in text


def test_it_tries_again_with_its_token(root: tk.Tk, look: theme.Theme) -> None:
    story = Story(PLAN)
    story.model.begin()
    story.model.take(e.JoinFailed("B-10", may_retry=True))
    window = JoinWindow(root, look, story.model, on_language=nothing, on_close=nothing)
    window.submit()
    assert story.port.orders == [("join", "maru", None, "t" * 26)] * 2


def test_it_allows_what_is_switched_on(root: tk.Tk, look: theme.Theme) -> None:
    story = Story(PLAN).asked()
    window = consent(root, look, story)
    story.now += 2 * ARMED_AFTER_S
    shown(root, window)
    switch = window.widgets["keyboard"]
    assert isinstance(switch, ttk.Checkbutton)
    switch.invoke()
    window.allow()
    (answer,) = story.port.commands(c.Consent)
    assert dict(answer.answers) == {"view": "allowed", "mouse": "allowed", "keyboard": "denied"}


def test_it_does_not_allow_in_the_first_moment(root: tk.Tk, look: theme.Theme) -> None:
    story = Story(PLAN).asked()
    window = consent(root, look, story)
    window.allow()
    assert story.model.phase is Phase.ASKING
    window.deny()
    assert story.model.ending == "denied"


@pytest.mark.parametrize(
    ("key", "phase"),
    [("Return", Phase.WAITING), ("Escape", Phase.ENDED), ("Alt-a", Phase.WAITING), ("Alt-d", Phase.ENDED)],
)
def test_it_is_answered_by_keys(root: tk.Tk, look: theme.Theme, key: str, phase: Phase) -> None:
    story = Story(PLAN).asked()
    window = consent(root, look, story)
    shown(root, window)
    story.now += 2 * ARMED_AFTER_S
    window.focus_force()
    pump_until(root, lambda: window.focus_get() is not None, "the focus")
    window.event_generate(f"<{key}>")
    root.update()
    assert story.model.phase is phase


# The panel


def panel(root: tk.Tk, look: theme.Theme, story: Story) -> PanelWindow:
    return PanelWindow(
        root, look, story.model, clock=lambda: story.now, wall_clock=lambda: 1e9, on_change=nothing
    )


def test_it_says_who_is_here_and_since_when(root: tk.Tk, look: theme.Theme) -> None:
    story = Story(PLAN).connected()
    story.now += 783
    text = shown(root, panel(root, look, story))
    assert "마루소프트" in text
    assert "담당 보라" in text
    assert "13분 3초" in text
    assert "원격지원 중" in text


def test_it_stands_at_the_lower_right_above_everything(root: tk.Tk, look: theme.Theme) -> None:
    window = panel(root, look, Story(PLAN).connected())
    shown(root, window)
    pump_until(root, lambda: window.winfo_x() > window.winfo_screenwidth() // 2, "its place")
    assert window.winfo_rooty() > window.winfo_screenheight() // 2
    assert window.winfo_rootx() + window.winfo_width() <= window.winfo_screenwidth()
    assert window.winfo_rooty() + window.winfo_height() <= window.winfo_screenheight()
    assert window.attributes("-topmost")


def lower_edge(window: tk.Toplevel) -> int:
    return window.winfo_rooty() + window.winfo_height()


def change_height(root: tk.Tk, window: PanelWindow, name: str) -> None:
    before = window.winfo_height()
    press(window, name)
    pump_until(root, lambda: window.winfo_height() != before, "another height")


def test_its_lower_edge_stays_when_its_height_changes(root: tk.Tk, look: theme.Theme) -> None:
    window = panel(root, look, Story(PLAN).connected())
    shown(root, window)
    pump_until(root, lambda: window.winfo_x() > window.winfo_screenwidth() // 2, "its place")
    edge = lower_edge(window)
    for name in ("end", "keep", "more", "end", "keep", "more"):
        change_height(root, window, name)
        pump_until(root, lambda: lower_edge(window) == edge, "the same lower edge")


def test_it_stays_where_the_customer_puts_it(root: tk.Tk, look: theme.Theme) -> None:
    window = panel(root, look, Story(PLAN).connected())
    shown(root, window)
    pump_until(root, lambda: window.winfo_x() > window.winfo_screenwidth() // 2, "its place")
    subprocess.run(["xdotool", "windowmove", str(int(window.frame(), 16)), "200", "150"], check=True)
    pump_until(root, lambda: window.winfo_x() < 250, "the hand's place")
    edge = lower_edge(window)
    change_height(root, window, "end")
    pump_until(root, lambda: lower_edge(window) == edge and window.winfo_x() < 250, "the hand's place still")


def test_it_comes_back_when_it_is_minimised(root: tk.Tk, look: theme.Theme) -> None:
    window = panel(root, look, Story(PLAN).connected())
    shown(root, window)
    window.iconify()
    pump_until(root, lambda: not window.winfo_viewable(), "the minimised window")
    pump_until(root, window.winfo_viewable, "the window again")


def press(window: PanelWindow, name: str) -> None:
    button = window.widgets[name]
    assert isinstance(button, ttk.Button)
    button.invoke()
    window.refresh()


def test_it_pauses_and_goes_on(root: tk.Tk, look: theme.Theme) -> None:
    story = Story(PLAN).connected()
    window = panel(root, look, story)
    press(window, "pause")
    assert not story.may_move
    assert "상담원은 지금 화면을 볼 수 없습니다." in shown(root, window)
    press(window, "pause")
    assert story.may_move


def test_it_takes_control_back_and_gives_it_again(root: tk.Tk, look: theme.Theme) -> None:
    story = Story(PLAN).connected()
    window = panel(root, look, story)
    press(window, "control")
    assert not story.may_move
    assert "조작을 되찾았습니다." in shown(root, window)
    press(window, "control")
    assert story.may_move


def test_it_asks_before_it_ends(root: tk.Tk, look: theme.Theme) -> None:
    story = Story(PLAN).connected()
    window = panel(root, look, story)
    press(window, "end")
    assert story.model.phase is Phase.CONNECTED
    press(window, "keep")
    press(window, "end")
    window.widgets["end-yes"].invoke()  # type: ignore[attr-defined]
    assert story.model.phase is Phase.ENDED


def test_it_keeps_a_button_that_is_being_pressed(root: tk.Tk, look: theme.Theme) -> None:
    """The customer's own movement takes control back just before the click lands."""
    story = Story(PLAN).connected()
    window = panel(root, look, story)
    shown(root, window)
    end = window.widgets["end"]
    end.event_generate("<Enter>")
    end.event_generate("<ButtonPress-1>", x=5, y=5)
    story.gate.take_back("mouse")
    story.model.take(e.HandTaken("mouse"))
    story.model.take(e.ControlReceived("p1", 5, control.Ask("a1", "record")))
    window.refresh()
    end.event_generate("<ButtonRelease-1>", x=5, y=5)
    pump_until(root, lambda: "end-yes" in window.widgets, "the question")


def test_it_asks_before_it_ends_when_it_is_closed(root: tk.Tk, look: theme.Theme) -> None:
    story = Story(PLAN).connected()
    window = panel(root, look, story)
    root.tk.call(window.protocol("WM_DELETE_WINDOW"))
    assert story.model.phase is Phase.CONNECTED
    assert "원격지원을 끝내시겠습니까?" in shown(root, window)


def test_it_folds_out_the_six_words(root: tk.Tk, look: theme.Theme) -> None:
    story = Story(PLAN).connected()
    story.model.take(e.WordsAgreed("p1", ("사과", "바다", "구름", "나무", "달빛", "종이")))
    window = panel(root, look, story)
    assert "사과" not in shown(root, window)
    press(window, "more")
    assert "사과  바다  구름  나무  달빛  종이" in shown(root, window)


def test_it_shows_the_agents_question(root: tk.Tk, look: theme.Theme) -> None:
    story = Story(PLAN).connected(keyboard=False)
    window = panel(root, look, story)
    story.model.take(e.ControlReceived("p1", 5, control.Ask("a1", "keyboard")))
    window.refresh()
    assert "키보드를 쓰고 싶어 합니다." in shown(root, window)
    press(window, "yes")
    assert story.port.said(control.Answer) == [control.Answer("a1", "allowed")]


@pytest.mark.parametrize(("state", "says"), [("unstable", "연결 불안정"), ("lost", "(B-12)")])
def test_it_says_how_the_line_is(root: tk.Tk, look: theme.Theme, state: str, says: str) -> None:
    story = Story(PLAN).connected()
    story.model.take(e.LinkChanged("p1", state))  # type: ignore[arg-type]
    assert says in shown(root, panel(root, look, story))


# The end


def test_it_says_thank_you_and_closes_itself(root: tk.Tk, look: theme.Theme) -> None:
    story = Story(PLAN).connected()
    story.model.end()
    closed: list[bool] = []
    window = EndedWindow(
        root, look, story.model, on_close=lambda: closed.append(True), clock=lambda: story.now
    )
    assert "이용해 주셔서 감사합니다." in shown(root, window)
    assert closed == []
    story.now += CLOSES_AFTER_S
    window.refresh()
    assert closed == [True]


# All of them

MAKERS: dict[str, Callable[[tk.Tk, theme.Theme], tk.Toplevel]] = {
    "join": lambda root, look: JoinWindow(
        root, look, Story(StartPlan()).model, on_language=nothing, on_close=nothing
    ),
    "consent": lambda root, look: consent(root, look, Story(PLAN).asked()),
    "panel": lambda root, look: panel(root, look, Story(PLAN).connected()),
    "ended": lambda root, look: EndedWindow(root, look, Story(PLAN).model, on_close=nothing),
}


@pytest.mark.parametrize("name", MAKERS)
def test_it_publishes_where_its_buttons_are(
    root: tk.Tk, look: theme.Theme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("BAROHELP_UI_MAP", str(tmp_path))
    MAKERS[name](root, look)
    pump_until(root, lambda: list(tmp_path.glob(f"*-{name}.json")), "the layout")
    (path,) = tmp_path.glob(f"*-{name}.json")
    places = json.loads(path.read_text())["widgets"].values()
    assert all(width > 20 and height > 10 for _, _, width, height in places)


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("name", MAKERS)
def test_it_speaks_one_language_and_clips_nothing(
    root: tk.Tk, look: theme.Theme, name: str, language: str
) -> None:
    words.set_language(language)
    check_words(root, MAKERS[name](root, look), language)


def check_words(root: tk.Tk, window: tk.Toplevel, language: str) -> None:
    """Its words are of one language, and no widget is narrower than it wants to be."""
    text = shown(root, window).replace("한국어", "").replace("English", "")
    if language == "en":
        text = text.replace("마루소프트", "").replace("보라", "")
        assert not re.search("[가-힣]", text)
    for widget in every_widget(window):
        assert widget.winfo_reqwidth() <= widget.winfo_width() + 1, widget


def every_widget(window: tk.Misc) -> list[tk.Misc]:
    own = [child for child in window.winfo_children() if child.winfo_ismapped()]
    return own + [deeper for child in own for deeper in every_widget(child)]


def test_it_has_english_for_every_sentence() -> None:
    known = words.table()
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "t":
                sentence = ast.literal_eval(node.args[0])
                assert sentence in known, sentence
                assert re.findall(r"%\(\w+\)\w", sentence) == re.findall(r"%\(\w+\)\w", known[sentence])
