"""What a remote window knows: what is allowed, and the one sentence that matters most."""

from __future__ import annotations

from typing import Any

import pytest

from desktop import words
from viewer.remote.events import (
    ControlReceived,
    Ended,
    LinkChanged,
    LinkEvent,
    ScreenLost,
    ScreenOpened,
    Words,
)
from viewer.remote.model import RemoteModel
from wire.control import messages as c
from wire.rfb.events import Ready
from wire.rfb.pixels import BGRX

ALL = {"view": True, "mouse": True, "keyboard": True, "clipboard_in": True, "clipboard_out": True}


@pytest.fixture(autouse=True)
def _korean() -> None:
    words.set_language("ko")


def connected(**options: bool) -> RemoteModel:
    """A support window that shows a picture and has every right."""
    model = RemoteModel(title="1번", is_support=True, options=options)
    for event in (LinkChanged("ok", 20), ScreenOpened(), Ready(800, 600, "x", BGRX)):
        model.take(event, 100.0)
    say(model, c.Rights(1, **ALL))  # type: ignore[arg-type]
    return model


def say(model: RemoteModel, message: c.ControlMessage) -> None:
    model.take(ControlReceived(1, message), 110.0)


def sentence(model: RemoteModel, now: float = 110.0) -> str:
    status = model.status(now)
    return status.text if status else ""


def test_it_controls_when_everything_is_allowed() -> None:
    model = connected()
    assert (model.may_use_mouse, model.may_use_keyboard, sentence(model)) == (True, True, "")


def test_it_has_no_rights_before_the_customer_said_so() -> None:
    model = RemoteModel(title="1번", is_support=True)
    assert not model.controls
    assert not model.may_take_clipboard


def test_a_plain_server_allows_everything() -> None:
    model = RemoteModel(title="host", is_support=False)
    model.take(Ready(800, 600, "x", BGRX), 1.0)
    assert model.controls
    assert model.may_give_clipboard


def test_it_locks_at_the_first_click_and_unlocks_at_the_second() -> None:
    model = connected()
    assert (model.toggle_control(), model.controls) == (False, False)
    assert (model.toggle_control(), model.controls) == (True, True)


@pytest.mark.parametrize(
    ("options", "controls"),
    [
        ({"view_only": True}, False),
        ({"auto_control": False}, False),
        ({"view_only": True, "auto_control": True}, False),
    ],
)
def test_options_decide_over_control(options: dict[str, bool], controls: bool) -> None:
    assert connected(**options).controls is controls


@pytest.mark.parametrize(
    ("rights", "mouse", "keyboard"),
    [
        (c.Rights(2, view=True), False, False),
        (c.Rights(2, view=True, mouse=True), True, False),
        (c.Rights(2, view=True, keyboard=True), False, True),
    ],
)
def test_it_follows_the_rights(rights: c.Rights, mouse: bool, keyboard: bool) -> None:
    model = connected()
    say(model, rights)
    assert (model.may_use_mouse, model.may_use_keyboard) == (mouse, keyboard)


def test_it_tells_a_pause_and_its_end() -> None:
    model = connected()
    say(model, c.Pause(True))
    assert sentence(model) == "고객이 화면을 잠시 멈췄습니다."
    assert not model.controls
    say(model, c.Pause(False))
    assert (sentence(model), model.controls) == ("", True)


@pytest.mark.parametrize(("by", "needs_to_ask"), [("mouse", False), ("keyboard", False), ("button", True)])
def test_it_tells_when_control_was_taken_back(by: Any, needs_to_ask: bool) -> None:
    model = connected()
    say(model, c.TakenBack(by, 3000))
    say(model, c.Rights(2, view=True, why={"mouse": "taken_back", "keyboard": "taken_back"}))
    assert "제어" in sentence(model)
    assert (model.controls, model.needs_to_ask) == (False, needs_to_ask)
    say(model, c.Rights(3, **ALL))  # type: ignore[arg-type]
    assert (sentence(model), model.controls) == ("", True)


def test_it_asks_when_consent_is_missing() -> None:
    model = connected()
    say(model, c.Rights(2, view=True, why={"mouse": "consent", "keyboard": "consent"}))
    assert model.needs_to_ask
    assert connected(view_only=True).needs_to_ask is False


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (LinkChanged("unstable", None), "(B-11)"),
        (LinkChanged("lost", None), "연결이 끊겼습니다. 다시 연결하고 있습니다. (B-12)"),
        (ScreenLost(), "(B-12)"),
    ],
)
def test_it_tells_how_the_line_is(event: LinkEvent, text: str) -> None:
    model = connected()
    model.take(event, 111.0)
    assert text in sentence(model)


def test_a_lost_line_matters_more_than_a_pause() -> None:
    model = connected()
    say(model, c.Pause(True))
    model.take(LinkChanged("lost"), 111.0)
    assert "B-12" in sentence(model)
    assert not model.controls


def test_it_counts_the_time_and_stops_at_the_end() -> None:
    model = connected()
    assert model.connected_s(130.0) == 30.0
    model.take(Ended("customer"), 160.0)
    assert model.connected_s(500.0) == 60.0
    assert model.ended_sentence() == "고객이 지원을 끝냈습니다."


def test_it_keeps_the_first_end() -> None:
    model = connected()
    say(model, c.End("customer", ""))
    model.take(Ended("system", "gone"), 120.0)
    assert model.ended == Ended("customer", "")


@pytest.mark.parametrize(("reason", "words_in_it"), [("B-31", "확인할 수 없어"), ("B-16", "화면 자료")])
def test_it_explains_broken_trust(reason: str, words_in_it: str) -> None:
    model = connected()
    model.take(Ended("system", reason), 120.0)
    assert words_in_it in model.ended_sentence()
    assert f"({reason})" in model.ended_sentence()


def test_it_says_that_another_program_of_the_agent_went_on() -> None:
    model = connected()
    model.take(Ended("system", "elsewhere"), 120.0)
    assert model.ended_sentence() == "다른 창이나 프로그램에서 이 고객을 이어 보고 있습니다."


def test_it_warns_when_the_words_change() -> None:
    model = connected()
    first = ("하나", "둘", "셋", "넷", "다섯", "여섯")
    model.take(Words(first), 110.0)
    assert sentence(model) == ""
    model.take(Words(first[::-1]), 111.0)
    assert "보안 단어가 바뀌었습니다" in sentence(model)


def test_a_notice_goes_by_itself() -> None:
    model = connected()
    say(model, c.Answer("a1", "denied"))
    assert sentence(model, 111.0) == "고객이 허용하지 않았습니다."
    assert sentence(model, 200.0) == ""


def test_it_tells_quality_and_people() -> None:
    model = connected()
    say(model, c.Line("tight", 900, 34, False))
    say(model, c.People((c.Person("p1", "보라", "lead"), c.Person("p2", "녹화", "recorder", True))))
    facts = model.facts(110.0)
    assert (facts.quality, facts.is_recorded, len(facts.people)) == ("원본 화질", True, 2)


def test_it_shares_no_clipboard_when_switched_off() -> None:
    model = connected(clipboard_text=False)
    assert (model.may_give_clipboard, model.may_take_clipboard) == (False, False)
