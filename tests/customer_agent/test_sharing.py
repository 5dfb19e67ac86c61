"""What the customer decides about what is shown, and what an agent may ask for."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from customer_agent import events as e
from customer_agent.screen.capture import Area, Monitor
from customer_agent.screen.share import Everything, Nothing, OneWindow, Region, ShareState
from customer_agent.sharing import ASK_TIMEOUT_S, told
from customer_agent.start import StartPlan
from tests.customer_agent.test_model import KEY_ASK, SNAPSHOT, Story
from wire.control import messages as control
from wire.rfb.events import PointerEvent

PLAN = StartPlan(tenant="maru", token="t" * 26)
PARTS = {"consent_to_control": True, "partial_share": True, "share_desktop": True}
WINDOW = OneWindow(7, "주문서")
REGION = Region(Area(10, 10, 300, 200))


def connected(**options: bool) -> Story:
    story = Story(PLAN)
    story.model.begin()
    story.hear(dataclasses.replace(SNAPSHOT, options={**PARTS, **options}))
    story.model.answer({"view": True, "mouse": True, "keyboard": True})
    story.hear(KEY_ASK)
    story.model.take(e.ChannelOpened("p1", "screen"))
    return story


def shares(story: Story) -> list[Any]:
    return [order[1] for order in story.port.orders if order[0] == "share"]


def ask(story: Story, what: Any = "window", participant: str = "p1") -> None:
    story.model.take(e.ControlReceived(participant, 5, control.AskShare("a1", what)))


def test_it_shows_the_desktop_unless_a_part_must_be_chosen() -> None:
    assert shares(connected()) == [Everything()]


def test_it_shows_nothing_until_a_part_is_chosen_where_the_desktop_is_not_to_be_shown() -> None:
    story = connected(share_desktop=False)
    assert shares(story) == [Nothing("choosing")]
    assert story.model.sharing.choosing == "any"
    story.model.cancel_choosing()
    assert not story.model.show(Everything())
    assert shares(story) == [Nothing("choosing")] * 2
    assert story.model.show(WINDOW)
    assert shares(story)[-1] == WINDOW


def test_it_shows_nothing_while_the_customer_chooses_and_lets_nobody_press_a_button() -> None:
    story = connected()
    story.model.choose_share()
    assert shares(story)[-1] == Nothing("choosing")
    assert not story.gate.permits("p1", PointerEvent(1, 1, 1))
    assert story.model.show(REGION)
    assert shares(story)[-1] == REGION
    assert story.gate.permits("p1", PointerEvent(1, 1, 1))


def test_it_goes_back_to_what_it_was_when_the_choice_is_given_up() -> None:
    story = connected()
    story.model.show(WINDOW)
    story.model.choose_share()
    story.model.cancel_choosing()
    assert shares(story)[-1] == WINDOW


def test_it_offers_no_parts_where_the_company_does_not() -> None:
    story = connected(partial_share=False, share_desktop=False)
    story.model.choose_share()
    assert story.model.sharing.choosing is None
    assert not story.model.show(WINDOW)
    assert shares(story) == [Everything()]


def test_it_lets_no_agent_ask_where_the_company_does_not() -> None:
    assert connected().gate.permits("p1", control.AskShare("a1", "all"))
    for options in ({"partial_share": False}, {"view_only": True, "partial_share": False}):
        assert not connected(**options).gate.permits("p1", control.AskShare("a1", "all"))


def test_it_does_not_go_back_to_the_desktop_when_the_window_closes() -> None:
    story = connected()
    story.model.show(WINDOW)
    before = len(shares(story))
    story.model.take(e.SharingChanged(ShareState("nothing", "closed")))
    assert len(shares(story)) == before
    story.model.choose_share()
    story.model.cancel_choosing()
    assert shares(story)[-1] == Nothing("closed")


@pytest.mark.parametrize(
    ("state", "looks"),
    [
        (ShareState("window", "minimised", window=7), 1),
        (ShareState("region", "off_screen"), 1),
        (ShareState("window", window=7), 0),
        (ShareState("nothing", "closed"), 0),
    ],
)
def test_it_looks_for_what_is_hidden_although_nobody_sees(state: ShareState, looks: int) -> None:
    story = connected()
    story.model.show(WINDOW)
    story.model.take(e.SharingChanged(state))
    story.model.tick()
    assert story.port.orders.count(("look",)) == looks


def test_it_lets_the_leading_agent_choose_a_monitor() -> None:
    story = connected()
    story.model.take(e.ControlReceived("p1", 5, control.ShowMonitor(1)))
    assert ("monitor", "p1", 5, 1) in story.port.orders


def test_it_lets_nobody_else_decide_what_all_see() -> None:
    story = connected()
    story.hear(dataclasses.replace(KEY_ASK, participant="p2", role="invited", agent_name="철"))
    for wish in (control.ShowMonitor(1), control.AskShare("a1", "all")):
        story.model.take(e.ControlReceived("p2", 5, wish))
    assert [order for order in story.port.orders if order[0] == "refuse"] == [("refuse", 5)] * 2
    assert not [order for order in story.port.orders if order[0] == "monitor"]
    assert story.model.sharing.asked is None


def test_it_asks_the_customer_and_lets_them_choose() -> None:
    story = connected()
    ask(story)
    assert not story.gate.permits("p1", PointerEvent(1, 1, 1))
    story.model.answer_share_ask(allowed=True)
    assert story.model.sharing.choosing == "window"
    assert story.port.said(control.Answer) == []
    story.model.show(WINDOW)
    assert story.port.said(control.Answer) == [control.Answer("a1", "allowed")]


def test_it_shows_the_desktop_again_only_with_the_customers_word() -> None:
    story = connected()
    story.model.show(WINDOW)
    ask(story, "all")
    assert shares(story)[-1] == WINDOW
    story.model.answer_share_ask(allowed=True)
    assert shares(story)[-1] == Everything()


@pytest.mark.parametrize(("deed", "answer"), [("deny", "denied"), ("wait", "timeout"), ("cancel", "denied")])
def test_it_takes_no_answer_for_a_no(deed: str, answer: Any) -> None:
    story = connected()
    ask(story)
    if deed == "deny":
        story.model.answer_share_ask(allowed=False)
    elif deed == "wait":
        story.now += ASK_TIMEOUT_S
        story.model.tick()
    else:
        story.model.answer_share_ask(allowed=True)
        story.model.cancel_choosing()
    assert story.port.said(control.Answer) == [control.Answer("a1", answer)]
    assert shares(story)[-1] == Everything()
    assert story.gate.permits("p1", PointerEvent(1, 1, 1))


def test_it_denies_the_desktop_where_it_may_never_be_shown() -> None:
    story = connected(share_desktop=False)
    story.model.show(WINDOW)
    ask(story, "all")
    assert story.port.said(control.Answer) == [control.Answer("a1", "denied")]


def test_it_forgets_what_a_gone_agent_asked() -> None:
    story = connected()
    ask(story)
    story.model.take(e.ParticipantEnded("p1", "system", ""))
    assert story.model.sharing.asked is None


def test_it_tells_agents_the_monitors_only_while_all_may_be_seen() -> None:
    monitors = (Monitor(3, Area(0, 0, 1920, 1080), 1.0, "HDMI-1", True),)
    assert told(ShareState("all", monitors=monitors)).monitors == (
        control.Monitor(3, 0, 0, 1920, 1080, "HDMI-1", True),
    )
    part = told(ShareState("window", "minimised", Area(1, 2, 3, 4), window=7, title="주문서"))
    assert part == control.Sharing("window", "minimised", None, "주문서")
