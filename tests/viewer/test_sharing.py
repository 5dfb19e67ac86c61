"""What the agent is told of the customer's share, and the menu of monitors."""

from __future__ import annotations

from typing import Any

import pytest

from viewer.remote import events as e
from viewer.remote.model import RemoteModel
from viewer.remote.sharing import ASK_EVERY_S, ASK_FORGOTTEN_S, SharingView, refusal
from wire.control import messages as c

LEFT = c.Monitor(3, 0, 0, 1920, 1080, "DP-1", True)
RIGHT = c.Monitor(5, 1920, 0, 1080, 1920, "HDMI-1")


def told(
    kind: Any = "all", why: Any = "", monitor: int | None = None, title: str = "", *monitors: Any
) -> c.Sharing:
    return c.Sharing(kind, why, monitor, title, monitors or (LEFT, RIGHT))


def view(message: c.Sharing) -> SharingView:
    one = SharingView()
    one.take(message)
    return one


def test_it_lists_all_monitors_with_their_sizes() -> None:
    entries = view(told("monitor", "", 5)).entries(may_ask=False)
    assert [(one.text, one.monitor, one.is_chosen) for one in entries] == [
        ("모든 모니터 · 3000 × 1920", None, False),
        ("모니터 1 · 1920 × 1080 · DP-1 · 주 모니터", 3, False),
        ("모니터 2 · 1080 × 1920 · HDMI-1", 5, True),
    ]


def test_it_offers_no_choice_where_there_is_none() -> None:
    assert [one.text for one in view(told("all", "", None, "", LEFT)).entries(may_ask=False)] == [
        "모니터 1 · 1920 × 1080 · DP-1"
    ]
    assert SharingView().entries(may_ask=False) == ()
    too_large = view(told("monitor", "too_large", 3)).entries(may_ask=False)
    assert [one.is_enabled for one in too_large] == [False, True, True]


def test_it_asks_for_a_part_only_where_the_company_lets_it() -> None:
    assert [one.wish for one in view(told()).entries(may_ask=True)][-2:] == ["window", "region"]
    part = c.Sharing("window", title="주문서")
    assert [one.wish for one in view(part).entries(may_ask=True)] == ["window", "region", "all"]
    assert view(part).entries(may_ask=False) == ()


@pytest.mark.parametrize(
    ("shown", "step", "found"), [(None, 1, 3), (None, -1, 5), (3, 1, 5), (5, 1, 3), (3, -1, 5)]
)
def test_it_goes_round_the_monitors(shown: int | None, step: int, found: int) -> None:
    assert view(told("all" if shown is None else "monitor", "", shown)).neighbour(step) == found


def test_it_stays_where_there_is_one_or_only_a_part() -> None:
    assert view(told("all", "", None, "", LEFT)).neighbour(1) is None
    assert view(c.Sharing("region")).neighbour(1) is None


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (told("all", "monitor_gone"), "모든 모니터를 보여 줍니다."),
        (c.Sharing("window", title="주문서"), "주문서"),
        (c.Sharing("region"), "한 부분만"),
        (told("monitor", "too_large", 3), "너무 커서"),
    ],
)
def test_it_says_what_is_new_and_says_it_once(message: c.Sharing, says: str) -> None:
    one = view(told())
    assert says in (one.take(message) or "")
    assert one.take(message) is None


def test_it_says_when_the_whole_screen_is_back() -> None:
    assert view(c.Sharing("region")).take(told()) == "고객이 화면 전체를 보여 줍니다."
    assert view(c.Sharing("nothing", "choosing")).take(told()) is None


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (c.Sharing("nothing", "choosing"), "고르고 있습니다."),
        (c.Sharing("nothing", "closed"), "닫혔습니다."),
        (c.Sharing("nothing", "failed"), "보여 줄 수 없습니다."),
        (c.Sharing("window", "minimised", title="주문서"), "최소화"),
        (c.Sharing("region", "off_screen"), "화면 밖"),
    ],
)
def test_it_says_why_there_is_no_picture(message: c.Sharing, says: str) -> None:
    model = RemoteModel(title="3", is_support=True)
    model.link, model.connected_at, model.screen_is_open = "ok", 1.0, True
    model.take(e.ControlReceived(1, message), 2.0)
    status = model.status(2.0)
    assert status is not None
    assert says in status.text


def test_it_asks_one_question_at_a_time_and_not_too_often() -> None:
    one = SharingView()
    assert one.may_ask(100.0)
    one.asked("a1", 100.0)
    assert not one.may_ask(100.0 + ASK_EVERY_S)
    one.answered("other")
    assert not one.may_ask(100.0 + ASK_EVERY_S)
    one.answered("a1")
    assert not one.may_ask(101.0)
    assert one.may_ask(100.0 + ASK_EVERY_S)
    one.asked("a2", 200.0)
    assert one.may_ask(200.0 + ASK_FORGOTTEN_S)
    one.reconnected()
    assert one.may_ask(200.0 + ASK_EVERY_S)


def test_it_explains_refusals() -> None:
    assert refusal("not_lead") is not None
    assert refusal("B-12") is None
