"""What the waiting window shows, and what the program acts on, message by message."""

from __future__ import annotations

import pytest

from tests.viewer.signals import (
    NOW,
    PARTICIPANT,
    SESSION,
    SLOT,
    Stream,
    participant,
    public_id,
    session_info,
    slot_info,
    snapshot,
)
from viewer.waiting.model import (
    Arrived,
    Finished,
    ForParticipant,
    Happening,
    LoggedOut,
    OptionsChanged,
    Refreshed,
    ReportWanted,
    Slot,
    Surveyed,
    Told,
    WaitingModel,
    WantsAccept,
    WindowNeeded,
)
from wire.signal import messages as m


class Desk:
    """A model with one slot, and the messages that come to it."""

    def __init__(self, **slot: object) -> None:
        self.model = WaitingModel()
        self.stream = Stream()
        self.take(snapshot((slot_info(**slot),), (session_info(),)))

    def take(self, message: m.SignalMessage, now: float = NOW) -> list[Happening]:
        return self.model.take(self.stream.received(message), now)

    @property
    def slot(self) -> Slot:
        return self.model.slots[0]


def arrival(step: m.ArrivalStep, **detail: str) -> m.Arrival:
    return m.Arrival(SESSION, step, NOW, m.ArrivalDetail(**detail))


def state(name: m.SupportState, version: int, link: m.LinkQuality = "ok") -> m.SessionState:
    return m.SessionState(SESSION, name, link, version)


def test_options_change_while_it_runs() -> None:
    desk = Desk()
    assert desk.take(m.AgentOptions({"view_only": (True, "agent")})) == [OptionsChanged()]
    assert desk.model.options == {"view_only": True}


def key_ask() -> m.KeyAsk:
    return m.KeyAsk(SESSION, PARTICIPANT, 1, 1, "lead", "보라")


def test_it_takes_a_snapshot() -> None:
    desk = Desk()
    assert desk.model.tenant is not None
    assert desk.model.tenant.company == "주식회사 마루"
    assert (desk.slot.number, desk.slot.code, desk.slot.has_arrived) == (3, "482913", False)
    assert desk.model.options == {"view_only": False}


def test_it_moves_the_servers_times_to_this_clock() -> None:
    desk = Desk()
    an_hour_behind = NOW - 3600
    desk.take(m.SlotCode(SLOT, SESSION, "111222", NOW + 600, "asked"), an_hour_behind)
    assert desk.slot.code_expires_at == an_hour_behind + 600


def test_it_follows_the_customer_step_by_step() -> None:
    desk = Desk()
    counts = []
    for step in ("page", "downloaded", "started", "asked", "allowed"):
        desk.take(arrival(step))  # type: ignore[arg-type]
        counts.append(desk.slot.reached_count)
    assert counts == [1, 2, 3, 4, 5]
    assert set(desk.slot.reached) == {"page", "downloaded", "started", "asked", "allowed"}


def test_it_announces_an_arrival_once() -> None:
    desk = Desk()
    assert [type(one) for one in desk.take(arrival("page", ip="203.0.113.9"))] == [Arrived]
    assert desk.take(arrival("downloaded")) == []
    assert desk.slot.detail.ip == "203.0.113.9"
    assert desk.slot.code is None


def test_it_keeps_what_it_knows_of_the_customer() -> None:
    desk = Desk()
    desk.take(arrival("page", ip="203.0.113.9"))
    desk.take(arrival("started", pc="PC-1", os="Windows 11"))
    assert desk.slot.detail == m.ArrivalDetail("203.0.113.9", "Windows 11", "PC-1")


@pytest.mark.parametrize("step", ["denied", "timeout"])
def test_a_refusal_makes_room_again(step: m.ArrivalStep) -> None:
    desk = Desk()
    desk.take(arrival("asked"))
    desk.take(arrival(step))
    assert (desk.slot.has_arrived, desk.slot.reached_count) == (False, 0)


def test_it_wants_a_click_when_the_customer_is_ready() -> None:
    desk = Desk()
    desk.take(arrival("allowed"))
    assert [type(one) for one in desk.take(state("online", 2))] == [WantsAccept]
    assert desk.slot.may_accept


def test_it_wants_no_click_with_auto_connect() -> None:
    desk = Desk(auto_connect=True)
    assert desk.take(state("online", 2)) == []


def test_it_ignores_an_older_state() -> None:
    desk = Desk()
    desk.take(state("connected", 5))
    desk.take(state("online", 4))
    assert desk.slot.state == "connected"


def test_it_needs_a_window_before_the_first_key() -> None:
    desk = Desk()
    desk.take(state("online", 2))
    happened = desk.take(key_ask())
    assert [type(one) for one in happened] == [WindowNeeded, ForParticipant]
    assert not desk.slot.may_accept
    again = desk.take(m.KeyCommit(PARTICIPANT, 1, b"c" * 32))
    assert [type(one) for one in again] == [ForParticipant]


def test_it_ends() -> None:
    desk = Desk()
    desk.take(key_ask())
    desk.take(state("connected", 3))
    happened = desk.take(m.Ended(SESSION, "customer", "", True))
    assert [type(one) for one in happened] == [ForParticipant, Finished]
    assert (desk.slot.state, desk.model.has_connected) == ("expired", False)


def test_a_new_support_session_stands_in_the_same_slot() -> None:
    desk = Desk()
    desk.take(m.Ended(SESSION, "agent"))
    following = public_id("session9")
    desk.take(m.SlotOpened(SLOT, 1, 3, following, "999888", NOW + 600, False))
    assert (desk.slot.session, desk.slot.state, desk.slot.code) == (following, "offline", "999888")


def test_it_remembers_the_number_for_a_late_survey() -> None:
    desk = Desk()
    desk.take(m.Ended(SESSION, "agent"))
    desk.take(m.SlotClosed(SLOT))
    assert desk.take(m.Survey(SESSION, "satisfied")) == [Surveyed(SESSION, 3, "satisfied")]
    assert desk.model.slots == []


def test_it_passes_on_that_a_support_may_be_described() -> None:
    asked = m.ReportAsked(SESSION, (m.ReportType(SLOT, "프린터"),), opens=False)
    assert Desk().take(asked) == [ReportWanted(SESSION, ((SLOT, "프린터"),), opens=False)]


def test_five_slots_are_the_most() -> None:
    model, stream = WaitingModel(), Stream()
    slots = tuple(slot_info(place) for place in range(1, 6))
    sessions = tuple(session_info(place) for place in range(1, 6))
    model.take(stream.received(snapshot(slots[:4], sessions[:4])), NOW)
    assert model.may_add
    model.take(stream.received(snapshot(slots, sessions)), NOW)
    assert not model.may_add


def test_it_orders_slots_by_position() -> None:
    model = WaitingModel()
    slots = (slot_info(3), slot_info(1), slot_info(2))
    model.take(Stream().received(snapshot(slots, ())), NOW)
    assert [slot.position for slot in model.slots] == [1, 2, 3]


def test_a_snapshot_names_the_participants_that_need_a_window() -> None:
    desk = Desk()
    connected = (session_info(state="connected", arrival_step="allowed"),)
    happened = desk.take(snapshot((slot_info(),), connected, (participant(epoch=4),)))
    assert happened[0] == Refreshed(((PARTICIPANT, SESSION, 4),))
    assert desk.slot.participant == PARTICIPANT


def test_a_snapshot_keeps_when_a_slot_was_opened() -> None:
    desk = Desk()
    desk.take(snapshot((slot_info(),), (session_info(),)), NOW + 500)
    assert desk.slot.since == NOW


@pytest.mark.parametrize("reason", ["elsewhere", "disabled", "expired", "operator"])
def test_it_says_why_the_login_ended(reason: str) -> None:
    assert Desk().take(m.LoginEnded(reason)) == [LoggedOut(reason)]  # type: ignore[arg-type]


def test_it_passes_notices_on() -> None:
    assert Desk().take(m.Notice("점검", "Maintenance")) == [Told("점검", "Maintenance")]


def test_it_skips_what_a_newer_web_half_says() -> None:
    assert Desk().model.take(m.Received(None, 7, NOW, "new.thing"), NOW) == []


def test_it_ignores_other_support_sessions() -> None:
    desk = Desk()
    assert desk.take(m.Arrival(public_id("other"), "page", NOW)) == []
    assert desk.take(m.SessionState(public_id("other"), "online", "ok", 9)) == []
