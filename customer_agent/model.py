"""The support session as the customer's program knows it: what is shown, what is asked, what was decided.

Lives on the Tk thread and knows neither Tk nor sockets: events come in (events.py), orders go to `Port`,
windows show the attributes after each change. Consent is kept here and in gate.py only, as long as the
process lives. Times are monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal, Protocol

from customer_agent import events as e
from customer_agent import rights as r
from customer_agent.gate import Gate
from customer_agent.rights import STILLNESS_S, Rights
from customer_agent.screen.share import Everything, OneWindow, Region
from customer_agent.sharing import Choosing, Sharing, SharingPort
from customer_agent.start import StartPlan
from wire.control import messages as control
from wire.signal import commands as c
from wire.signal import messages as s
from wire.terms import ConsentRight, Right

__all__ = ["Ask", "Ending", "Helper", "Phase", "Port", "SupportModel"]

ASK_TIMEOUT_S = 60.0


class Phase(Enum):
    """Which window the customer sees."""

    FORM = "form"
    JOINING = "joining"
    ASKING = "asking"
    WAITING = "waiting"
    CONNECTED = "connected"
    ENDED = "ended"


Ending = Literal["thanks", "denied", "timeout", "cancelled", "over", "replaced", "distrust", "screen"]


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody who takes part. `link` is "opening" until the channels run."""

    participant: str
    name: str
    role: Literal["lead", "invited", "recorder"]
    words: tuple[str, ...] = ()
    link: Literal["opening", "ok", "unstable", "lost"] = "opening"
    rtt_ms: int | None = None
    way: Literal["direct", "relay"] = "relay"


@dataclass(frozen=True, slots=True)
class Ask:
    """An agent asks for a right while connected."""

    participant: str
    ask_id: str
    right: Right
    until: float


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong on the way in, for the join window."""

    code: str
    text: str
    may_retry: bool


class Port(SharingPort, Protocol):
    """What the model has done for it; the calls return at once."""

    def join(self, tenant: str | None, *, code: str | None = None, token: str | None = None) -> None:
        """Ask the web half to let us in: Joined or JoinFailed follows."""

    def send_command(self, command: c.Command) -> None:
        """Tell the web half."""

    def open_participant(self, helper: Helper, *, company: str, epoch: int, keys_lost: bool) -> None:
        """Begin with a participant; its signal messages follow through `pass_on`."""

    def pass_on(self, message: s.SignalMessage) -> None:
        """Give a signal message to every participant's link."""

    def refuse(self, participant: str, i: int, code: str, *, right: Right | None = None) -> None:
        """Answer a control message with a refusal."""

    def tell_rights(self) -> None:
        """Send every participant its rights as they are now."""

    def close_participant(self, participant: str) -> None:
        """Close the channels of one participant."""

    def end(self, reason: str) -> None:
        """End the support session from this side and close everything."""

    def close(self) -> None:
        """Close everything without a word: it is over already."""


class SupportModel:
    """All that the windows show."""

    def __init__(
        self,
        plan: StartPlan,
        port: Port,
        gate: Gate,
        *,
        clock: Callable[[], float],
        started: Callable[[], c.Started],
    ) -> None:
        """`started` describes this computer once the customer's program is let in."""
        self.plan = plan
        self.phase = Phase.FORM
        self.tenant = plan.tenant or ""
        self.code = plan.code or ""
        self.problem: Problem | None = None
        self.company = ""
        self.title = ""
        self.agent_name = ""
        self.number = 0
        self.ask: tuple[ConsentRight, ...] = ()
        self.asked_until = 0.0
        self.helpers: dict[str, Helper] = {}
        self.connected_at: float | None = None
        self.is_paused = False
        self.is_online = False
        self.pending_asks: list[Ask] = []
        self.ending: Ending | None = None
        self.ended_by = ""
        self.ending_code = ""
        self.has_survey = False
        self.sharing = Sharing(port)
        self._port = port
        self._gate = gate
        self._clock = clock
        self._started = started
        self._granted: Rights | None = None
        self._told_started = False

    # What the windows ask

    @property
    def options(self) -> Mapping[str, bool]:
        """The options of the newest snapshot."""
        return self._options

    @property
    def taken_back(self) -> r.TakenBack | None:
        """How the customer holds mouse and keyboard now, None where the agent may use them."""
        for participant in self.helpers:
            taken = self._gate.rights_of(participant).taken_back
            if taken is not None:
                return taken
        return None

    @property
    def control_rights(self) -> frozenset[Right]:
        """Which of mouse and keyboard consent and options leave to somebody, pausing and taking back
        apart.
        """
        if self._options.get("view_only"):
            return frozenset()
        held = [self._gate.rights_of(participant) for participant in self.helpers]
        control: frozenset[Right] = frozenset({"mouse", "keyboard"})
        return control & frozenset(right for rights in held for right in rights.allowed - rights.revoked)

    @property
    def may_be_controlled(self) -> bool:
        """Whether consent and options would let somebody control."""
        return bool(self.control_rights)

    @property
    def unasked(self) -> frozenset[Right]:
        """What allowing gives without a question of its own, because the company's options leave it out."""
        answers: dict[ConsentRight, bool] = {**dict.fromkeys(self.ask, False), "view": True}
        return r.consented(answers, self._options).allowed

    @property
    def link(self) -> Literal["opening", "ok", "unstable", "lost"]:
        """The worst line of all helpers."""
        states = [helper.link for helper in self.helpers.values()]
        return next((one for one in ("lost", "unstable", "opening") if one in states), "ok")

    # What the customer does

    def begin(self) -> None:
        """Start: join where the start says how, else wait for the form."""
        if self.plan.token or (self.plan.tenant and self.plan.code):
            self._join(token=self.plan.token, code=self.plan.code)

    def submit(self, tenant: str, code: str) -> None:
        """The form was filled in."""
        if self.phase is Phase.FORM:
            self.tenant, self.code = tenant, code
            self._join(token=None, code=code)

    def retry(self) -> None:
        """Try once more with what we have."""
        if self.phase is Phase.FORM and self.plan.token:
            self._join(token=self.plan.token, code=None)

    def answer(self, answers: Mapping[ConsentRight, bool]) -> None:
        """The customer answered the questions; without `view` the program ends."""
        if self.phase is Phase.ASKING:
            words = {right: "allowed" if allowed else "denied" for right, allowed in answers.items()}
            self._decide(answers, words)

    def pause(self, on: bool) -> None:
        """Freeze the screen, or let it move again."""
        if self.phase is not Phase.CONNECTED or on == self.is_paused:
            return
        self.is_paused = on
        self._gate.change(lambda rights: r.pause(rights, on))
        self._port.say(control.Pause(on))
        self._port.tell_rights()

    def take_control(self) -> None:
        """Take mouse and keyboard back until they are given again."""
        if self.phase is Phase.CONNECTED:
            self._gate.take_back("button")
            self._port.say(control.TakenBack("button", 0))
            self._port.tell_rights()

    def give_control(self) -> None:
        """Let the agent control again."""
        if self.phase is Phase.CONNECTED:
            self._gate.change(r.give_back)
            self._port.tell_rights()

    def answer_ask(self, ask: Ask, *, allowed: bool) -> None:
        """The customer answered what an agent asked for while connected."""
        if ask in self.pending_asks:
            self._close_ask(ask, "allowed" if allowed else "denied")

    def choose_share(self, what: Choosing = "any") -> None:
        """The customer wants to choose what is shown; until then nothing is."""
        if self.phase in (Phase.WAITING, Phase.CONNECTED):
            self.sharing.choose(what)
            self._hold_or_release()

    def cancel_choosing(self) -> None:
        """The customer leaves it as it was."""
        self.sharing.cancel()
        self._hold_or_release()

    def show(self, share: Everything | Region | OneWindow) -> bool:
        """The customer chose what is shown; False where the company's options do not allow it."""
        is_done = self.sharing.show(share)
        self._hold_or_release()
        return is_done

    def answer_share_ask(self, *, allowed: bool) -> None:
        """The customer answered an agent who would like to see something else."""
        self.sharing.decide(allowed=allowed)
        self._hold_or_release()

    def end(self) -> None:
        """The customer ends it."""
        if self.phase in (Phase.ASKING, Phase.FORM, Phase.JOINING):
            if self.phase is Phase.ASKING:
                self._decide({"view": False}, dict.fromkeys(self.ask or ("view",), "denied"))
            else:
                self._finish("cancelled")
        elif self.phase is not Phase.ENDED:
            self._port.end("customer")
            self._finish("thanks", by="customer")

    # What happens

    def take(self, event: e.Event) -> None:
        """Take one event of the link."""
        if self.phase is Phase.ENDED:
            return
        handler = self._HANDLERS[type(event)]
        handler(self, event)

    def tick(self) -> None:
        """A moment passed: time-outs, and control that returns by itself."""
        now = self._clock()
        if self.phase is Phase.ASKING and now >= self.asked_until:
            self._decide({"view": False}, dict.fromkeys(self.ask or ("view",), "timeout"))
        if self._gate.settle():
            self._port.tell_rights()
        for ask in [one for one in self.pending_asks if now >= one.until]:
            self._close_ask(ask, "timeout")
        if self.sharing.tick(now):
            self._hold_or_release()

    def _join(self, *, token: str | None, code: str | None) -> None:
        self.phase = Phase.JOINING
        self.problem = None
        self._port.join(self.tenant or None, code=code if not token else None, token=token)

    def _take_joined(self, _event: e.Joined) -> None:
        self.problem = None

    def _take_join_failed(self, event: e.JoinFailed) -> None:
        self.phase = Phase.FORM
        self.problem = Problem(event.code, event.text, event.may_retry)

    def _take_signal_state(self, event: e.SignalChanged) -> None:
        self.is_online = event.state == "online"
        if event.state != "ended":
            return
        if self.phase is Phase.JOINING:
            self._take_join_failed(e.JoinFailed(event.why if event.why.startswith("B-") else "B-26"))
        elif event.why == "replaced":
            self._finish("replaced")
        else:
            self._finish("over", by="system", code=event.why if event.why.startswith("B-") else "")

    def _take_signal(self, event: e.SignalReceived) -> None:
        message = event.message
        if isinstance(message, s.CustomerSnapshot):
            self._take_snapshot(message)
        elif isinstance(message, s.KeyAsk):
            self._take_key_ask(message)
        elif isinstance(message, s.Ended):
            self._port.close()
            self.has_survey = message.survey
            self._finish("thanks", by=message.by)
            return
        elif isinstance(message, s.SessionState) and message.state == "expired":
            self._port.close()
            self._finish("thanks", by="system")
            return
        elif isinstance(message, s.Offer):
            self._set_options(message.options)
        elif isinstance(message, s.CustomerOptions):
            self._set_options(message.options)
            self._port.tell_rights()
            return
        self._port.pass_on(message)

    def _take_snapshot(self, snapshot: s.CustomerSnapshot) -> None:
        self.company, self.title = snapshot.company, snapshot.title
        self.number = snapshot.number
        if self._granted is None:
            self.agent_name = snapshot.agent_name
        self._set_options(snapshot.options)
        if not self._told_started:
            self._told_started = True
            self._port.send_command(self._started())
        if snapshot.state == "expired":
            self._finish("over", by="system")
        elif self._granted is None and self.phase is not Phase.ASKING:
            self._ask_for_consent(snapshot.consent)
        elif self._granted is not None:
            self._meet_again(snapshot)

    def _ask_for_consent(self, consent: s.ConsentAsked) -> None:
        self.ask = tuple(consent.ask)
        self.asked_until = self._clock() + consent.timeout_s
        self.phase = Phase.ASKING
        if self.plan.allow is not None:
            wanted: tuple[ConsentRight, ...] = self.ask or ("view",)
            self.answer({right: right in self.plan.allow for right in dict.fromkeys(("view", *wanted))})

    def _meet_again(self, snapshot: s.CustomerSnapshot) -> None:
        """A snapshot in mid-session: participants that this process does not know lost their keys."""
        for state in snapshot.participants:
            if state.participant not in self.helpers and self._granted is not None:
                helper = Helper(state.participant, state.name, state.role)
                self._welcome(helper, epoch=state.epoch, keys_lost=True)

    def _take_key_ask(self, message: s.KeyAsk) -> None:
        if self._granted is None or message.participant in self.helpers:
            return
        if message.role == "lead" and message.agent_name != self.agent_name:
            # Somebody else than the one whom the customer agreed to.
            self._port.end("B-32")
            self._finish("distrust", by="system", code="B-32")
            return
        helper = Helper(message.participant, message.agent_name, message.role)
        self._welcome(helper, epoch=0, keys_lost=False)

    def _welcome(self, helper: Helper, *, epoch: int, keys_lost: bool) -> None:
        assert self._granted is not None
        rights = self._granted
        if helper.role != "lead":
            # Who joins later may watch; control stays with the one whom the customer let control.
            rights = Rights(rights.allowed & {"view"})
        if not self.helpers:
            self.sharing.begin()
            self._gate.hold_input(self._asks_something)
        self.helpers[helper.participant] = helper
        self._gate.admit(helper.participant, r.pause(rights, True) if self.is_paused else rights)
        self._port.open_participant(helper, company=self.company, epoch=epoch, keys_lost=keys_lost)
        self._tell_people()

    def _decide(self, answers: Mapping[ConsentRight, bool], words: Mapping[ConsentRight, str]) -> None:
        granted = r.consented(answers, self._options)
        self._port.send_command(c.Consent(answers=dict(words)))  # type: ignore[arg-type]
        if "view" not in granted.allowed:
            self._finish("timeout" if "timeout" in words.values() else "denied", by="customer")
            return
        self._granted = granted
        self.phase = Phase.WAITING

    def _take_words(self, event: e.WordsAgreed) -> None:
        self._update(event.participant, words=event.words)

    def _take_channel(self, event: e.ChannelOpened) -> None:
        if event.channel == "screen" and event.participant in self.helpers:
            self.phase = Phase.CONNECTED
            if self.connected_at is None:
                self.connected_at = self._clock()

    def _take_link(self, event: e.LinkChanged) -> None:
        self._update(event.participant, link=event.state, rtt_ms=event.rtt_ms)

    def _take_way(self, event: e.WayChanged) -> None:
        self._update(event.participant, way=event.way)

    def _take_control(self, event: e.ControlReceived) -> None:
        message = event.message
        if isinstance(message, control.Ask):
            self._take_ask(event.participant, message)
        elif isinstance(message, control.ShowMonitor | control.AskShare):
            self._take_share_wish(event.participant, event.i, message)

    def _take_share_wish(
        self, participant: str, i: int, message: control.ShowMonitor | control.AskShare
    ) -> None:
        helper = self.helpers.get(participant)
        if helper is None or helper.role != "lead":
            # All see the same picture; who leads decides about it.
            self._port.refuse(participant, i, "not_lead", right="view")
        elif isinstance(message, control.ShowMonitor):
            self._port.show_monitor(participant, i, message.monitor)
        else:
            self.sharing.take_ask(participant, message, self._clock())
            self._hold_or_release()

    def _take_sharing(self, event: e.SharingChanged) -> None:
        self.sharing.take_state(event.state)

    def _take_ask(self, participant: str, ask: control.Ask) -> None:
        rights = self._gate.rights_of(participant)
        reason = r.why_not(ask.right, rights, self._options, self._clock())
        if reason == "option":
            self._port.say(control.Answer(ask.ask_id, "denied"), participant)
        elif reason is None or self.plan_allows(ask.right):
            self._grant(participant, ask.right)
            self._port.say(control.Answer(ask.ask_id, "allowed"), participant)
            self._port.tell_rights()
        else:
            until = self._clock() + ASK_TIMEOUT_S
            self.pending_asks.append(Ask(participant, ask.ask_id, ask.right, until))
            self._hold_or_release()

    def plan_allows(self, right: Right) -> bool:
        """Whether the customer's own command line answered this question in advance."""
        return self.plan.allow is not None and right in self.plan.allow and self.taken_back is None

    def _close_ask(self, ask: Ask, answer: Literal["allowed", "denied", "timeout"]) -> None:
        self.pending_asks.remove(ask)
        if not self._asks_something:
            self._gate.hold_input(False)
        if answer == "allowed":
            self._grant(ask.participant, ask.right)
        self._port.say(control.Answer(ask.ask_id, answer), ask.participant)
        self._port.tell_rights()

    @property
    def _asks_something(self) -> bool:
        return bool(self.pending_asks) or self.sharing.asked is not None or self.sharing.choosing is not None

    def _hold_or_release(self) -> None:
        """While the customer is asked something nobody else can press the buttons of the answer."""
        self._gate.hold_input(self._asks_something)
        self._port.tell_rights()

    def _grant(self, participant: str, right: Right) -> None:
        def act(rights: Rights) -> Rights:
            rights = r.allow(rights, right)
            return r.give_back(rights) if right in ("mouse", "keyboard") else rights

        self._gate.change(act, participant)

    def _take_participant_end(self, event: e.ParticipantEnded) -> None:
        helper = self.helpers.pop(event.participant, None)
        if helper is None:
            return
        self._gate.forget(event.participant)
        self.pending_asks = [ask for ask in self.pending_asks if ask.participant != event.participant]
        self.sharing.forget(event.participant)
        self._gate.hold_input(self._asks_something)
        if event.reason in ("B-31", "B-32"):
            self._port.end(event.reason)
            self._finish("distrust", by="system", code=event.reason)
        elif event.by == "agent" and helper.role == "lead":
            self._port.close()
            self._finish("thanks", by="agent")
        else:
            self._tell_people()
            if not self.helpers and self.phase is Phase.CONNECTED:
                self.phase = Phase.WAITING

    def _take_hand(self, event: e.HandTaken) -> None:
        self._port.say(control.TakenBack(event.by, round(STILLNESS_S * 1000)))
        self._port.tell_rights()

    def _take_screen_failure(self, event: e.ScreenFailed) -> None:
        self._port.end("screen")
        self._finish("screen", by="system", code=event.lacking)

    def _update(self, participant: str, **changes: object) -> None:
        helper = self.helpers.get(participant)
        if helper is not None:
            self.helpers[participant] = replace(helper, **changes)  # type: ignore[arg-type]

    def people(self) -> control.People:
        """Who is here, for everybody's panel."""
        return control.People(
            tuple(
                control.Person(helper.participant, helper.name, helper.role)
                for helper in self.helpers.values()
            )
        )

    def _tell_people(self) -> None:
        self._port.say(self.people())

    def _set_options(self, options: Mapping[str, bool]) -> None:
        self._options = dict(options)
        self.sharing.set_options(self._options)
        self._gate.set_options(options)

    def _finish(self, ending: Ending, *, by: str = "", code: str = "") -> None:
        if self.phase is Phase.ENDED:
            return
        self.phase = Phase.ENDED
        self.ending, self.ended_by, self.ending_code = ending, by, code
        self.pending_asks.clear()
        for participant in list(self.helpers):
            self._gate.forget(participant)

    _options: Mapping[str, bool] = {}
    _HANDLERS: Mapping[type, Callable[..., None]] = {
        e.Joined: _take_joined,
        e.JoinFailed: _take_join_failed,
        e.SignalChanged: _take_signal_state,
        e.SignalReceived: _take_signal,
        e.WordsAgreed: _take_words,
        e.ChannelOpened: _take_channel,
        e.LinkChanged: _take_link,
        e.WayChanged: _take_way,
        e.ControlReceived: _take_control,
        e.ParticipantEnded: _take_participant_end,
        e.HandTaken: _take_hand,
        e.ScreenFailed: _take_screen_failure,
        e.SharingChanged: _take_sharing,
    }
