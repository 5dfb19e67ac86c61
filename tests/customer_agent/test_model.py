"""The customer's side of a support session as a state machine: consent, helpers, pausing, ending."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from customer_agent import events as e
from customer_agent.gate import Gate
from customer_agent.model import Helper, Phase, SupportModel
from customer_agent.screen.share import Share
from customer_agent.start import StartPlan
from wire.control import messages as control
from wire.rfb.events import KeyEvent, PointerEvent
from wire.signal import commands as c
from wire.signal import messages as s

OPTIONS = {"consent_to_control": True, "clipboard_text": True}
SNAPSHOT = s.CustomerSnapshot(
    session="s1",
    company="마루소프트",
    title="마루",
    agent_name="보라",
    number=3,
    lang="ko",
    consent=s.ConsentAsked(("view", "mouse", "keyboard"), 60),
    options=OPTIONS,
)
KEY_ASK = s.KeyAsk(session="s1", participant="p1", epoch=1, ordinal=1, role="lead", agent_name="보라")
POINTER = PointerEvent(0, 1, 1)


@dataclass
class RecordingPort:
    """Notes every order."""

    orders: list[tuple[Any, ...]] = field(default_factory=list)

    def join(self, tenant: str | None, *, code: str | None = None, token: str | None = None) -> None:
        self.orders.append(("join", tenant, code, token))

    def send_command(self, command: c.Command) -> None:
        self.orders.append(("command", command))

    def open_participant(self, helper: Helper, *, company: str, epoch: int, keys_lost: bool) -> None:
        self.orders.append(("open", helper.participant, company, epoch, keys_lost))

    def pass_on(self, message: s.SignalMessage) -> None:
        self.orders.append(("pass_on", message))

    def say(self, message: control.ControlMessage, participant: str | None = None) -> None:
        self.orders.append(("say", message))

    def refuse(self, participant: str, i: int, code: str, *, right: Any = None) -> None:
        self.orders.append(("refuse", i))

    def share(self, share: Share) -> None:
        self.orders.append(("share", share))

    def show_monitor(self, participant: str, i: int, monitor: int | None) -> None:
        self.orders.append(("monitor", participant, i, monitor))

    def look_again(self) -> None:
        self.orders.append(("look",))

    def tell_rights(self) -> None:
        self.orders.append(("rights",))

    def close_participant(self, participant: str) -> None:
        self.orders.append(("close_participant", participant))

    def end(self, reason: str) -> None:
        self.orders.append(("end", reason))

    def close(self) -> None:
        self.orders.append(("close",))

    def commands(self, kind: type) -> list[Any]:
        return [order[1] for order in self.orders if order[0] == "command" and isinstance(order[1], kind)]

    def said(self, kind: type) -> list[Any]:
        return [order[1] for order in self.orders if order[0] == "say" and isinstance(order[1], kind)]


class Story:
    """A model, its port and a clock that a test turns."""

    def __init__(self, plan: StartPlan) -> None:
        self.now = 100.0
        self.port = RecordingPort()
        self.gate = Gate(clock=lambda: self.now)
        started = c.Started("0.1.0", "Debian", "PC-7", "10.0.0.7", "ko", ())
        self.model = SupportModel(plan, self.port, self.gate, clock=lambda: self.now, started=lambda: started)

    def hear(self, message: s.SignalMessage) -> None:
        self.model.take(e.SignalReceived(message))

    def asked(self) -> Story:
        self.model.begin()
        self.model.take(e.Joined("s1"))
        self.hear(SNAPSHOT)
        return self

    def allowed(self, **answers: bool) -> Story:
        self.asked()
        self.model.answer({"view": True, "mouse": True, "keyboard": True, **answers})
        return self

    def connected(self, **answers: bool) -> Story:
        self.allowed(**answers)
        self.hear(KEY_ASK)
        self.model.take(e.ChannelOpened("p1", "control"))
        self.model.take(e.ChannelOpened("p1", "screen"))
        self.model.take(e.LinkChanged("p1", "ok", 12))
        return self

    @property
    def may_move(self) -> bool:
        return self.gate.permits("p1", POINTER)


@pytest.fixture
def story() -> Story:
    return Story(StartPlan(tenant="maru", token="t" * 26))


def test_an_option_switched_off_in_mid_session_takes_the_right_at_once(story: Story) -> None:
    story.connected()
    assert story.may_move
    story.port.orders.clear()
    story.hear(s.CustomerOptions(OPTIONS | {"view_only": True}))
    assert not story.may_move
    assert story.port.orders == [("rights",)]
    story.hear(s.CustomerOptions(OPTIONS))
    assert story.may_move


def test_it_joins_with_the_token_it_was_started_with(story: Story) -> None:
    story.model.begin()
    assert story.port.orders == [("join", "maru", None, "t" * 26)]
    assert story.model.phase is Phase.JOINING


def test_it_does_nothing_at_all_before_company_and_code_are_typed() -> None:
    story = Story(StartPlan())
    story.model.begin()
    assert story.model.phase is Phase.FORM
    assert story.port.orders == []
    story.model.submit("maru", "482913")
    assert story.port.orders == [("join", "maru", "482913", None)]


def test_it_shows_why_it_was_not_let_in(story: Story) -> None:
    story.model.begin()
    story.model.take(e.JoinFailed("B-26", "이 프로그램은 더 쓸 수 없습니다."))
    assert story.model.phase is Phase.FORM
    assert story.model.problem is not None
    assert story.model.problem.code == "B-26"


def test_it_asks_who_may_see_and_control(story: Story) -> None:
    story.asked()
    assert story.model.phase is Phase.ASKING
    assert story.model.ask == ("view", "mouse", "keyboard")
    assert (story.model.company, story.model.agent_name, story.model.number) == ("마루소프트", "보라", 3)
    assert len(story.port.commands(c.Started)) == 1


def test_it_tells_the_answers_and_waits_for_the_agent(story: Story) -> None:
    story.allowed(keyboard=False)
    assert story.model.phase is Phase.WAITING
    (consent,) = story.port.commands(c.Consent)
    assert dict(consent.answers) == {"view": "allowed", "mouse": "allowed", "keyboard": "denied"}


def test_it_opens_nothing_before_consent(story: Story) -> None:
    story.asked()
    story.hear(KEY_ASK)
    assert not [order for order in story.port.orders if order[0] == "open"]
    assert not story.may_move


def test_it_ends_when_the_customer_denies(story: Story) -> None:
    story.asked()
    story.model.answer({"view": False, "mouse": True, "keyboard": True})
    assert (story.model.phase, story.model.ending) == (Phase.ENDED, "denied")


def test_it_denies_when_nobody_answers_in_time(story: Story) -> None:
    story.asked()
    story.now += 59.9
    story.model.tick()
    assert story.model.phase is Phase.ASKING
    story.now += 0.2
    story.model.tick()
    assert (story.model.phase, story.model.ending) == (Phase.ENDED, "timeout")
    (consent,) = story.port.commands(c.Consent)
    assert set(consent.answers.values()) == {"timeout"}


def test_it_takes_the_answers_of_the_command_line() -> None:
    plan = StartPlan(tenant="maru", token="t" * 26, allow=frozenset({"view", "mouse"}))
    story = Story(plan).asked()
    assert story.model.phase is Phase.WAITING
    (consent,) = story.port.commands(c.Consent)
    assert dict(consent.answers) == {"view": "allowed", "mouse": "allowed", "keyboard": "denied"}


def test_it_needs_one_press_even_where_the_company_does_not_ask(story: Story) -> None:
    story.model.begin()
    story.hear(replace(SNAPSHOT, consent=s.ConsentAsked((), 60), options={"consent_to_control": False}))
    assert story.model.phase is Phase.ASKING
    story.model.answer({"view": True})
    story.hear(KEY_ASK)
    assert story.may_move


def test_it_connects_and_lets_the_agent_control(story: Story) -> None:
    story.connected()
    assert story.model.phase is Phase.CONNECTED
    assert story.model.connected_at == story.now
    assert story.may_move
    assert ("open", "p1", "마루소프트", 0, False) in story.port.orders
    assert story.port.said(control.People)[-1].people[0].name == "보라"


def test_it_keeps_mouse_and_keyboard_apart(story: Story) -> None:
    story.connected(keyboard=False)
    assert story.may_move
    assert not story.gate.permits("p1", KeyEvent(True, 0x61))


def test_it_refuses_another_agent_than_the_one_who_asked(story: Story) -> None:
    story.allowed()
    story.hear(replace(KEY_ASK, agent_name="누군가"))
    assert (story.model.ending, story.model.ending_code) == ("distrust", "B-32")
    assert ("end", "B-32") in story.port.orders


def test_it_asks_nothing_again_after_the_web_half_came_back(story: Story) -> None:
    story.connected()
    story.hear(replace(SNAPSHOT, participants=(s.ParticipantState("p1", "s1", 1, "lead", 2, "보라"),)))
    assert story.model.phase is Phase.CONNECTED
    assert len(story.port.commands(c.Started)) == 1
    assert len(story.port.commands(c.Consent)) == 1
    assert len([order for order in story.port.orders if order[0] == "open"]) == 1


def test_it_exchanges_keys_anew_with_a_participant_that_it_finds_in_a_snapshot(story: Story) -> None:
    story.allowed()
    story.hear(replace(SNAPSHOT, participants=(s.ParticipantState("p7", "s1", 1, "lead", 4, "보라"),)))
    assert ("open", "p7", "마루소프트", 4, True) in story.port.orders


def test_it_pauses_the_screen_and_all_input(story: Story) -> None:
    story.connected()
    story.model.pause(True)
    assert not story.may_move
    assert not story.gate.may_see("p1")
    assert story.port.said(control.Pause) == [control.Pause(True)]
    story.model.pause(False)
    assert story.may_move
    assert story.gate.may_see("p1")


def test_it_takes_control_by_button_until_it_is_given(story: Story) -> None:
    story.connected()
    story.model.take_control()
    story.now += 1000
    story.model.tick()
    assert not story.may_move
    assert story.model.taken_back is not None
    story.model.give_control()
    assert story.may_move


def test_it_takes_control_by_hand_for_three_seconds(story: Story) -> None:
    story.connected()
    assert story.gate.take_back("mouse")
    story.model.take(e.HandTaken("mouse"))
    assert not story.may_move
    assert story.port.said(control.TakenBack) == [control.TakenBack("mouse", 3000)]
    story.now += 3.0
    story.model.tick()
    assert story.may_move
    assert story.model.taken_back is None


def test_it_is_not_taken_back_where_nobody_may_control(story: Story) -> None:
    story.connected(mouse=False, keyboard=False)
    assert not story.gate.take_back("mouse")
    assert story.model.taken_back is None


def test_it_asks_the_customer_when_the_agent_wants_a_right(story: Story) -> None:
    story.connected(keyboard=False)
    story.model.take(e.ControlReceived("p1", 5, control.Ask("a1", "keyboard")))
    (ask,) = story.model.pending_asks
    story.model.answer_ask(ask, allowed=True)
    assert story.gate.permits("p1", KeyEvent(True, 0x61))
    assert story.port.said(control.Answer) == [control.Answer("a1", "allowed")]


def test_it_lets_no_agent_answer_its_own_question(story: Story) -> None:
    """An agent who may use the mouse could press "allow" for the keyboard."""
    story.connected(keyboard=False)
    assert story.may_move
    story.model.take(e.ControlReceived("p1", 5, control.Ask("a1", "keyboard")))
    assert not story.may_move
    assert story.gate.record("p1").why["mouse"] == "taken_back"
    story.model.answer_ask(story.model.pending_asks[0], allowed=False)
    assert story.may_move


def test_it_denies_an_ask_that_nobody_answers(story: Story) -> None:
    story.connected(keyboard=False)
    story.model.take(e.ControlReceived("p1", 5, control.Ask("a1", "keyboard")))
    story.now += 60
    story.model.tick()
    assert story.port.said(control.Answer) == [control.Answer("a1", "timeout")]
    assert not story.gate.permits("p1", KeyEvent(True, 0x61))


def test_it_gives_control_back_only_when_the_customer_agrees(story: Story) -> None:
    story.connected()
    story.model.take_control()
    story.model.take(e.ControlReceived("p1", 5, control.Ask("a1", "mouse")))
    assert not story.may_move
    story.model.answer_ask(story.model.pending_asks[0], allowed=True)
    assert story.may_move


def test_it_refuses_what_an_option_forbids_without_asking(story: Story) -> None:
    story.connected()
    story.hear(replace(SNAPSHOT, options={**OPTIONS, "view_only": True}))
    story.model.take(e.ControlReceived("p1", 5, control.Ask("a1", "mouse")))
    assert story.model.pending_asks == []
    assert story.port.said(control.Answer) == [control.Answer("a1", "denied")]
    assert not story.may_move


def test_it_lets_a_second_agent_watch_only(story: Story) -> None:
    story.connected()
    story.hear(replace(KEY_ASK, participant="p2", role="invited", agent_name="철수"))
    assert story.gate.may_see("p2")
    assert not story.gate.permits("p2", POINTER)
    assert [person.name for person in story.port.said(control.People)[-1].people] == ["보라", "철수"]


def test_it_shows_the_worst_line(story: Story) -> None:
    story.connected()
    story.model.take(e.LinkChanged("p1", "unstable"))
    assert story.model.link == "unstable"
    assert story.model.phase is Phase.CONNECTED


def test_it_ends_from_the_customers_side(story: Story) -> None:
    story.connected()
    story.model.end()
    assert ("end", "customer") in story.port.orders
    assert (story.model.phase, story.model.ended_by) == (Phase.ENDED, "customer")
    assert not story.may_move


@pytest.mark.parametrize(
    "event",
    [
        e.SignalReceived(s.Ended("s1", "agent", survey=True)),
        e.ParticipantEnded("p1", "agent", "done"),
        e.SignalReceived(s.SessionState("s1", "expired", "ok", 9)),
        e.SignalChanged("ended", "session_over"),
    ],
)
def test_it_ends_from_the_other_side(story: Story, event: e.Event) -> None:
    story.connected()
    story.model.take(event)
    assert story.model.phase is Phase.ENDED
    assert not story.may_move


def test_it_ends_when_the_other_end_cannot_be_trusted(story: Story) -> None:
    story.connected()
    story.model.take(e.ParticipantEnded("p1", "system", "B-31"))
    assert (story.model.ending, story.model.ending_code) == ("distrust", "B-31")


def test_it_waits_again_when_its_agent_left_without_ending(story: Story) -> None:
    story.connected()
    story.model.take(e.ParticipantEnded("p1", "system", "left"))
    assert story.model.phase is Phase.WAITING
    assert not story.may_move


def test_it_says_so_when_the_screen_cannot_be_shared(story: Story) -> None:
    story.allowed()
    story.hear(KEY_ASK)
    story.model.take(e.ScreenFailed("Wayland"))
    assert (story.model.ending, story.model.ending_code) == ("screen", "Wayland")
