"""What the customer decides about what is shown, and what an agent asked for. Pure: orders go to the port.

The customer alone makes a share larger or smaller; the leading agent chooses among monitors only, and only
while all of the desktop may be seen. While the customer chooses, nothing is shown. Used by model.py, on the
Tk thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from customer_agent.screen.share import Everything, Nothing, OneWindow, Region, Share, ShareState
from wire.control import messages as control
from wire.limits import MAX_SCREENS

__all__ = ["Asked", "Choosing", "Sharing", "SharingPort", "told"]

ASK_TIMEOUT_S = 60.0

Choosing: TypeAlias = Literal["any", "window", "region"]


class SharingPort(Protocol):
    """What is done for the decisions; the calls return at once."""

    def share(self, share: Share) -> None:
        """Show this and nothing else: `SharingChanged` follows."""

    def show_monitor(self, participant: str, i: int, monitor: int | None) -> None:
        """Look at one monitor, or answer message `i` with a refusal."""

    def look_again(self) -> None:
        """Find out whether what is hidden can be shown again."""

    def say(self, message: control.ControlMessage, participant: str | None = None) -> None:
        """Send a control message."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The agent would like to see something else."""

    participant: str
    ask_id: str
    what: Literal["window", "region", "all"]
    until: float


class Sharing:
    """`state` is what the screen says, `choice` what the customer chose last, `choosing` what is being
    chosen.
    """

    def __init__(self, port: SharingPort) -> None:
        self._port = port
        self.state = ShareState("all")
        self.choice: Share = Everything()
        self.choosing: Choosing | None = None
        self.asked: Asked | None = None
        self._options: Mapping[str, bool] = {}
        self._answers: Asked | None = None

    # What holds

    def set_options(self, options: Mapping[str, bool]) -> None:
        """The options in force; a share that runs is never widened by them."""
        self._options = options

    @property
    def may_share_part(self) -> bool:
        """Whether the company lets its customers show a part only."""
        return bool(self._options.get("partial_share"))

    @property
    def may_share_all(self) -> bool:
        """Whether the desktop may be shown; where only parts may, the customer has to choose one."""
        return not self.may_share_part or self._options.get("share_desktop") is not False

    @property
    def is_partial(self) -> bool:
        """Whether less than the desktop is shown, or nothing."""
        return not isinstance(self.choice, Everything)

    # What the customer does

    def begin(self) -> None:
        """Somebody is about to see: where the desktop may not be shown, nothing is until a part is chosen."""
        if not self.may_share_all and isinstance(self.choice, Everything):
            self.choice = Nothing("choosing")
            self.choosing = "any"
        self._port.share(Nothing("choosing") if self.choosing is not None else self.choice)

    def choose(self, what: Choosing = "any") -> None:
        """Open the choice; nothing is shown meanwhile."""
        if self.may_share_part and self.choosing is None:
            self.choosing = what
            self._port.share(Nothing("choosing"))

    def cancel(self) -> None:
        """Leave it as it was."""
        if self.choosing is not None:
            self.choosing = None
            self._answer("denied")
            self._port.share(self.choice)

    def show(self, share: Everything | Region | OneWindow) -> bool:
        """Show this from now on; False where the company's options do not allow it."""
        if isinstance(share, Everything):
            if not self.may_share_all:
                return False
        elif not self.may_share_part:
            return False
        self.choosing, self.choice = None, share
        self._answer("allowed")
        self._port.share(share)
        return True

    def decide(self, *, allowed: bool) -> None:
        """The customer answered the agent's question: no, or yes and on to the choice."""
        asked, self.asked = self.asked, None
        if asked is None:
            return
        if not allowed:
            self._port.say(control.Answer(asked.ask_id, "denied"), asked.participant)
            return
        self._answers = asked
        if asked.what == "all":
            self.show(Everything())
        else:
            self.choose(asked.what)

    # What happens

    def take_ask(self, participant: str, ask: control.AskShare, now: float) -> None:
        """An agent asks; what holds already is allowed at once, what may never be denied."""
        if ask.what == "all" and not self.is_partial:
            self._port.say(control.Answer(ask.ask_id, "allowed"), participant)
        elif (
            self.asked is not None
            or self.choosing is not None
            or (ask.what == "all" and not self.may_share_all)
        ):
            self._port.say(control.Answer(ask.ask_id, "denied"), participant)
        else:
            self.asked = Asked(participant, ask.ask_id, ask.what, now + ASK_TIMEOUT_S)

    def take_state(self, state: ShareState) -> None:
        """The screen says what is shown."""
        self.state = state
        if state.why in ("closed", "failed"):
            self.choice = Nothing(state.why)

    def tick(self, now: float) -> bool:
        """Look for what is hidden, give up a question nobody answers; whether there was one."""
        if self.state.is_held and self.state.kind != "nothing":
            # While no picture may leave, nobody else asks the screen.
            self._port.look_again()
        if self.asked is None or now < self.asked.until:
            return False
        asked, self.asked = self.asked, None
        self._port.say(control.Answer(asked.ask_id, "timeout"), asked.participant)
        return True

    def forget(self, participant: str) -> None:
        """That agent has gone."""
        if self.asked is not None and self.asked.participant == participant:
            self.asked = None
        if self._answers is not None and self._answers.participant == participant:
            self._answers = None

    def _answer(self, answer: Literal["allowed", "denied"]) -> None:
        asked, self._answers = self._answers, None
        if asked is not None:
            self._port.say(control.Answer(asked.ask_id, answer), asked.participant)


def told(state: ShareState) -> control.Sharing:
    """What agents' programs are told of it."""
    monitors = tuple(
        control.Monitor(one.id, *one.area, name=_printable(one.name), primary=one.is_primary)
        for one in state.monitors[:MAX_SCREENS]
    )
    return control.Sharing(state.kind, state.why, state.monitor, state.title, monitors)


def _printable(name: str) -> str:
    return "".join(each for each in name if each.isprintable())[:120]
